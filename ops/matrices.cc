#include "ops/matrices.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"

namespace floe {
namespace {

absl::Status NotSquare(const std::string& shape) {
  return absl::InvalidArgumentError(absl::StrCat("input 0: wanted square matrices, got shape ", shape));
}

}  // namespace

absl::StatusOr<std::optional<Matrices>> InferMatrices(InferContext& context, int inputs, bool square) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(MatrixTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  const PartialShape& shape = context.shape(0);
  if (!shape.has_rank()) return std::optional<Matrices>();
  Matrices matrices = Matrices::Of(shape.dims());
  if (square) {
    const absl::StatusOr<int64_t> side = MergeDim(matrices.rows, matrices.columns);
    if (!side.ok()) return NotSquare(shape.ToString());
    matrices.rows = matrices.columns = *side;
  }
  return std::optional<Matrices>(std::move(matrices));
}

absl::StatusOr<Matrices> MatricesOf(const Tensor& input, bool square) {
  if (input.rank() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted matrices, got shape ", input.shape().ToString()));
  }
  Matrices matrices = Matrices::Of(input.shape().dims());
  if (square && matrices.rows != matrices.columns) return NotSquare(input.shape().ToString());
  return matrices;
}

absl::Status Singular(int64_t number) {
  return absl::InvalidArgumentError(absl::StrCat("matrix ", number, " has no inverse"));
}

}  // namespace floe
