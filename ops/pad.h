// Padding with a constant or with the tensor's own elements.
#ifndef FLOE_OPS_PAD_H_
#define FLOE_OPS_PAD_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> PadOps();

}  // namespace floe

#endif  // FLOE_OPS_PAD_H_
