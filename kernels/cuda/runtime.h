// The CUDA runtime's errors as absl::Status, and one device as its users see it.
//
// CudaRuntime: one device, its pool of memory and its health. Lives as long as the backend, for the whole process; any
// thread. A runtime made for a target alone (device -1) has no device: nothing but planning asks it for anything.
#ifndef FLOE_KERNELS_CUDA_RUNTIME_H_
#define FLOE_KERNELS_CUDA_RUNTIME_H_

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "plan/kernel.h"

namespace floe {

class CudaRuntime {
 public:
  // `device` -1: for planning only.
  CudaRuntime(int device, int64_t memory_limit_bytes) : device_(device), limit_bytes_(memory_limit_bytes) {}
  ~CudaRuntime();
  CudaRuntime(const CudaRuntime&) = delete;
  CudaRuntime& operator=(const CudaRuntime&) = delete;

  bool has_device() const { return device_ >= 0; }

  // OK, or the call's error. RESOURCE_EXHAUSTED for want of memory, INTERNAL otherwise. An error after which the device
  // answers nothing else in this process is remembered: see Health.
  absl::Status Check(cudaError_t code, absl::string_view call);
  absl::Status Health() const;
  // Makes the device the calling thread's. Fails where Health does, so that nothing is asked of a lost device.
  absl::Status Enter();

  // Device memory out of the pool, 256-byte aligned. RESOURCE_EXHAUSTED past the limit, naming both.
  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(int64_t bytes);

  // What is taken of the device, whether in use or kept for the next who asks.
  int64_t reserved_bytes() const;

 private:
  friend class PooledMemory;
  absl::StatusOr<void*> Take(int64_t size_bytes);
  void GiveBack(void* data, int64_t size_bytes);
  // Frees what nobody uses. Returns whether there was any.
  bool Trim();

  const int device_;
  const int64_t limit_bytes_;
  std::atomic<int> lost_{0};  // the cudaError_t that ended it; 0 for none

  mutable std::mutex mutex_;
  std::multimap<int64_t, void*> free_;  // by size; guarded by mutex_
  int64_t reserved_bytes_ = 0;          // guarded by mutex_
};

// Returns the Status of a runtime call that failed. `runtime` is a CudaRuntime*.
#define FLOE_CUDA_RETURN_IF_ERROR(runtime, call)      \
  do {                                                \
    const cudaError_t floe_cuda_code = (call);        \
    if (floe_cuda_code != cudaSuccess) [[unlikely]]   \
      return (runtime)->Check(floe_cuda_code, #call); \
  } while (false)

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_RUNTIME_H_
