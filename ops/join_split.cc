#include "ops/join_split.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// The products of the dimensions before and after an axis.
int64_t Outer(const Shape& shape, int axis) {
  int64_t product = 1;
  for (int i = 0; i < axis; ++i) product *= shape.dim(i);
  return product;
}
int64_t Inner(const Shape& shape, int axis) {
  int64_t product = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) product *= shape.dim(i);
  return product;
}

// Moves one part of `count` elements to (or from) its place in each of `outer` rows. Rows of nothing can be many.
void CopyParts(const Tensor& from, int64_t from_first, int64_t from_row, Tensor* to, int64_t to_first, int64_t to_row,
               int64_t count, int64_t outer) {
  if (count == 0) return;
  for (int64_t o = 0; o < outer; ++o) CopyElements(from, from_first + o * from_row, to, to_first + o * to_row, count);
}

// ConcatV2 has the axis last, Concat first.
template <bool kAxisLast>
absl::Status InferConcat(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(2));
  const int axis_input = kAxisLast ? context.num_inputs() - 1 : 0;
  const int first = kAxisLast ? 0 : 1, last = first + context.num_inputs() - 1;
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, axis_input));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, axis_input));
  PartialShape result = PartialShape::UnknownRank();
  for (int i = first; i < last; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(first, i));
    const PartialShape& shape = context.shape(i);
    if (!shape.has_rank()) continue;
    if (result.has_rank() && result.rank() != shape.rank()) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted a tensor of rank ", result.rank(), ", got shape ", shape.ToString()));
    }
    if (!result.has_rank()) result = PartialShape::UnknownDims(shape.rank());
  }
  if (result.has_rank() && axis.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, result.rank()));
    int64_t sum = 0;
    for (int i = first; i < last; ++i) {
      const PartialShape& shape = context.shape(i);
      if (!shape.has_rank()) {
        sum = kUnknown;
        continue;
      }
      for (int d = 0; d < result.rank(); ++d) {
        if (d == at) continue;
        absl::StatusOr<int64_t> merged = MergeDim(result.dim(d), shape.dim(d));
        if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i, ", dimension ", d));
        result.set_dim(d, *merged);
      }
      if (sum == kUnknown || shape.dim(at) == kUnknown) {
        sum = kUnknown;
      } else if (!CheckedAdd(sum, shape.dim(at), &sum)) {
        return absl::InvalidArgumentError("the sizes along the axis are too large");
      }
    }
    result.set_dim(at, sum);
  }
  context.AddOutput(context.dtype(first), std::move(result));
  return absl::OkStatus();
}

template <bool kAxisLast>
absl::Status EvalConcat(EvalContext& context) {
  const int axis_input = kAxisLast ? context.num_inputs() - 1 : 0;
  const int first = kAxisLast ? 0 : 1, last = first + context.num_inputs() - 1;
  Shape shape = context.input(first).shape();
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(axis_input), "axis"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank()));
  for (int i = first + 1; i < last; ++i) {
    const Shape& other = context.input(i).shape();
    for (int d = 0; d < shape.rank(); ++d) {
      if (other.rank() != shape.rank() || (d != at && other.dim(d) != shape.dim(d))) {
        return absl::InvalidArgumentError(absl::StrCat("input ", i, ": shape ", other.ToString(), " does not join ",
                                                       context.input(first).shape().ToString(), " along axis ", at));
      }
    }
    int64_t sum;  // sizes beside one of 0 may be anything
    if (!CheckedAdd(shape.dim(at), other.dim(at), &sum)) {
      return absl::InvalidArgumentError("the sizes along the axis are too large");
    }
    shape.set_dim(at, sum);
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const int64_t outer = Outer(shape, at), inner = Inner(shape, at), row = shape.dim(at) * inner;
  int64_t place = 0;
  for (int i = first; i < last; ++i) {
    const Tensor& input = context.input(i);
    const int64_t part = input.shape().dim(at) * inner;
    CopyParts(input, 0, part, output, place, row, part, outer);
    place += part;
  }
  return absl::OkStatus();
}

absl::Status InferPack(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, context.attrs().Int("axis", 0));
  PartialShape shape = context.shape(0);
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    absl::StatusOr<PartialShape> merged = MergeShapes(shape, context.shape(i));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i));
    shape = *std::move(merged);
  }
  if (shape.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank() + 1));
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.insert(dims.begin() + at, context.num_inputs());
    shape = PartialShape(std::move(dims));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalPack(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, context.attrs().Int("axis", 0));
  const Shape& part = context.input(0).shape();
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, part.rank() + 1));
  for (int i = 1; i < context.num_inputs(); ++i) {
    if (context.input(i).shape() != part) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted shape ", part.ToString(), ", got ", context.input(i).shape().ToString()));
    }
  }
  Dims dims(part.dims().begin(), part.dims().end());
  dims.insert(dims.begin() + at, context.num_inputs());
  const Shape shape(std::move(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const int64_t outer = Outer(shape, at), inner = Inner(shape, at);
  for (int i = 0; i < context.num_inputs(); ++i) {
    CopyParts(context.input(i), 0, inner, output, i * inner, context.num_inputs() * inner, inner, outer);
  }
  return absl::OkStatus();
}

absl::Status InferUnpack(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, context.attrs().Int("axis", 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t num, context.attrs().Int("num"));
  // No tensor is unpacked into more pieces than this; a number beyond it is a damaged file.
  if (num < 0 || num > (1 << 24))
    return absl::InvalidArgumentError(absl::StrCat("attribute 'num': ", num, " is no count"));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank()));
    if (shape.dim(at) >= 0 && shape.dim(at) != num) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted size ", num, " along axis ", at, ", got shape ", shape.ToString()));
    }
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.erase(dims.begin() + at);
    shape = PartialShape(std::move(dims));
  }
  for (int64_t i = 0; i < num; ++i) context.AddOutput(context.dtype(0), shape);
  return absl::OkStatus();
}

