#include "ops/sparse_to_dense.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// How many places the indices name: a scalar or a vector names one in a vector each, a matrix has one a row.
absl::StatusOr<int64_t> CheckShapes(const PartialShape& indices, const PartialShape& output,
                                    const PartialShape& values) {
  if (!indices.has_rank()) return kUnknown;
  if (indices.rank() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted a scalar, a vector or a matrix, got shape ", indices.ToString()));
  }
  const int64_t places = indices.rank() == 0 ? 1 : indices.dim(0), depth = indices.rank() < 2 ? 1 : indices.dim(1);
  if (output.has_rank() && !MergeDim(depth, output.rank()).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted ", depth, " sizes for indices ", indices.ToString(), ", got ", output.rank()));
  }
  if (values.has_rank() && values.rank() > 0 && (values.rank() > 1 || !MergeDim(values.dim(0), places).ok())) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 2: wanted one value or ", places, ", got shape ", values.ToString()));
  }
  return places;
}

absl::Status InferSparseToDense(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(2, 3));
  FLOE_RETURN_IF_ERROR(context.WantRank(3, 0));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("validate_indices", true).status());
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 1));
  FLOE_RETURN_IF_ERROR(CheckShapes(context.shape(0), shape, context.shape(2)).status());
  context.AddOutput(context.dtype(2), std::move(shape));
  return absl::OkStatus();
}

// With validate_indices the rows must be in order and differ.
absl::Status CheckRow(const int64_t* row, const Shape& shape, int64_t number, bool ordered) {
  const int depth = shape.rank();
  const auto show = [&] {
    return absl::StrCat("indices[", number, "] = [", absl::StrJoin(absl::MakeSpan(row, depth), ","), "]");
  };
  for (int k = 0; k < depth; ++k) {
    if (row[k] < 0 || row[k] >= shape.dim(k)) {
      return absl::InvalidArgumentError(absl::StrCat(show(), " is outside a tensor of shape ", shape.ToString()));
    }
  }
  if (!ordered || number == 0) return absl::OkStatus();
  const int64_t* const before = row - depth;
  if (std::lexicographical_compare(before, row, row, row + depth)) return absl::OkStatus();
  const bool repeated = std::equal(row, row + depth, before);
  return absl::InvalidArgumentError(absl::StrCat(show(), repeated ? " is repeated" : " is out of order"));
}

absl::Status EvalSparseToDense(EvalContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(2), &missing = context.input(3);
  FLOE_ASSIGN_OR_RETURN(const bool ordered, context.attrs().Bool("validate_indices", true));
  if (context.input(1).rank() != 1 || missing.num_elements() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a vector of sizes and one default value, got shapes ",
                                                   context.input(1).shape().ToString(), " and ",
                                                   missing.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int64_t places, CheckShapes(indices.shape(), shape, values.shape()));
  FLOE_ASSIGN_OR_RETURN(const Dims rows, ToInt64s(indices));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(FillElements(missing, output));
  const Dims strides = shape.Strides();
  // Indices of no numbers take no memory, however many there are; all of them name a scalar's one place.
  const int64_t rows_to_write = shape.rank() == 0 ? std::min<int64_t>(places, 1) : places;
  for (int64_t p = 0; p < rows_to_write; ++p) {
    const int64_t* const row = rows.data() + p * shape.rank();
    FLOE_RETURN_IF_ERROR(CheckRow(row, shape, p, ordered));
    int64_t place = 0;
    for (int k = 0; k < shape.rank(); ++k) place += row[k] * strides[k];
    CopyElements(values, values.rank() == 0 ? 0 : p, output, place, 1);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"SparseToDense", InferSparseToDense, EvalSparseToDense},
};

}  // namespace

absl::Span<const OpInfo> SparseToDenseOps() { return kOps; }

}  // namespace floe
