// Ops without tensor inputs to compute from: constants, placeholders, and ops that only order others.
#ifndef FLOE_OPS_SOURCE_H_
#define FLOE_OPS_SOURCE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SourceOps();

}  // namespace floe

#endif  // FLOE_OPS_SOURCE_H_
