// Kernels that walk windows count places, taps and channels in 32 bits, which devices divide much faster. What does not
// fit is refused when the plan is made. Pure functions; any thread.
#ifndef FLOE_KERNELS_CUDA_WINDOW_BOUNDS_H_
#define FLOE_KERNELS_CUDA_WINDOW_BOUNDS_H_

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "ops/window.h"

namespace floe {

// INVALID_ARGUMENT unless every tap of every window, the taps of all dimensions together, and the channels fit int32.
inline absl::Status WantWindowsOf32Bits(absl::Span<const Window1D> windows, absl::Span<const int64_t> channels) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const auto want = [](int64_t value, const char* what) {
    return value <= kMost ? absl::OkStatus()
                          : absl::InvalidArgumentError(absl::StrCat(value, " ", what, " are more than int32 counts"));
  };
  int64_t taps = 1;
  for (const Window1D& window : windows) {
    // None of these products is past 2^62: ComputeWindow lets no part of a window be past 2^31.
    const int64_t reach = (window.filter - 1) * window.dilation;
    FLOE_RETURN_IF_ERROR(want(reach, "places of one window"));
    for (const int64_t part : {window.input, window.output, window.stride, window.dilation}) {
      FLOE_RETURN_IF_ERROR(want(part, "places along a dimension"));
    }
    FLOE_RETURN_IF_ERROR(want(window.input + window.pad_before + window.pad_after + reach, "padded places"));
    taps *= window.filter;
    FLOE_RETURN_IF_ERROR(want(taps, "taps"));
  }
  for (const int64_t count : channels) FLOE_RETURN_IF_ERROR(want(count, "channels"));
  return absl::OkStatus();
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_WINDOW_BOUNDS_H_
