#include "ops/identity.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/types.h"

namespace floe {
namespace {

void AddSame(InferContext& context, int input) {
  if (context.dtype(input) == DType::kVariant) {
    context.AddList(context.input(input).list);
  } else {
    context.AddOutput(context.dtype(input), context.shape(input));
  }
}

absl::Status InferIdentity(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  AddSame(context, 0);
  return absl::OkStatus();
}
absl::Status EvalIdentity(EvalContext& context) { return context.SetOutput(0, context.input(0)); }

absl::Status InferIdentityN(InferContext& context) {
  for (int i = 0; i < context.num_inputs(); ++i) AddSame(context, i);
  return absl::OkStatus();
}
absl::Status EvalIdentityN(EvalContext& context) {
  for (int i = 0; i < context.num_inputs(); ++i) FLOE_RETURN_IF_ERROR(context.SetOutput(i, context.input(i)));
  return absl::OkStatus();
}

absl::Status InferEnsureShape(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, context.attrs().OfShape("shape"));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, MergeShapes(wanted, context.shape(0)));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}
absl::Status EvalEnsureShape(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, context.attrs().OfShape("shape"));
  const Tensor& input = context.input(0);
  if (!wanted.Matches(input.shape())) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted shape ", wanted.ToString(), ", got ", input.shape().ToString()));
  }
  return context.SetOutput(0, input);
}

// A result that is not finite is an error of the model, which its author wanted to know.
absl::Status InferCheckNumerics(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.attrs().String("message", "").status());
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}
absl::Status EvalCheckNumerics(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const std::string message, context.attrs().String("message", ""));
  FLOE_RETURN_IF_ERROR(OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (const T value : input.flat<T>()) {
      const auto x = static_cast<Wide<T>>(value);
      if (std::isfinite(x)) continue;
      return absl::InvalidArgumentError(absl::StrCat(message, ": the tensor has ", std::isnan(x) ? "NaN" : "Inf"));
    }
    return absl::OkStatus();
  }));
  return context.SetOutput(0, input);
}

// What it would print has no reader where models are served.
absl::Status InferPrint(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"CheckNumerics", InferCheckNumerics, EvalCheckNumerics},
    {"CheckNumericsV2", InferCheckNumerics, EvalCheckNumerics},
    {"GuaranteeConst", InferIdentity, EvalIdentity, kView},
    {"Print", InferPrint, EvalIdentity},
    {"Identity", InferIdentity, EvalIdentity, kView},
    {"StopGradient", InferIdentity, EvalIdentity, kView},
    {"PreventGradient", InferIdentity, EvalIdentity, kView},
    {"Snapshot", InferIdentity, EvalIdentity, kView},
    {"IdentityN", InferIdentityN, EvalIdentityN},
    {"EnsureShape", InferEnsureShape, EvalEnsureShape, kView},
};

}  // namespace

absl::Span<const OpInfo> IdentityOps() { return kOps; }

}  // namespace floe
