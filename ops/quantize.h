// QuantizeV2 and Dequantize: floats as small integers over a range, and back; QuantizeAndDequantizeV2, V3 and V4: both
// at once, so that the result is a float with the precision of such an integer.
#ifndef FLOE_OPS_QUANTIZE_H_
#define FLOE_OPS_QUANTIZE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> QuantizeOps();

}  // namespace floe

#endif  // FLOE_OPS_QUANTIZE_H_
