#include "ops/unary_math.h"

#include <cmath>
#include <limits>

#include "ops/elementwise.h"

namespace floe {
namespace {

// A function of <cmath> (and <complex>) computed in float for the halves.
#define FLOE_MATH_FUNCTION(Name, expression) \
  struct Name {                              \
    template <typename T>                    \
    static T Apply(T input) {                \
      const Wide<T> x = input;               \
      return T(expression);                  \
    }                                        \
  }
FLOE_MATH_FUNCTION(Exp, std::exp(x));
FLOE_MATH_FUNCTION(Log, std::log(x));
FLOE_MATH_FUNCTION(Sqrt, std::sqrt(x));
FLOE_MATH_FUNCTION(Rsqrt, Wide<T>(1) / std::sqrt(x));
FLOE_MATH_FUNCTION(Reciprocal, Wide<T>(1) / x);
FLOE_MATH_FUNCTION(Sin, std::sin(x));
FLOE_MATH_FUNCTION(Cos, std::cos(x));
FLOE_MATH_FUNCTION(Tan, std::tan(x));
FLOE_MATH_FUNCTION(Asin, std::asin(x));
FLOE_MATH_FUNCTION(Acos, std::acos(x));
FLOE_MATH_FUNCTION(Atan, std::atan(x));
FLOE_MATH_FUNCTION(Sinh, std::sinh(x));
FLOE_MATH_FUNCTION(Cosh, std::cosh(x));
FLOE_MATH_FUNCTION(Asinh, std::asinh(x));
FLOE_MATH_FUNCTION(Acosh, std::acosh(x));
FLOE_MATH_FUNCTION(Atanh, std::atanh(x));
FLOE_MATH_FUNCTION(Erf, std::erf(x));
FLOE_MATH_FUNCTION(Erfc, std::erfc(x));
FLOE_MATH_FUNCTION(Floor, std::floor(x));
FLOE_MATH_FUNCTION(Ceil, std::ceil(x));
#undef FLOE_MATH_FUNCTION

struct Expm1 {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsComplex<T>) {
      return std::exp(x) - T(1);
    } else {
      return T(std::expm1(Wide<T>(x)));
    }
  }
};

struct Log1p {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsComplex<T>) {
      return std::log(x + T(1));
    } else {
      return T(std::log1p(Wide<T>(x)));
    }
  }
};

// std::lgamma keeps the sign in a global; the reentrant forms do not.
struct Lgamma {
  template <typename T>
  static T Apply(T x) {
    int sign;
    if constexpr (std::is_same_v<T, double>) {
      return lgamma_r(x, &sign);
    } else {
      return T(lgammaf_r(x, &sign));
    }
  }
};

// To nearest, halves to even. TensorFlow's kernel takes every integer to 0.
struct Round {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsInteger<T>) {
      return T(0);
    } else {
      return T(std::nearbyint(Wide<T>(x)));
    }
  }
};

struct Abs {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsInteger<T>) {
      return x < T(0) ? WrapSub(T(0), x) : x;
    } else {
      return T(std::abs(Wide<T>(x)));
    }
  }
};

struct Neg {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsInteger<T>) {
      return WrapSub(T(0), x);
    } else {
      return T(-x);
    }
  }
};

struct Square {
  template <typename T>
  static T Apply(T x) {
    return WrapMul(x, x);
  }
};

// NaN stays NaN; of a complex number, the number on the unit circle in its direction.
struct Sign {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsComplex<T>) {
      return x == T(0) ? x : x / std::abs(x);
    } else {
      if (x > T(0)) return T(1);
      if (x < T(0)) return T(-1);
      return x;
    }
  }
};

struct IsNan {
  template <typename T>
  static bool Apply(T x) {
    return std::isnan(Wide<T>(x));
  }
};
struct IsInf {
  template <typename T>
  static bool Apply(T x) {
    return std::isinf(Wide<T>(x));
  }
};
struct IsFinite {
  template <typename T>
  static bool Apply(T x) {
    return std::isfinite(Wide<T>(x));
  }
};

struct Invert {
  template <typename T>
  static T Apply(T x) {
    return static_cast<T>(~x);
  }
};

