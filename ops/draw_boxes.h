// DrawBoundingBoxes and V2: the outlines of boxes over images, one pixel wide.
#ifndef FLOE_OPS_DRAW_BOXES_H_
#define FLOE_OPS_DRAW_BOXES_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DrawBoxesOps();

}  // namespace floe

#endif  // FLOE_OPS_DRAW_BOXES_H_
