// Functions beyond <cmath>: of the gamma family, Bessel, error and integral functions.
#ifndef FLOE_OPS_SPECIAL_FUNCTIONS_H_
#define FLOE_OPS_SPECIAL_FUNCTIONS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SpecialFunctionOps();

}  // namespace floe

#endif  // FLOE_OPS_SPECIAL_FUNCTIONS_H_
