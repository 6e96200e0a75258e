#include "ops/segment.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// How the rows of a segment meet. `Start` is the value before the first of an unsorted segment, and so what one without
// rows gives; `Empty` is what a sorted one without rows gives.
struct Sum {
  template <typename T>
  static T Start() {
    return T(0);
  }
  template <typename T>
  static T Empty() {
    return T(0);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return WrapAdd(a, b);
  }
};

struct Product {
  template <typename T>
  static T Start() {
    return T(1);
  }
  template <typename T>
  static T Empty() {
    return T(1);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return WrapMul(a, b);
  }
};

// The largest finite number, as TensorFlow has it.
template <typename T>
T Most() {
  if constexpr (std::is_same_v<T, Half>) {
    return T(65504.0f);
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return std::bit_cast<Bfloat16>(uint16_t{0x7f7f});
  } else {
    return std::numeric_limits<T>::max();
  }
}

struct Max {
  template <typename T>
  static T Start() {
    if constexpr (kIsInteger<T>) {
      return std::numeric_limits<T>::lowest();
    } else {
      return T(-Most<T>());
    }
  }
  template <typename T>
  static T Empty() {
    return T(0);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return a > b ? a : b;  // a NaN is the result until the next row
  }
};

struct Min {
  template <typename T>
  static T Start() {
    return Most<T>();
  }
  template <typename T>
  static T Empty() {
    return T(0);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return a < b ? a : b;
  }
};

absl::Status OutOfRange(int64_t place, int64_t id, int64_t segments) {
  return absl::InvalidArgumentError(
      absl::StrCat("input 1: wanted segments in [0, ", segments, "), got ", id, " at ", place));
}

PartialShape WithRows(PartialShape shape, int64_t rows) {
  if (shape.has_rank()) shape.set_dim(0, rows);
  return shape;
}

template <typename Types>
absl::Status InferSegment(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  if (const PartialShape& data = context.shape(0); data.has_rank()) {
    absl::StatusOr<int64_t> rows = MergeDim(data.dim(0), length);
    if (!rows.ok()) return Annotate(rows.status(), "rows of input 0 and length of input 1");
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> ids, context.KnownInts(1));
  int64_t segments = kUnknown;
  if (ids.has_value()) {
    FLOE_ASSIGN_OR_RETURN(segments, SortedSegments(*ids));
  }
  context.AddOutput(context.dtype(0), WithRows(context.shape(0), segments));
  return absl::OkStatus();
}

// One segment's rows of `width` elements, folded into one: from the first on, so that infinities stay.
template <typename F, bool kMean, typename T>
void FoldRows(const T* from, int64_t rows, int64_t width, Wide<T>* folded, T* to) {
  std::transform(from, from + width, folded, [](T value) { return Wide<T>(value); });
  for (int64_t r = 1; r < rows; ++r) {
    from += width;
    for (int64_t i = 0; i < width; ++i) folded[i] = F::template Apply<Wide<T>>(folded[i], Wide<T>(from[i]));
  }
  for (int64_t i = 0; i < width; ++i) {
    Wide<T> value = folded[i];
    if constexpr (kMean) value /= static_cast<Wide<T>>(rows);
    to[i] = T(value);
  }
}

template <typename F, typename Types, bool kMean>
absl::Status EvalSegment(EvalContext& context) {
  const Tensor& data = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims ids, ToInt64s(context.input(1)));
  if (context.input(1).rank() != 1 || data.rank() < 1 || static_cast<int64_t>(ids.size()) != data.shape().dim(0)) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted one segment a row of shape ",
                                                   data.shape().ToString(), ", got shape ",
                                                   context.input(1).shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t segments, SortedSegments(ids));
  const PartialShape wanted = WithRows(data.shape(), segments);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(wanted.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const int64_t width = ids.empty() ? 0 : data.num_elements() / static_cast<int64_t>(ids.size());
  return OnDType(Types(), data.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto folded, Scratch<Wide<T>>(width));
    T* const to = output->mutable_data<T>();
    std::fill_n(to, output->num_elements(), F::template Empty<T>());
    for (size_t first = 0, last; first < ids.size(); first = last) {
      last = static_cast<size_t>(std::upper_bound(ids.begin() + first, ids.end(), ids[first]) - ids.begin());
      FoldRows<F, kMean, T>(data.data<T>() + static_cast<int64_t>(first) * width, static_cast<int64_t>(last - first),
                            width, folded.get(), to + ids[first] * width);
    }
    return absl::OkStatus();
  });
}

