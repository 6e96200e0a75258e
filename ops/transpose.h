// Transpose and permutations.
#ifndef FLOE_OPS_TRANSPOSE_H_
#define FLOE_OPS_TRANSPOSE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> TransposeOps();

}  // namespace floe

#endif  // FLOE_OPS_TRANSPOSE_H_
