// Reductions of rows by the segments that they belong to.
#ifndef FLOE_OPS_SEGMENT_H_
#define FLOE_OPS_SEGMENT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SegmentOps();

// How many segments there are by the numbers of sorted rows: one more than the last. INVALID_ARGUMENT where they are
// not in order or negative.
absl::StatusOr<int64_t> SortedSegments(absl::Span<const int64_t> ids);

}  // namespace floe

#endif  // FLOE_OPS_SEGMENT_H_
