#include "ops/gradient.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/activation.h"
#include "ops/arguments.h"
#include "ops/conjugate.h"
#include "ops/slice.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

// ---- Functions of one element. Some ops take (gradient, the function's input or result), others (result, gradient),
// as TensorFlow defines them.

// Multiplied and not chosen, so that a gradient that is no number stays none.
struct ReluGrad {
  template <typename T>
  static T Apply(T gradient, T feature) {
    return T(gradient * T(feature > T(0) ? 1 : 0));
  }
};

struct Relu6Grad {
  template <typename T>
  static T Apply(T gradient, T feature) {
    return T(gradient * T(feature > T(0) && feature < T(6) ? 1 : 0));
  }
};

// Of Elu's result.
struct EluGrad {
  template <typename T>
  static T Apply(T gradient, T result) {
    return result < T(0) ? T(T(result + T(1)) * gradient) : gradient;
  }
};

struct SeluGrad {
  template <typename T>
  static T Apply(T gradient, T result) {
    return result < T(0) ? T(gradient * T(result + T(kSeluScaleAlpha))) : T(gradient * T(kSeluScale));
  }
};

struct SoftplusGrad {
  template <typename T>
  static T Apply(T gradient, T feature) {
    return T(Wide<T>(gradient) / (std::exp(-Wide<T>(feature)) + Wide<T>(1)));
  }
};

struct SoftsignGrad {
  template <typename T>
  static T Apply(T gradient, T feature) {
    const Wide<T> size = std::abs(Wide<T>(feature)) + Wide<T>(1);
    return T(Wide<T>(gradient) / (size * size));
  }
};

struct TanhGrad {
  template <typename T>
  static T Apply(T result, T gradient) {
    return T(gradient * T(T(1) - T(result * result)));
  }
};

struct SigmoidGrad {
  template <typename T>
  static T Apply(T result, T gradient) {
    return T(T(gradient * result) * T(T(1) - result));
  }
};

struct SqrtGrad {
  template <typename T>
  static T Apply(T result, T gradient) {
    if (gradient == T(0)) return T(0);
    return T(T(T(0.5f) * gradient) / MaybeConj(result, true));
  }
};

struct RsqrtGrad {
  template <typename T>
  static T Apply(T result, T gradient) {
    if (gradient == T(0)) return T(0);
    const T r = MaybeConj(result, true);
    return T(T(T(-0.5f) * T(gradient * r)) * T(r * r));
  }
};

struct InvGrad {
  template <typename T>
  static T Apply(T result, T gradient) {
    const T r = MaybeConj(result, true);
    return T(-T(T(gradient * r) * r));
  }
};

// Two inputs of one dtype and one shape.
template <typename Types>
absl::Status InferGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  absl::StatusOr<PartialShape> shape = MergeShapes(context.shape(0), context.shape(1));
  if (!shape.ok()) return Annotate(shape.status(), "inputs 0 and 1");
  context.AddOutput(context.dtype(0), *std::move(shape));
  return absl::OkStatus();
}

template <typename Types, typename F>
absl::Status ApplyTwo(EvalContext& context, F&& f) {
  const Tensor &a = context.input(0), &b = context.input(1);
  if (a.shape() != b.shape()) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted two inputs of one shape, got ", a.shape().ToString(), " and ", b.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, a.shape()));
  return OnDType(Types(), a.dtype(), [&]<typename T>() -> absl::Status {
    std::transform(a.data<T>(), a.data<T>() + a.num_elements(), b.data<T>(), output->mutable_data<T>(),
                   [&](T x, T y) { return f.template operator()<T>(x, y); });
    return absl::OkStatus();
  });
}

template <typename F, typename Types>
absl::Status EvalGradient(EvalContext& context) {
  return ApplyTwo<Types>(context, []<typename T>(T x, T y) { return F::template Apply<T>(x, y); });
}

absl::Status EvalLeakyReluGrad(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const float alpha, context.attrs().Float("alpha", 0.2f));
  return ApplyTwo<FloatTypes>(
      context, [&]<typename T>(T gradient, T feature) { return feature > T(0) ? gradient : T(gradient * T(alpha)); });
}

template <typename F, typename Types>
constexpr OpInfo GradientOp(const char* name) {
  return {name, InferGradient<Types>, EvalGradient<F, Types>};
}

// ---- StridedSliceGrad: the gradient where the slice took, zeros elsewhere

absl::Status InferSliceGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(5));
  for (int i = 0; i < 4; ++i) {
    FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  }
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(context.dtype(4), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSliceGradient(EvalContext& context) {
  const Tensor& gradient = context.input(4);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const SliceView view, ComputeStridedSlice(context.attrs(), shape, context.input(1),
                                                                  context.input(2), context.input(3)));
  if (gradient.shape() != view.result) {
    return absl::InvalidArgumentError(absl::StrCat("input 4: wanted shape ", view.result.ToString(),
                                                   ", as the slice has, got ", gradient.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(ZeroElements(output));
  return StridedCopy(view.dims, gradient, {0, Shape(view.dims).Strides()}, output, view.from);
}

using AnyFloats = Join<FloatTypes, ComplexTypes>;

constexpr OpInfo kOps[] = {
    GradientOp<ReluGrad, RealTypes>("ReluGrad"),
    GradientOp<Relu6Grad, RealTypes>("Relu6Grad"),
    {"LeakyReluGrad", InferGradient<FloatTypes>, EvalLeakyReluGrad},
    GradientOp<EluGrad, FloatTypes>("EluGrad"),
    GradientOp<SeluGrad, FloatTypes>("SeluGrad"),
    GradientOp<SoftplusGrad, FloatTypes>("SoftplusGrad"),
    GradientOp<SoftsignGrad, FloatTypes>("SoftsignGrad"),
    GradientOp<TanhGrad, AnyFloats>("TanhGrad"),
    GradientOp<SigmoidGrad, AnyFloats>("SigmoidGrad"),
    GradientOp<SqrtGrad, AnyFloats>("SqrtGrad"),
    GradientOp<RsqrtGrad, AnyFloats>("RsqrtGrad"),
    GradientOp<InvGrad, AnyFloats>("InvGrad"),
    GradientOp<InvGrad, AnyFloats>("ReciprocalGrad"),
    {"StridedSliceGrad", InferSliceGradient, EvalSliceGradient},
};

}  // namespace

absl::Span<const OpInfo> GradientOps() { return kOps; }

}  // namespace floe
