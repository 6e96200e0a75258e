#include "ops/slice.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

absl::Status InferSlice(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
  FLOE_ASSIGN_OR_RETURN(const int64_t begins, KnownLength(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t sizes, KnownLength(context, 2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> begin, context.KnownInts(1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> size, context.KnownInts(2));
  PartialShape shape = context.shape(0);
  FLOE_ASSIGN_OR_RETURN(int64_t rank, MergeDim(begins, sizes));
  FLOE_ASSIGN_OR_RETURN(rank, MergeDim(rank, shape.has_rank() ? shape.rank() : kUnknown));
  if (rank < 0 || rank > kMaxRank) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  PartialShape result = PartialShape::UnknownDims(static_cast<int>(rank));
  for (int axis = 0; size.has_value() && axis < rank; ++axis) {
    const int64_t dim = DimOrUnknown(shape, axis), wanted = (*size)[axis];
    if (wanted < -1) return absl::InvalidArgumentError(absl::StrCat("input 2: ", wanted, " is no size"));
    if (wanted >= 0) {
      result.set_dim(axis, wanted);
    } else if (begin.has_value() && dim >= 0) {
      const int64_t first = (*begin)[axis];
      if (first < 0 || first > dim) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 1: wanted begin[", axis, "] in [0, ", dim, "], got ", first));
      }
      result.set_dim(axis, dim - first);
    }
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status EvalSlice(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims begin, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(Dims size, ToInt64s(context.input(2)));
  const int rank = input.rank();
  if (static_cast<int>(begin.size()) != rank || static_cast<int>(size.size()) != rank) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted ", rank, " begins and sizes, got ", begin.size(), " and ", size.size()));
  }
  const Dims strides = input.shape().Strides();
  int64_t first = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t dim = input.shape().dim(axis);
    if (begin[axis] < 0 || begin[axis] > dim) {
      return absl::InvalidArgumentError(absl::StrCat("wanted begin[", axis, "] in [0, ", dim, "], got ", begin[axis]));
    }
    if (size[axis] == -1) size[axis] = dim - begin[axis];
    if (size[axis] < 0 || size[axis] > dim - begin[axis]) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted size[", axis, "] in [0, ", dim - begin[axis], "], got ", size[axis]));
    }
    first += begin[axis] * strides[axis];
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape(size)));
  return StridedCopy(size, input, {first, strides}, output, {0, output->shape().Strides()});
}

// One dimension of the input, as StridedSlice wants it. What is not known yet is nothing.
struct Range {
  std::optional<int64_t> begin, end, stride;
  bool begin_masked = false, end_masked = false;
  bool shrink = false;  // one element, and the dimension goes
};
struct RangeSpec {
  std::vector<Range> ranges;  // one a dimension of the input
  std::vector<int> result;    // the result's dimensions: a place in `ranges`, or kNewAxis
};
constexpr int kNewAxis = -1;

struct Masks {
  int64_t begin, end, ellipsis, new_axis, shrink;

  static absl::StatusOr<Masks> Of(const AttrMap& attrs) {
    Masks masks;
    FLOE_ASSIGN_OR_RETURN(masks.begin, attrs.Int("begin_mask", 0));
    FLOE_ASSIGN_OR_RETURN(masks.end, attrs.Int("end_mask", 0));
    FLOE_ASSIGN_OR_RETURN(masks.ellipsis, attrs.Int("ellipsis_mask", 0));
    FLOE_ASSIGN_OR_RETURN(masks.new_axis, attrs.Int("new_axis_mask", 0));
    FLOE_ASSIGN_OR_RETURN(masks.shrink, attrs.Int("shrink_axis_mask", 0));
    return masks;
  }
};

