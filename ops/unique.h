// The distinct elements of a tensor.
#ifndef FLOE_OPS_UNIQUE_H_
#define FLOE_OPS_UNIQUE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> UniqueOps();

}  // namespace floe

#endif  // FLOE_OPS_UNIQUE_H_
