// Reductions over some dimensions: Sum, Mean, Max, All, ...
#ifndef FLOE_OPS_REDUCE_H_
#define FLOE_OPS_REDUCE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ReduceOps();

}  // namespace floe

#endif  // FLOE_OPS_REDUCE_H_
