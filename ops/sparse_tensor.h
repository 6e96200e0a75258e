// Sparse tensors: indices (a row an element), values and the dense shape.
#ifndef FLOE_OPS_SPARSE_TENSOR_H_
#define FLOE_OPS_SPARSE_TENSOR_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseTensorOps();

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_TENSOR_H_
