#include "ops/pad.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

// Pairs of elements to put before and after, one a dimension.
absl::StatusOr<Shape> PaddedShape(const Shape& shape, const Dims& paddings) {
  if (static_cast<int>(paddings.size()) != 2 * shape.rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("paddings: wanted ", shape.rank(), " pairs, got ", paddings.size(), " numbers"));
  }
  Dims dims(shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t before = paddings[2 * axis], after = paddings[2 * axis + 1];
    if (before < 0 || after < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("paddings of dimension ", axis, ": wanted 0 or more, got ", before, " and ", after));
    }
    if (!CheckedAdd(shape.dim(axis), before, &dims[axis]) || !CheckedAdd(dims[axis], after, &dims[axis])) {
      return absl::InvalidArgumentError(
          absl::StrCat("paddings of dimension ", axis, " are too large: ", before, " and ", after));
    }
  }
  return Shape::Checked(dims);
}

// Of the first two inputs.
absl::Status InferPadded(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 2));
  const PartialShape &shape = context.shape(0), &pairs = context.shape(1);
  if (pairs.has_rank() && pairs.dim(1) >= 0 && pairs.dim(1) != 2) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted shape [rank,2], got ", pairs.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, MergeDim(shape.has_rank() ? shape.rank() : -1, DimOrUnknown(pairs, 0)));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> paddings, context.KnownInts(1));
  PartialShape result = PartialShape::UnknownRank();
  if (rank >= 0 && rank <= kMaxRank) {
    result = PartialShape::UnknownDims(static_cast<int>(rank));
    for (int axis = 0; paddings.has_value() && shape.has_rank() && axis < rank; ++axis) {
      const int64_t before = (*paddings)[2 * axis], after = (*paddings)[2 * axis + 1];
      if (before < 0 || after < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("paddings of dimension ", axis, ": wanted 0 or more, got ", before, " and ", after));
      }
      int64_t dim = shape.dim(axis);
      if (dim < 0) continue;
      if (!CheckedAdd(dim, before, &dim) || !CheckedAdd(dim, after, &dim)) {
        return absl::InvalidArgumentError(absl::StrCat("paddings of dimension ", axis, " are too large"));
      }
      result.set_dim(axis, dim);
    }
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status InferPad(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  return InferPadded(context);
}

absl::Status InferPadV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(2, 0));
  return InferPadded(context);
}

int64_t InteriorFirst(const Dims& paddings, const Dims& strides) {
  int64_t first = 0;
  for (size_t axis = 0; axis < strides.size(); ++axis) first += paddings[2 * axis] * strides[axis];
  return first;
}

absl::Status CopyInterior(const Tensor& input, const Dims& paddings, Tensor* output) {
  const Dims strides = output->shape().Strides();
  const Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  return StridedCopy(dims, input, {0, input.shape().Strides()}, output, {InteriorFirst(paddings, strides), strides});
}

absl::Status EvalPad(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims paddings, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, PaddedShape(input.shape(), paddings));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(context.num_inputs() > 2 ? FillElements(context.input(2), output) : ZeroElements(output));
  return CopyInterior(input, paddings, output);
}

absl::StatusOr<int64_t> MirrorOffset(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("mode"));
  if (mode == "REFLECT") return 1;  // the border itself is not repeated
  if (mode == "SYMMETRIC") return 0;
  return absl::InvalidArgumentError(absl::StrCat("attribute 'mode': wanted REFLECT or SYMMETRIC, got '", mode, "'"));
}

absl::Status InferMirrorPad(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(MirrorOffset(context.attrs()).status());
  return InferPadded(context);
}

// Axis by axis, from the last: the borders of an axis mirror what lies inside along it, whose own later borders are
// there already.
absl::Status EvalMirrorPad(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t offset, MirrorOffset(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims paddings, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, PaddedShape(input.shape(), paddings));
  for (int axis = 0; axis < input.rank(); ++axis) {
    const int64_t most = input.shape().dim(axis) - offset,
                  larger = std::max(paddings[2 * axis], paddings[2 * axis + 1]);
    if (larger > std::max<int64_t>(most, 0)) {
      return absl::InvalidArgumentError(absl::StrCat("paddings of dimension ", axis, ": wanted at most ",
                                                     std::max<int64_t>(most, 0), ", got ", larger));
    }
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(CopyInterior(input, paddings, output));
  const Dims strides = shape.Strides();
  Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  int64_t first = InteriorFirst(paddings, strides);
  for (int axis = input.rank() - 1; axis >= 0; --axis) {
    const int64_t size = dims[axis], stride = strides[axis];
    Dims backward = strides;
    backward[axis] = -stride;
    for (const bool front : {true, false}) {
      dims[axis] = paddings[2 * axis + (front ? 0 : 1)];
      // Walking away from the border on both sides of it.
      const int64_t inside = first + (front ? offset : size - 1 - offset) * stride;
      const int64_t outside = first + (front ? -1 : size) * stride;
      FLOE_RETURN_IF_ERROR(StridedCopy(dims, *output, {inside, front ? strides : backward}, output,
                                       {outside, front ? backward : strides}));
    }
    dims[axis] = shape.dim(axis);
    first -= paddings[2 * axis] * stride;
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"Pad", InferPad, EvalPad},
    {"PadV2", InferPadV2, EvalPad},
    {"MirrorPad", InferMirrorPad, EvalMirrorPad},
};

}  // namespace

absl::Span<const OpInfo> PadOps() { return kOps; }

}  // namespace floe
