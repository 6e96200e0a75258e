// The CUDA backend: one device, or a target to plan for.
#ifndef FLOE_KERNELS_CUDA_CUDA_BACKEND_H_
#define FLOE_KERNELS_CUDA_CUDA_BACKEND_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/cuda/module.h"

namespace floe {

absl::StatusOr<int> CountCudaDevices();
absl::StatusOr<std::unique_ptr<Backend>> CreateCudaBackend(const CudaBackendOptions& options);
// `backend` is one of CreateCudaBackend's.
absl::Status CheckCudaPrecision(const Backend& backend, Precision precision);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_CUDA_BACKEND_H_
