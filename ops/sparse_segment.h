// Sums over segments of rows that indices pick.
#ifndef FLOE_OPS_SPARSE_SEGMENT_H_
#define FLOE_OPS_SPARSE_SEGMENT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseSegmentOps();

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_SEGMENT_H_
