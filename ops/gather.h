// Picking slices by index.
#ifndef FLOE_OPS_GATHER_H_
#define FLOE_OPS_GATHER_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> GatherOps();

}  // namespace floe

#endif  // FLOE_OPS_GATHER_H_
