// Counting how often each number comes.
#ifndef FLOE_OPS_BINCOUNT_H_
#define FLOE_OPS_BINCOUNT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> BincountOps();

}  // namespace floe

#endif  // FLOE_OPS_BINCOUNT_H_
