// Strings to strings and to their lengths: StringLower, StringUpper, StringStrip, StringLength, Substr, ReduceJoin.
#ifndef FLOE_OPS_STRING_TRANSFORM_H_
#define FLOE_OPS_STRING_TRANSFORM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringTransformOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_TRANSFORM_H_
