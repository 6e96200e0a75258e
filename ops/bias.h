// BiasAdd.
#ifndef FLOE_OPS_BIAS_H_
#define FLOE_OPS_BIAS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> BiasOps();

}  // namespace floe

#endif  // FLOE_OPS_BIAS_H_
