#include "ops/comparison.h"

#include <cmath>
#include <string>

#include "ops/elementwise.h"

namespace floe {
namespace {

struct Less {
  template <typename T>
  static bool Apply(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <typename T>
  static bool Apply(T a, T b) {
    return a <= b;
  }
};
struct Greater {
  template <typename T>
  static bool Apply(T a, T b) {
    return a > b;
  }
};
struct GreaterEqual {
  template <typename T>
  static bool Apply(T a, T b) {
    return a >= b;
  }
};
struct Equal {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return a == b;
  }
};
struct NotEqual {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return a != b;
  }
};
struct And {
  template <typename T>
  static bool Apply(T a, T b) {
    return a && b;
  }
};
struct Or {
  template <typename T>
  static bool Apply(T a, T b) {
    return a || b;
  }
};
struct Not {
  template <typename T>
  static T Apply(T a) {
    return !a;
  }
};

using EqualTypes = Join<NumberTypes, TypeList<bool, std::string>>;

template <typename Types>
absl::Status InferComparison(InferContext& context) {
  FLOE_RETURN_IF_ERROR(InferBinary<Types>(context));
  context.mutable_outputs()[0].dtype = DType::kBool;
  return absl::OkStatus();
}

template <typename F, typename Types>
constexpr OpInfo ComparisonOp(const char* name) {
  return {name, InferComparison<Types>, EvalBinary<F, Types>, kElementwise};
}

// Equal and NotEqual: shapes that do not broadcast are simply not equal where the attribute allows it.
absl::StatusOr<bool> RefusesShapes(const AttrMap& attrs) { return attrs.Bool("incompatible_shape_error", true); }

absl::Status InferEquality(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool refuses, RefusesShapes(context.attrs()));
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(EqualTypes(), "input 0", PlainDType(context.dtype(0))));
  if (refuses) {
    FLOE_ASSIGN_OR_RETURN(PartialShape shape, InferBroadcast(context, 0, 1));
    context.AddOutput(DType::kBool, std::move(shape));
    return absl::OkStatus();
  }
  const PartialShape &a = context.shape(0), &b = context.shape(1);
  const bool known = a.IsFullyDefined() && b.IsFullyDefined();
  absl::StatusOr<PartialShape> shape = BroadcastShapes(a, b);
  // Unequal in shape gives one false for all, so that even the rank waits for the tensors.
  PartialShape result = known ? PartialShape(Shape()) : PartialShape::UnknownRank();
  if (known && shape.ok()) result = *std::move(shape);
  context.AddOutput(DType::kBool, std::move(result));
  return absl::OkStatus();
}

template <typename F>
absl::Status EvalEquality(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool refuses, RefusesShapes(context.attrs()));
  if (!refuses && !BroadcastShapes(context.input(0).shape(), context.input(1).shape()).ok()) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
    *output->mutable_data<bool>() = std::is_same_v<F, NotEqual>;
    return absl::OkStatus();
  }
  return EvalBinary<F, EqualTypes>(context);
}

template <typename T>
void ApproximatelyEqual(const Tensor& a, const Tensor& b, float tolerance, bool* out) {
  const T *x = a.data<T>(), *y = b.data<T>();
  for (int64_t i = 0, n = a.num_elements(); i < n; ++i) {
    const double difference = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    out[i] = std::abs(difference) < static_cast<double>(tolerance);
  }
}

absl::Status InferApproximateEqual(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, MergeShapes(context.shape(0), context.shape(1)));
  context.AddOutput(DType::kBool, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalApproximateEqual(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const float tolerance, context.attrs().Float("tolerance", 1e-5f));
  const Tensor &a = context.input(0), &b = context.input(1);
  if (a.shape() != b.shape()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted shape ", a.shape().ToString(), ", got ", b.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, a.shape()));
  return OnDType(RealTypes(), a.dtype(), [&]<typename T>() -> absl::Status {
    ApproximatelyEqual<T>(a, b, tolerance, output->mutable_data<bool>());
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    ComparisonOp<Less, RealTypes>("Less"),
    ComparisonOp<LessEqual, RealTypes>("LessEqual"),
    ComparisonOp<Greater, RealTypes>("Greater"),
    ComparisonOp<GreaterEqual, RealTypes>("GreaterEqual"),
    {"Equal", InferEquality, EvalEquality<Equal>, kElementwise},
    {"NotEqual", InferEquality, EvalEquality<NotEqual>, kElementwise},
    {"ApproximateEqual", InferApproximateEqual, EvalApproximateEqual, kElementwise},
    ComparisonOp<And, TypeList<bool>>("LogicalAnd"),
    ComparisonOp<Or, TypeList<bool>>("LogicalOr"),
    UnaryOp<Not, TypeList<bool>>("LogicalNot"),
};

}  // namespace

absl::Span<const OpInfo> ComparisonOps() { return kOps; }

}  // namespace floe
