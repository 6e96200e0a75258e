// Inverses, Cholesky factors and determinants of square matrices, over any number of them.
#ifndef FLOE_OPS_LINEAR_ALGEBRA_H_
#define FLOE_OPS_LINEAR_ALGEBRA_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> LinearAlgebraOps();

}  // namespace floe

#endif  // FLOE_OPS_LINEAR_ALGEBRA_H_
