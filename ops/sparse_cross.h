// Crosses of features: SparseCross, SparseCrossV2, SparseCrossHashed.
#ifndef FLOE_OPS_SPARSE_CROSS_H_
#define FLOE_OPS_SPARSE_CROSS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SparseCrossOps();

}  // namespace floe

#endif  // FLOE_OPS_SPARSE_CROSS_H_
