// Local response normalisation.
#ifndef FLOE_OPS_LRN_H_
#define FLOE_OPS_LRN_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> LrnOps();

}  // namespace floe

#endif  // FLOE_OPS_LRN_H_