// Lays the `count` entries of begin, end and strides over the input's dimensions. An ellipsis stands for as many whole
// dimensions as the others leave; without one there is one at the end.
absl::StatusOr<RangeSpec> SpecOf(const Masks& masks, int rank, int count, const std::optional<Dims>& begin,
                                 const std::optional<Dims>& end, const std::optional<Dims>& strides) {
  const auto set = [](int64_t mask, int i) { return i < 63 && (mask >> i & 1) != 0; };
  int ellipsis = -1, named = 0;
  for (int i = 0; i < count; ++i) {
    if (set(masks.ellipsis, i)) {
      if (ellipsis >= 0) return absl::InvalidArgumentError("more than one ellipsis");
      ellipsis = i;
    } else if (!set(masks.new_axis, i)) {
      ++named;
    }
  }
  if (named > rank)
    return absl::InvalidArgumentError(absl::StrCat("slices ", named, " dimensions of a tensor of rank ", rank));
  RangeSpec spec;
  const auto whole = [&](int dims) {
    for (int i = 0; i < dims; ++i) {
      spec.result.push_back(static_cast<int>(spec.ranges.size()));
      spec.ranges.push_back({0, 0, 1, true, true, false});
    }
  };
  const auto entry = [](const std::optional<Dims>& list, int i) {
    return list ? std::optional<int64_t>((*list)[i]) : std::nullopt;
  };
  for (int i = 0; i < count; ++i) {
    if (i == ellipsis) {
      whole(rank - named);
    } else if (set(masks.new_axis, i)) {
      spec.result.push_back(kNewAxis);
    } else {
      Range range{entry(begin, i),     entry(end, i),     entry(strides, i),
                  set(masks.begin, i), set(masks.end, i), set(masks.shrink, i)};
      if (!range.shrink) spec.result.push_back(static_cast<int>(spec.ranges.size()));
      spec.ranges.push_back(range);
    }
  }
  if (ellipsis < 0) whole(rank - named);
  return spec;
}

// Where a range starts in a dimension, and how many elements it takes.
struct Taken {
  int64_t first, count, stride;
};
absl::StatusOr<Taken> Take(const Range& range, int64_t dim, int axis) {
  const int64_t stride = *range.stride;
  if (stride == 0) return absl::InvalidArgumentError(absl::StrCat("stride of dimension ", axis, " is 0"));
  if (range.shrink) {
    if (stride < 0)
      return absl::InvalidArgumentError(absl::StrCat("stride of the single index in dimension ", axis, " is negative"));
    const int64_t index = *range.begin < 0 ? *range.begin + dim : *range.begin;
    if (index < 0 || index >= dim) {
      return absl::InvalidArgumentError(
          absl::StrCat("index ", *range.begin, " of dimension ", axis, " is not in [", -dim, ", ", dim, ")"));
    }
    return Taken{index, 1, 1};
  }
  // The first and last places that begin and end may mean; past the end there is one more.
  const int64_t lowest = stride > 0 ? 0 : -1, highest = stride > 0 ? dim : dim - 1;
  const auto place = [&](int64_t at) { return std::clamp(at < 0 ? at + dim : at, lowest, highest); };
  const int64_t first = range.begin_masked ? (stride > 0 ? lowest : highest) : place(*range.begin);
  const int64_t end = range.end_masked ? (stride > 0 ? highest : lowest) : place(*range.end);
  const int64_t distance = end - first;
  if (distance == 0 || (distance < 0) != (stride < 0)) return Taken{0, 0, 1};
  const int64_t count = distance / stride + (distance % stride != 0 ? 1 : 0);
  // A stride past every tensor takes one element; kept small so that no product overflows.
  return Taken{first, count, count == 1 ? 1 : stride};
}

int64_t TakenOrUnknown(const Range& range, int64_t dim, int axis, absl::Status* status) {
  if (range.shrink) return 1;
  const bool known = dim >= 0 && range.stride && (range.begin_masked || range.begin) && (range.end_masked || range.end);
  if (!known) return kUnknown;
  const absl::StatusOr<Taken> taken = Take(range, dim, axis);
  if (!taken.ok()) *status = taken.status();
  return taken.ok() ? taken->count : kUnknown;
}

