#include "ops/string_join.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/string_budget.h"

namespace floe {
namespace {

// Scalars join every element; all others have one shape.
absl::Status InferStringJoin(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().String("separator", "").status());
  PartialShape shape = Shape();
  bool only_scalars = true, unknown = false;
  for (int i = 0; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kString));
    const PartialShape& other = context.shape(i);
    unknown = unknown || !other.has_rank();
    if (!other.has_rank() || other.rank() == 0) continue;
    absl::StatusOr<PartialShape> merged = only_scalars ? other : MergeShapes(shape, other);
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i));
    shape = *std::move(merged);
    only_scalars = false;
  }
  context.AddOutput(DType::kString, only_scalars && unknown ? PartialShape::UnknownRank() : std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalStringJoin(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::string separator, context.attrs().String("separator", ""));
  Shape shape;
  for (int i = 0; i < context.num_inputs(); ++i) {
    const Shape& other = context.input(i).shape();
    if (other.rank() == 0) continue;
    if (shape.rank() != 0 && other != shape) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted a scalar or shape ", shape.ToString(), ", got ", other.ToString()));
    }
    shape = other;
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  StringBudget budget;
  for (int64_t k = 0; k < output->num_elements(); ++k) {
    int64_t bytes = 0;
    for (int i = 0; i < context.num_inputs(); ++i) {
      const Tensor& input = context.input(i);
      bytes += static_cast<int64_t>(separator.size() + input.data<std::string>()[input.rank() == 0 ? 0 : k].size());
    }
    FLOE_RETURN_IF_ERROR(budget.Take(bytes));
    std::string joined;
    for (int i = 0; i < context.num_inputs(); ++i) {
      const Tensor& input = context.input(i);
      absl::StrAppend(&joined, i == 0 ? "" : separator, input.data<std::string>()[input.rank() == 0 ? 0 : k]);
    }
    output->mutable_data<std::string>()[k] = std::move(joined);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"StringJoin", InferStringJoin, EvalStringJoin},
};

}  // namespace

absl::Span<const OpInfo> StringJoinOps() { return kOps; }

}  // namespace floe
