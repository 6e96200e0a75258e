// ExtractGlimpse and V2: a window of each image; what of it lies outside of the image is zeros or noise. The noise is
// of no seed, as TensorFlow's.
#ifndef FLOE_OPS_GLIMPSE_H_
#define FLOE_OPS_GLIMPSE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> GlimpseOps();

}  // namespace floe

#endif  // FLOE_OPS_GLIMPSE_H_
