// The loops of elementwise functions over rows of floats, which elementwise.cc makes ops of. Truth values are 1 and 0
// here. Pure functions; any thread.
#ifndef FLOE_KERNELS_CPU_ELEMENTWISE_LOOPS_H_
#define FLOE_KERNELS_CPU_ELEMENTWISE_LOOPS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace floe {

enum class LoopKind : uint8_t {
  // Of one operand.
  kAbs,
  kAtan,
  kCeil,
  kCos,
  kElu,
  kErf,
  kErfc,
  kExp,
  kExpm1,
  kFloor,
  kGelu,
  kGeluTanh,
  kHardSwish,
  kLeakyRelu,  // parameter: the slope below 0
  kLog,
  kLog1p,
  kLogicalNot,
  kNeg,
  kReciprocal,
  kRelu,
  kRelu6,
  kRound,
  kRsqrt,
  kSelu,
  kSigmoid,
  kSign,
  kSin,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kSquare,
  kSwish,
  kTanh,
  // Of two.
  kAdd,
  kAnd,
  kAtan2,
  kDiv,
  kDivNoNan,
  kEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kMaximum,
  kMinimum,
  kMul,
  kMulNoNan,
  kNotEqual,
  kOr,
  kPow,
  kPrelu,
  kSquaredDifference,
  kSub,
  // Of three.
  kClip,
  kSelect,
};

enum class LoopValues : uint8_t { kFloats, kTruths };

struct ElementwiseLoop {
  const char* op;
  LoopKind kind;
  int operands;
  LoopValues values = LoopValues::kFloats;  // kTruths: some operand or the result is a truth value
};

inline constexpr ElementwiseLoop kElementwiseLoops[] = {
    {"Abs", LoopKind::kAbs, 1},
    {"Add", LoopKind::kAdd, 2},
    {"AddV2", LoopKind::kAdd, 2},
    {"Atan", LoopKind::kAtan, 1},
    {"Atan2", LoopKind::kAtan2, 2},
    {"BiasAdd", LoopKind::kAdd, 2},
    {"BiasAddV1", LoopKind::kAdd, 2},
    {"Ceil", LoopKind::kCeil, 1},
    {"ClipByValue", LoopKind::kClip, 3},
    {"Cos", LoopKind::kCos, 1},
    {"Div", LoopKind::kDiv, 2},
    {"DivNoNan", LoopKind::kDivNoNan, 2},
    {"Elu", LoopKind::kElu, 1},
    {"Equal", LoopKind::kEqual, 2, LoopValues::kTruths},
    {"Erf", LoopKind::kErf, 1},
    {"Erfc", LoopKind::kErfc, 1},
    {"Exp", LoopKind::kExp, 1},
    {"Expm1", LoopKind::kExpm1, 1},
    {"Floor", LoopKind::kFloor, 1},
    {"Greater", LoopKind::kGreater, 2, LoopValues::kTruths},
    {"GreaterEqual", LoopKind::kGreaterEqual, 2, LoopValues::kTruths},
    {"Inv", LoopKind::kReciprocal, 1},
    {"LeakyRelu", LoopKind::kLeakyRelu, 1},
    {"Less", LoopKind::kLess, 2, LoopValues::kTruths},
    {"LessEqual", LoopKind::kLessEqual, 2, LoopValues::kTruths},
    {"Log", LoopKind::kLog, 1},
    {"Log1p", LoopKind::kLog1p, 1},
    {"LogicalAnd", LoopKind::kAnd, 2, LoopValues::kTruths},
    {"LogicalNot", LoopKind::kLogicalNot, 1, LoopValues::kTruths},
    {"LogicalOr", LoopKind::kOr, 2, LoopValues::kTruths},
    {"Maximum", LoopKind::kMaximum, 2},
    {"Minimum", LoopKind::kMinimum, 2},
    {"Mul", LoopKind::kMul, 2},
    {"MulNoNan", LoopKind::kMulNoNan, 2},
    {"Neg", LoopKind::kNeg, 1},
    {"NotEqual", LoopKind::kNotEqual, 2, LoopValues::kTruths},
    {"Pow", LoopKind::kPow, 2},
    {"RealDiv", LoopKind::kDiv, 2},
    {"Reciprocal", LoopKind::kReciprocal, 1},
    {"Relu", LoopKind::kRelu, 1},
    {"Relu6", LoopKind::kRelu6, 1},
    {"Rint", LoopKind::kRound, 1},
    {"Round", LoopKind::kRound, 1},
    {"Rsqrt", LoopKind::kRsqrt, 1},
    {"SelectV2", LoopKind::kSelect, 3, LoopValues::kTruths},
    {"Selu", LoopKind::kSelu, 1},
    {"Sigmoid", LoopKind::kSigmoid, 1},
    {"Sign", LoopKind::kSign, 1},
    {"Sin", LoopKind::kSin, 1},
    {"Softplus", LoopKind::kSoftplus, 1},
    {"Softsign", LoopKind::kSoftsign, 1},
    {"Sqrt", LoopKind::kSqrt, 1},
    {"Square", LoopKind::kSquare, 1},
    {"SquaredDifference", LoopKind::kSquaredDifference, 2},
    {"Sub", LoopKind::kSub, 2},
    {"Tanh", LoopKind::kTanh, 1},
    {"_Gelu", LoopKind::kGelu, 1},
    {"_GeluTanh", LoopKind::kGeluTanh, 1},
    {"_HardSwish", LoopKind::kHardSwish, 1},
    {"_Prelu", LoopKind::kPrelu, 2},
    {"_Swish", LoopKind::kSwish, 1},
};

// Null where there is none for the op.
const ElementwiseLoop* FindElementwiseLoop(absl::string_view op);

// An operand of a row: one element after the other, or one for all.
struct RowOperand {
  const float* data;
  bool moves;
};

// y[i] = f(operands[0][i], ...); `y` may be where a moving operand is.
void ComputeRow(LoopKind kind, float parameter, const RowOperand* operands, float* y, int64_t n);

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_ELEMENTWISE_LOOPS_H_
