// Sparse tensors: indices (a row an element), values and the dense shape.
#ifndef FLOE_OPS_SPARSE_TENSOR_H_
#define FLOE_OPS_SPARSE_TENSOR_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseTensorOps();

// Of inference: inputs `first` and on are indices, values and the dense shape. Their rank, where it is known.
absl::StatusOr<int64_t> WantSparse(const InferContext& context, int first);

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_TENSOR_H_
