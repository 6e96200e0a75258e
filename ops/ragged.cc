#include "ops/ragged.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/scratch.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Where each row begins, and where the last ends: never falling, from 0 to `length` (any where it is negative).
absl::Status CheckSplits(const Dims& splits, int64_t length, absl::string_view what) {
  if (!splits.empty() && splits.front() == 0 && std::is_sorted(splits.begin(), splits.end()) &&
      (length < 0 || splits.back() == length)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(what, ": wanted row splits that start at 0 and never fall",
                                                 length < 0 ? "" : " up to ", length < 0 ? "" : absl::StrCat(length),
                                                 ", got ", Shape(splits).ToString()));
}

// ---- RaggedRange

using RangeTypes = TypeList<int32_t, int64_t, Bfloat16, float, double>;

absl::StatusOr<DType> SplitsType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("Tsplits", DType::kInt64));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'Tsplits'", dtype));
  return dtype;
}

// How many numbers lie in [start, limit) in steps of delta; -1 where they cannot be counted.
template <typename T>
int64_t RangeSize(T start, T limit, T delta) {
  if ((delta > T(0) && limit < start) || (delta < T(0) && limit > start)) return 0;
  if constexpr (kIsInteger<T>) {
    // In 128 bits the distance cannot overflow.
    using Wider = __int128;
    const Wider distance = Wider(limit) - Wider(start), step = delta;
    const Wider size = (distance + step + (step > 0 ? -1 : 1)) / step;
    return size > INT64_MAX ? -1 : static_cast<int64_t>(size);
  } else {
    // In T itself, as TensorFlow counts.
    const auto steps = static_cast<Wide<T>>(T(T(limit - start) / delta));
    const double size = std::ceil(std::abs(static_cast<double>(steps)));
    return size < 9e18 ? static_cast<int64_t>(size) : -1;
  }
}

// How many numbers each range has, of starts, limits and steps that are vectors of one length or stand for all rows.
template <typename T>
absl::StatusOr<Dims> RangeSizes(const Tensor& starts, const Tensor& limits, const Tensor& steps) {
  int64_t rows = 1;
  for (const Tensor* const input : {&starts, &limits, &steps}) {
    if (input->rank() == 1) rows = input->num_elements();
  }
  const auto at = [](const Tensor& input, int64_t row) { return input.data<T>()[input.rank() == 0 ? 0 : row]; };
  Dims sizes;
  int64_t total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    if (at(steps, row) == T(0)) return absl::InvalidArgumentError("input 2: wanted a step, got 0");
    const int64_t size = RangeSize<T>(at(starts, row), at(limits, row), at(steps, row));
    if (size < 0 || !CheckedAdd(total, size, &total)) {
      return absl::InvalidArgumentError(absl::StrCat("range ", row, " has too many numbers"));
    }
    sizes.push_back(size);
  }
  return sizes;
}

absl::Status InferRange(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RangeTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const DType splits, SplitsType(context.attrs()));
  int64_t rows = kUnknown;
  for (int i = 0; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    const PartialShape& shape = context.shape(i);
    if (!shape.has_rank() || shape.rank() == 0) continue;
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
    FLOE_ASSIGN_OR_RETURN(rows, MergeDim(rows, shape.dim(0)));
  }
  const bool scalars = context.shape(0).has_rank() && context.shape(1).has_rank() && context.shape(2).has_rank() &&
                       context.shape(0).rank() + context.shape(1).rank() + context.shape(2).rank() == 0;
  context.AddOutput(splits, PartialShape({scalars ? 2 : rows < 0 ? kUnknown : rows + 1}));
  // Known beforehand where that is possible: a few numbers may ask for more than there is memory.
  int64_t total = kUnknown;
  const Tensor* const inputs[] = {context.input(0).value, context.input(1).value, context.input(2).value};
  if (inputs[0] != nullptr && inputs[1] != nullptr && inputs[2] != nullptr) {
    FLOE_RETURN_IF_ERROR(OnDType(RangeTypes(), context.dtype(0), [&]<typename T>() -> absl::Status {
      FLOE_ASSIGN_OR_RETURN(const Dims sizes, RangeSizes<T>(*inputs[0], *inputs[1], *inputs[2]));
      total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
      return absl::OkStatus();
    }));
  }
  context.AddOutput(context.dtype(0), PartialShape({total}));
  return absl::OkStatus();
}

