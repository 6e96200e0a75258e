// RequantizationRange, Requantize, QuantizeDownAndShrinkRange: 32-bit sums as 8-bit integers of a narrower range.
#ifndef FLOE_OPS_REQUANTIZE_H_
#define FLOE_OPS_REQUANTIZE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RequantizeOps();

}  // namespace floe

#endif  // FLOE_OPS_REQUANTIZE_H_
