// The activation functions of neural networks.
#ifndef FLOE_OPS_ACTIVATION_H_
#define FLOE_OPS_ACTIVATION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ActivationOps();

}  // namespace floe

#endif  // FLOE_OPS_ACTIVATION_H_
