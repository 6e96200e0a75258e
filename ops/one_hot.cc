#include "ops/one_hot.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

using OneHotIndexTypes = TypeList<uint8_t, int8_t, int32_t, int64_t>;

absl::StatusOr<int64_t> WantDepth(int64_t depth) {
  if (depth >= 0) return depth;
  return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a depth of 0 or more, got ", depth));
}

// Where the new dimension comes; -1 is behind all.
absl::StatusOr<int> NewAxis(const AttrMap& attrs, int rank) {
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, attrs.Int("axis", -1));
  if (axis < -1 || axis > rank) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'axis': wanted -1 to ", rank, ", got ", axis));
  }
  return axis == -1 ? rank : static_cast<int>(axis);
}

absl::Status InferOneHot(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(OneHotIndexTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(2, 3));
  for (int i = 1; i < 4; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> depth, KnownScalar(context, 1));
  if (depth.has_value()) FLOE_RETURN_IF_ERROR(WantDepth(*depth).status());
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(const int axis, NewAxis(context.attrs(), shape.rank()));
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.insert(dims.begin() + axis, depth.value_or(PartialShape::kUnknownDim));
    shape = PartialShape(std::move(dims));
  }
  context.AddOutput(context.dtype(2), std::move(shape));
  return absl::OkStatus();
}

// An index outside [0, depth) has no hot element.
absl::Status EvalOneHot(EvalContext& context) {
  const Tensor &indices = context.input(0), &on = context.input(2), &off = context.input(3);
  FLOE_ASSIGN_OR_RETURN(const int64_t wanted, ScalarInt(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int64_t depth, WantDepth(wanted));
  FLOE_ASSIGN_OR_RETURN(const int axis, NewAxis(context.attrs(), indices.rank()));
  if (on.num_elements() != 1 || off.num_elements() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("inputs 2 and 3: wanted one value each, got shapes ",
                                                   on.shape().ToString(), " and ", off.shape().ToString()));
  }
  Dims dims(indices.shape().dims().begin(), indices.shape().dims().end());
  dims.insert(dims.begin() + axis, depth);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(FillElements(off, output));
  int64_t inner = 1;
  for (int i = axis; i < indices.rank(); ++i) inner *= indices.shape().dim(i);
  return OnDType(OneHotIndexTypes(), indices.dtype(), [&]<typename Index>() -> absl::Status {
    for (int64_t i = 0; i < indices.num_elements(); ++i) {
      const auto index = static_cast<int64_t>(indices.data<Index>()[i]);
      if (index < 0 || index >= depth) continue;
      CopyElements(on, 0, output, (i / inner * depth + index) * inner + i % inner, 1);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"OneHot", InferOneHot, EvalOneHot},
};

}  // namespace

absl::Span<const OpInfo> OneHotOps() { return kOps; }

}  // namespace floe
