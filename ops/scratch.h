// Memory that an evaluation needs for itself.
#ifndef FLOE_OPS_SCRATCH_H_
#define FLOE_OPS_SCRATCH_H_

#include <cstdint>
#include <memory>
#include <new>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/available_memory.h"

namespace floe {

// `count` elements, uninitialised for plain types. RESOURCE_EXHAUSTED where memory is refused.
template <typename T>
absl::StatusOr<std::unique_ptr<T[]>> Scratch(int64_t count) {
  // new[] would throw, not return null, where the bytes do not fit its argument.
  constexpr int64_t kMost = INT64_MAX / static_cast<int64_t>(2 * sizeof(T));
  const bool fits = count <= kMost && FitsInMemory(count * static_cast<int64_t>(sizeof(T)));
  T* const memory = fits ? new (std::nothrow) T[static_cast<size_t>(count)] : nullptr;
  if (memory == nullptr)
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", count, " elements of scratch"));
  return std::unique_ptr<T[]>(memory);
}

}  // namespace floe

#endif  // FLOE_OPS_SCRATCH_H_
