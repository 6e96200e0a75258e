#include "ops/identity.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

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

constexpr OpInfo kOps[] = {
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
