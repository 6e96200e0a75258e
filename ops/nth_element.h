// NthElement: the n-th smallest or largest of each row.
#ifndef FLOE_OPS_NTH_ELEMENT_H_
#define FLOE_OPS_NTH_ELEMENT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> NthElementOps();

}  // namespace floe

#endif  // FLOE_OPS_NTH_ELEMENT_H_
