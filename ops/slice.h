// Slice and StridedSlice.
#ifndef FLOE_OPS_SLICE_H_
#define FLOE_OPS_SLICE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SliceOps();

}  // namespace floe

#endif  // FLOE_OPS_SLICE_H_
