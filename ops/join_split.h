// Concatenating, stacking and splitting.
#ifndef FLOE_OPS_JOIN_SPLIT_H_
#define FLOE_OPS_JOIN_SPLIT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> JoinSplitOps();

}  // namespace floe

#endif  // FLOE_OPS_JOIN_SPLIT_H_
