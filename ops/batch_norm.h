// FusedBatchNorm in its three versions, at inference.
#ifndef FLOE_OPS_BATCH_NORM_H_
#define FLOE_OPS_BATCH_NORM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> BatchNormOps();

}  // namespace floe

#endif  // FLOE_OPS_BATCH_NORM_H_