absl::Status EvalRange(EvalContext& context) {
  int64_t rows = 1;
  for (int i = 0; i < 3; ++i) {
    if (context.input(i).rank() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted a number or a vector, got shape ", context.input(i).shape().ToString()));
    }
    if (context.input(i).rank() == 1) rows = context.input(i).num_elements();
  }
  for (int i = 0; i < 3; ++i) {
    if (context.input(i).rank() == 1 && context.input(i).num_elements() != rows) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted ", rows, " numbers, got ", context.input(i).num_elements()));
    }
  }
  return OnDType(RangeTypes(), context.input(0).dtype(), [&]<typename T>() -> absl::Status {
    const auto at = [&](int input, int64_t row) {
      return context.input(input).data<T>()[context.input(input).rank() == 0 ? 0 : row];
    };
    FLOE_ASSIGN_OR_RETURN(const Dims sizes, RangeSizes<T>(context.input(0), context.input(1), context.input(2)));
    const int64_t total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
    FLOE_ASSIGN_OR_RETURN(Tensor* const splits, context.Output(0, Shape({rows + 1})));
    FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked({total}));
    FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, checked));
    T* to = values->mutable_data<T>();
    int64_t split = 0;
    return OnDType(IndexTypes(), splits->dtype(), [&]<typename Index>() -> absl::Status {
      if (total > std::numeric_limits<Index>::max()) {
        return absl::InvalidArgumentError(
            absl::StrCat("attribute 'Tsplits': ", DTypeName(splits->dtype()), " does not hold ", total));
      }
      *splits->mutable_data<Index>() = 0;
      for (int64_t row = 0; row < rows; ++row) {
        T value = at(0, row);
        for (int64_t i = 0; i < sizes[static_cast<size_t>(row)]; ++i) {
          *to++ = value;
          value = WrapAdd<T>(value, at(2, row));
        }
        split += sizes[static_cast<size_t>(row)];
        splits->mutable_data<Index>()[row + 1] = static_cast<Index>(split);
      }
      return absl::OkStatus();
    });
  });
}

// ---- RaggedTensorToTensor

// Row splits of each ragged dimension, outermost first, from the forms in which partitions come.
absl::StatusOr<std::vector<Dims>> SplitsOf(const EvalContext& context, int first, const std::vector<std::string>& kinds,
                                           int64_t values) {
  std::vector<Dims> levels;
  int64_t rows = -1;  // of the level to come; -1 where nothing has said it
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string what = absl::StrCat("input ", first + static_cast<int>(i));
    FLOE_ASSIGN_OR_RETURN(const Dims partition, ToInt64s(context.input(first + static_cast<int>(i))));
    if (kinds[i] == "FIRST_DIM_SIZE") {
      if (i != 0 || partition.size() != 1 || partition[0] < 0) {
        return absl::InvalidArgumentError(absl::StrCat(what, ": wanted the one number of rows"));
      }
      rows = partition[0];
    } else if (kinds[i] == "ROW_SPLITS") {
      FLOE_RETURN_IF_ERROR(CheckSplits(partition, -1, what));
      if (rows >= 0 && static_cast<int64_t>(partition.size()) != rows + 1) {
        return absl::InvalidArgumentError(
            absl::StrCat(what, ": wanted splits of ", rows, " rows, got ", partition.size() - 1));
      }
      rows = partition.back();
      levels.push_back(partition);
    } else if (kinds[i] == "VALUE_ROWIDS") {
      if (rows < 0) return absl::InvalidArgumentError(absl::StrCat(what, ": how many rows there are is not said"));
      FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked({rows}));
      FLOE_RETURN_IF_ERROR(Scratch<int64_t>(checked.dim(0)).status());
      Dims splits(static_cast<size_t>(rows) + 1, 0);
      for (size_t v = 0; v < partition.size(); ++v) {
        if (partition[v] < 0 || partition[v] >= rows || (v > 0 && partition[v] < partition[v - 1])) {
          return absl::InvalidArgumentError(
              absl::StrCat(what, ": wanted rows below ", rows, " that never fall, got ", partition[v], " at ", v));
        }
        ++splits[static_cast<size_t>(partition[v]) + 1];
      }
      for (size_t r = 0; r < static_cast<size_t>(rows); ++r) splits[r + 1] += splits[r];
      rows = static_cast<int64_t>(partition.size());
      levels.push_back(std::move(splits));
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "attribute 'row_partition_types': wanted FIRST_DIM_SIZE, ROW_SPLITS or VALUE_ROWIDS, got '", kinds[i], "'"));
    }
  }
  if (levels.empty()) return absl::InvalidArgumentError("there are no row partitions");
  if (rows != values) {
    return absl::InvalidArgumentError(absl::StrCat("the innermost rows hold ", rows, " values, input 1 has ", values));
  }
  return levels;
}

absl::StatusOr<std::vector<std::string>> PartitionKinds(const AttrMap& attrs, int inputs) {
  FLOE_ASSIGN_OR_RETURN(std::vector<std::string> kinds, attrs.Strings("row_partition_types"));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, attrs.Int("num_row_partition_tensors"));
  if (count != static_cast<int64_t>(kinds.size()) || inputs != 3 + static_cast<int>(kinds.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", inputs - 3, " row partitions and ", kinds.size(), " row_partition_types"));
  }
  return kinds;
}

