// The kinds of elementwise loops that elementwise.cc has; a header because each instruction set compiles that file
// anew.
#ifndef FLOE_KERNELS_CPU_ELEMENTWISE_H_
#define FLOE_KERNELS_CPU_ELEMENTWISE_H_

#include "ops/broadcast.h"

namespace floe {

enum class UnaryKind {
  kAbs,
  kCeil,
  kElu,
  kErf,
  kExp,
  kFloor,
  kGelu,
  kGeluTanh,
  kHardSwish,
  kLeakyRelu,
  kNeg,
  kReciprocal,
  kRelu,
  kRelu6,
  kRsqrt,
  kSigmoid,
  kSqrt,
  kSquare,
  kSwish,
  kTanh,
};

enum class BinaryKind { kAdd, kSub, kMul, kDiv, kMaximum, kMinimum, kPrelu, kSquaredDifference };

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_ELEMENTWISE_H_
