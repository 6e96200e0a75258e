// Functions of float vectors and loops over rows of floats, for the instruction set that is being compiled (Highway's
// foreach_target.h). Included in each target's turn by the files whose loops need them.
#if defined(FLOE_KERNELS_CPU_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FLOE_KERNELS_CPU_VECTOR_MATH_INL_H_
#undef FLOE_KERNELS_CPU_VECTOR_MATH_INL_H_
#else
#define FLOE_KERNELS_CPU_VECTOR_MATH_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using VF = hn::Vec<F32>;

// The first `count` (fewer than a vector's) elements at `from`, zeros behind them. Touches no others.
HWY_INLINE VF LoadSome(F32 d, const float* from, size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  std::memcpy(lanes, from, count * sizeof(float));
  return hn::Load(d, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

HWY_INLINE void StoreSome(VF v, F32 d, float* to, size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, count * sizeof(float));
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
}

// y[i] = f(x[i]).
template <class F>
HWY_INLINE void MapRow(const float* x, float* y, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, y + i);
  if (i < n) StoreSome(f(LoadSome(d, x + i, n - i)), d, y + i, n - i);
}

// y[i] = f(a[i], b[i]).
template <class F>
HWY_INLINE void MapRow(const float* a, const float* b, float* y, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  if (i < n) StoreSome(f(LoadSome(d, a + i, n - i), LoadSome(d, b + i, n - i)), d, y + i, n - i);
}

// Comparisons, not Max and Min, so that a NaN stays one.
struct ReluOf {
  HWY_INLINE VF operator()(VF x) const {
    const VF zero = hn::Zero(F32());
    return hn::IfThenElse(hn::Lt(x, zero), zero, x);
  }
};

struct Relu6Of {
  HWY_INLINE VF operator()(VF x) const {
    const VF zero = hn::Zero(F32()), six = hn::Set(F32(), 6.0f);
    const VF below = hn::IfThenElse(hn::Gt(x, six), six, x);
    return hn::IfThenElse(hn::Lt(below, zero), zero, below);
  }
};

struct EluOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Expm1(d, x), x);
  }
};

struct LeakyReluOf {
  float alpha;
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, alpha)), x);
  }
};

// Where the result no longer differs from 1, so that the exponential cannot overflow; a NaN stays one.
struct TanhOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF most = hn::Set(d, 10.0f), least = hn::Set(d, -10.0f);
    // Without CopySign: clang 14 folds Highway's for AVX-512 with a constant magnitude into other bits.
    const VF from_above = hn::IfThenElse(hn::Gt(x, most), most, x);
    return hn::Tanh(d, hn::IfThenElse(hn::Lt(x, least), least, from_above));
  }
};

// NaN wins on either side. Start: what every other value wins against.
struct MaxOf {
  HWY_INLINE VF Start() const { return hn::Neg(hn::Inf(F32())); }
  HWY_INLINE VF operator()(VF a, VF b) const { return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(b)), b, a); }
};
struct MinOf {
  HWY_INLINE VF Start() const { return hn::Inf(F32()); }
  HWY_INLINE VF operator()(VF a, VF b) const { return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a); }
};

// Highway's own makes 0 of a NaN, and anything of what is above 104.
struct ExpOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF limit = hn::Set(d, 100.0f);  // far past the last finite result
    const VF result = hn::IfThenElse(hn::Gt(x, limit), hn::Inf(d), hn::Exp(d, hn::Min(x, limit)));
    return hn::IfThenElse(hn::IsNaN(x), x, result);
  }
};

// Highway's own is as Exp is.
struct Expm1Of {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF limit = hn::Set(d, 100.0f);
    const VF result = hn::IfThenElse(hn::Gt(x, limit), hn::Inf(d), hn::Expm1(d, hn::Min(x, limit)));
    return hn::IfThenElse(hn::IsNaN(x), x, result);
  }
};

// Highway's own takes positive numbers only.
struct LogOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    return LogarithmAt(x, x, hn::Log(d, x));
  }

  // What a logarithm is at the ends of its range: `result` where `x`, of which it is one, is positive and finite.
  // `argument`: what is returned where it is infinite or NaN.
  static HWY_INLINE VF LogarithmAt(VF x, VF argument, VF result) {
    const F32 d;
    const VF zero = hn::Zero(d), infinity = hn::Inf(d);
    const VF finite = hn::IfThenElse(hn::Lt(x, infinity), result, argument);
    const VF positive = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), finite);
    return hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), positive);
  }
};

