#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise_loops.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/elementwise_loops.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

// ---- Of one operand

template <class F>
HWY_INLINE void ApplyRow(const RowOperand& x, float* y, int64_t n, F f) {
  if (x.moves) return MapRow(x.data, y, n, f);
  std::fill(y, y + n, hn::GetLane(f(hn::Set(F32(), *x.data))));
}

void UnaryRow(LoopKind kind, float parameter, const RowOperand& x, float* y, int64_t n) {
  const F32 d;
  switch (kind) {
    case LoopKind::kAbs:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Abs(v); });
    case LoopKind::kCeil:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Ceil(v); });
    case LoopKind::kElu:
      return ApplyRow(x, y, n, EluOf());
    case LoopKind::kErf:
      return ApplyRow(x, y, n, ErfOf());
    case LoopKind::kExp:
      return ApplyRow(x, y, n, ExpOf());
    case LoopKind::kExpm1:
      return ApplyRow(x, y, n, Expm1Of());
    case LoopKind::kFloor:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Floor(v); });
    case LoopKind::kGelu:
      return ApplyRow(x, y, n, GeluOf());
    case LoopKind::kGeluTanh:
      return ApplyRow(x, y, n, GeluTanhOf());
    case LoopKind::kHardSwish:
      return ApplyRow(x, y, n, HardSwishOf());
    case LoopKind::kLeakyRelu:
      return ApplyRow(x, y, n, LeakyReluOf{parameter});
    case LoopKind::kLog:
      return ApplyRow(x, y, n, LogOf());
    case LoopKind::kLog1p:
      return ApplyRow(x, y, n, Log1pOf());
    case LoopKind::kLogicalNot:
      return ApplyRow(x, y, n, [=](VF v) HWY_ATTR { return TruthOf(hn::Eq(v, hn::Zero(d))); });
    case LoopKind::kNeg:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Neg(v); });
    case LoopKind::kReciprocal:
      return ApplyRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), v); });
    case LoopKind::kRelu:
      return ApplyRow(x, y, n, ReluOf());
    case LoopKind::kRelu6:
      return ApplyRow(x, y, n, Relu6Of());
    case LoopKind::kRound:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Round(v); });
    case LoopKind::kRsqrt:
      return ApplyRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), hn::Sqrt(v)); });
    case LoopKind::kSelu:
      return ApplyRow(x, y, n, SeluOf());
    case LoopKind::kSigmoid:
      return ApplyRow(x, y, n, SigmoidOf());
    case LoopKind::kSign:
      return ApplyRow(x, y, n, [=](VF v) HWY_ATTR {
        const VF one = hn::Set(d, 1.0f), zero = hn::Zero(d);
        return hn::IfThenElse(hn::Gt(v, zero), one, hn::IfThenElse(hn::Lt(v, zero), hn::Neg(one), v));
      });
    case LoopKind::kSoftplus:
      return ApplyRow(x, y, n, SoftplusOf());
    case LoopKind::kSoftsign:
      return ApplyRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Div(v, hn::Add(hn::Abs(v), hn::Set(d, 1.0f))); });
    case LoopKind::kSqrt:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Sqrt(v); });
    case LoopKind::kSquare:
      return ApplyRow(x, y, n, [](VF v) HWY_ATTR { return hn::Mul(v, v); });
    case LoopKind::kSwish:
      return ApplyRow(x, y, n, SwishOf());
    case LoopKind::kTanh:
      return ApplyRow(x, y, n, TanhOf());
    default:
      return;
  }
}

// ---- Of two

template <class F>
HWY_INLINE void CombineRow(const RowOperand& a, const RowOperand& b, float* y, int64_t n, F f) {
  const F32 d;
  if (a.moves && b.moves) return MapRow(a.data, b.data, y, n, f);
  if (a.moves) {
    const VF fixed = hn::Set(d, *b.data);
    return MapRow(a.data, y, n, [&](VF x) HWY_ATTR { return f(x, fixed); });
  }
  const VF fixed = hn::Set(d, *a.data);
  ApplyRow(b, y, n, [&](VF x) HWY_ATTR { return f(fixed, x); });
}

