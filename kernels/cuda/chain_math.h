// The functions of elementwise chains, and of what follows a product: one step of one element, in float or in int64.
#ifndef FLOE_KERNELS_CUDA_CHAIN_MATH_H_
#define FLOE_KERNELS_CUDA_CHAIN_MATH_H_

#include <cmath>
#include <cstdint>

#include "kernels/cuda/intrinsics.h"

namespace floe {

enum class ChainOp : uint8_t {
  // Of one value.
  kCopy,  // nothing: a cast is its load and its store
  kAbs,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kCeil,
  kCos,
  kCosh,
  kElu,
  kErf,
  kErfc,
  kExp,
  kExpm1,
  kFloor,
  kGelu,
  kGeluTanh,
  kHardSwish,
  kIsFinite,
  kIsInf,
  kIsNan,
  kLeakyRelu,  // parameter: the slope below 0
  kLog,
  kLog1p,
  kLogicalNot,
  kNeg,
  kOne,
  kReciprocal,
  kRelu,
  kRelu6,
  kRound,
  kRsqrt,
  kSelu,
  kSigmoid,
  kSign,
  kSin,
  kSinh,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kSquare,
  kSwish,
  kTan,
  kTanh,
  kZero,
  // Of the value and an operand.
  kAdd,
  kAnd,
  kAtan2,
  kDiv,
  kDivNoNan,
  kEqual,
  kFloorDiv,
  kFloorMod,
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
  kTruncateDiv,
  kTruncateMod,
  kXdivy,
  kXlogy,
  // Of the value and two operands.
  kClip,
  kSelect,     // the value chooses
  kBatchNorm,  // value * first + second
};

// NaN stays NaN in all of these, as in ops/.
__device__ __forceinline__ float SigmoidOf(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ float ChainUnary(ChainOp op, float x, float parameter) {
  switch (op) {
    case ChainOp::kAbs:
      return fabsf(x);
    case ChainOp::kAcos:
      return acosf(x);
    case ChainOp::kAcosh:
      return acoshf(x);
    case ChainOp::kAsin:
      return asinf(x);
    case ChainOp::kAsinh:
      return asinhf(x);
    case ChainOp::kAtan:
      return atanf(x);
    case ChainOp::kAtanh:
      return atanhf(x);
    case ChainOp::kCeil:
      return ceilf(x);
    case ChainOp::kCos:
      return cosf(x);
    case ChainOp::kCosh:
      return coshf(x);
    case ChainOp::kElu:
      return x < 0 ? expm1f(x) : x;
    case ChainOp::kErf:
      return erff(x);
    case ChainOp::kErfc:
      return erfcf(x);
    case ChainOp::kExp:
      return expf(x);
    case ChainOp::kExpm1:
      return expm1f(x);
    case ChainOp::kFloor:
      return floorf(x);
    case ChainOp::kGelu:
      return x * 0.5f * (1.0f + erff(x * 0.70710678118654752f));
    case ChainOp::kGeluTanh:
      return x * 0.5f * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case ChainOp::kHardSwish:
      return x * (x < -3 ? 0.0f : x > 3 ? 6.0f : x + 3) / 6;
    case ChainOp::kIsFinite:
      return fabsf(x) <= 3.402823466e38f ? 1.0f : 0.0f;
    case ChainOp::kIsInf:
      return fabsf(x) > 3.402823466e38f ? 1.0f : 0.0f;
    case ChainOp::kIsNan:
      return x != x ? 1.0f : 0.0f;
    case ChainOp::kLeakyRelu:
      return x < 0 ? x * parameter : x;
    case ChainOp::kLog:
      return logf(x);
    case ChainOp::kLog1p:
      return log1pf(x);
    case ChainOp::kLogicalNot:
      return x == 0 ? 1.0f : 0.0f;
    case ChainOp::kNeg:
      return -x;
    case ChainOp::kOne:
      return 1.0f;
    case ChainOp::kReciprocal:
      return 1.0f / x;
    case ChainOp::kRelu:
      return x < 0 ? 0.0f : x;
    case ChainOp::kRelu6:
      return x < 0 ? 0.0f : x > 6 ? 6.0f : x;
    case ChainOp::kRound:
      return rintf(x);
    case ChainOp::kRsqrt:
      return 1.0f / sqrtf(x);
    case ChainOp::kSelu:
      return x < 0 ? 1.7580993408473768f * expm1f(x) : 1.0507009873554805f * x;
    case ChainOp::kSigmoid:
      return SigmoidOf(x);
    case ChainOp::kSign:
      return x > 0 ? 1.0f : x < 0 ? -1.0f : x;
    case ChainOp::kSin:
      return sinf(x);
    case ChainOp::kSinh:
      return sinhf(x);
    case ChainOp::kSoftplus:
      return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
    case ChainOp::kSoftsign:
      return x / (fabsf(x) + 1.0f);
    case ChainOp::kSqrt:
      return sqrtf(x);
    case ChainOp::kSquare:
      return x * x;
    case ChainOp::kSwish:
      return x * SigmoidOf(x);
    case ChainOp::kTan:
      return tanf(x);
    case ChainOp::kTanh:
      return tanhf(x);
    case ChainOp::kZero:
      return 0.0f;
    default:
      return x;
  }
}

__device__ __forceinline__ float ChainBinary(ChainOp op, float x, float y) {
  switch (op) {
    case ChainOp::kAdd:
      return x + y;
    case ChainOp::kAnd:
      return x != 0 && y != 0 ? 1.0f : 0.0f;
    case ChainOp::kAtan2:
      return atan2f(x, y);
    case ChainOp::kDiv:
      return x / y;
    case ChainOp::kDivNoNan:
      return y == 0 ? 0.0f : x / y;
    case ChainOp::kEqual:
      return x == y ? 1.0f : 0.0f;
    case ChainOp::kFloorDiv:
      return floorf(x / y);
    case ChainOp::kFloorMod: {
      const float rest = fmodf(x, y);
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    }
    case ChainOp::kGreater:
      return x > y ? 1.0f : 0.0f;
    case ChainOp::kGreaterEqual:
      return x >= y ? 1.0f : 0.0f;
    case ChainOp::kLess:
      return x < y ? 1.0f : 0.0f;
    case ChainOp::kLessEqual:
      return x <= y ? 1.0f : 0.0f;
    case ChainOp::kMaximum:
      return y != y ? y : x < y ? y : x;
    case ChainOp::kMinimum:
      return y != y ? y : y < x ? y : x;
    case ChainOp::kMul:
      return x * y;
    case ChainOp::kMulNoNan:
      return y == 0 ? 0.0f : x * y;
    case ChainOp::kNotEqual:
      return x != y ? 1.0f : 0.0f;
    case ChainOp::kOr:
      return x != 0 || y != 0 ? 1.0f : 0.0f;
    case ChainOp::kPow:
      return powf(x, y);
    case ChainOp::kPrelu:
      return x < 0 ? x * y : x;
    case ChainOp::kSquaredDifference:
      return (x - y) * (x - y);
    case ChainOp::kSub:
      return x - y;
    case ChainOp::kTruncateDiv:
      return truncf(x / y);
    case ChainOp::kTruncateMod:
      return fmodf(x, y);
    case ChainOp::kXdivy:
      return x == 0 ? 0.0f : x / y;
    case ChainOp::kXlogy:
      return x == 0 ? 0.0f : x * logf(y);
    default:
      return x;
  }
}

__device__ __forceinline__ float ChainTernary(ChainOp op, float x, float y, float z) {
  switch (op) {
    case ChainOp::kClip: {
      const float below = z < x ? z : x;
      return below < y ? y : below;
    }
    case ChainOp::kSelect:
      return x != 0 ? y : z;
    case ChainOp::kBatchNorm:
      return x * y + z;
    default:
      return x;
  }
}

// Integers, whatever their width: results are cut to it when they are stored, which is how they wrap.
__device__ __forceinline__ int64_t Wrapped(uint64_t x) { return static_cast<int64_t>(x); }

__device__ __forceinline__ int64_t ChainUnary(ChainOp op, int64_t x, float) {
  switch (op) {
    case ChainOp::kAbs:
      return x < 0 ? Wrapped(0 - static_cast<uint64_t>(x)) : x;
    case ChainOp::kLogicalNot:
      return x == 0 ? 1 : 0;
    case ChainOp::kNeg:
      return Wrapped(0 - static_cast<uint64_t>(x));
    case ChainOp::kOne:
      return 1;
    case ChainOp::kRelu:
      return x < 0 ? 0 : x;
    case ChainOp::kRelu6:
      return x < 0 ? 0 : x > 6 ? 6 : x;
    case ChainOp::kSign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case ChainOp::kSquare:
      return Wrapped(static_cast<uint64_t>(x) * static_cast<uint64_t>(x));
    case ChainOp::kZero:
      return 0;
    default:
      return x;
  }
}

// Divisors are not 0 (Supports has seen to it); the least number by -1 wraps to itself.
__device__ __forceinline__ int64_t ChainBinary(ChainOp op, int64_t x, int64_t y) {
  const auto a = static_cast<uint64_t>(x), b = static_cast<uint64_t>(y);
  const auto quotient = [&] { return y == -1 ? Wrapped(0 - a) : x / y; };
  const auto rest = [&] { return y == -1 ? 0 : x % y; };
  switch (op) {
    case ChainOp::kAdd:
      return Wrapped(a + b);
    case ChainOp::kAnd:
      return x != 0 && y != 0 ? 1 : 0;
    case ChainOp::kDiv:
    case ChainOp::kTruncateDiv:
      return quotient();
    case ChainOp::kEqual:
      return x == y ? 1 : 0;
    case ChainOp::kFloorDiv: {
      const int64_t q = quotient();
      return rest() != 0 && (x < 0) != (y < 0) ? q - 1 : q;
    }
    case ChainOp::kFloorMod: {
      const int64_t r = rest();
      return r != 0 && (r < 0) != (y < 0) ? r + y : r;
    }
    case ChainOp::kGreater:
      return x > y ? 1 : 0;
    case ChainOp::kGreaterEqual:
      return x >= y ? 1 : 0;
    case ChainOp::kLess:
      return x < y ? 1 : 0;
    case ChainOp::kLessEqual:
      return x <= y ? 1 : 0;
    case ChainOp::kMaximum:
      return x < y ? y : x;
    case ChainOp::kMinimum:
      return y < x ? y : x;
    case ChainOp::kMul:
      return Wrapped(a * b);
    case ChainOp::kNotEqual:
      return x != y ? 1 : 0;
    case ChainOp::kOr:
      return x != 0 || y != 0 ? 1 : 0;
    case ChainOp::kSquaredDifference:
      return Wrapped((a - b) * (a - b));
    case ChainOp::kSub:
      return Wrapped(a - b);
    case ChainOp::kTruncateMod:
      return rest();
    default:
      return x;
  }
}

__device__ __forceinline__ int64_t ChainTernary(ChainOp op, int64_t x, int64_t y, int64_t z) {
  switch (op) {
    case ChainOp::kClip: {
      const int64_t below = z < x ? z : x;
      return below < y ? y : below;
    }
    case ChainOp::kSelect:
      return x != 0 ? y : z;
    default:
      return x;
  }
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_CHAIN_MATH_H_