absl::Status EvalUnpack(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, context.attrs().Int("axis", 0));
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank()));
  const int64_t num = input.shape().dim(at);
  if (num != context.num_outputs()) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted size ", context.num_outputs(), " along axis ", at,
                                                   ", got shape ", input.shape().ToString()));
  }
  const int64_t outer = Outer(input.shape(), at), inner = Inner(input.shape(), at);
  Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  dims.erase(dims.begin() + at);
  for (int i = 0; i < num; ++i) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(i, Shape(dims)));
    CopyParts(input, i * inner, num * inner, output, 0, inner, inner, outer);
  }
  return absl::OkStatus();
}

// The number of results of Split and SplitV.
absl::StatusOr<int64_t> NumSplit(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t num, attrs.Int("num_split"));
  if (num < 1 || num > (1 << 24))
    return absl::InvalidArgumentError(absl::StrCat("attribute 'num_split': ", num, " is no count"));
  return num;
}

absl::Status SplitInto(EvalContext& context, const Tensor& input, int axis, absl::Span<const int64_t> sizes) {
  const int64_t outer = Outer(input.shape(), axis), inner = Inner(input.shape(), axis),
                row = input.shape().dim(axis) * inner;
  int64_t place = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Shape shape = input.shape();
    shape.set_dim(axis, sizes[i]);
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(static_cast<int>(i), shape));
    const int64_t part = sizes[i] * inner;
    CopyParts(input, place, row, output, 0, part, part, outer);
    place += part;
  }
  return absl::OkStatus();
}

absl::Status Uneven(int64_t size, int64_t num, int axis) {
  return absl::InvalidArgumentError(
      absl::StrCat("size ", size, " of axis ", axis, " does not split into ", num, " equal parts"));
}

absl::Status InferSplit(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const int64_t num, NumSplit(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, 0));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 1, 1));
  PartialShape shape = context.shape(1);
  if (shape.has_rank() && axis.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, shape.rank()));
    if (shape.dim(at) >= 0) {
      if (shape.dim(at) % num != 0) return Uneven(shape.dim(at), num, at);
      shape.set_dim(at, shape.dim(at) / num);
    }
  } else if (shape.has_rank()) {
    shape = PartialShape::UnknownDims(shape.rank());
  }
  for (int64_t i = 0; i < num; ++i) context.AddOutput(context.dtype(1), shape);
  return absl::OkStatus();
}

absl::Status EvalSplit(EvalContext& context) {
  const Tensor& input = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank()));
  const int64_t num = context.num_outputs(), size = input.shape().dim(at);
  if (size % num != 0) return Uneven(size, num, at);
  return SplitInto(context, input, at, std::vector<int64_t>(num, size / num));
}

// Fills in a -1 among the sizes; the sum must be the axis's.
absl::StatusOr<Dims> SplitSizes(Dims sizes, int64_t total, int64_t num) {
  if (static_cast<int64_t>(sizes.size()) != num) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", num, " sizes, got ", sizes.size()));
  }
  int64_t sum = 0;
  int64_t* rest = nullptr;
  for (int64_t& size : sizes) {
    if (size == -1) {
      if (rest != nullptr) return absl::InvalidArgumentError("input 1: only one size may be -1");
      rest = &size;
    } else if (size < 0 || !CheckedAdd(sum, size, &sum)) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: ", size, " is no size"));
    }
  }
  if (rest != nullptr && sum <= total) {
    *rest = total - sum;
    sum = total;
  }
  if (sum != total)
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted sizes with sum ", total, ", got ", sum));
  return sizes;
}

absl::Status InferSplitV(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const int64_t num, NumSplit(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, 2));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  PartialShape shape = context.shape(0);
  if (!shape.has_rank() || !axis.has_value()) {
    if (shape.has_rank()) shape = PartialShape::UnknownDims(shape.rank());
    for (int64_t i = 0; i < num; ++i) context.AddOutput(context.dtype(0), shape);
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, shape.rank()));
  const Tensor* const sizes = context.input(1).value;
  Dims parts(static_cast<size_t>(num), num == 1 ? shape.dim(at) : kUnknown);
  if (sizes != nullptr) {
    FLOE_ASSIGN_OR_RETURN(parts, IntElements(*sizes, "input 1"));
    if (shape.dim(at) >= 0) {
      FLOE_ASSIGN_OR_RETURN(parts, SplitSizes(std::move(parts), shape.dim(at), num));
    } else if (static_cast<int64_t>(parts.size()) != num) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", num, " sizes, got ", parts.size()));
    }
  }
  for (int64_t i = 0; i < num; ++i) {
    shape.set_dim(at, parts[i]);
    context.AddOutput(context.dtype(0), shape);
  }
  return absl::OkStatus();
}

absl::Status EvalSplitV(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank()));
  FLOE_ASSIGN_OR_RETURN(Dims given, IntElements(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const Dims sizes, SplitSizes(std::move(given), input.shape().dim(at), context.num_outputs()));
  return SplitInto(context, input, at, sizes);
}

constexpr OpInfo kOps[] = {
    {"Concat", InferConcat<false>, EvalConcat<false>},
    {"ConcatV2", InferConcat<true>, EvalConcat<true>},
    {"Pack", InferPack, EvalPack},
    {"Unpack", InferUnpack, EvalUnpack},
    {"Split", InferSplit, EvalSplit},
    {"SplitV", InferSplitV, EvalSplitV},
};

}  // namespace

absl::Span<const OpInfo> JoinSplitOps() { return kOps; }

}  // namespace floe
