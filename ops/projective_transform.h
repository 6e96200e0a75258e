// ImageProjectiveTransformV2 and V3: each pixel of the result is looked up where a projection says: rotations, shears,
// shifts and perspectives.
#ifndef FLOE_OPS_PROJECTIVE_TRANSFORM_H_
#define FLOE_OPS_PROJECTIVE_TRANSFORM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ProjectiveTransformOps();

}  // namespace floe

#endif  // FLOE_OPS_PROJECTIVE_TRANSFORM_H_
