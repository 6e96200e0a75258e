// The activations that the fused forms and Floe's own ops share, as functions of one number.
#ifndef FLOE_OPS_ACTIVATE_H_
#define FLOE_OPS_ACTIVATE_H_

#include <cmath>

#include "ops/fused.h"

namespace floe {

// `kind` of x, in float or double; x itself for kinds that are no function of one number. `leaky_alpha`: LeakyRelu's.
template <typename W>
W Activate(FusedKind kind, W x, W leaky_alpha) {
  switch (kind) {
    case FusedKind::kRelu:
      return x < 0 ? W(0) : x;
    case FusedKind::kRelu6:
      return x < 0 ? W(0) : x > 6 ? W(6) : x;
    case FusedKind::kElu:
      return x < 0 ? std::expm1(x) : x;
    case FusedKind::kLeakyRelu:
      return x < 0 ? x * leaky_alpha : x;
    case FusedKind::kTanh:
      return std::tanh(x);
    case FusedKind::kSigmoid:
      return W(1) / (W(1) + std::exp(-x));
    case FusedKind::kSwish:
      return x * (W(1) / (W(1) + std::exp(-x)));
    case FusedKind::kHardSwish:
      return x * (x < -3 ? W(0) : x > 3 ? W(6) : x + 3) / 6;
    case FusedKind::kGelu:
      return x * W(0.5) * (W(1) + std::erf(x * W(M_SQRT1_2)));
    case FusedKind::kGeluTanh:
      return x * W(0.5) * (W(1) + std::tanh(W(M_2_SQRTPI * M_SQRT1_2) * (x + W(0.044715) * x * x * x)));
    default:
      return x;
  }
}

}  // namespace floe

#endif  // FLOE_OPS_ACTIVATE_H_
