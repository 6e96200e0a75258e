// Matrix products: MatMul and the batched ones.
#ifndef FLOE_OPS_MATMUL_H_
#define FLOE_OPS_MATMUL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MatMulOps();

// MatMul and BatchMatMulV2 by their geometry: leading dimensions broadcast, the last two multiply.
struct MatMulGeometry {
  bool transpose_a = false;
  bool transpose_b = false;
  // Conjugated where transposed (the batched ops' "adjoint").
  bool adjoint = false;
  int64_t m = 0, k = 0, n = 0;
  Dims batch;  // broadcast

  PartialShape OutputShape() const;
};
// Attributes transpose_a and transpose_b, or adj_x and adj_y.
absl::StatusOr<MatMulGeometry> ComputeMatMulGeometry(const AttrMap& attrs, const PartialShape& a,
                                                     const PartialShape& b);

// The plain computation, for the fused form too.
absl::Status ReferenceMatMul(const MatMulGeometry& geometry, const Tensor& a, const Tensor& b, Tensor* output);

}  // namespace floe

#endif  // FLOE_OPS_MATMUL_H_
