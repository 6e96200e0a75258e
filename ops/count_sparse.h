// DenseCountSparseOutput, SparseCountSparseOutput, RaggedCountSparseOutput: how often each number is in a row, or what
// its weights come to, as a sparse tensor with a column a number.
#ifndef FLOE_OPS_COUNT_SPARSE_H_
#define FLOE_OPS_COUNT_SPARSE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CountSparseOps();

}  // namespace floe

#endif  // FLOE_OPS_COUNT_SPARSE_H_
