// Ops that compute with indices, shapes and layouts.
#ifndef FLOE_OPS_INDEX_MATH_H_
#define FLOE_OPS_INDEX_MATH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> IndexMathOps();

}  // namespace floe

#endif  // FLOE_OPS_INDEX_MATH_H_
