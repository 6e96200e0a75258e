// MaxPool and AvgPool.
#ifndef FLOE_OPS_POOL_H_
#define FLOE_OPS_POOL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> PoolOps();

}  // namespace floe

#endif  // FLOE_OPS_POOL_H_
