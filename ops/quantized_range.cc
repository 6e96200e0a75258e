#include "ops/quantized_range.h"

#include "base/status.h"

namespace floe {

absl::Status WantRanges(const InferContext& context, int first) {
  for (int i = first; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  return absl::OkStatus();
}

void AddRange(InferContext& context) {
  for (int i = 0; i < 2; ++i) context.AddOutput(DType::kFloat, PartialShape(Dims()));
}

absl::Status SetRange(EvalContext& context, float min, float max) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output_min, context.Output(1, Shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output_max, context.Output(2, Shape()));
  *output_min->mutable_data<float>() = min;
  *output_max->mutable_data<float>() = max;
  return absl::OkStatus();
}

absl::Status WantWideRange(float min, float max, absl::string_view what) {
  if (max > min) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the range of ", what, ": wanted a largest number above the least, got ", min, " to ", max));
}

absl::Status WantResult(const InferContext& context, absl::string_view attribute, DType dtype) {
  FLOE_ASSIGN_OR_RETURN(const DType given, context.attrs().Type(attribute, dtype));
  if (given == dtype) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("attribute '", attribute, "': wanted ", DTypeName(dtype), ", got ", DTypeName(given)));
}

}  // namespace floe
