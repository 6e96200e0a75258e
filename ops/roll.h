// Roll: elements shifted along axes, those that leave at one end coming in at the other.
#ifndef FLOE_OPS_ROLL_H_
#define FLOE_OPS_ROLL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RollOps();

// The shift along every axis, from 0 to its size: those of an axis that is named twice add up.
absl::StatusOr<Dims> ComputeShifts(const Shape& shape, const Tensor& shifts, const Tensor& axes);

}  // namespace floe

#endif  // FLOE_OPS_ROLL_H_
