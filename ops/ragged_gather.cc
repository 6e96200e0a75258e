#include "ops/ragged_gather.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Inputs: the splits of each level, the values, the indices.
struct Ranks {
  int params = 0, output = 0;

  static absl::StatusOr<Ranks> Of(const AttrMap& attrs, int inputs) {
    FLOE_ASSIGN_OR_RETURN(const int64_t params, attrs.Int("PARAMS_RAGGED_RANK"));
    FLOE_ASSIGN_OR_RETURN(const int64_t output, attrs.Int("OUTPUT_RAGGED_RANK"));
    if (params != int64_t{inputs} - 2 || params < 1 || output < 0 || output > kMaxRank) {
      return absl::InvalidArgumentError(absl::StrCat("attributes 'PARAMS_RAGGED_RANK' ", params,
                                                     " and 'OUTPUT_RAGGED_RANK' ", output, " do not go with ", inputs,
                                                     " inputs"));
    }
    return Ranks{static_cast<int>(params), static_cast<int>(output)};
  }
};

absl::Status CheckRanks(const Ranks& ranks, int indices) {
  if (ranks.output == ranks.params + indices - 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("attribute 'OUTPUT_RAGGED_RANK': wanted ", ranks.params + indices - 1,
                                                 " for indices of rank ", indices, ", got ", ranks.output));
}

absl::Status InferRaggedGather(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(3));
  FLOE_ASSIGN_OR_RETURN(const Ranks ranks, Ranks::Of(context.attrs(), context.num_inputs()));
  for (int i = 0; i < ranks.params; ++i) {
    FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  }
  const int values = ranks.params, indices = values + 1;
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, values, 1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, indices));
  if (context.shape(indices).has_rank()) FLOE_RETURN_IF_ERROR(CheckRanks(ranks, context.shape(indices).rank()));
  int64_t rows = 1;
  for (int i = 0; i < ranks.output; ++i) {
    if (!context.shape(indices).has_rank() || i >= context.shape(indices).rank() || rows < 0) {
      rows = kUnknown;
    } else {
      const int64_t dim = context.shape(indices).dim(i);
      if (dim < 0 || !CheckedMul(rows, dim, &rows)) rows = kUnknown;
    }
    context.AddOutput(context.dtype(0), PartialShape({rows < 0 ? kUnknown : rows + 1}));
  }
  PartialShape shape = context.shape(values);
  if (shape.has_rank()) shape.set_dim(0, kUnknown);
  context.AddOutput(context.dtype(values), std::move(shape));
  return absl::OkStatus();
}

absl::Status CheckSplits(const std::vector<Dims>& levels, int64_t values) {
  for (size_t level = 0; level < levels.size(); ++level) {
    const Dims& splits = levels[level];
    const int64_t most = level + 1 < levels.size() ? static_cast<int64_t>(levels[level + 1].size()) - 1 : values;
    const bool rises = std::is_sorted(splits.begin(), splits.end());
    if (!splits.empty() && rises && splits.front() >= 0 && splits.back() <= most) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("input ", level, ": wanted splits that rise from 0 to at most ", most));
  }
  return absl::OkStatus();
}

// A run of rows of the innermost values.
struct Run {
  int64_t begin, end;
};

// The splits of the results, and what is to be copied.
class Gatherer {
 public:
  Gatherer(const std::vector<Dims>& levels, const Ranks& ranks, const Shape& indices)
      : levels_(levels), first_(indices.rank() - 1), splits_(static_cast<size_t>(ranks.output), {0}) {}

  // The levels that the indices' own dimensions make: rows of one length.
  absl::Status AddDimensions(const Shape& indices) {
    int64_t rows = 1;
    for (int axis = 0; axis + 1 < indices.rank(); ++axis) {
      if (!CheckedMul(rows, indices.dim(axis), &rows) || rows > kMostRows) {
        return absl::ResourceExhaustedError(
            absl::StrCat("indices of shape ", indices.ToString(), " make too many rows"));
      }
      std::vector<int64_t>& splits = splits_[static_cast<size_t>(axis)];
      for (int64_t row = 1; row <= rows; ++row) splits.push_back(row * indices.dim(axis + 1));
    }
    return absl::OkStatus();
  }

