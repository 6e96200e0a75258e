#include "ops/special_functions.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <unsupported/Eigen/SpecialFunctions>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/elementwise.h"

namespace floe {
namespace {

// ---- What Eigen has: the functions that TensorFlow's kernels call, to the last bit. Halves are computed in float.

#define FLOE_EIGEN_FUNCTION(Name, function)          \
  struct Name {                                      \
    template <typename T>                            \
    static T Apply(T x) {                            \
      return T(Eigen::numext::function(Wide<T>(x))); \
    }                                                \
  }
FLOE_EIGEN_FUNCTION(Digamma, digamma);
FLOE_EIGEN_FUNCTION(Ndtri, ndtri);
FLOE_EIGEN_FUNCTION(BesselI0, bessel_i0);
FLOE_EIGEN_FUNCTION(BesselI0e, bessel_i0e);
FLOE_EIGEN_FUNCTION(BesselI1, bessel_i1);
FLOE_EIGEN_FUNCTION(BesselI1e, bessel_i1e);
FLOE_EIGEN_FUNCTION(BesselJ0, bessel_j0);
FLOE_EIGEN_FUNCTION(BesselJ1, bessel_j1);
FLOE_EIGEN_FUNCTION(BesselK0, bessel_k0);
FLOE_EIGEN_FUNCTION(BesselK0e, bessel_k0e);
FLOE_EIGEN_FUNCTION(BesselK1, bessel_k1);
FLOE_EIGEN_FUNCTION(BesselK1e, bessel_k1e);
FLOE_EIGEN_FUNCTION(BesselY0, bessel_y0);
FLOE_EIGEN_FUNCTION(BesselY1, bessel_y1);
#undef FLOE_EIGEN_FUNCTION

struct Erfinv {
  template <typename T>
  static T Apply(T x) {
    return Eigen::numext::ndtri((x + T(1)) / T(2)) / std::numbers::sqrt2_v<T>;
  }
};

struct Igamma {
  template <typename T>
  static T Apply(T a, T x) {
    return Eigen::numext::igamma(a, x);
  }
};
struct Igammac {
  template <typename T>
  static T Apply(T a, T x) {
    return Eigen::numext::igammac(a, x);
  }
};

// Of doubles Eigen adds terms one by one until they lie right of zero, which from far left takes forever. There, with r
// between 0 and 1 and q = r - n, the terms left of zero are those of 1 - r on, less those of 1 - r + n on.
struct Zeta {
  template <typename T>
  static T Apply(T x, T q) {
    constexpr T kFar = -4096;
    if (std::is_same_v<T, float> || q >= kFar || q == std::floor(q) || x != std::floor(x) || !(x > T(1)))
      return Eigen::numext::zeta(x, q);
    const T n = -std::floor(q), r = q + n;
    const T left = Eigen::numext::zeta(x, T(1) - r) - Eigen::numext::zeta(x, T(1) - r + n);
    return Eigen::numext::zeta(x, r) + (std::fmod(x, T(2)) == T(0) ? left : -left);
  }
};

struct Polygamma {
  template <typename T>
  static T Apply(T n, T x) {
    if (!(n >= T(0)) || n != std::floor(n)) return std::numeric_limits<T>::quiet_NaN();
    if (n == T(0)) return Eigen::numext::digamma(x);
    const T factorial = std::exp(Eigen::numext::lgamma(n + T(1)));
    return std::pow(T(-1), n + T(1)) * factorial * Zeta::Apply(n + T(1), x);
  }
};

// ---- What Eigen lacks, computed in double.

#define FLOE_DOUBLE_FUNCTION(Name, Function)      \
  struct Name {                                   \
    template <typename T>                         \
    static T Apply(T x) {                         \
      return T(Function(static_cast<double>(x))); \
    }                                             \
  }

// exp(-x^2) times the integral of exp(t^2) from 0 to x. G. Rybicki, "Dawson's integral and the sampling theorem",
// 1989: a sum over odd multiples of h around x, wrong by about exp(-(pi / 2h)^2).
double DawsonOf(double x) {
  const double size = std::abs(x);
  if (!(size > 0.2)) {
    double term = x, sum = x;
    for (int k = 1; k < 12; ++k) sum += term *= -2 * x * x / (2 * k + 1);
    return sum;
  }
  if (size > 1e8) return 0.5 / x;
  constexpr double kStep = 0.2;
  constexpr int kTerms = 40;
  const double middle = 2 * std::round(0.5 * size / kStep), rest = size - middle * kStep;
  double sum = 0;
  for (int n = -2 * kTerms + 1; n < 2 * kTerms; n += 2) {
    sum += std::exp(-(rest - n * kStep) * (rest - n * kStep)) / (n + middle);
  }
  return std::copysign(sum / std::sqrt(std::numbers::pi), x);
}
FLOE_DOUBLE_FUNCTION(Dawsn, DawsonOf);

// The integral of exp(t) / t from minus infinity on. NIST Digital Library of Mathematical Functions, 6.6.2 and 6.12.2.
double ExponentialIntegral(double x) {
  if (!(x >= 0) || std::isinf(x)) return std::numeric_limits<double>::quiet_NaN();  // of infinity too, as TensorFlow
  if (x == 0) return -std::numeric_limits<double>::infinity();
  double sum = 0, term = 1;
  if (x > 50) {
    for (int k = 1; k < 60 && std::abs(term) > 1e-18; ++k) {
      sum += term;
      if (k > x) break;
      term *= k / x;
    }
    return std::exp(x) * sum / x;
  }
  for (int k = 1; k < 400; ++k) {
    term *= x / k;
    sum += term / k;
    if (term / k < sum * 1e-18) break;
  }
  return std::numbers::egamma + std::log(x) + sum;
}
FLOE_DOUBLE_FUNCTION(Expint, ExponentialIntegral);

// Li2(z) of z in [-1, 1/2], by u = -log(1 - z). L. Lewin, "Polylogarithms and associated functions", 1981, 1.76.
double DilogarithmBy(double u) {
  // Bernoulli's numbers by factorials: B(2k) / (2k + 1)!
  constexpr double kTerms[] = {1.0 / 36,
                               -1.0 / 3600,
                               1.0 / 211680,
                               -1.0 / 10886400,
                               1.0 / 526901760,
                               -4.0647616451442256e-11,
                               8.9216910204564526e-13,
                               -1.9939295860721076e-14,
                               4.5189800296199182e-16,
                               -1.0356517612181247e-17};
  const double square = u * u;
  double power = u, sum = u - square / 4;
  for (const double term : kTerms) sum += term * (power *= square);
  return sum;
}
// Minus the integral of log(t) / (t - 1) from 1 to x.
double SpenceOf(double x) {
  constexpr double kSixth = std::numbers::pi * std::numbers::pi / 6;
  if (!(x >= 0) || std::isinf(x)) return std::numeric_limits<double>::quiet_NaN();  // of infinity too, as TensorFlow
  if (x == 0) return kSixth;
  if (x < 0.5) return kSixth - std::log(x) * std::log1p(-x) - DilogarithmBy(-std::log1p(-x));
  if (x <= 2) return DilogarithmBy(-std::log(x));
  const double log = std::log(x - 1);
  return -kSixth - log * log / 2 - DilogarithmBy(-std::log1p(1 / (x - 1)));
}
FLOE_DOUBLE_FUNCTION(Spence, SpenceOf);

// C(x) + i S(x), the integrals of cos and sin of pi t^2 / 2 from 0 to x: near zero by their series, further out by the
// continued fraction of the complementary error function. NIST DLMF 7.6.4, 7.6.6, 7.5.8 and 7.9.2.
std::complex<double> FresnelOf(double x) {
  const double size = std::abs(x);
  std::complex<double> integral;
  if (std::isnan(x)) return {x, x};
  if (size < 1.5) {
    const std::complex<double> by(0, std::numbers::pi / 2 * size * size);
    std::complex<double> term = size;
    for (int k = 0; k < 40; ++k) {
      integral += term / static_cast<double>(2 * k + 1);
      term *= by / static_cast<double>(k + 1);
    }
  } else if (size > 1e8) {
    integral = {0.5, 0.5};
  } else {
    // erfc(z) = exp(-z^2) / (z sqrt(pi)) (1 - ...), by Lentz's method over b = 1 + 2 z^2, 5 + 2 z^2, ...
    std::complex<double> b(1, -std::numbers::pi * size * size), c = 1e300, d = 1.0 / b, fraction = d;
    for (int n = 1; n < 500; ++n) {
      const auto a = static_cast<double>(-(2 * n - 1) * 2 * n);
      b += 4.0;
      d = 1.0 / (a * d + b);
      c = b + a / c;
      const std::complex<double> step = c * d;
      fraction *= step;
      if (std::abs(step.real() - 1) + std::abs(step.imag()) < 1e-16) break;
    }
    fraction *= std::complex<double>(size, -size);
    const double angle = std::fmod(size * size, 4.0) * std::numbers::pi / 2;
    integral =
        std::complex<double>(0.5, 0.5) * (1.0 - std::complex<double>(std::cos(angle), std::sin(angle)) * fraction);
  }
  return x < 0 ? -integral : integral;
}
double FresnelCosOf(double x) { return FresnelOf(x).real(); }
double FresnelSinOf(double x) { return FresnelOf(x).imag(); }
FLOE_DOUBLE_FUNCTION(FresnelCos, FresnelCosOf);
FLOE_DOUBLE_FUNCTION(FresnelSin, FresnelSinOf);
#undef FLOE_DOUBLE_FUNCTION

// ---- Betainc: three inputs of one shape, or scalars

using Exact = TypeList<float, double>;

absl::Status InferBetainc(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Exact(), "input 0", context.dtype(0)));
  PartialShape shape = Shape();
  bool unknown = false;
  for (int i = 0; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    const PartialShape& other = context.shape(i);
    unknown = unknown || !other.has_rank();
    if (!other.has_rank() || other.rank() == 0) continue;
    absl::StatusOr<PartialShape> merged = shape.rank() == 0 ? other : MergeShapes(shape, other);
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i));
    shape = *std::move(merged);
  }
  context.AddOutput(context.dtype(0), unknown && shape.rank() == 0 ? PartialShape::UnknownRank() : std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalBetainc(EvalContext& context) {
  Shape shape;
  for (int i = 0; i < 3; ++i) {
    const Shape& other = context.input(i).shape();
    if (other.rank() == 0) continue;
    if (shape.rank() != 0 && other != shape) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted a scalar or shape ", shape.ToString(), ", got ", other.ToString()));
    }
    shape = other;
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return OnDType(Exact(), output->dtype(), [&]<typename T>() -> absl::Status {
    const auto at = [&](int input, int64_t i) {
      return context.input(input).data<T>()[context.input(input).rank() == 0 ? 0 : i];
    };
    for (int64_t i = 0; i < output->num_elements(); ++i) {
      output->mutable_data<T>()[i] = Eigen::numext::betainc(at(0, i), at(1, i), at(2, i));
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    UnaryOp<Digamma, FloatTypes>("Digamma"),
    UnaryOp<Ndtri, Exact>("Ndtri"),
    UnaryOp<Erfinv, Exact>("Erfinv"),
    UnaryOp<BesselI0, FloatTypes>("BesselI0"),
    UnaryOp<BesselI0e, FloatTypes>("BesselI0e"),
    UnaryOp<BesselI1, FloatTypes>("BesselI1"),
    UnaryOp<BesselI1e, FloatTypes>("BesselI1e"),
    UnaryOp<BesselJ0, FloatTypes>("BesselJ0"),
    UnaryOp<BesselJ1, FloatTypes>("BesselJ1"),
    UnaryOp<BesselK0, FloatTypes>("BesselK0"),
    UnaryOp<BesselK0e, FloatTypes>("BesselK0e"),
    UnaryOp<BesselK1, FloatTypes>("BesselK1"),
    UnaryOp<BesselK1e, FloatTypes>("BesselK1e"),
    UnaryOp<BesselY0, FloatTypes>("BesselY0"),
    UnaryOp<BesselY1, FloatTypes>("BesselY1"),
    UnaryOp<Dawsn, FloatTypes>("Dawsn"),
    UnaryOp<Expint, FloatTypes>("Expint"),
    UnaryOp<Spence, FloatTypes>("Spence"),
    UnaryOp<FresnelCos, FloatTypes>("FresnelCos"),
    UnaryOp<FresnelSin, FloatTypes>("FresnelSin"),
    BinaryOp<Zeta, Exact>("Zeta"),
    BinaryOp<Polygamma, Exact>("Polygamma"),
    BinaryOp<Igamma, Exact>("Igamma"),
    BinaryOp<Igammac, Exact>("Igammac"),
    {"Betainc", InferBetainc, EvalBetainc, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> SpecialFunctionOps() { return kOps; }

}  // namespace floe
