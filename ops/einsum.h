// Products and sums by an equation of labels.
#ifndef FLOE_OPS_EINSUM_H_
#define FLOE_OPS_EINSUM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> EinsumOps();

}  // namespace floe

#endif  // FLOE_OPS_EINSUM_H_
