// The largest elements of each row.
#ifndef FLOE_OPS_TOP_K_H_
#define FLOE_OPS_TOP_K_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> TopKOps();

}  // namespace floe

#endif  // FLOE_OPS_TOP_K_H_
