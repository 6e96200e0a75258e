// The activation functions of neural networks.
#ifndef FLOE_OPS_ACTIVATION_H_
#define FLOE_OPS_ACTIVATION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ActivationOps();

// Of Selu and its gradient (Klambauer et al., "Self-normalizing neural networks", 2017): its scale, and that times
// alpha.
inline constexpr double kSeluScale = 1.0507009873554804934193349852946;
inline constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

}  // namespace floe

#endif  // FLOE_OPS_ACTIVATION_H_
