#include "ops/bincount.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using CountTypes = TypeList<int32_t, int64_t, float, double>;

absl::Status WantSize(int64_t size) {
  return size >= 0 ? absl::OkStatus()
                   : absl::InvalidArgumentError(absl::StrCat("input 1: wanted 0 bins or more, got ", size));
}

// Weights are one a number, or none at all: then each counts 1.
absl::Status CheckWeights(const Shape& numbers, const Shape& weights) {
  if (weights == numbers || weights.num_elements() == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input 2: wanted weights of shape ", numbers.ToString(), " or none, got ", weights.ToString()));
}

// Bincount takes numbers of any shape, DenseBincount a vector or rows of them.
template <bool kRows>
absl::Status InferBincount(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(kRows ? WantIndexDType(context, 0) : context.WantDType(0, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(CountTypes(), "input 2", context.dtype(2)));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> size, KnownScalar(context, 1));
  if (size.has_value()) FLOE_RETURN_IF_ERROR(WantSize(*size));
  const PartialShape& numbers = context.shape(0);
  const int64_t bins = size.value_or(PartialShape::kUnknownDim);
  if (!kRows) {
    context.AddOutput(context.dtype(2), PartialShape({bins}));
    return absl::OkStatus();
  }
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("binary_output", false).status());
  if (!numbers.has_rank()) {
    context.AddOutput(context.dtype(2), PartialShape());
    return absl::OkStatus();
  }
  if (numbers.rank() > 2) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted rank 2 or less, got shape ", numbers.ToString()));
  }
  context.AddOutput(context.dtype(2),
                    numbers.rank() == 2 ? PartialShape({numbers.dim(0), bins}) : PartialShape({bins}));
  return absl::OkStatus();
}

template <bool kRows>
absl::Status EvalBincount(EvalContext& context) {
  const Tensor &numbers = context.input(0), &weights = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const int64_t size, ScalarInt(context.input(1), "input 1"));
  FLOE_RETURN_IF_ERROR(WantSize(size));
  FLOE_RETURN_IF_ERROR(CheckWeights(numbers.shape(), weights.shape()));
  bool binary = false;
  if constexpr (kRows) {
    FLOE_ASSIGN_OR_RETURN(binary, context.attrs().Bool("binary_output", false));
  }
  const bool rows = kRows && numbers.rank() == 2;
  const int64_t batch = rows ? numbers.shape().dim(0) : 1;
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(rows ? Dims{batch, size} : Dims{size}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(const Dims values, ToInt64s(numbers));
  const int64_t columns = batch == 0 ? 0 : numbers.num_elements() / batch;
  return OnDType(CountTypes(), weights.dtype(), [&]<typename T>() -> absl::Status {
    T* const bins = output->mutable_data<T>();
    std::fill_n(bins, output->num_elements(), T(0));
    for (int64_t i = 0; i < numbers.num_elements(); ++i) {
      const int64_t value = values[static_cast<size_t>(i)];
      if (value < 0) return absl::InvalidArgumentError(absl::StrCat("input 0: wanted 0 or more, got ", value));
      if (value >= size) continue;
      T& bin = bins[i / columns * size + value];
      if (binary) {
        bin = T(1);
      } else {
        bin = WrapAdd<T>(bin, weights.num_elements() == 0 ? T(1) : weights.data<T>()[i]);
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Bincount", InferBincount<false>, EvalBincount<false>},
    {"DenseBincount", InferBincount<true>, EvalBincount<true>},
};

}  // namespace

absl::Span<const OpInfo> BincountOps() { return kOps; }

}  // namespace floe
