// Numbers to strings and back.
#ifndef FLOE_OPS_STRING_NUMBER_H_
#define FLOE_OPS_STRING_NUMBER_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringNumberOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_NUMBER_H_
