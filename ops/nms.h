// Non-maximum suppression of one set of boxes.
#ifndef FLOE_OPS_NMS_H_
#define FLOE_OPS_NMS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> NmsOps();

}  // namespace floe

#endif  // FLOE_OPS_NMS_H_
