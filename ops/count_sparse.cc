#include "ops/count_sparse.h"

#include <algorithm>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/sparse_tensor.h"
#include "ops/types.h"

namespace floe {
namespace {

using WeightTypes = TypeList<int32_t, int64_t, float, double>;
enum class Kind : uint8_t { kDense, kSparse, kRagged };

// The values' place among the inputs: alone, behind the indices and before the dense shape, or behind the splits.
constexpr int ValuesInput(Kind kind) { return kind == Kind::kDense ? 0 : 1; }
constexpr int WeightsInput(Kind kind) { return kind == Kind::kDense ? 1 : kind == Kind::kSparse ? 3 : 2; }

struct Bounds {
  int64_t minimum = -1, maximum = -1;  // of the columns; -1: none
  bool binary = false;

  static absl::StatusOr<Bounds> Of(const AttrMap& attrs) {
    Bounds bounds;
    FLOE_ASSIGN_OR_RETURN(bounds.minimum, attrs.Int("minlength", -1));
    FLOE_ASSIGN_OR_RETURN(bounds.maximum, attrs.Int("maxlength", -1));
    FLOE_ASSIGN_OR_RETURN(bounds.binary, attrs.Bool("binary_output", false));
    if (bounds.minimum >= -1 && bounds.maximum >= -1) return bounds;
    return absl::InvalidArgumentError(absl::StrCat("attributes 'minlength' and 'maxlength': wanted -1 or more, got ",
                                                   bounds.minimum, " and ", bounds.maximum));
  }
};

// Dimensions of the result: a column, or a row and a column; unknown where nothing says which.
absl::StatusOr<int64_t> InferRank(const InferContext& context, Kind kind) {
  constexpr int64_t kUnknown = PartialShape::kUnknownDim;
  const PartialShape& values = context.shape(ValuesInput(kind));
  switch (kind) {
    case Kind::kDense:
      if (!values.has_rank()) return kUnknown;
      if (values.rank() == 1 || values.rank() == 2) return values.rank();
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted a tensor of rank 1 or 2, got shape ", values.ToString()));
    case Kind::kSparse: {
      FLOE_ASSIGN_OR_RETURN(const int64_t rank, WantSparse(context, 0));
      if (rank == 0) return absl::InvalidArgumentError("input 0: wanted indices of one column at least");
      return rank < 0 ? kUnknown : std::min<int64_t>(rank, 2);
    }
    case Kind::kRagged:
      FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt64));
      FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
      FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
      return 2;
  }
  return kUnknown;
}

template <Kind kKind>
absl::Status Infer(InferContext& context) {
  constexpr int kValues = ValuesInput(kKind), kWeights = WeightsInput(kKind);
  FLOE_RETURN_IF_ERROR(context.WantInputs(kWeights + 1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, kValues));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(WeightTypes(), absl::StrCat("input ", kWeights), context.dtype(kWeights)));
  FLOE_RETURN_IF_ERROR(Bounds::Of(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, InferRank(context, kKind));
  context.AddOutput(DType::kInt64, PartialShape({PartialShape::kUnknownDim, rank}));
  context.AddOutput(context.dtype(kWeights), PartialShape({PartialShape::kUnknownDim}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

// How many rows there are, and in which an element is.
struct Rows {
  int64_t count = 1;
  bool is_vector = false;  // one row, and no dimension for it
  std::unique_ptr<int64_t[]> of;
};

absl::StatusOr<Rows> DenseRows(const Tensor& values) {
  Rows rows;
  rows.is_vector = values.rank() == 1;
  if (!rows.is_vector) rows.count = values.shape().dim(0);
  if (rows.count == 0) return absl::InvalidArgumentError("input 0: wanted one row at least, got none");
  FLOE_ASSIGN_OR_RETURN(rows.of, Scratch<int64_t>(values.num_elements()));
  const int64_t columns = values.num_elements() / rows.count;
  for (int64_t i = 0; i < values.num_elements(); ++i) rows.of[i] = i / columns;
  return rows;
}

absl::StatusOr<Rows> SparseRows(const Tensor& indices, const Tensor& dense_shape) {
  FLOE_ASSIGN_OR_RETURN(const Dims dims, ToInt64s(dense_shape));
  FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(dims).status(), "input 2"));
  Rows rows;
  rows.is_vector = dims.size() == 1;
  if (!rows.is_vector) rows.count = dims[0];
  const int64_t elements = indices.shape().dim(0);
  FLOE_ASSIGN_OR_RETURN(rows.of, Scratch<int64_t>(elements));
  const auto* index = indices.data<int64_t>();
  for (int64_t i = 0; i < elements; ++i) {
    rows.of[i] = rows.is_vector ? 0 : *index;
    for (const int64_t dim : dims) {
      if (*index < 0 || *index >= dim) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 0: an index of element ", i, " is ", *index, ", out of range for size ", dim));
      }
      ++index;
    }
  }
  return rows;
}

