// Joining strings, element by element or by segments.
#ifndef FLOE_OPS_STRING_JOIN_H_
#define FLOE_OPS_STRING_JOIN_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringJoinOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_JOIN_H_
