// The places of the elements that are not zero.
#ifndef FLOE_OPS_WHERE_H_
#define FLOE_OPS_WHERE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> WhereOps();

}  // namespace floe

#endif  // FLOE_OPS_WHERE_H_
