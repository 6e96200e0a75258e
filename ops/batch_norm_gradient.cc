#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/batch_norm.h"
#include "ops/gradient.h"
#include "ops/scratch.h"

namespace floe {
namespace {

// Inputs: the result's gradient, x, scale, the mean and the variance that were used, and for version 3 a number that
// only a GPU needs. Results: the gradients of x, scale and offset, and two that are empty.
template <int kInputs>
absl::Status InferGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kInputs));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(BatchNormTypes(), "input 0", context.dtype(0)));
  if (kInputs > 5) FLOE_RETURN_IF_ERROR(context.WantDType(5, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("is_training", true).status());
  FLOE_ASSIGN_OR_RETURN(const bool channels_first, AreChannelsFirst(context.attrs()));
  absl::StatusOr<PartialShape> x = MergeShapes(context.shape(0), context.shape(1));
  if (!x.ok()) return Annotate(x.status(), "inputs 0 and 1");
  FLOE_RETURN_IF_ERROR(WantBatchNormRank(*x));
  const int axis = channels_first ? 1 : x->has_rank() ? x->rank() - 1 : 3;
  int64_t channels = DimOrUnknown(*x, axis);
  for (int i = 2; i < 5; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
    absl::StatusOr<int64_t> merged = MergeDim(channels, DimOrUnknown(context.shape(i), 0));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("channels and input ", i));
    channels = *merged;
  }
  if (x->has_rank()) x->set_dim(axis, channels);
  context.AddOutput(context.dtype(0), *std::move(x));
  for (int i = 0; i < 2; ++i) context.AddOutput(DType::kFloat, PartialShape({channels}));
  for (int i = 0; i < 2; ++i) context.AddOutput(DType::kFloat, PartialShape({0}));
  return absl::OkStatus();
}

absl::Status EvalGradient(EvalContext& context) {
  const Tensor &gradient = context.input(0), &x = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const bool training, context.attrs().Bool("is_training", true));
  FLOE_ASSIGN_OR_RETURN(const float epsilon, context.attrs().Float("epsilon", 1e-4f));
  FLOE_ASSIGN_OR_RETURN(const BatchNormLayout layout, BatchNormLayout::Of(context.attrs(), x.shape()));
  const int64_t channels = layout.channels, count = layout.outer * layout.inner;
  FLOE_ASSIGN_OR_RETURN(Tensor* const to_x, context.Output(0, x.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const to_scale, context.Output(1, Shape({channels})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const to_offset, context.Output(2, Shape({channels})));
  for (int i = 3; i < 5; ++i) FLOE_RETURN_IF_ERROR(context.Output(i, Shape({0})).status());
  const float *const scale = context.input(2).data<float>(), *const mean = context.input(3).data<float>(),
                     *const variance = context.input(4).data<float>();
  FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<double>(channels));
  FLOE_ASSIGN_OR_RETURN(const auto products, Scratch<double>(channels));
  FLOE_ASSIGN_OR_RETURN(const auto factors, Scratch<double>(channels));
  FLOE_ASSIGN_OR_RETURN(const auto shifts, Scratch<double>(channels));
  FLOE_ASSIGN_OR_RETURN(const auto slopes, Scratch<double>(channels));
  std::fill_n(sums.get(), channels, 0.0);
  std::fill_n(products.get(), channels, 0.0);
  return OnDType(BatchNormTypes(), x.dtype(), [&]<typename T>() -> absl::Status {
    const T *const dy = gradient.data<T>(), *const from = x.data<T>();
    T* const dx = to_x->mutable_data<T>();
    layout.ForEachRow([&](int64_t c, int64_t first) {
      for (int64_t i = first; i < first + layout.inner; ++i) {
        sums[c] += static_cast<double>(dy[i]);
        products[c] += static_cast<double>(dy[i]) * (static_cast<double>(from[i]) - static_cast<double>(mean[c]));
      }
    });
    // Per channel: what each element's gradient is multiplied with, and how it depends on x, as in training the batch's
    // own mean and variance do.
    for (int64_t c = 0; c < channels; ++c) {
      const double inverse = 1.0 / std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon));
      factors[c] = static_cast<double>(scale[c]) * inverse;
      shifts[c] = training ? sums[c] / static_cast<double>(count) : 0.0;
      slopes[c] = training ? inverse * inverse * products[c] / static_cast<double>(count) : 0.0;
      to_scale->mutable_data<float>()[c] = static_cast<float>(products[c] * inverse);
      to_offset->mutable_data<float>()[c] = static_cast<float>(sums[c]);
    }
    layout.ForEachRow([&](int64_t c, int64_t first) {
      for (int64_t i = first; i < first + layout.inner; ++i) {
        const double centred = static_cast<double>(from[i]) - static_cast<double>(mean[c]);
        dx[i] = T(static_cast<float>(factors[c] * (static_cast<double>(dy[i]) - shifts[c] - centred * slopes[c])));
      }
    });
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"FusedBatchNormGrad", InferGradient<5>, EvalGradient},
    {"FusedBatchNormGradV2", InferGradient<5>, EvalGradient},
    {"FusedBatchNormGradV3", InferGradient<6>, EvalGradient},
};

}  // namespace

absl::Span<const OpInfo> BatchNormGradientOps() { return kOps; }

}  // namespace floe
