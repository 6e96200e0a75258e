// What a kind of device can do, by its name: enough to plan for it without having one. Values; any thread.
#ifndef FLOE_KERNELS_CUDA_TARGET_H_
#define FLOE_KERNELS_CUDA_TARGET_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "plan/kernel.h"

namespace floe {

struct CudaTarget {
  int sm = 0;  // 75, 80, 86, ...

  std::string name() const;  // "sm_80"
  // Copies from global into shared memory that run on their own; bfloat16 and TF32 products of Tensor Cores.
  bool has_async_copy() const { return sm >= 80; }
  bool has_bfloat16() const { return sm >= 80; }
  bool has_tf32() const { return sm >= 80; }
};

// INVALID_ARGUMENT for a name that is none of those that Floe is built for, listing them.
absl::StatusOr<CudaTarget> FindCudaTarget(absl::string_view name);
// For a device of that compute capability; UNIMPLEMENTED before 7.5.
absl::StatusOr<CudaTarget> CudaTargetOf(int major, int minor);

// "fp32", "tf32", ...
absl::string_view PrecisionName(Precision precision);
// INVALID_ARGUMENT naming the precision where the target lacks it.
absl::Status CheckPrecision(const CudaTarget& target, Precision precision);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_TARGET_H_