// -1: as long as the longest row. A scalar -1 leaves the rank open too.
absl::StatusOr<Dims> WantedShape(const Tensor& shape, int rank) {
  FLOE_ASSIGN_OR_RETURN(Dims wanted, ToInt64s(shape));
  if (shape.rank() == 0 && wanted[0] == -1) return Dims(static_cast<size_t>(rank), -1);
  if (shape.rank() != 1 || static_cast<int>(wanted.size()) != rank) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted ", rank, " sizes, got ", shape.ToString()));
  }
  for (const int64_t size : wanted) {
    if (size < -1) return absl::InvalidArgumentError(absl::StrCat("input 0: ", size, " is no size"));
  }
  return wanted;
}

absl::Status InferToTensor(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(4));
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> kinds, PartitionKinds(context.attrs(), context.num_inputs()));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
  for (int i = 3; i < context.num_inputs(); ++i) FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 1, 1));
  PartialShape result;
  if (const PartialShape& values = context.shape(1); values.has_rank()) {
    const int ragged = static_cast<int>(kinds.size()) - (kinds[0] == "FIRST_DIM_SIZE" ? 1 : 0);
    result = PartialShape::UnknownDims(values.rank() + ragged);
    for (int axis = 1; axis < values.rank(); ++axis) result.set_dim(ragged + axis, values.dim(axis));
    if (const Tensor* const shape = context.input(0).value; shape != nullptr) {
      FLOE_ASSIGN_OR_RETURN(const Dims wanted, WantedShape(*shape, result.rank()));
      for (int axis = 0; axis < result.rank(); ++axis) {
        const int64_t size = wanted[static_cast<size_t>(axis)];
        FLOE_ASSIGN_OR_RETURN(const int64_t merged, MergeDim(result.dim(axis), size));
        result.set_dim(axis, merged);
      }
    }
  }
  context.AddOutput(context.dtype(1), std::move(result));
  return absl::OkStatus();
}

// Copies the rows of one level, cut to the result's sizes, and goes down to the next.
void PlaceRows(const std::vector<Dims>& levels, size_t level, int64_t row, const Dims& strides, const Dims& sizes,
               int64_t first, const Tensor& values, Tensor* output) {
  const int64_t begin = levels[level][static_cast<size_t>(row)], end = levels[level][static_cast<size_t>(row) + 1];
  const int64_t stride = strides[level + 1], count = std::min(end - begin, sizes[level + 1]);
  if (level + 1 == levels.size()) {
    CopyElements(values, begin * stride, output, first, count * stride);
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    PlaceRows(levels, level + 1, begin + i, strides, sizes, first + i * stride, values, output);
  }
}

absl::Status EvalToTensor(EvalContext& context) {
  const Tensor &values = context.input(1), &fallback = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> kinds, PartitionKinds(context.attrs(), context.num_inputs()));
  if (values.rank() < 1) return absl::InvalidArgumentError("input 1: wanted values of rank 1 or more, got a scalar");
  FLOE_ASSIGN_OR_RETURN(const std::vector<Dims> levels, SplitsOf(context, 3, kinds, values.shape().dim(0)));
  const int ragged = static_cast<int>(levels.size()), rank = values.rank() + ragged;
  FLOE_ASSIGN_OR_RETURN(Dims sizes, WantedShape(context.input(0), rank));
  if (sizes[0] < 0) sizes[0] = static_cast<int64_t>(levels[0].size()) - 1;
  for (int level = 0; level < ragged; ++level) {
    int64_t& size = sizes[static_cast<size_t>(level) + 1];
    if (size >= 0) continue;
    size = 0;
    const Dims& splits = levels[static_cast<size_t>(level)];
    for (size_t r = 0; r + 1 < splits.size(); ++r) size = std::max(size, splits[r + 1] - splits[r]);
  }
  for (int axis = 1; axis < values.rank(); ++axis) {
    int64_t& size = sizes[ragged + axis];
    if (size >= 0 && size != values.shape().dim(axis)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted ", values.shape().dim(axis), " for dimension ", ragged + axis, ", got ", size));
    }
    size = values.shape().dim(axis);
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(sizes));
  const Shape element(values.shape().dims().subspan(1));
  FLOE_ASSIGN_OR_RETURN(const Shape spread, BroadcastShapes(element, fallback.shape()));
  if (spread != element) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: a default of shape ", fallback.shape().ToString(),
                                                   " does not fill elements of shape ", element.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  // The default, broadcast over the whole result.
  const Dims strides = shape.Strides();
  Dims from(static_cast<size_t>(rank), 0);
  const Dims own = fallback.shape().Strides();
  for (int axis = 0; axis < fallback.rank(); ++axis) {
    if (fallback.shape().dim(axis) > 1) from[rank - fallback.rank() + axis] = own[axis];
  }
  FLOE_RETURN_IF_ERROR(StridedCopy(sizes, fallback, {0, from}, output, {0, strides}));
  const int64_t rows = std::min(sizes[0], static_cast<int64_t>(levels[0].size()) - 1);
  for (int64_t row = 0; row < rows; ++row) {
    PlaceRows(levels, 0, row, strides, sizes, row * strides[0], values, output);
  }
  return absl::OkStatus();
}

