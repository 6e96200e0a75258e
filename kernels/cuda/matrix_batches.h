// Where the matrices of batched products lie.
#ifndef FLOE_KERNELS_CUDA_MATRIX_BATCHES_H_
#define FLOE_KERNELS_CUDA_MATRIX_BATCHES_H_

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/product.h"
#include "ops/matmul.h"

namespace floe {

// Strides of an operand's matrices along the result's batch dimensions.
inline void FillBatchStrides(const Shape& operand, int batch_rank, int64_t* strides) {
  const Dims own = operand.Strides();
  const int missing = batch_rank + 2 - operand.rank();
  for (int axis = 0; axis < batch_rank; ++axis) {
    const int from = axis - missing;
    strides[axis] = from < 0 || operand.dim(from) == 1 ? 0 : own[from];
  }
}

// Of operands as they are in the graph. `batches`: how many products.
inline BatchOffsets BatchOffsetsOf(const MatMulGeometry& g, const Shape& a, const Shape& b, int64_t* batches) {
  BatchOffsets offsets{};
  offsets.rank = static_cast<int>(g.batch.size());
  *batches = 1;
  for (size_t i = 0; i < g.batch.size(); ++i) {
    offsets.dims[i] = g.batch[i];
    *batches *= g.batch[i];
  }
  FillBatchStrides(a, offsets.rank, offsets.a);
  FillBatchStrides(b, offsets.rank, offsets.b);
  return offsets;
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_MATRIX_BATCHES_H_
