#include "ops/where.h"

#include <algorithm>

#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using WhereTypes = Join<NumberTypes, TypeList<bool>>;

absl::Status InferWhere(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(WhereTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  const PartialShape& shape = context.shape(0);
  const int64_t rank = shape.has_rank() ? shape.rank() : PartialShape::kUnknownDim;
  context.AddOutput(DType::kInt64, PartialShape({PartialShape::kUnknownDim, rank}));
  return absl::OkStatus();
}

absl::Status EvalWhere(EvalContext& context) {
  const Tensor& input = context.input(0);
  const int rank = input.rank();
  return OnDType(WhereTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    const absl::Span<const T> elements = input.flat<T>();
    const int64_t count = std::count_if(elements.begin(), elements.end(), [](T x) { return x != T(0); });
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({count, rank})));
    int64_t* to = output->mutable_data<int64_t>();
    Dims place(rank, 0);
    for (const T& element : elements) {
      if (element != T(0)) to = std::copy(place.begin(), place.end(), to);
      for (int axis = rank - 1; axis >= 0 && ++place[axis] == input.shape().dim(axis); --axis) place[axis] = 0;
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Where", InferWhere, EvalWhere},
};

}  // namespace

absl::Span<const OpInfo> WhereOps() { return kOps; }

}  // namespace floe
