#include "ops/arg_extreme.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using ValueTypes = Join<RealTypes, TypeList<bool>>;
using ResultTypes = TypeList<int16_t, uint16_t, int32_t, int64_t>;

Shape WithoutAxis(const Shape& shape, int axis) {
  Dims dims(shape.dims().begin(), shape.dims().end());
  dims.erase(dims.begin() + axis);
  return Shape(std::move(dims));
}

absl::Status InferArg(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ValueTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("output_type", DType::kInt64));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ResultTypes(), "attribute 'output_type'", dtype));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, 1));
  const PartialShape& shape = context.shape(0);
  PartialShape result = PartialShape::UnknownRank();
  if (shape.has_rank() && axis.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, shape.rank()));
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.erase(dims.begin() + at);
    result = PartialShape(std::move(dims));
  } else if (shape.has_rank()) {
    result = PartialShape::UnknownDims(shape.rank() - 1);
  }
  context.AddOutput(dtype, std::move(result));
  return absl::OkStatus();
}

// The first place of the extreme along the middle of [outer, n, inner].
template <typename T, typename Index, typename Better>
void ArgExtreme(const T* from, int64_t outer, int64_t n, int64_t inner, Index* to, Better better) {
  for (int64_t o = 0; o < outer; ++o, from += n * inner, to += inner) {
    for (int64_t i = 0; i < inner; ++i) {
      int64_t best = 0;
      for (int64_t k = 1; k < n; ++k) {
        const T value = from[k * inner + i], champion = from[best * inner + i];
        // A NaN in front loses to whatever is a number.
        if (better(value, champion) || (champion != champion && value == value)) best = k;
      }
      to[i] = static_cast<Index>(best);
    }
  }
}

template <template <typename> typename Better>
absl::Status EvalArg(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank()));
  const int64_t n = input.shape().dim(at);
  if (n == 0) {
    return absl::InvalidArgumentError(absl::StrCat("axis ", at, " is empty in shape ", input.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, WithoutAxis(input.shape(), at)));
  if (output->num_elements() == 0) return absl::OkStatus();
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < at; ++i) outer *= input.shape().dim(i);
  for (int i = at + 1; i < input.rank(); ++i) inner *= input.shape().dim(i);
  return OnDType(ValueTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    return OnDType(ResultTypes(), output->dtype(), [&]<typename Index>() -> absl::Status {
      ArgExtreme(input.data<T>(), outer, n, inner, output->mutable_data<Index>(), Better<Wide<T>>());
      return absl::OkStatus();
    });
  });
}

constexpr OpInfo kOps[] = {
    {"ArgMax", InferArg, EvalArg<std::greater>},
    {"ArgMin", InferArg, EvalArg<std::less>},
};

}  // namespace

absl::Span<const OpInfo> ArgExtremeOps() { return kOps; }

}  // namespace floe
