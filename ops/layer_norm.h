// Layer normalisation, which TensorFlow has no op for; Floe's passes make it of what exporters spell out.
//   _LayerNorm   inputs x, gamma [n], beta [n], attribute epsilon. Each row of n elements, along the last dimension:
//                (x - mean) / sqrt(variance + epsilon) * gamma + beta, the variance by the count.
#ifndef FLOE_OPS_LAYER_NORM_H_
#define FLOE_OPS_LAYER_NORM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> LayerNormOps();

}  // namespace floe

#endif  // FLOE_OPS_LAYER_NORM_H_
