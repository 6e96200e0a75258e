// Blocks of an image to channels and back.
#ifndef FLOE_OPS_SPACE_DEPTH_H_
#define FLOE_OPS_SPACE_DEPTH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SpaceDepthOps();

}  // namespace floe

#endif  // FLOE_OPS_SPACE_DEPTH_H_
