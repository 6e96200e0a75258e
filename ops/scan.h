// Running sums and products along an axis.
#ifndef FLOE_OPS_SCAN_H_
#define FLOE_OPS_SCAN_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ScanOps();

}  // namespace floe

#endif  // FLOE_OPS_SCAN_H_