// Calls `body` with the function.
template <class Body>
HWY_INLINE void WithFunction(LoopKind kind, const Body& body) {
  switch (kind) {
    case LoopKind::kAdd:
      return body([](VF x, VF z) HWY_ATTR { return hn::Add(x, z); });
    case LoopKind::kAnd:
      return body([](VF x, VF z) HWY_ATTR {
        const VF zero = hn::Zero(F32());
        return TruthOf(hn::And(hn::Ne(x, zero), hn::Ne(z, zero)));
      });
    case LoopKind::kDiv:
      return body([](VF x, VF z) HWY_ATTR { return hn::Div(x, z); });
    case LoopKind::kDivNoNan:
      return body([](VF x, VF z) HWY_ATTR { return hn::IfThenZeroElse(hn::Eq(z, hn::Zero(F32())), hn::Div(x, z)); });
    case LoopKind::kEqual:
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Eq(x, z)); });
    case LoopKind::kGreater:
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Gt(x, z)); });
    case LoopKind::kGreaterEqual:
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Ge(x, z)); });
    case LoopKind::kLess:
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Lt(x, z)); });
    case LoopKind::kLessEqual:
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Le(x, z)); });
    case LoopKind::kMaximum:
      return body(MaxOf());
    case LoopKind::kMinimum:
      return body(MinOf());
    case LoopKind::kMul:
      return body([](VF x, VF z) HWY_ATTR { return hn::Mul(x, z); });
    case LoopKind::kMulNoNan:
      return body([](VF x, VF z) HWY_ATTR { return hn::IfThenZeroElse(hn::Eq(z, hn::Zero(F32())), hn::Mul(x, z)); });
    case LoopKind::kNotEqual:
      // Not Ne, which is false of a NaN.
      return body([](VF x, VF z) HWY_ATTR { return TruthOf(hn::Not(hn::Eq(x, z))); });
    case LoopKind::kOr:
      return body([](VF x, VF z) HWY_ATTR {
        const VF zero = hn::Zero(F32());
        return TruthOf(hn::Or(hn::Ne(x, zero), hn::Ne(z, zero)));
      });
    case LoopKind::kPrelu:
      return body([](VF x, VF z) HWY_ATTR { return hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), hn::Mul(x, z), x); });
    case LoopKind::kSquaredDifference:
      return body([](VF x, VF z) HWY_ATTR {
        const VF difference = hn::Sub(x, z);
        return hn::Mul(difference, difference);
      });
    case LoopKind::kSub:
      return body([](VF x, VF z) HWY_ATTR { return hn::Sub(x, z); });
    default:
      return;
  }
}

void BinaryRow(LoopKind kind, const RowOperand& a, const RowOperand& b, float* y, int64_t n) {
  WithFunction(kind, [&](auto f) HWY_ATTR { CombineRow(a, b, y, n, f); });
}

// ---- Of three

template <class F>
HWY_INLINE void CombineRow(const RowOperand* operands, float* y, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto at = [&](int k, int64_t i) HWY_ATTR {
    return operands[k].moves ? hn::LoadU(d, operands[k].data + i) : hn::Set(d, *operands[k].data);
  };
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(at(0, i), at(1, i), at(2, i)), d, y + i);
  if (i == n) return;
  const size_t rest = static_cast<size_t>(n - i);
  const auto some = [&](int k) HWY_ATTR {
    return operands[k].moves ? LoadSome(d, operands[k].data + i, rest) : hn::Set(d, *operands[k].data);
  };
  StoreSome(f(some(0), some(1), some(2)), d, y + i, rest);
}

void TernaryRow(LoopKind kind, const RowOperand* operands, float* y, int64_t n) {
  if (kind == LoopKind::kSelect) {
    return CombineRow(operands, y, n, [](VF choice, VF a, VF b) HWY_ATTR {
      return hn::IfThenElse(hn::Ne(choice, hn::Zero(F32())), a, b);
    });
  }
  CombineRow(operands, y, n, [](VF x, VF low, VF high) HWY_ATTR {
    const VF below = hn::IfThenElse(hn::Lt(high, x), high, x);
    return hn::IfThenElse(hn::Lt(below, low), low, below);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

namespace floe {
namespace {

// What has no vector form is computed one element at a time. False for what has one.
bool PlainRow(LoopKind kind, const RowOperand* operands, float* y, int64_t n) {
  const auto of_one = [&](auto f) {
    const int64_t step = operands[0].moves ? 1 : 0;
    for (int64_t i = 0; i < n; ++i) y[i] = f(operands[0].data[i * step]);
    return true;
  };
  const auto of_two = [&](auto f) {
    const int64_t a = operands[0].moves ? 1 : 0, b = operands[1].moves ? 1 : 0;
    for (int64_t i = 0; i < n; ++i) y[i] = f(operands[0].data[i * a], operands[1].data[i * b]);
    return true;
  };
  switch (kind) {
    case LoopKind::kAtan:
      return of_one([](float x) { return std::atan(x); });
    case LoopKind::kAtan2:
      return of_two([](float x, float z) { return std::atan2(x, z); });
    case LoopKind::kCos:
      return of_one([](float x) { return std::cos(x); });
    case LoopKind::kErfc:
      return of_one([](float x) { return std::erfc(x); });
    case LoopKind::kPow:
      return of_two([](float x, float z) { return std::pow(x, z); });
    case LoopKind::kSin:
      return of_one([](float x) { return std::sin(x); });
    default:
      return false;
  }
}

}  // namespace

HWY_EXPORT(UnaryRow);
HWY_EXPORT(BinaryRow);
HWY_EXPORT(TernaryRow);

const ElementwiseLoop* FindElementwiseLoop(absl::string_view op) {
  const auto* const found =
      std::lower_bound(std::begin(kElementwiseLoops), std::end(kElementwiseLoops), op,
                       [](const ElementwiseLoop& row, absl::string_view key) { return row.op < key; });
  return found != std::end(kElementwiseLoops) && found->op == op ? found : nullptr;
}

void ComputeRow(LoopKind kind, float parameter, const RowOperand* operands, float* y, int64_t n) {
  if (PlainRow(kind, operands, y, n)) return;
  if (kind < LoopKind::kAdd) {
    HWY_DYNAMIC_DISPATCH(UnaryRow)(kind, parameter, operands[0], y, n);
  } else if (kind < LoopKind::kClip) {
    HWY_DYNAMIC_DISPATCH(BinaryRow)(kind, operands[0], operands[1], y, n);
  } else {
    HWY_DYNAMIC_DISPATCH(TernaryRow)(kind, operands, y, n);
  }
}

}  // namespace floe
#endif  // HWY_ONCE
