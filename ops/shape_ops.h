// Ops that ask for a tensor's shape or change it without touching its elements.
#ifndef FLOE_OPS_SHAPE_OPS_H_
#define FLOE_OPS_SHAPE_OPS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ShapeOps();

}  // namespace floe

#endif  // FLOE_OPS_SHAPE_OPS_H_