absl::StatusOr<std::optional<Dims>> KnownElements(const InferContext& context, int input) {
  const TensorInfo& info = context.input(input);
  if (!IsInteger(info.dtype)) return context.WantDType(input, DType::kInt32);
  if (info.value == nullptr) return std::nullopt;
  FLOE_ASSIGN_OR_RETURN(Dims values, IntElements(*info.value, absl::StrCat("input ", input)));
  return values;
}

absl::Status InferStridedSlice(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_ASSIGN_OR_RETURN(const Masks masks, Masks::Of(context.attrs()));
  int64_t count = kUnknown;
  for (int i = 1; i < 4; ++i) {
    FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, i));
    absl::StatusOr<int64_t> merged = MergeDim(count, length);
    if (!merged.ok()) return Annotate(merged.status(), "begin, end and strides");
    count = *merged;
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> begin, KnownElements(context, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> end, KnownElements(context, 2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> strides, KnownElements(context, 3));
  const PartialShape& shape = context.shape(0);
  PartialShape result = PartialShape::UnknownRank();
  if (shape.has_rank() && count >= 0 && count <= kMaxRank) {
    FLOE_ASSIGN_OR_RETURN(const RangeSpec spec,
                          SpecOf(masks, shape.rank(), static_cast<int>(count), begin, end, strides));
    Dims dims;
    absl::Status status;
    for (const int at : spec.result) {
      dims.push_back(at == kNewAxis ? 1 : TakenOrUnknown(spec.ranges[at], shape.dim(at), at, &status));
    }
    FLOE_RETURN_IF_ERROR(status);
    result = PartialShape(std::move(dims));
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status EvalStridedSlice(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const SliceView view, ComputeStridedSlice(context.attrs(), input.shape(), context.input(1),
                                                                  context.input(2), context.input(3)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, view.result));
  // Dimensions of one element come and go without moving any, so that the walk is over the input's.
  return StridedCopy(view.dims, input, view.from, output, {0, Shape(view.dims).Strides()});
}

constexpr OpInfo kOps[] = {
    {"Slice", InferSlice, EvalSlice},
    {"StridedSlice", InferStridedSlice, EvalStridedSlice},
};

}  // namespace

absl::StatusOr<SliceView> ComputeStridedSlice(const AttrMap& attrs, const Shape& input, const Tensor& begin_tensor,
                                              const Tensor& end_tensor, const Tensor& strides_tensor) {
  FLOE_ASSIGN_OR_RETURN(const Masks masks, Masks::Of(attrs));
  FLOE_ASSIGN_OR_RETURN(const Dims begin, IntElements(begin_tensor, "begin"));
  FLOE_ASSIGN_OR_RETURN(const Dims end, IntElements(end_tensor, "end"));
  FLOE_ASSIGN_OR_RETURN(const Dims strides, IntElements(strides_tensor, "strides"));
  if (begin.size() != end.size() || begin.size() != strides.size() || begin.size() > kMaxRank) {
    return absl::InvalidArgumentError(absl::StrCat("wanted as many begins as ends and strides, got ", begin.size(),
                                                   ", ", end.size(), " and ", strides.size()));
  }
  FLOE_ASSIGN_OR_RETURN(const RangeSpec spec,
                        SpecOf(masks, input.rank(), static_cast<int>(begin.size()), begin, end, strides));
  const Dims input_strides = input.Strides();
  SliceView view;
  view.dims.resize(input.rank());
  for (int axis = 0; axis < input.rank(); ++axis) {
    FLOE_ASSIGN_OR_RETURN(const Taken taken, Take(spec.ranges[axis], input.dim(axis), axis));
    view.from.first += taken.first * input_strides[axis];
    view.from.strides.push_back(taken.stride * input_strides[axis]);
    view.dims[axis] = taken.count;
  }
  for (const int at : spec.result) view.result.Append(at == kNewAxis ? 1 : view.dims[at]);
  return view;
}

absl::Span<const OpInfo> SliceOps() { return kOps; }

}  // namespace floe
