#include "kernels/cuda/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace floe {
namespace {

constexpr int64_t kChunkBytes = int64_t{1} << 20;
constexpr size_t kMostChunks = 8;

// A recorded stretch: a CUDA graph, made ready to launch.
class CudaRecording final : public Recording {
 public:
  explicit CudaRecording(cudaGraphExec_t graph) : graph_(graph) {}
  ~CudaRecording() override { cudaGraphExecDestroy(graph_); }

  absl::Status Replay(Stream* stream) const override {
    auto& on = *static_cast<CudaStream*>(stream);
    FLOE_RETURN_IF_ERROR(on.runtime()->Health());
    FLOE_CUDA_RETURN_IF_ERROR(on.runtime(), cudaGraphLaunch(graph_, on.get()));
    return absl::OkStatus();
  }

 private:
  const cudaGraphExec_t graph_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CudaStream>> CudaStream::Create(CudaRuntime* runtime) {
  FLOE_RETURN_IF_ERROR(runtime->Enter());
  std::unique_ptr<CudaStream> stream(new CudaStream(runtime));
  FLOE_CUDA_RETURN_IF_ERROR(runtime, cudaStreamCreateWithFlags(&stream->stream_, cudaStreamNonBlocking));
  return stream;
}

CudaStream::~CudaStream() {
  if (stream_ != nullptr) cudaStreamSynchronize(stream_);  // nothing may use the chunks after this
  for (const Chunk& chunk : chunks_) {
    if (chunk.done != nullptr) cudaEventDestroy(chunk.done);
    cudaFreeHost(chunk.pinned);
  }
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

absl::Status CudaStream::Drain(Chunk& chunk) {
  if (!chunk.in_flight) return absl::OkStatus();
  void* const host = std::exchange(chunk.host, nullptr);
  chunk.in_flight = false;
  FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaEventSynchronize(chunk.done));
  if (host != nullptr) std::memcpy(host, chunk.pinned, chunk.bytes);
  return absl::OkStatus();
}

absl::StatusOr<CudaStream::Chunk*> CudaStream::NextChunk() {
  if (chunks_.size() < kMostChunks) {
    // Those that are done already are used again before another is made.
    for (Chunk& chunk : chunks_) {
      if (!chunk.in_flight) return &chunk;
    }
    Chunk chunk;
    FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaMallocHost(&chunk.pinned, kChunkBytes));
    const cudaError_t code = cudaEventCreateWithFlags(&chunk.done, cudaEventDisableTiming);
    if (code != cudaSuccess) {
      cudaFreeHost(chunk.pinned);
      return runtime_->Check(code, "cudaEventCreateWithFlags");
    }
    chunks_.push_back(chunk);
    return &chunks_.back();
  }
  Chunk& chunk = chunks_[next_chunk_];
  next_chunk_ = (next_chunk_ + 1) % chunks_.size();
  FLOE_RETURN_IF_ERROR(Drain(chunk));
  return &chunk;
}

absl::Status CudaStream::CopyToDevice(const void* host, void* device, int64_t bytes) {
  FLOE_RETURN_IF_ERROR(runtime_->Enter());
  for (int64_t done = 0; done < bytes;) {
    const auto part = static_cast<size_t>(std::min(bytes - done, kChunkBytes));
    FLOE_ASSIGN_OR_RETURN(Chunk* const chunk, NextChunk());
    std::memcpy(chunk->pinned, static_cast<const char*>(host) + done, part);
    FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaMemcpyAsync(static_cast<char*>(device) + done, chunk->pinned, part,
                                                        cudaMemcpyHostToDevice, stream_));
    chunk->in_flight = true;
    FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaEventRecord(chunk->done, stream_));
    done += static_cast<int64_t>(part);
  }
  return absl::OkStatus();
}

absl::Status CudaStream::CopyToHost(const void* device, void* host, int64_t bytes) {
  FLOE_RETURN_IF_ERROR(runtime_->Enter());
  for (int64_t done = 0; done < bytes;) {
    const auto part = static_cast<size_t>(std::min(bytes - done, kChunkBytes));
    FLOE_ASSIGN_OR_RETURN(Chunk* const chunk, NextChunk());
    FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaMemcpyAsync(chunk->pinned, static_cast<const char*>(device) + done, part,
                                                        cudaMemcpyDeviceToHost, stream_));
    chunk->in_flight = true;
    FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaEventRecord(chunk->done, stream_));
    // Only now: a chunk without its event recorded must not be taken for one with bytes in it.
    chunk->host = static_cast<char*>(host) + done;
    chunk->bytes = part;
    done += static_cast<int64_t>(part);
  }
  return absl::OkStatus();
}

absl::Status CudaStream::CopyOnDevice(const void* from, void* to, int64_t bytes) {
  FLOE_RETURN_IF_ERROR(runtime_->Enter());
  if (bytes == 0) return absl::OkStatus();
  FLOE_CUDA_RETURN_IF_ERROR(runtime_,
                            cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, stream_));
  return absl::OkStatus();
}

absl::Status CudaStream::ZeroOnDevice(void* to, int64_t bytes) {
  FLOE_RETURN_IF_ERROR(runtime_->Enter());
  if (bytes == 0) return absl::OkStatus();
  FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaMemsetAsync(to, 0, static_cast<size_t>(bytes), stream_));
  return absl::OkStatus();
}

absl::Status CudaStream::Synchronize() {
  absl::Status status = runtime_->Enter();
  // Also after an error: the host memory of copies that are under way is about to be let go.
  if (const cudaError_t code = cudaStreamSynchronize(stream_); status.ok()) {
    status = runtime_->Check(code, "cudaStreamSynchronize");
  }
  for (Chunk& chunk : chunks_) {
    if (status.ok()) {
      status = Drain(chunk);
    } else {
      chunk.in_flight = false;
      chunk.host = nullptr;
    }
  }
  return status;
}

absl::Status CudaStream::BeginRecording() {
  FLOE_RETURN_IF_ERROR(runtime_->Enter());
  FLOE_CUDA_RETURN_IF_ERROR(runtime_, cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Recording>> CudaStream::EndRecording() {
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(stream_, &graph);
  if (ended != cudaSuccess) {
    if (graph != nullptr) cudaGraphDestroy(graph);
    return runtime_->Check(ended, "cudaStreamEndCapture");
  }
  cudaGraphExec_t ready = nullptr;
  const cudaError_t made = cudaGraphInstantiate(&ready, graph, 0);
  cudaGraphDestroy(graph);
  if (made != cudaSuccess) return runtime_->Check(made, "cudaGraphInstantiate");
  return std::make_unique<CudaRecording>(ready);
}

}  // namespace floe
