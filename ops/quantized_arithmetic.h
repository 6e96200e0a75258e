// QuantizedBiasAdd, QuantizedAdd, QuantizedMul: sums and products of 8-bit integers, as 32-bit ones. Add and Mul
// broadcast everything, where TensorFlow's kernels know vectors only.
#ifndef FLOE_OPS_QUANTIZED_ARITHMETIC_H_
#define FLOE_OPS_QUANTIZED_ARITHMETIC_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> QuantizedArithmeticOps();

}  // namespace floe

#endif  // FLOE_OPS_QUANTIZED_ARITHMETIC_H_
