// ArgMax and ArgMin.
#ifndef FLOE_OPS_ARG_EXTREME_H_
#define FLOE_OPS_ARG_EXTREME_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ArgExtremeOps();

}  // namespace floe

#endif  // FLOE_OPS_ARG_EXTREME_H_
