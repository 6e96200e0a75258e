// EditDistance: Levenshtein distances between the rows of two sparse tensors.
#ifndef FLOE_OPS_EDIT_DISTANCE_H_
#define FLOE_OPS_EDIT_DISTANCE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> EditDistanceOps();

}  // namespace floe

#endif  // FLOE_OPS_EDIT_DISTANCE_H_
