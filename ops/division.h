// Elementwise quotients and remainders, in each rounding that TensorFlow has.
#ifndef FLOE_OPS_DIVISION_H_
#define FLOE_OPS_DIVISION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DivisionOps();

}  // namespace floe

#endif  // FLOE_OPS_DIVISION_H_
