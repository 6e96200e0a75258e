// DynamicPartition, and what puts its pieces together again: DynamicStitch, ParallelDynamicStitch.
#ifndef FLOE_OPS_DYNAMIC_PARTITION_H_
#define FLOE_OPS_DYNAMIC_PARTITION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DynamicPartitionOps();

}  // namespace floe

#endif  // FLOE_OPS_DYNAMIC_PARTITION_H_
