// Softmax and LogSoftmax over the last dimension.
#ifndef FLOE_OPS_SOFTMAX_H_
#define FLOE_OPS_SOFTMAX_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SoftmaxOps();

}  // namespace floe

#endif  // FLOE_OPS_SOFTMAX_H_