// ---- RaggedTensorToSparse

absl::StatusOr<int> RaggedRank(const AttrMap& attrs, int inputs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, attrs.Int("RAGGED_RANK"));
  if (rank >= 1 && rank < kMaxRank && inputs == rank + 1) return static_cast<int>(rank);
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'RAGGED_RANK' is ", rank, ", and there are ", inputs, " inputs"));
}

absl::Status InferToSparse(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int ragged, RaggedRank(context.attrs(), context.num_inputs()));
  for (int i = 0; i < ragged; ++i) {
    FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  }
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, ragged, 1));
  const PartialShape& values = context.shape(ragged);
  const int64_t rank = values.has_rank() ? values.rank() + ragged : kUnknown;
  context.AddOutput(DType::kInt64, PartialShape({kUnknown, rank}));
  context.AddOutput(context.dtype(ragged), PartialShape({kUnknown}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

absl::Status EvalToSparse(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int ragged, RaggedRank(context.attrs(), context.num_inputs()));
  const Tensor& values = context.input(ragged);
  if (values.rank() < 1) return absl::InvalidArgumentError("the values: wanted rank 1 or more, got a scalar");
  std::vector<Dims> levels;
  for (int i = 0; i < ragged; ++i) {
    FLOE_ASSIGN_OR_RETURN(levels.emplace_back(), ToInt64s(context.input(i)));
  }
  for (int i = 0; i < ragged; ++i) {
    const int64_t length =
        i + 1 < ragged ? static_cast<int64_t>(levels[static_cast<size_t>(i) + 1].size()) - 1 : values.shape().dim(0);
    FLOE_RETURN_IF_ERROR(
        CheckSplits(levels[static_cast<size_t>(i)], std::max<int64_t>(length, 0), absl::StrCat("input ", i)));
  }
  const int rank = ragged + values.rank();
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({rank})));
  int64_t* const dense = shape->mutable_data<int64_t>();
  dense[0] = static_cast<int64_t>(levels[0].size()) - 1;
  for (int i = 0; i < ragged; ++i) {
    const Dims& splits = levels[static_cast<size_t>(i)];
    dense[i + 1] = 0;
    for (size_t r = 0; r + 1 < splits.size(); ++r) dense[i + 1] = std::max(dense[i + 1], splits[r + 1] - splits[r]);
  }
  for (int axis = 1; axis < values.rank(); ++axis) dense[ragged + axis] = values.shape().dim(axis);
  FLOE_ASSIGN_OR_RETURN(const Shape index_shape, Shape::Checked({values.num_elements(), rank}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, index_shape));
  FLOE_RETURN_IF_ERROR(context.SetOutput(1, values.Reshaped(Shape({values.num_elements()}))));
  const int64_t rows = values.shape().dim(0), inner = rows == 0 ? 0 : values.num_elements() / rows;
  // The row of each level that the current value is in.
  std::vector<size_t> row(static_cast<size_t>(ragged), 0);
  int64_t* to = indices->mutable_data<int64_t>();
  for (int64_t v = 0; v < rows; ++v) {
    int64_t child = v;
    for (int i = ragged - 1; i >= 0; --i) {
      const Dims& splits = levels[static_cast<size_t>(i)];
      size_t& at = row[static_cast<size_t>(i)];
      while (splits[at + 1] <= child) ++at;
      child = static_cast<int64_t>(at);
    }
    for (int64_t e = 0; e < inner; ++e, to += rank) {
      to[0] = static_cast<int64_t>(row[0]);
      for (int i = 0; i < ragged; ++i) {
        const int64_t below = i + 1 < ragged ? static_cast<int64_t>(row[static_cast<size_t>(i) + 1]) : v;
        to[i + 1] = below - levels[static_cast<size_t>(i)][row[static_cast<size_t>(i)]];
      }
      int64_t rest = e;
      for (int axis = values.rank() - 1; axis >= 1; --axis) {
        to[ragged + axis] = rest % values.shape().dim(axis);
        rest /= values.shape().dim(axis);
      }
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"RaggedRange", InferRange, EvalRange},
    {"RaggedTensorToTensor", InferToTensor, EvalToTensor},
    {"RaggedTensorToSparse", InferToSparse, EvalToSparse},
};

}  // namespace

absl::Span<const OpInfo> RaggedOps() { return kOps; }

}  // namespace floe
