// Elementwise comparisons and logic on booleans.
#ifndef FLOE_OPS_COMPARISON_H_
#define FLOE_OPS_COMPARISON_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ComparisonOps();

}  // namespace floe

#endif  // FLOE_OPS_COMPARISON_H_
