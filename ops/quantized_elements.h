// What leaves the integers of a quantized tensor and its range as they are: QuantizedRelu and QuantizedRelu6,
// QuantizedMaxPool and QuantizedAvgPool, QuantizedReshape, and, where its inputs have one range, QuantizedConcat.
#ifndef FLOE_OPS_QUANTIZED_ELEMENTS_H_
#define FLOE_OPS_QUANTIZED_ELEMENTS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> QuantizedElementOps();

}  // namespace floe

#endif  // FLOE_OPS_QUANTIZED_ELEMENTS_H_
