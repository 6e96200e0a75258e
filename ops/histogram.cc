#include "ops/histogram.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using ValueTypes = TypeList<int32_t, int64_t, float, double>;

absl::StatusOr<int64_t> WantBins(int64_t bins) {
  if (bins > 0) return bins;
  return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 1 bin or more, got ", bins));
}

absl::Status InferHistogram(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ValueTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(2, 0));
  if (!MergeDim(DimOrUnknown(context.shape(1), 0), 2).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted two numbers, got shape ", context.shape(1).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype", DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'dtype'", dtype));
  FLOE_ASSIGN_OR_RETURN(std::optional<int64_t> bins, KnownScalar(context, 2));
  if (bins.has_value()) FLOE_RETURN_IF_ERROR(WantBins(*bins).status());
  context.AddOutput(dtype, PartialShape({bins.value_or(PartialShape::kUnknownDim)}));
  return absl::OkStatus();
}

// What lies outside the range is counted in the first or the last bin.
template <typename T, typename Count>
absl::Status CountValues(absl::Span<const T> values, T low, T high, int64_t bins, Count* counts) {
  const double width = static_cast<double>(WrapSub(high, low)) / static_cast<double>(bins);
  std::fill_n(counts, bins, Count(0));
  for (const T value : values) {
    if (value != value) return absl::InvalidArgumentError("input 0: a NaN lies in no bin");
    const double bin = static_cast<double>(WrapSub(std::max(value, low), low)) / width;
    // Written so that infinity by infinity is bin 0.
    const double last = static_cast<double>(bins - 1), inside = bin > last ? last : bin > 0 ? bin : 0;
    ++counts[static_cast<int64_t>(inside)];
  }
  return absl::OkStatus();
}

absl::Status EvalHistogram(EvalContext& context) {
  const Tensor &values = context.input(0), &range = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const int64_t stated, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const int64_t bins, WantBins(stated));
  if (range.rank() != 1 || range.num_elements() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted two numbers, got shape ", range.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({bins})));
  return OnDType(ValueTypes(), values.dtype(), [&]<typename T>() -> absl::Status {
    const T low = range.data<T>()[0], high = range.data<T>()[1];
    if (!(low < high)) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a range that rises, got ", low, " to ", high));
    }
    return OnDType(IndexTypes(), output->dtype(), [&]<typename Count>() -> absl::Status {
      return CountValues(values.flat<T>(), low, high, bins, output->mutable_data<Count>());
    });
  });
}

constexpr OpInfo kOps[] = {
    {"HistogramFixedWidth", InferHistogram, EvalHistogram},
};

}  // namespace

absl::Span<const OpInfo> HistogramOps() { return kOps; }

}  // namespace floe
