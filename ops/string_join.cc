#include "ops/string_join.h"

#include <algorithm>
#include <string>
#include <vector>

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

// ---- UnsortedSegmentJoin: the strings of each segment, in order

// The segments' rows are joined element by element: [segments] and what the ids' shape leaves of the strings'.
absl::StatusOr<Shape> JoinedShape(const Shape& strings, const Shape& ids, int64_t segments) {
  const bool fits = ids.rank() > 0 && ids.rank() <= strings.rank() &&
                    std::equal(ids.dims().begin(), ids.dims().end(), strings.dims().begin());
  if (!fits) {
    return absl::InvalidArgumentError(absl::StrCat("inputs 0 and 1: the ids' shape must be the first dimensions of ",
                                                   strings.ToString(), ", got ", ids.ToString()));
  }
  if (segments < 0) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 0 segments or more, got ", segments));
  }
  Dims dims = {segments};
  for (int axis = ids.rank(); axis < strings.rank(); ++axis) dims.push_back(strings.dim(axis));
  return Shape::Checked(dims);
}

absl::Status InferSegmentJoin(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.attrs().String("separator", "").status());
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 2));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 1, 1));
  const PartialShape &strings = context.shape(0), &ids = context.shape(1);
  if (!strings.has_rank() || !ids.has_rank()) {
    context.AddOutput(DType::kString, PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, ids.rank()));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> segments, KnownScalar(context, 2));
  Dims dims = {segments.value_or(PartialShape::kUnknownDim)};
  for (int axis = ids.rank(); axis < strings.rank(); ++axis) dims.push_back(strings.dim(axis));
  context.AddOutput(DType::kString, PartialShape(std::move(dims)));
  return absl::OkStatus();
}

absl::Status EvalSegmentJoin(EvalContext& context) {
  const Tensor& strings = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const std::string separator, context.attrs().String("separator", ""));
  FLOE_ASSIGN_OR_RETURN(const int64_t segments, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const Dims ids, IntElements(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, JoinedShape(strings.shape(), context.input(1).shape(), segments));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  std::string* const to = output->mutable_data<std::string>();
  std::fill_n(to, output->num_elements(), std::string());
  const auto rows = static_cast<int64_t>(ids.size()), width = rows == 0 ? 0 : strings.num_elements() / rows;
  std::vector<bool> begun(static_cast<size_t>(output->num_elements()));
  StringBudget budget;
  for (int64_t r = 0; r < rows; ++r) {
    if (ids[r] < 0 || ids[r] >= segments) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: wanted segments in [0, ", segments, "), got ", ids[r], " at ", r));
    }
    for (int64_t k = 0; k < width; ++k) {
      const std::string& part = strings.data<std::string>()[r * width + k];
      const int64_t place = ids[r] * width + k;
      FLOE_RETURN_IF_ERROR(budget.Take(static_cast<int64_t>(part.size() + separator.size())));
      absl::StrAppend(to + place, begun[static_cast<size_t>(place)] ? separator : "", part);
      begun[static_cast<size_t>(place)] = true;
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"StringJoin", InferStringJoin, EvalStringJoin},
    {"UnsortedSegmentJoin", InferSegmentJoin, EvalSegmentJoin},
};

}  // namespace

absl::Span<const OpInfo> StringJoinOps() { return kOps; }

}  // namespace floe