struct Log1pOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    return LogOf::LogarithmAt(hn::Add(x, hn::Set(d, 1.0f)), x, hn::Log1p(d, x));
  }
};

struct SeluOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF scale = hn::Set(d, 1.0507009873554804934f), scale_alpha = hn::Set(d, 1.7580993408473768599f);
    const VF below = hn::Mul(scale_alpha, hn::Expm1(d, x));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, hn::Mul(scale, x));
  }
};

struct SoftplusOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF positive = hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), x);
    return hn::Add(positive, Log1pOf()(ExpOf()(hn::Neg(hn::Abs(x)))));
  }
};

// 1 and 0.
template <class Mask>
HWY_INLINE VF TruthOf(Mask mask) {
  return hn::IfThenElseZero(mask, hn::Set(F32(), 1.0f));
}

struct SigmoidOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF one = hn::Set(d, 1.0f);
    return hn::Div(one, hn::Add(one, ExpOf()(hn::Neg(x))));
  }
};

struct SwishOf {
  HWY_INLINE VF operator()(VF x) const { return hn::Mul(x, SigmoidOf()(x)); }
};

struct HardSwishOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF gate = Relu6Of()(hn::Add(x, hn::Set(d, 3.0f)));
    return hn::Div(hn::Mul(x, gate), hn::Set(d, 6.0f));
  }
};

// Abramowitz and Stegun 7.1.26: within 1.5e-7 everywhere; near zero, where that is much of the result, the power
// series.
struct ErfOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0.5f)), Series(x), OneMinusTail(x));
  }

 private:
  // 2 / sqrt(pi) * (-1)^n / (n! (2n + 1)) for x^(2n + 1): up to n = 6, within 1e-9 of the result below 0.5.
  static HWY_INLINE VF Series(VF x) {
    const F32 d;
    const VF square = hn::Mul(x, x);
    VF sum = hn::Set(d, 1.20553330e-4f);
    sum = hn::MulAdd(sum, square, hn::Set(d, -8.54832702e-4f));
    sum = hn::MulAdd(sum, square, hn::Set(d, 5.22397762e-3f));
    sum = hn::MulAdd(sum, square, hn::Set(d, -2.68661706e-2f));
    sum = hn::MulAdd(sum, square, hn::Set(d, 1.12837917e-1f));
    sum = hn::MulAdd(sum, square, hn::Set(d, -3.76126389e-1f));
    sum = hn::MulAdd(sum, square, hn::Set(d, 1.12837917f));
    return hn::Mul(sum, x);
  }

  static HWY_INLINE VF OneMinusTail(VF x) {
    const F32 d;
    const VF one = hn::Set(d, 1.0f), magnitude = hn::Abs(x);
    const VF t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.3275911f), magnitude, one));
    VF sum = hn::Set(d, 1.061405429f);
    sum = hn::MulAdd(sum, t, hn::Set(d, -1.453152027f));
    sum = hn::MulAdd(sum, t, hn::Set(d, 1.421413741f));
    sum = hn::MulAdd(sum, t, hn::Set(d, -0.284496736f));
    sum = hn::MulAdd(sum, t, hn::Set(d, 0.254829592f));
    const VF tail = hn::Mul(hn::Mul(sum, t), ExpOf()(hn::Neg(hn::Mul(x, x))));
    return hn::CopySign(hn::Sub(one, tail), x);
  }
};

struct GeluOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF erf = ErfOf()(hn::Mul(x, hn::Set(d, static_cast<float>(M_SQRT1_2))));
    return hn::Mul(hn::Mul(x, hn::Set(d, 0.5f)), hn::Add(hn::Set(d, 1.0f), erf));
  }
};

struct GeluTanhOf {
  HWY_INLINE VF operator()(VF x) const {
    const F32 d;
    const VF cubed = hn::Mul(hn::Mul(hn::Set(d, 0.044715f), x), hn::Mul(x, x));
    const VF inner = hn::Mul(hn::Set(d, static_cast<float>(M_2_SQRTPI * M_SQRT1_2)), hn::Add(x, cubed));
    return hn::Mul(hn::Mul(x, hn::Set(d, 0.5f)), hn::Add(hn::Set(d, 1.0f), TanhOf()(inner)));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
