// Values at named places of an otherwise constant tensor.
#ifndef FLOE_OPS_SPARSE_TO_DENSE_H_
#define FLOE_OPS_SPARSE_TO_DENSE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseToDenseOps();

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_TO_DENSE_H_
