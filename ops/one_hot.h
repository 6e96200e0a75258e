// Indices to one-hot vectors.
#ifndef FLOE_OPS_ONE_HOT_H_
#define FLOE_OPS_ONE_HOT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> OneHotOps();

}  // namespace floe

#endif  // FLOE_OPS_ONE_HOT_H_
