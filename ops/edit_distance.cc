#include "ops/edit_distance.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using ValueTypes = Join<NumberTypes, TypeList<bool, std::string>>;

// Of each dimension but the last, the larger of the two sparse tensors'.
absl::StatusOr<Shape> ResultShape(const Dims& hypothesis, const Dims& truth) {
  if (hypothesis.size() != truth.size() || truth.size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted two dense shapes of one rank, 2 or more, got ",
                                                   Shape(hypothesis).ToString(), " and ", Shape(truth).ToString()));
  }
  Dims dims;
  for (size_t axis = 0; axis + 1 < truth.size(); ++axis) dims.push_back(std::max(hypothesis[axis], truth[axis]));
  FLOE_ASSIGN_OR_RETURN(Shape shape, Shape::Checked(dims));
  if (shape.num_elements() > 0) return shape;
  return absl::InvalidArgumentError(absl::StrCat("there are no rows: the result would have shape ", shape.ToString()));
}

absl::Status InferEditDistance(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("normalize", true).status());
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ValueTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 4));
  for (const int indices : {0, 3}) {
    FLOE_RETURN_IF_ERROR(context.WantDType(indices, DType::kInt64));
    FLOE_RETURN_IF_ERROR(context.WantDType(indices + 2, DType::kInt64));
    FLOE_RETURN_IF_ERROR(context.WantRank(indices, 2));
    FLOE_RETURN_IF_ERROR(context.WantRank(indices + 1, 1));
    FLOE_RETURN_IF_ERROR(context.WantRank(indices + 2, 1));
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> hypothesis, context.KnownInts(2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> truth, context.KnownInts(5));
  if (hypothesis.has_value() && truth.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const Shape shape, ResultShape(*hypothesis, *truth));
    context.AddOutput(DType::kFloat, shape);
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t rank,
                        MergeDim(DimOrUnknown(context.shape(2), 0), DimOrUnknown(context.shape(5), 0)));
  if (rank != kUnknown && (rank < 2 || rank > kMaxRank)) {
    return absl::InvalidArgumentError(absl::StrCat("wanted dense shapes of rank 2 or more, got ", rank));
  }
  context.AddOutput(DType::kFloat, rank == kUnknown ? PartialShape::UnknownRank()
                                                    : PartialShape::UnknownDims(static_cast<int>(rank) - 1));
  return absl::OkStatus();
}

// The elements of each row, by the row's place in the result.
using Rows = absl::flat_hash_map<int64_t, std::vector<int64_t>>;

absl::StatusOr<Rows> FindRows(const EvalContext& context, int first, const Shape& result) {
  const Tensor &indices = context.input(first), &values = context.input(first + 1);
  const int64_t columns = result.rank() + 1;
  if (indices.rank() != 2 || indices.shape().dim(1) != columns || values.rank() != 1 ||
      values.num_elements() != indices.shape().dim(0)) {
    return absl::InvalidArgumentError(absl::StrCat("inputs ", first, " and ", first + 1, ": wanted [values,", columns,
                                                   "] indices, got shapes ", indices.shape().ToString(), " and ",
                                                   values.shape().ToString()));
  }
  const Dims strides = result.Strides();
  Rows rows;
  for (int64_t i = 0; i < values.num_elements(); ++i) {
    const int64_t* const index = indices.data<int64_t>() + i * columns;
    int64_t place = 0;
    for (int axis = 0; axis < result.rank(); ++axis) {
      if (index[axis] < 0 || index[axis] >= result.dim(axis)) {
        return absl::InvalidArgumentError(absl::StrCat("input ", first, ": index ", index[axis], " of element ", i,
                                                       " is out of range for rows ", result.ToString()));
      }
      place += index[axis] * strides[static_cast<size_t>(axis)];
    }
    rows[place].push_back(i);
  }
  return rows;
}

// Insertions, deletions and replacements that make one row the other.
template <typename T>
int64_t Distance(const T* a, const std::vector<int64_t>& a_row, const T* b, const std::vector<int64_t>& b_row) {
  std::vector<int64_t> costs(b_row.size() + 1);  // of a's part so far against each beginning of b
  std::iota(costs.begin(), costs.end(), 0);
  for (size_t i = 0; i < a_row.size(); ++i) {
    int64_t diagonal = costs[0];
    costs[0] = static_cast<int64_t>(i) + 1;
    for (size_t j = 0; j < b_row.size(); ++j) {
      const int64_t replaced = diagonal + (a[a_row[i]] == b[b_row[j]] ? 0 : 1);
      diagonal = costs[j + 1];
      costs[j + 1] = std::min({replaced, costs[j] + 1, costs[j + 1] + 1});
    }
  }
  return costs.back();
}

absl::Status EvalEditDistance(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool normalize, context.attrs().Bool("normalize", true));
  FLOE_ASSIGN_OR_RETURN(const Dims hypothesis_shape, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims truth_shape, ToInt64s(context.input(5)));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ResultShape(hypothesis_shape, truth_shape));
  FLOE_ASSIGN_OR_RETURN(Rows hypothesis, FindRows(context, 0, shape));
  FLOE_ASSIGN_OR_RETURN(Rows truth, FindRows(context, 3, shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  float* const to = output->mutable_data<float>();
  std::fill_n(to, output->num_elements(), 0.0f);
  for (const auto& [place, row] : hypothesis) truth.try_emplace(place);
  return OnDType(ValueTypes(), context.input(1).dtype(), [&]<typename T>() -> absl::Status {
    const T *const a = context.input(1).data<T>(), *const b = context.input(4).data<T>();
    for (const auto& [place, row] : truth) {
      const auto distance = static_cast<float>(Distance(a, hypothesis[place], b, row));
      const auto length = static_cast<float>(row.size());
      to[place] = !normalize ? distance : row.empty() ? std::numeric_limits<float>::infinity() : distance / length;
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"EditDistance", InferEditDistance, EvalEditDistance},
};

}  // namespace

absl::Span<const OpInfo> EditDistanceOps() { return kOps; }

}  // namespace floe