struct Conj {
  template <typename T>
  static T Apply(T x) {
    return std::conj(x);
  }
};
struct Real {
  template <typename T>
  static typename T::value_type Apply(T x) {
    return x.real();
  }
};
struct Imag {
  template <typename T>
  static typename T::value_type Apply(T x) {
    return x.imag();
  }
};
struct Magnitude {
  template <typename T>
  static typename T::value_type Apply(T x) {
    return std::abs(x);
  }
};
struct Angle {
  template <typename T>
  static typename T::value_type Apply(T x) {
    return std::arg(x);
  }
};

absl::Status InferClassification(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  context.AddOutput(DType::kBool, context.shape(0));
  return absl::OkStatus();
}

absl::Status InferComplexPart(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ComplexTypes(), "input 0", context.dtype(0)));
  context.AddOutput(context.dtype(0) == DType::kComplex64 ? DType::kFloat : DType::kDouble, context.shape(0));
  return absl::OkStatus();
}

template <typename F>
constexpr OpInfo ClassificationOp(const char* name) {
  return {name, InferClassification, EvalUnary<F, FloatTypes>, kElementwise};
}
template <typename F>
constexpr OpInfo ComplexPartOp(const char* name) {
  return {name, InferComplexPart, EvalUnary<F, ComplexTypes>, kElementwise};
}

using Floats = FloatTypes;
using FloatsAndComplex = Join<FloatTypes, ComplexTypes>;
using Signed = Join<FloatTypes, SignedTypes>;

constexpr OpInfo kOps[] = {
    UnaryOp<Abs, Signed>("Abs"),
    UnaryOp<Neg, Join<Signed, ComplexTypes>>("Neg"),
    UnaryOp<Square, NumberTypes>("Square"),
    UnaryOp<Sign, Join<Signed, ComplexTypes>>("Sign"),
    UnaryOp<Exp, FloatsAndComplex>("Exp"),
    UnaryOp<Expm1, FloatsAndComplex>("Expm1"),
    UnaryOp<Log, FloatsAndComplex>("Log"),
    UnaryOp<Log1p, FloatsAndComplex>("Log1p"),
    UnaryOp<Sqrt, FloatsAndComplex>("Sqrt"),
    UnaryOp<Rsqrt, FloatsAndComplex>("Rsqrt"),
    UnaryOp<Reciprocal, FloatsAndComplex>("Reciprocal"),
    UnaryOp<Reciprocal, FloatsAndComplex>("Inv"),
    UnaryOp<Sin, FloatsAndComplex>("Sin"),
    UnaryOp<Cos, FloatsAndComplex>("Cos"),
    UnaryOp<Tan, FloatsAndComplex>("Tan"),
    UnaryOp<Asin, FloatsAndComplex>("Asin"),
    UnaryOp<Acos, FloatsAndComplex>("Acos"),
    UnaryOp<Atan, FloatsAndComplex>("Atan"),
    UnaryOp<Sinh, FloatsAndComplex>("Sinh"),
    UnaryOp<Cosh, FloatsAndComplex>("Cosh"),
    UnaryOp<Asinh, FloatsAndComplex>("Asinh"),
    UnaryOp<Acosh, FloatsAndComplex>("Acosh"),
    UnaryOp<Atanh, FloatsAndComplex>("Atanh"),
    UnaryOp<Erf, Floats>("Erf"),
    UnaryOp<Erfc, Floats>("Erfc"),
    UnaryOp<Lgamma, Floats>("Lgamma"),
    UnaryOp<Floor, Floats>("Floor"),
    UnaryOp<Ceil, Floats>("Ceil"),
    UnaryOp<Round, Join<Floats, IndexTypes>>("Round"),
    UnaryOp<Round, Floats>("Rint"),
    ClassificationOp<IsNan>("IsNan"),
    ClassificationOp<IsInf>("IsInf"),
    ClassificationOp<IsFinite>("IsFinite"),
    UnaryOp<Invert, IntegerTypes>("Invert"),
    UnaryOp<Conj, ComplexTypes>("Conj"),
    ComplexPartOp<Real>("Real"),
    ComplexPartOp<Imag>("Imag"),
    ComplexPartOp<Magnitude>("ComplexAbs"),
    ComplexPartOp<Angle>("Angle"),
};

}  // namespace

absl::Span<const OpInfo> UnaryMathOps() { return kOps; }

}  // namespace floe
