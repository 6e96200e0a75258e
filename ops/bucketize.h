// Bucketize: between which boundaries each number lies.
#ifndef FLOE_OPS_BUCKETIZE_H_
#define FLOE_OPS_BUCKETIZE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> BucketizeOps();

}  // namespace floe

#endif  // FLOE_OPS_BUCKETIZE_H_
