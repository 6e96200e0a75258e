#include "ops/activation.h"

#include <cmath>
#include <string>

#include "ops/elementwise.h"

namespace floe {
namespace {

// Written so that NaN stays NaN.
struct Relu {
  template <typename T>
  static T Apply(T x) {
    return x < T(0) ? T(0) : x;
  }
};

struct Relu6 {
  template <typename T>
  static T Apply(T x) {
    if (x < T(0)) return T(0);
    return x > T(6) ? T(6) : x;
  }
};

struct Elu {
  template <typename T>
  static T Apply(T x) {
    return x < T(0) ? T(std::expm1(Wide<T>(x))) : x;
  }
};

struct Selu {
  template <typename T>
  static T Apply(T x) {
    const Wide<T> value = x;
    return T(value < 0 ? Wide<T>(kSeluScaleAlpha) * std::expm1(value) : Wide<T>(kSeluScale) * value);
  }
};

struct Softplus {
  template <typename T>
  static T Apply(T x) {
    const Wide<T> value = x;
    // Where exp(-|x|) is lost beside 1, log1p of it is that exponential itself.
    return T(value > 0 ? value + std::log1p(std::exp(-value)) : std::log1p(std::exp(value)));
  }
};

struct Softsign {
  template <typename T>
  static T Apply(T x) {
    const Wide<T> value = x;
    return T(value / (std::abs(value) + Wide<T>(1)));
  }
};

struct Sigmoid {
  template <typename T>
  static T Apply(T x) {
    if constexpr (kIsComplex<T>) {
      return T(1) / (T(1) + std::exp(-x));
    } else {
      return T(Wide<T>(1) / (Wide<T>(1) + std::exp(-Wide<T>(x))));
    }
  }
};

struct Tanh {
  template <typename T>
  static T Apply(T x) {
    return T(std::tanh(Wide<T>(x)));
  }
};

absl::Status EvalLeakyRelu(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const float alpha, context.attrs().Float("alpha", 0.2f));
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    const T* const from = input.data<T>();
    T* const to = output->mutable_data<T>();
    const T slope = T(alpha);
    for (int64_t i = 0, n = input.num_elements(); i < n; ++i) to[i] = from[i] < T(0) ? T(from[i] * slope) : from[i];
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    UnaryOp<Relu, RealTypes>("Relu"),
    UnaryOp<Relu6, RealTypes>("Relu6"),
    {"LeakyRelu", InferUnary<FloatTypes>, EvalLeakyRelu, kElementwise},
    UnaryOp<Elu, FloatTypes>("Elu"),
    UnaryOp<Selu, FloatTypes>("Selu"),
    UnaryOp<Softplus, FloatTypes>("Softplus"),
    UnaryOp<Softsign, FloatTypes>("Softsign"),
    UnaryOp<Sigmoid, Join<FloatTypes, ComplexTypes>>("Sigmoid"),
    UnaryOp<Tanh, Join<FloatTypes, ComplexTypes>>("Tanh"),
};

}  // namespace

absl::Span<const OpInfo> ActivationOps() { return kOps; }

}  // namespace floe