  absl::Status AddRow(int64_t row) {
    int64_t begin = row, end = row + 1;
    for (size_t level = 0; level < levels_.size(); ++level) {
      const Dims& from = levels_[level];
      const auto out = static_cast<int64_t>(level) + first_;
      if (out >= 0) {
        std::vector<int64_t>& splits = splits_[static_cast<size_t>(out)];
        taken_ += end - begin;
        if (taken_ > kMostRows) return absl::ResourceExhaustedError("the result has too many rows");
        const int64_t shift = splits.back() - from[static_cast<size_t>(begin)];
        for (int64_t i = begin; i < end; ++i) splits.push_back(from[static_cast<size_t>(i) + 1] + shift);
      }
      begin = from[static_cast<size_t>(begin)];
      end = from[static_cast<size_t>(end)];
    }
    if (end > begin) runs_.push_back({begin, end});
    rows_ += end - begin;
    return absl::OkStatus();
  }

  const std::vector<std::vector<int64_t>>& splits() const { return splits_; }
  const std::vector<Run>& runs() const { return runs_; }
  int64_t rows() const { return rows_; }

 private:
  static constexpr int64_t kMostRows = int64_t{1} << 28;

  const std::vector<Dims>& levels_;
  const int first_;  // the level of the result that the outermost of the parameters makes
  std::vector<std::vector<int64_t>> splits_;
  std::vector<Run> runs_;
  int64_t taken_ = 0, rows_ = 0;
};

absl::Status EvalRaggedGather(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Ranks ranks, Ranks::Of(context.attrs(), context.num_inputs()));
  const Tensor &values = context.input(ranks.params), &indices = context.input(ranks.params + 1);
  FLOE_RETURN_IF_ERROR(CheckRanks(ranks, indices.rank()));
  std::vector<Dims> levels(static_cast<size_t>(ranks.params));
  for (int i = 0; i < ranks.params; ++i) {
    FLOE_ASSIGN_OR_RETURN(levels[static_cast<size_t>(i)], ToInt64s(context.input(i)));
  }
  FLOE_RETURN_IF_ERROR(CheckSplits(levels, values.shape().dim(0)));
  FLOE_ASSIGN_OR_RETURN(const Dims rows, ToInt64s(indices));
  Gatherer gatherer(levels, ranks, indices.shape());
  FLOE_RETURN_IF_ERROR(gatherer.AddDimensions(indices.shape()));
  const auto params = static_cast<int64_t>(levels[0].size()) - 1;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || rows[i] >= params) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", ranks.params + 1, ": wanted rows in [0, ", params, "), got ", rows[i], " at ", i));
    }
    FLOE_RETURN_IF_ERROR(gatherer.AddRow(rows[i]));
  }
  for (int i = 0; i < ranks.output; ++i) {
    const std::vector<int64_t>& splits = gatherer.splits()[static_cast<size_t>(i)];
    FLOE_ASSIGN_OR_RETURN(Tensor* const to, context.Output(i, Shape({static_cast<int64_t>(splits.size())})));
    FLOE_RETURN_IF_ERROR(OnDType(IndexTypes(), to->dtype(), [&]<typename T>() -> absl::Status {
      std::transform(splits.begin(), splits.end(), to->mutable_data<T>(),
                     [](int64_t at) { return static_cast<T>(at); });
      return absl::OkStatus();
    }));
  }
  Shape shape = values.shape();
  shape.set_dim(0, gatherer.rows());
  FLOE_ASSIGN_OR_RETURN(shape, Shape::Checked(shape.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(ranks.output, shape));
  int64_t width = 1, at = 0;
  for (int axis = 1; axis < shape.rank(); ++axis) width *= shape.dim(axis);
  for (const Run& run : gatherer.runs()) {
    const int64_t count = (run.end - run.begin) * width;
    CopyElements(values, run.begin * width, output, at, count);
    at += count;
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"RaggedGather", InferRaggedGather, EvalRaggedGather},
};

}  // namespace

absl::Span<const OpInfo> RaggedGatherOps() { return kOps; }

}  // namespace floe
