// SoftmaxCrossEntropyWithLogits and SparseSoftmaxCrossEntropyWithLogits: the loss of each row and its gradient.
#ifndef FLOE_OPS_CROSS_ENTROPY_H_
#define FLOE_OPS_CROSS_ENTROPY_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CrossEntropyOps();

}  // namespace floe

#endif  // FLOE_OPS_CROSS_ENTROPY_H_