using SegmentIdTypes = TypeList<int16_t, int32_t, int64_t>;

absl::StatusOr<int64_t> WantSegments(int64_t count) {
  if (count >= 0) return count;
  return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 0 segments or more, got ", count));
}

// [segments] and what the data has after the ids' dimensions.
absl::StatusOr<PartialShape> UnsortedShape(const PartialShape& data, const PartialShape& ids, int64_t segments) {
  if (!data.has_rank() || !ids.has_rank()) return PartialShape::UnknownRank();
  bool starts = ids.rank() <= data.rank();
  for (int i = 0; starts && i < ids.rank(); ++i) starts = MergeDim(data.dim(i), ids.dim(i)).ok();
  if (!starts) {
    return absl::InvalidArgumentError(
        absl::StrCat("data of shape ", data.ToString(), " does not start with the segments' shape ", ids.ToString()));
  }
  Dims dims = {segments};
  dims.insert(dims.end(), data.dims().begin() + ids.rank(), data.dims().end());
  return PartialShape(std::move(dims));
}

template <typename Types>
absl::Status InferUnsorted(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(SegmentIdTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(2, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> count, KnownScalar(context, 2));
  int64_t segments = kUnknown;
  if (count.has_value()) {
    FLOE_ASSIGN_OR_RETURN(segments, WantSegments(*count));
  }
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, UnsortedShape(context.shape(0), context.shape(1), segments));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// Rows of a negative segment are dropped.
template <typename F, typename Types>
absl::Status EvalUnsorted(EvalContext& context) {
  const Tensor& data = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t count, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const int64_t segments, WantSegments(count));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, UnsortedShape(data.shape(), context.input(1).shape(), segments));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(wanted.dims()));
  FLOE_ASSIGN_OR_RETURN(const Dims ids, IntElements(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const int64_t rows = context.input(1).num_elements(), width = rows == 0 ? 0 : data.num_elements() / rows;
  return OnDType(Types(), data.dtype(), [&]<typename T>() -> absl::Status {
    T* const to = output->mutable_data<T>();
    std::fill_n(to, output->num_elements(), F::template Start<T>());
    const T* from = data.data<T>();
    for (int64_t r = 0; r < rows; ++r, from += width) {
      if (ids[r] >= segments) return OutOfRange(r, ids[r], segments);
      if (ids[r] < 0) continue;
      T* const row = to + ids[r] * width;
      for (int64_t i = 0; i < width; ++i) row[i] = F::template Apply<T>(row[i], from[i]);
    }
    return absl::OkStatus();
  });
}

template <typename F, typename Types, bool kMean = false>
constexpr OpInfo SegmentOp(const char* name) {
  return {name, InferSegment<Types>, EvalSegment<F, Types, kMean>};
}
template <typename F, typename Types>
constexpr OpInfo UnsortedOp(const char* name) {
  return {name, InferUnsorted<Types>, EvalUnsorted<F, Types>};
}

constexpr OpInfo kOps[] = {
    SegmentOp<Sum, NumberTypes>("SegmentSum"),
    SegmentOp<Sum, NumberTypes, true>("SegmentMean"),
    SegmentOp<Product, NumberTypes>("SegmentProd"),
    SegmentOp<Max, RealTypes>("SegmentMax"),
    SegmentOp<Min, RealTypes>("SegmentMin"),
    UnsortedOp<Sum, NumberTypes>("UnsortedSegmentSum"),
    UnsortedOp<Product, NumberTypes>("UnsortedSegmentProd"),
    UnsortedOp<Max, RealTypes>("UnsortedSegmentMax"),
    UnsortedOp<Min, RealTypes>("UnsortedSegmentMin"),
};

}  // namespace

absl::StatusOr<int64_t> SortedSegments(absl::Span<const int64_t> ids) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < (i == 0 ? 0 : ids[i - 1])) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: wanted segments of 0 or more in rising order, got ",
                                                     ids[i], i == 0 ? "" : absl::StrCat(" after ", ids[i - 1])));
    }
  }
  if (!ids.empty() && ids.back() == std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: segment ", ids.back(), " is too large"));
  }
  return ids.empty() ? 0 : ids.back() + 1;
}

absl::Span<const OpInfo> SegmentOps() { return kOps; }

}  // namespace floe
