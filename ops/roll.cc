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

// The shift along every axis, from 0 to its size: those of an axis that is named twice add up.
absl::StatusOr<Dims> Shifts(const EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims shifts, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims axes, ToInt64s(context.input(2)));
  if (shifts.size() != axes.size() || input.rank() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a shift for each axis of shape ", input.shape().ToString(),
                                                   ", got ", shifts.size(), " for ", axes.size()));
  }
  Dims all(static_cast<size_t>(input.rank()), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axes[i], input.rank()));
    const int64_t size = input.shape().dim(axis);
    if (size == 0) continue;
    int64_t& shift = all[static_cast<size_t>(axis)];
    shift = (shift + (shifts[i] % size + size) % size) % size;
  }
  return all;
}

absl::Status EvalRoll(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims shifts, Shifts(context));
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

}  // namespace floe
