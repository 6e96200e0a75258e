// Activations that TensorFlow has no op for. Exporters spell them out, and Floe's passes find them again:
//   _Swish       x * sigmoid(x)
//   _HardSwish   x * min(max(x + 3, 0), 6) / 6
//   _Gelu        x * (1 + erf(x / sqrt(2))) / 2
//   _GeluTanh    x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2, the approximation of it
//   _Prelu       inputs x, alpha: x where x >= 0, else alpha * x; alpha is spread over x, whose shape the result has
#ifndef FLOE_OPS_GATED_ACTIVATION_H_
#define FLOE_OPS_GATED_ACTIVATION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> GatedActivationOps();

}  // namespace floe

#endif  // FLOE_OPS_GATED_ACTIVATION_H_
