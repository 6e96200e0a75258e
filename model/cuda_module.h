// libfloe_cuda.so, loaded at its first use: the file that FLOE_CUDA_MODULE names, else the one installed beside the
// program (../lib), else what the loader finds.
//
// Never unloaded. Any thread.
#ifndef FLOE_MODEL_CUDA_MODULE_H_
#define FLOE_MODEL_CUDA_MODULE_H_

#include <string>

#include "absl/status/statusor.h"
#include "plan/kernel.h"

namespace floe {

// The backend of a device; the same for every call. FAILED_PRECONDITION and why where there is no such device.
absl::StatusOr<const Backend*> FindCudaBackend(int device);
// A backend that plans for "sm_80" and the like, and cannot run. The same for every call.
absl::StatusOr<const Backend*> FindCudaTarget(const std::string& target);

// INVALID_ARGUMENT where the backend, which is one of the above, has no such products.
absl::Status CheckCudaPrecision(const Backend& backend, Precision precision);

}  // namespace floe

#endif  // FLOE_MODEL_CUDA_MODULE_H_
