// Elementwise functions of one number: powers, exponentials, trigonometry, rounding, classification.
#ifndef FLOE_OPS_UNARY_MATH_H_
#define FLOE_OPS_UNARY_MATH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> UnaryMathOps();

}  // namespace floe

#endif  // FLOE_OPS_UNARY_MATH_H_
