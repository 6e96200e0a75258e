// What the stand-ins for cuBLAS and cuBLASLt compute: column-major products, on the stream's thread.
#ifndef FLOE_TESTS_SIMT_PRODUCT_H_
#define FLOE_TESTS_SIMT_PRODUCT_H_

#include <cstdint>
#include <string>

#include "kernels/cuda/cublas_api.h"

namespace simt {

// A column-major matrix as it is stored.
struct StoredMatrix {
  const void* data = nullptr;
  int64_t rows = 0, columns = 0, leading = 0;
  bool transposed = false;  // used as its transpose
  int64_t stride = 0;       // to the next of a batch, in elements

  int64_t used_rows() const { return transposed ? columns : rows; }
  int64_t used_columns() const { return transposed ? rows : columns; }
};

// D = f(alpha * A B + beta * C + bias along rows).
struct LibraryProduct {
  StoredMatrix a, b, c, d;
  floe::cublas::DataType type = floe::cublas::kFloat32;
  floe::cublas::ComputeType compute = floe::cublas::kCompute32F;
  float alpha = 1, beta = 0;
  floe::cublas::EpilogueKind epilogue = floe::cublas::kEpilogueNone;
  const void* bias = nullptr;
  int64_t batches = 1;
  // Which whoever computes may fill with anything.
  void* workspace = nullptr;
  size_t workspace_bytes = 0;
};

inline bool HasBias(floe::cublas::EpilogueKind kind) { return (kind & floe::cublas::kEpilogueBias) != 0; }
int64_t BytesOf(floe::cublas::DataType type);
// Empty, or what the libraries' documentation does not allow: types, sizes, leading dimensions, addresses.
std::string FindFault(const LibraryProduct& product);
// Puts it into the stream.
floe::cublas::Status Enqueue(const LibraryProduct& product, cudaStream_t stream);
// Says what was wrong.
floe::cublas::Status Refuse(const char* call, const std::string& why,
                            floe::cublas::Status status = floe::cublas::kInvalidValue);
// A runtime's code as the libraries have it.
floe::cublas::Status FromRuntime(cudaError_t code);

}  // namespace simt

#endif  // FLOE_TESTS_SIMT_PRODUCT_H_
