// Writing slices to places that indices name.
#ifndef FLOE_OPS_SCATTER_H_
#define FLOE_OPS_SCATTER_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ScatterOps();

}  // namespace floe

#endif  // FLOE_OPS_SCATTER_H_
