// CudaStream: a stream of an instance, with pinned staging for copies.
//
// One thread at a time. Copies go through pinned chunks of its own, so that they run beside the host whatever memory
// the caller has; what was copied to the host is there after Synchronize.
#ifndef FLOE_KERNELS_CUDA_STREAM_H_
#define FLOE_KERNELS_CUDA_STREAM_H_

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/runtime.h"
#include "plan/kernel.h"

namespace floe {

class CudaStream final : public Stream {
 public:
  static absl::StatusOr<std::unique_ptr<CudaStream>> Create(CudaRuntime* runtime);
  ~CudaStream() override;

  absl::Status Synchronize() override;
  absl::Status BeginRecording() override;
  absl::StatusOr<std::unique_ptr<Recording>> EndRecording() override;

  absl::Status CopyToDevice(const void* host, void* device, int64_t bytes);
  absl::Status CopyToHost(const void* device, void* host, int64_t bytes);
  absl::Status CopyOnDevice(const void* from, void* to, int64_t bytes);
  absl::Status ZeroOnDevice(void* to, int64_t bytes);

  cudaStream_t get() const { return stream_; }
  CudaRuntime* runtime() const { return runtime_; }

 private:
  struct Chunk {
    void* pinned = nullptr;
    cudaEvent_t done = nullptr;
    bool in_flight = false;
    // Where the bytes go once they are here; null for a copy to the device.
    void* host = nullptr;
    size_t bytes = 0;
  };

  explicit CudaStream(CudaRuntime* runtime) : runtime_(runtime) {}
  // The next chunk, free to use; waits for its last copy.
  absl::StatusOr<Chunk*> NextChunk();
  absl::Status Drain(Chunk& chunk);

  CudaRuntime* const runtime_;  // not owned
  cudaStream_t stream_ = nullptr;
  std::vector<Chunk> chunks_;
  size_t next_chunk_ = 0;
};

// The stream of a launch on this backend.
inline CudaStream& StreamOf(const LaunchArgs& args) { return *static_cast<CudaStream*>(args.stream()); }

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_STREAM_H_
