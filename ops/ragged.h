// Ragged tensors: row splits and values.
#ifndef FLOE_OPS_RAGGED_H_
#define FLOE_OPS_RAGGED_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RaggedOps();

}  // namespace floe

#endif  // FLOE_OPS_RAGGED_H_
