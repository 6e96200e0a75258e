// Tensors made from a number: constants, ranges.
#ifndef FLOE_OPS_FILL_H_
#define FLOE_OPS_FILL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> FillOps();

}  // namespace floe

#endif  // FLOE_OPS_FILL_H_
