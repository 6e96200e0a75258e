#include "ops/tile.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Sizes times multiples; a size that is not known stays so, unless nothing of it is taken.
absl::StatusOr<PartialShape> TiledShape(const PartialShape& shape, absl::Span<const int64_t> multiples) {
  PartialShape tiled = PartialShape::UnknownDims(shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t multiple = multiples[axis], dim = shape.dim(axis);
    if (multiple < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: wanted multiples of 0 or more, got ", multiple, " for dimension ", axis));
    }
    int64_t size = kUnknown;
    if (multiple == 0) {
      size = 0;
    } else if (dim >= 0 && !CheckedMul(dim, multiple, &size)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: dimension ", axis, " of size ", dim, " times ", multiple, " is too large"));
    }
    tiled.set_dim(axis, size);
  }
  return tiled;
}

absl::Status InferTile(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> multiples, context.KnownInts(1));
  PartialShape shape = context.shape(0);
  if (shape.has_rank() && length >= 0 && length != shape.rank()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", shape.rank(), " multiples, got ", length));
  }
  if (!shape.has_rank() && length >= 0 && length <= kMaxRank) {
    shape = PartialShape::UnknownDims(static_cast<int>(length));
  }
  PartialShape result = PartialShape::UnknownRank();
  if (shape.has_rank() && multiples.has_value()) {
    FLOE_ASSIGN_OR_RETURN(result, TiledShape(shape, *multiples));
  } else if (shape.has_rank()) {
    result = PartialShape::UnknownDims(shape.rank());
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status EvalTile(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims multiples, ToInt64s(context.input(1)));
  const int rank = input.rank();
  if (context.input(1).rank() != 1 || static_cast<int>(multiples.size()) != rank) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", rank, " multiples, got a tensor of shape ",
                                                   context.input(1).shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const PartialShape tiled, TiledShape(input.shape(), multiples));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(tiled.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  // Each dimension as two: which copy, and where in it.
  const Dims from = input.shape().Strides(), to = shape.Strides();
  Dims dims;
  StridedView from_view, to_view;
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t dim = input.shape().dim(axis);
    dims.insert(dims.end(), {multiples[axis], dim});
    from_view.strides.insert(from_view.strides.end(), {0, from[axis]});
    to_view.strides.insert(to_view.strides.end(), {dim * to[axis], to[axis]});
  }
  return StridedCopy(dims, input, from_view, output, to_view);
}

// OK where `from` broadcasts to `to`, as far as is known.
absl::Status CheckBroadcast(const PartialShape& from, const PartialShape& to) {
  if (!from.has_rank() || !to.has_rank()) return absl::OkStatus();
  const int missing = to.rank() - from.rank();
  bool fits = missing >= 0;
  for (int axis = 0; fits && axis < from.rank(); ++axis) {
    const int64_t dim = from.dim(axis), wanted = to.dim(axis + missing);
    fits = dim < 0 || wanted < 0 || dim == 1 || dim == wanted;
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a tensor of shape ", from.ToString(), " does not broadcast to ", to.ToString()));
}

absl::Status InferBroadcastTo(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 1));
  FLOE_RETURN_IF_ERROR(CheckBroadcast(context.shape(0), shape));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalBroadcastTo(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(1), "input 1"));
  FLOE_RETURN_IF_ERROR(CheckBroadcast(input.shape(), shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const Dims dims(shape.dims().begin(), shape.dims().end()), strides = input.shape().Strides();
  StridedView view{0, Dims(dims.size(), 0)};
  const int missing = shape.rank() - input.rank();
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (input.shape().dim(axis) != 1) view.strides[axis + missing] = strides[axis];
  }
  return StridedCopy(dims, input, view, output, {0, shape.Strides()});
}

absl::Status InferBroadcastArgs(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t a, KnownLength(context, 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t b, KnownLength(context, 1));
  context.AddOutput(context.dtype(0), PartialShape({a < 0 || b < 0 ? kUnknown : std::max(a, b)}));
  return absl::OkStatus();
}

absl::Status WriteDims(EvalContext& context, int result, const Dims& dims) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(result, Shape({static_cast<int64_t>(dims.size())})));
  return OnDType(IndexTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    for (size_t i = 0; i < dims.size(); ++i) output->mutable_data<T>()[i] = static_cast<T>(dims[i]);
    return absl::OkStatus();
  });
}

absl::Status EvalBroadcastArgs(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims first, ToInt64s(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const Dims second, ToInt64s(context.input(1)));
  const bool first_longer = first.size() >= second.size();
  Dims result = first_longer ? first : second;
  const Dims& shorter = first_longer ? second : first;
  const size_t missing = result.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t& size = result[i + missing];
    if (size == 1) {
      size = shorter[i];
    } else if (shorter[i] != 1 && shorter[i] != size) {
      return absl::InvalidArgumentError(
          absl::StrCat("shapes do not broadcast: sizes ", size, " and ", shorter[i], " in dimension ", i + missing));
    }
  }
  return WriteDims(context, 0, result);
}

// Over which dimensions of the broadcast shape each of two shapes was repeated: a gradient is summed over those.
struct Repeated {
  Dims first, second;

  static absl::StatusOr<Repeated> Of(const Dims& first, const Dims& second) {
    Repeated repeated;
    if (first == second) return repeated;
    const size_t rank = std::max(first.size(), second.size());
    for (size_t axis = 0; axis < rank; ++axis) {
      const auto size_of = [&](const Dims& dims) {
        return axis + dims.size() < rank ? 1 : dims[axis + dims.size() - rank];
      };
      const int64_t a = size_of(first), b = size_of(second);
      if (a != b && a != 1 && b != 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("shapes do not broadcast: sizes ", a, " and ", b, " in dimension ", axis));
      }
      if (a == 1) repeated.first.push_back(static_cast<int64_t>(axis));
      if (b == 1) repeated.second.push_back(static_cast<int64_t>(axis));
    }
    return repeated;
  }
};

absl::Status InferBroadcastGradientArgs(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(KnownLength(context, i).status());
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> first, context.KnownInts(0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> second, context.KnownInts(1));
  int64_t lengths[] = {kUnknown, kUnknown};
  if (first.has_value() && second.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const Repeated repeated, Repeated::Of(*first, *second));
    lengths[0] = static_cast<int64_t>(repeated.first.size());
    lengths[1] = static_cast<int64_t>(repeated.second.size());
  }
  for (const int64_t length : lengths) context.AddOutput(context.dtype(0), PartialShape({length}));
  return absl::OkStatus();
}

absl::Status EvalBroadcastGradientArgs(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims first, ToInt64s(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const Dims second, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Repeated repeated, Repeated::Of(first, second));
  FLOE_RETURN_IF_ERROR(WriteDims(context, 0, repeated.first));
  return WriteDims(context, 1, repeated.second);
}

constexpr OpInfo kOps[] = {
    {"Tile", InferTile, EvalTile},
    {"BroadcastTo", InferBroadcastTo, EvalBroadcastTo},
    {"BroadcastArgs", InferBroadcastArgs, EvalBroadcastArgs},
    {"BroadcastGradientArgs", InferBroadcastGradientArgs, EvalBroadcastGradientArgs},
};

}  // namespace

absl::Span<const OpInfo> TileOps() { return kOps; }

}  // namespace floe
