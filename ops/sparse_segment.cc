#include "ops/sparse_segment.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/segment.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// What a segment's sum is divided by: nothing, the number of its rows, or that number's square root.
enum class Divisor { kOne, kCount, kRootOfCount };

// As many segments as the fourth input says, or else as the last row's number does.
absl::StatusOr<int64_t> CheckSegments(absl::Span<const int64_t> ids, std::optional<int64_t> wanted) {
  FLOE_ASSIGN_OR_RETURN(const int64_t named, SortedSegments(ids));
  if (!wanted.has_value()) return named;
  if (*wanted < 0) return absl::InvalidArgumentError(absl::StrCat("input 3: wanted 0 segments or more, got ", *wanted));
  if (named > *wanted) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted segments in [0, ", *wanted, "), got ", named - 1));
  }
  return *wanted;
}

template <typename Types, bool kCounted>
absl::Status InferSparseSegment(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kCounted ? 4 : 3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  for (int i = 1; i < context.num_inputs(); ++i) FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t indices, KnownLength(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t ids, KnownLength(context, 2));
  absl::StatusOr<int64_t> rows = MergeDim(indices, ids);
  if (!rows.ok()) return Annotate(rows.status(), "lengths of inputs 1 and 2");
  std::optional<int64_t> wanted;
  if constexpr (kCounted) {
    FLOE_RETURN_IF_ERROR(context.WantRank(3, 0));
    FLOE_ASSIGN_OR_RETURN(wanted, KnownScalar(context, 3));
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> known, context.KnownInts(2));
  int64_t segments = kUnknown;
  if (known.has_value() && (!kCounted || wanted.has_value())) {
    FLOE_ASSIGN_OR_RETURN(segments, CheckSegments(*known, wanted));
  } else if (wanted.has_value()) {
    FLOE_ASSIGN_OR_RETURN(segments, CheckSegments({}, wanted));
  }
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) shape.set_dim(0, segments);
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <Divisor kDivisor, typename T>
void WriteSegment(const Wide<T>* sums, int64_t rows, int64_t width, T* to) {
  for (int64_t i = 0; i < width; ++i) {
    Wide<T> value = sums[i];
    if constexpr (kDivisor == Divisor::kCount) value /= static_cast<Wide<T>>(rows);
    if constexpr (kDivisor == Divisor::kRootOfCount) value /= std::sqrt(static_cast<Wide<T>>(rows));
    to[i] = T(value);
  }
}

template <Divisor kDivisor, typename Types, bool kCounted>
absl::Status EvalSparseSegment(EvalContext& context) {
  const Tensor& data = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims indices, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims ids, ToInt64s(context.input(2)));
  std::optional<int64_t> wanted;
  if constexpr (kCounted) {
    FLOE_ASSIGN_OR_RETURN(wanted, ScalarInt(context.input(3), "input 3"));
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t segments, CheckSegments(ids, wanted));
  const int64_t limit = data.shape().dim(0), width = limit == 0 ? 0 : data.num_elements() / limit;
  if (indices.size() != ids.size()) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted ", indices.size(), " segments, got ", ids.size()));
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= limit) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: wanted rows in [0, ", limit, "), got ", indices[i], " at ", i));
    }
  }
  Dims dims(data.shape().dims().begin(), data.shape().dims().end());
  dims[0] = segments;
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return OnDType(Types(), data.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(width));
    T* const to = output->mutable_data<T>();
    std::fill_n(to, output->num_elements(), T(0));
    for (size_t first = 0, last; first < ids.size(); first = last) {
      std::fill_n(sums.get(), width, Wide<T>(0));
      for (last = first; last < ids.size() && ids[last] == ids[first]; ++last) {
        const T* const row = data.data<T>() + indices[last] * width;
        for (int64_t i = 0; i < width; ++i) sums[i] = WrapAdd<Wide<T>>(sums[i], row[i]);
      }
      WriteSegment<kDivisor, T>(sums.get(), static_cast<int64_t>(last - first), width, to + ids[first] * width);
    }
    return absl::OkStatus();
  });
}

template <Divisor kDivisor, typename Types, bool kCounted>
constexpr OpInfo SparseSegmentOp(const char* name) {
  return {name, InferSparseSegment<Types, kCounted>, EvalSparseSegment<kDivisor, Types, kCounted>};
}

constexpr OpInfo kOps[] = {
    SparseSegmentOp<Divisor::kOne, RealTypes, false>("SparseSegmentSum"),
    SparseSegmentOp<Divisor::kOne, RealTypes, true>("SparseSegmentSumWithNumSegments"),
    SparseSegmentOp<Divisor::kCount, FloatTypes, false>("SparseSegmentMean"),
    SparseSegmentOp<Divisor::kCount, FloatTypes, true>("SparseSegmentMeanWithNumSegments"),
    SparseSegmentOp<Divisor::kRootOfCount, FloatTypes, false>("SparseSegmentSqrtN"),
    SparseSegmentOp<Divisor::kRootOfCount, FloatTypes, true>("SparseSegmentSqrtNWithNumSegments"),
};

}  // namespace

absl::Span<const OpInfo> SparseSegmentOps() { return kOps; }

}  // namespace floe
