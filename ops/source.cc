#include "ops/source.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

absl::Status InferConst(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(0));
  FLOE_ASSIGN_OR_RETURN(const Tensor value, context.attrs().OfTensor("value"));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype", value.dtype()));
  if (dtype != value.dtype()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'value': wanted dtype ", DTypeName(dtype), ", got ", DTypeName(value.dtype())));
  }
  context.AddOutput(dtype, value.shape());
  return absl::OkStatus();
}

absl::Status EvalConst(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Tensor value, context.attrs().OfTensor("value"));
  return context.SetOutput(0, value);
}

absl::StatusOr<PartialShape> ShapeAttr(const AttrMap& attrs) {
  return attrs.Has("shape") ? attrs.OfShape("shape") : PartialShape::UnknownRank();
}

absl::Status InferPlaceholder(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ShapeAttr(context.attrs()));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

// The default has the attribute's shape wherever that is known, but what is fed in its place need not have the
// default's.
absl::Status InferPlaceholderWithDefault(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ShapeAttr(context.attrs()));
  FLOE_RETURN_IF_ERROR(MergeShapes(shape, context.shape(0)).status());
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalPlaceholderWithDefault(EvalContext& context) { return context.SetOutput(0, context.input(0)); }

absl::Status InferNothing(InferContext& context) { return absl::OkStatus(); }
absl::Status EvalNothing(EvalContext& context) { return absl::OkStatus(); }

absl::Status InferAssert(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  return context.WantDType(0, DType::kBool);
}

absl::Status EvalAssert(EvalContext& context) {
  const Tensor& condition = context.input(0);
  if (condition.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted one boolean, got a tensor of shape ", condition.shape().ToString()));
  }
  if (*condition.data<bool>()) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const int64_t summarize, context.attrs().Int("summarize", 3));
  std::string message = "assertion failed:";
  for (int i = 1; i < context.num_inputs(); ++i) {
    absl::StrAppend(&message, " [", context.input(i).Head(summarize < 0 ? INT64_MAX : summarize), "]");
  }
  return absl::InvalidArgumentError(message);
}

constexpr OpInfo kOps[] = {
    {"Const", InferConst, EvalConst},
    {"Placeholder", InferPlaceholder, nullptr},
    {"PlaceholderV2", InferPlaceholder, nullptr},
    {"PlaceholderWithDefault", InferPlaceholderWithDefault, EvalPlaceholderWithDefault},
    {"NoOp", InferNothing, EvalNothing},
    {"ControlTrigger", InferNothing, EvalNothing},
    {"Assert", InferAssert, EvalAssert, kStateful},
};

}  // namespace

absl::Span<const OpInfo> SourceOps() { return kOps; }

}  // namespace floe
