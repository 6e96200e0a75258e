// Non-maximum suppression of batches, class by class.
#ifndef FLOE_OPS_COMBINED_NMS_H_
#define FLOE_OPS_COMBINED_NMS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CombinedNmsOps();

}  // namespace floe

#endif  // FLOE_OPS_COMBINED_NMS_H_
