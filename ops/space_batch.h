// Blocks of an image to the batch and back.
#ifndef FLOE_OPS_SPACE_BATCH_H_
#define FLOE_OPS_SPACE_BATCH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SpaceBatchOps();

}  // namespace floe

#endif  // FLOE_OPS_SPACE_BATCH_H_
