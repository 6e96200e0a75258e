// QuantizedMatMul and QuantizedConv2D: products of 8-bit integers around what stands for 0, summed in 32 bits.
#ifndef FLOE_OPS_QUANTIZED_PRODUCT_H_
#define FLOE_OPS_QUANTIZED_PRODUCT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> QuantizedProductOps();

}  // namespace floe

#endif  // FLOE_OPS_QUANTIZED_PRODUCT_H_
