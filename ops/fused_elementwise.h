// Elementwise ops that follow each other, as one: Floe's passes make it, so that what lies between them need not go
// through memory.
//   _FusedElementwise   up to 8 inputs of one floating dtype T, broadcast against each other; attributes
//                       functions   list(string), one a step: the name of an elementwise op (ops/elementwise_program.h)
//                       operands    list(int), of all steps one after the other, as many as each op has inputs: an
//                                   input's number, or the number of inputs plus that of an earlier step
//                       parameters  list(float), one a step: LeakyRelu's alpha, else 0
// The result is the last step's. Every step means what its op means, its shapes, its errors and the rounding of its
// result to T included; comparisons make what LogicalAnd and SelectV2 read.
#ifndef FLOE_OPS_FUSED_ELEMENTWISE_H_
#define FLOE_OPS_FUSED_ELEMENTWISE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> FusedElementwiseOps();

}  // namespace floe

#endif  // FLOE_OPS_FUSED_ELEMENTWISE_H_
