#include "ops/nth_element.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status CheckNth(int64_t n, int64_t row) {
  if (n >= 0 && (row < 0 || n < row)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a place in rows of ", row, " elements, got ", n));
}

absl::Status InferNth(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("reverse", false).status());
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> n, KnownScalar(context, 1));
  const PartialShape& shape = context.shape(0);
  if (!shape.has_rank()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  if (n.has_value()) FLOE_RETURN_IF_ERROR(CheckNth(*n, shape.dim(shape.rank() - 1)));
  context.AddOutput(context.dtype(0), PartialShape(Dims(shape.dims().begin(), shape.dims().end() - 1)));
  return absl::OkStatus();
}

absl::Status EvalNth(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t n, ScalarInt(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const bool reverse, context.attrs().Bool("reverse", false));
  const int64_t row = input.shape().dim(input.rank() - 1);
  FLOE_RETURN_IF_ERROR(CheckNth(n, row));
  const int64_t place = reverse ? row - 1 - n : n;
  const Shape shape(Dims(input.shape().dims().begin(), input.shape().dims().end() - 1));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return OnDType(RealTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sorted, Scratch<T>(row));
    // NaN comes last, so that the order is one.
    const auto less = [](T a, T b) { return a < b || (a == a && b != b); };
    for (int64_t r = 0; r < output->num_elements(); ++r) {
      std::copy_n(input.data<T>() + r * row, row, sorted.get());
      std::nth_element(sorted.get(), sorted.get() + place, sorted.get() + row, less);
      output->mutable_data<T>()[r] = sorted[place];
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"NthElement", InferNth, EvalNth},
};

}  // namespace

absl::Span<const OpInfo> NthElementOps() { return kOps; }

}  // namespace floe
