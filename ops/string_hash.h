// Hashing strings into buckets.
#ifndef FLOE_OPS_STRING_HASH_H_
#define FLOE_OPS_STRING_HASH_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringHashOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_HASH_H_
