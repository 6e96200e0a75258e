// Ops whose results are their inputs.
#ifndef FLOE_OPS_IDENTITY_H_
#define FLOE_OPS_IDENTITY_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> IdentityOps();

}  // namespace floe

#endif  // FLOE_OPS_IDENTITY_H_
