// The gradients with respect to an op's input that a served graph may hold: maps of what a prediction looks at, and
// models that answer with a derivative. Gradients with respect to weights belong to training.
#ifndef FLOE_OPS_GRADIENT_H_
#define FLOE_OPS_GRADIENT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

// Of activations and other functions of one element, and of StridedSlice.
absl::Span<const OpInfo> GradientOps();
// Of MaxPool and AvgPool.
absl::Span<const OpInfo> PoolGradientOps();
// Of FusedBatchNorm, its versions 2 and 3.
absl::Span<const OpInfo> BatchNormGradientOps();

}  // namespace floe

#endif  // FLOE_OPS_GRADIENT_H_
