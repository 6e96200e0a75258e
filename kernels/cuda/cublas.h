// Cublas: NVIDIA's libraries for products, where this machine has them, with a handle to each.
//
// Made once a backend, at the first product that is prepared; lives as long as it. The libraries are opened, not
// linked: they are some 600 MB, and without them Floe's own products do. cuBLASLt's calls may come from any thread at
// once; cuBLAS's handle carries a stream and a workspace, and so is used by one thread at a time.
#ifndef FLOE_KERNELS_CUDA_CUBLAS_H_
#define FLOE_KERNELS_CUDA_CUBLAS_H_

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/cuda/cublas_api.h"
#include "kernels/cuda/runtime.h"

namespace floe {

class Cublas {
 public:
  // Null where the libraries are absent or do not know this device; the error of a device that gives them no handle.
  static absl::StatusOr<std::unique_ptr<Cublas>> Open(CudaRuntime* runtime);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  const cublas::LtFunctions& lt() const { return lt_; }
  cublas::LtHandle lt_handle() const { return lt_handle_; }
  const cublas::Functions& functions() const { return functions_; }
  // Only while `lock()` is held.
  cublas::Handle handle() const { return handle_; }
  std::unique_lock<std::mutex> lock() const { return std::unique_lock<std::mutex>(mutex_); }

  // OK, or the call's error; where the device was lost in it, the runtime is told.
  absl::Status Check(cublas::Status status, absl::string_view call) const;

 private:
  explicit Cublas(CudaRuntime* runtime) : runtime_(runtime) {}
  bool Load();

  CudaRuntime* const runtime_;  // not owned
  cublas::LtFunctions lt_{};
  cublas::Functions functions_{};
  cublas::LtHandle lt_handle_ = nullptr;
  cublas::Handle handle_ = nullptr;
  mutable std::mutex mutex_;
};

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_CUBLAS_H_
