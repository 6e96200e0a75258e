// RaggedGather: rows of a ragged tensor by their numbers.
#ifndef FLOE_OPS_RAGGED_GATHER_H_
#define FLOE_OPS_RAGGED_GATHER_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RaggedGatherOps();

}  // namespace floe

#endif  // FLOE_OPS_RAGGED_GATHER_H_
