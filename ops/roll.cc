#include "ops/roll.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

absl::Status InferRoll(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
  absl::StatusOr<PartialShape> same = MergeShapes(context.shape(1), context.shape(2));
  if (!same.ok()) return Annotate(same.status(), "inputs 1 and 2");
  if (same->has_rank() && same->rank() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted one shift or a vector of them, got shape ", same->ToString()));
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalRoll(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims shifts, ComputeShifts(input.shape(), context.input(1), context.input(2)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  // All rows of the last axis, each in two pieces.
  const int last = input.rank() - 1;
  const int64_t row = input.shape().dim(last), shift = shifts[static_cast<size_t>(last)];
  const Dims strides = input.shape().Strides();
  for (int64_t from = 0; from < input.num_elements(); from += row) {
    int64_t to = 0;
    for (int axis = 0; axis < last; ++axis) {
      const int64_t size = input.shape().dim(axis), stride = strides[static_cast<size_t>(axis)];
      to += (from / stride % size + shifts[static_cast<size_t>(axis)]) % size * stride;
    }
    CopyElements(input, from, output, to + shift, row - shift);
    if (shift > 0) CopyElements(input, from + row - shift, output, to, shift);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"Roll", InferRoll, EvalRoll},
};

}  // namespace

absl::Span<const OpInfo> RollOps() { return kOps; }

absl::StatusOr<Dims> ComputeShifts(const Shape& shape, const Tensor& shifts, const Tensor& axes) {
  FLOE_ASSIGN_OR_RETURN(const Dims by, ToInt64s(shifts));
  FLOE_ASSIGN_OR_RETURN(const Dims along, ToInt64s(axes));
  if (by.size() != along.size() || shape.rank() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a shift for each axis of shape ", shape.ToString(), ", got ",
                                                   by.size(), " for ", along.size()));
  }
  Dims all(static_cast<size_t>(shape.rank()), 0);
  for (size_t i = 0; i < along.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(along[i], shape.rank()));
    const int64_t size = shape.dim(axis);
    if (size == 0) continue;
    int64_t& shift = all[static_cast<size_t>(axis)];
    shift = (shift + (by[i] % size + size) % size) % size;
  }
  return all;
}

}  // namespace floe
