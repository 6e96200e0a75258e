// How many multiplications and additions an op takes, for kernels that do not count their own.
#ifndef FLOE_PLAN_FLOPS_H_
#define FLOE_PLAN_FLOPS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

// A multiplication and an addition are two; an elementwise op is one an element, a sum one an element of its input. 0
// for what only moves elements and where shapes are not known; the most that can be counted where there are more.
int64_t CountFlops(const OpInfo& op, const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                   absl::Span<const TensorInfo> outputs);

}  // namespace floe

#endif  // FLOE_PLAN_FLOPS_H_
