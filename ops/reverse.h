// Reversing along axes.
#ifndef FLOE_OPS_REVERSE_H_
#define FLOE_OPS_REVERSE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ReverseOps();

}  // namespace floe

#endif  // FLOE_OPS_REVERSE_H_