absl::StatusOr<Rows> RaggedRows(const Tensor& splits, int64_t elements) {
  const int64_t ends = splits.num_elements();
  const auto* const split = splits.data<int64_t>();
  if (ends < 2 || split[0] != 0 || split[ends - 1] != elements || !std::is_sorted(split, split + ends)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted splits from 0 up to the ", elements, " values, got ", splits.Head(8)));
  }
  Rows rows;
  rows.count = ends - 1;
  FLOE_ASSIGN_OR_RETURN(rows.of, Scratch<int64_t>(elements));
  for (int64_t row = 0; row < rows.count; ++row) std::fill(&rows.of[split[row]], &rows.of[split[row + 1]], row);
  return rows;
}

template <typename W>
struct Entry {
  int64_t row = 0, value = 0, at = 0;
  W weight{};

  // Weights of one number are summed in the order that they came in.
  friend bool operator<(const Entry& a, const Entry& b) {
    if (a.row != b.row) return a.row < b.row;
    return a.value != b.value ? a.value < b.value : a.at < b.at;
  }
  bool SameCount(const Entry& other) const { return row == other.row && value == other.value; }
};

// Entries of the elements that count, and the number of columns.
template <typename W>
struct Entries {
  std::unique_ptr<Entry<W>[]> all;
  int64_t count = 0, columns = 0;
};

template <typename W>
absl::StatusOr<Entries<W>> Read(const Tensor& values, const Tensor& weights, const Rows& rows, const Bounds& bounds) {
  const int64_t elements = values.num_elements();
  const bool weighted = weights.num_elements() > 0;
  if (weighted && weights.shape() != values.shape()) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a weight for each value, got weights of shape ",
                                                   weights.shape().ToString(), " and values of ",
                                                   values.shape().ToString()));
  }
  Entries<W> entries;
  FLOE_ASSIGN_OR_RETURN(entries.all, Scratch<Entry<W>>(elements));
  int64_t largest = 0;
  for (int64_t i = 0; i < elements; ++i) {
    const int64_t value = values.dtype() == DType::kInt32 ? values.data<int32_t>()[i] : values.data<int64_t>()[i];
    if (value < 0) return absl::InvalidArgumentError(absl::StrCat("there is no column for the value ", value));
    if (bounds.maximum >= 0 && value >= bounds.maximum) continue;
    largest = std::max(largest, value);
    entries.all[entries.count++] = {rows.of[i], value, i, weighted ? weights.data<W>()[i] : W(1)};
  }
  if (!CheckedAdd(largest, 1, &entries.columns)) {
    return absl::InvalidArgumentError(absl::StrCat("the value ", largest, " is too large for a column"));
  }
  entries.columns = bounds.maximum >= 0 ? bounds.maximum : std::max(entries.columns, bounds.minimum);
  std::sort(entries.all.get(), entries.all.get() + entries.count);
  return entries;
}

template <Kind kKind>
absl::Status Eval(EvalContext& context) {
  const Tensor &values = context.input(ValuesInput(kKind)), &weights = context.input(WeightsInput(kKind));
  FLOE_ASSIGN_OR_RETURN(const Bounds bounds, Bounds::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Rows rows, kKind == Kind::kDense ? DenseRows(values)
                                         : kKind == Kind::kSparse
                                             ? SparseRows(context.input(0), context.input(2))
                                             : RaggedRows(context.input(0), values.num_elements()));
  return OnDType(WeightTypes(), weights.dtype(), [&]<typename W>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const Entries<W> entries, Read<W>(values, weights, rows, bounds));
    int64_t count = 0;
    for (int64_t i = 0; i < entries.count; ++i) {
      if (i == 0 || !entries.all[i].SameCount(entries.all[i - 1])) ++count;
    }
    const int64_t rank = rows.is_vector ? 1 : 2;
    FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({count, rank})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const counts, context.Output(1, Shape({count})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({rank})));
    auto* index = indices->mutable_data<int64_t>();
    W* const sums = counts->mutable_data<W>();
    int64_t made = 0;
    for (int64_t i = 0; i < entries.count; ++i) {
      const Entry<W>& entry = entries.all[i];
      if (i > 0 && entry.SameCount(entries.all[i - 1])) {
        if (!bounds.binary) sums[made - 1] = WrapAdd(sums[made - 1], entry.weight);
        continue;
      }
      if (!rows.is_vector) *index++ = entry.row;
      *index++ = entry.value;
      sums[made++] = bounds.binary ? W(1) : entry.weight;
    }
    if (!rows.is_vector) shape->mutable_data<int64_t>()[0] = rows.count;
    shape->mutable_data<int64_t>()[rank - 1] = entries.columns;
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"DenseCountSparseOutput", Infer<Kind::kDense>, Eval<Kind::kDense>},
    {"SparseCountSparseOutput", Infer<Kind::kSparse>, Eval<Kind::kSparse>},
    {"RaggedCountSparseOutput", Infer<Kind::kRagged>, Eval<Kind::kRagged>},
};

}  // namespace

absl::Span<const OpInfo> CountSparseOps() { return kOps; }

}  // namespace floe
