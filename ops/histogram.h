// HistogramFixedWidth: how many values lie in each of bins of one width.
#ifndef FLOE_OPS_HISTOGRAM_H_
#define FLOE_OPS_HISTOGRAM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> HistogramOps();

}  // namespace floe

#endif  // FLOE_OPS_HISTOGRAM_H_
