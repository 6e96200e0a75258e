// Reductions of rows by the segments that they belong to.
#ifndef FLOE_OPS_SEGMENT_H_
#define FLOE_OPS_SEGMENT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SegmentOps();

}  // namespace floe

#endif  // FLOE_OPS_SEGMENT_H_
