// Changing the dtype of elements, or of their bits.
#ifndef FLOE_OPS_CAST_H_
#define FLOE_OPS_CAST_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CastOps();

}  // namespace floe

#endif  // FLOE_OPS_CAST_H_
