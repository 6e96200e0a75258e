// DenseToDenseSetOperation, DenseToSparseSetOperation, SparseToSparseSetOperation, SetSize: the last dimension of a
// tensor, dense or sparse, as a set for each place of the others.
#ifndef FLOE_OPS_SET_OPS_H_
#define FLOE_OPS_SET_OPS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SetOps();

}  // namespace floe

#endif  // FLOE_OPS_SET_OPS_H_
