// Choosing between two tensors element by element, and clipping.
#ifndef FLOE_OPS_SELECT_H_
#define FLOE_OPS_SELECT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SelectOps();

}  // namespace floe

#endif  // FLOE_OPS_SELECT_H_
