#include "ops/matrix_band.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

absl::Status InferBand(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  for (int i = 1; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

// How many diagonals are kept below or above; a negative number means all.
absl::StatusOr<int64_t> Diagonals(const EvalContext& context, int input, int64_t most) {
  FLOE_ASSIGN_OR_RETURN(const int64_t count, ScalarInt(context.input(input), absl::StrCat("input ", input)));
  if (count > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("input ", input, ": wanted a negative number or at most ", most, " diagonals, got ", count));
  }
  return count < 0 ? most : count;
}

absl::Status EvalBand(EvalContext& context) {
  const Tensor& input = context.input(0);
  const int64_t rows = input.shape().dim(input.rank() - 2), columns = input.shape().dim(input.rank() - 1);
  FLOE_ASSIGN_OR_RETURN(const int64_t lower, Diagonals(context, 1, rows));
  FLOE_ASSIGN_OR_RETURN(const int64_t upper, Diagonals(context, 2, columns));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  FLOE_RETURN_IF_ERROR(ZeroElements(output));
  const int64_t matrices = rows * columns == 0 ? 0 : input.num_elements() / (rows * columns);
  for (int64_t m = 0; m < matrices; ++m) {
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t first = std::max<int64_t>(0, row - lower), last = std::min(columns, row + upper + 1);
      const int64_t place = (m * rows + row) * columns + first;
      if (first < last) CopyElements(input, place, output, place, last - first);
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"MatrixBandPart", InferBand, EvalBand},
};

}  // namespace

absl::Span<const OpInfo> MatrixBandOps() { return kOps; }

}  // namespace floe
