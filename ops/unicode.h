// Strings of characters in one encoding or another.
#ifndef FLOE_OPS_UNICODE_H_
#define FLOE_OPS_UNICODE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> UnicodeOps();

}  // namespace floe

#endif  // FLOE_OPS_UNICODE_H_
