// The stand-in for cuBLAS: what Floe calls of it, refusing what the documentation forbids.
#include <cstdint>

#include "product.h"
#include "simt/launch.h"

using namespace floe::cublas;  // NOLINT(google-build-using-namespace): whose words these are
using simt::LibraryProduct;
using simt::Refuse;
using simt::StoredMatrix;

namespace floe::cublas {

struct Context {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  size_t workspace_bytes = 0;
};

}  // namespace floe::cublas

#pragma GCC visibility push(default)
extern "C" {

Status cublasCreate_v2(Handle* handle) {
  if (const cudaError_t code = simt::BeginCall(); code != cudaSuccess) return simt::FromRuntime(code);
  if (simt::IsRecording()) return Refuse("cublasCreate", "while the thread records a stream");
  *handle = new Context;
  simt::CountObjects(1);
  return kSuccess;
}
Status cublasDestroy_v2(Handle handle) {
  if (handle == nullptr) return kNotInitialized;
  delete handle;
  simt::CountObjects(-1);
  return kSuccess;
}
Status cublasSetStream_v2(Handle handle, cudaStream_t stream) {
  if (handle == nullptr) return kNotInitialized;
  handle->stream = stream;
  handle->workspace = nullptr;
  handle->workspace_bytes = 0;
  return kSuccess;
}
Status cublasSetWorkspace_v2(Handle handle, void* workspace, size_t bytes) {
  if (handle == nullptr) return kNotInitialized;
  constexpr uintptr_t kAlignment = 256;
  if (reinterpret_cast<uintptr_t>(workspace) % kAlignment != 0) {
    return Refuse("cublasSetWorkspace", "an address that is not aligned to 256 bytes");
  }
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return kSuccess;
}
Status cublasGemmStridedBatchedEx(Handle handle, Operation transpose_a, Operation transpose_b, int m, int n, int k,
                                  const void* alpha, const void* a, DataType a_type, int lda, long long a_stride,
                                  const void* b, DataType b_type, int ldb, long long b_stride, const void* beta,
                                  void* c, DataType c_type, int ldc, long long c_stride, int batches,
                                  ComputeType compute, int algorithm) {
  const char* const call = "cublasGemmStridedBatchedEx";
  if (handle == nullptr) return kNotInitialized;
  if (const cudaError_t code = simt::BeginCall(); code != cudaSuccess) return simt::FromRuntime(code);
  // Its own would be shared by what runs on other streams, and be allocated while a stream is recorded.
  if (handle->workspace == nullptr) return Refuse(call, "without a workspace of the caller's");
  if (a_type != b_type || a_type != c_type) return Refuse(call, "of several types");
  if (algorithm != kDefaultAlgorithm || batches < 1 || m < 0 || n < 0 || k < 0) return Refuse(call, "sizes");
  const auto stored = [](const void* data, Operation operation, int rows, int columns, int leading, int64_t stride) {
    const bool transposed = operation == kTransposed;
    return StoredMatrix{data, transposed ? columns : rows, transposed ? rows : columns, leading, transposed, stride};
  };
  LibraryProduct product;
  product.a = stored(a, transpose_a, m, k, lda, a_stride);
  product.b = stored(b, transpose_b, k, n, ldb, b_stride);
  product.d = stored(c, kPlain, m, n, ldc, c_stride);
  product.c = product.d;
  product.type = a_type;
  product.compute = compute;
  product.alpha = *static_cast<const float*>(alpha);
  product.beta = *static_cast<const float*>(beta);
  product.batches = batches;
  product.workspace = handle->workspace;
  product.workspace_bytes = handle->workspace_bytes;
  if (const std::string fault = simt::FindFault(product); !fault.empty()) return Refuse(call, fault);
  // Enough to show whose it is.
  constexpr size_t kUsedBytes = 4096;
  product.workspace_bytes = std::min(product.workspace_bytes, kUsedBytes);
  return simt::Enqueue(product, handle->stream);
}

}  // extern "C"
#pragma GCC visibility pop
