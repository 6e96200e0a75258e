// Elementwise arithmetic on two tensors: sums, products, extremes, powers; and sums of many.
#ifndef FLOE_OPS_ARITHMETIC_H_
#define FLOE_OPS_ARITHMETIC_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ArithmeticOps();

}  // namespace floe

#endif  // FLOE_OPS_ARITHMETIC_H_
