// Cutting strings into pieces, as a sparse tensor.
#ifndef FLOE_OPS_STRING_SPLIT_H_
#define FLOE_OPS_STRING_SPLIT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringSplitOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_SPLIT_H_
