// Base64 with the alphabet that is safe in URLs.
#ifndef FLOE_OPS_BASE64_H_
#define FLOE_OPS_BASE64_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> Base64Ops();

}  // namespace floe

#endif  // FLOE_OPS_BASE64_H_
