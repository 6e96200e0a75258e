// SparseAdd, SparseReduceSum and SparseReduceMax (dense results, and sparse ones: ...Sparse), SparseSoftmax,
// SparseSplit: computing with sparse tensors that come as indices, values and dense shape.
#ifndef FLOE_OPS_SPARSE_MATH_H_
#define FLOE_OPS_SPARSE_MATH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseMathOps();

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_MATH_H_
