#include "ops/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

template <bool kV3>
absl::Status InferBatchNorm(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(5));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(BatchNormTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const bool channels_first, AreChannelsFirst(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const bool training, context.attrs().Bool("is_training", true));
  PartialShape x = context.shape(0);
  FLOE_RETURN_IF_ERROR(WantBatchNormRank(x));
  const int axis = channels_first ? 1 : x.has_rank() ? x.rank() - 1 : 3;
  int64_t channels = DimOrUnknown(x, axis);
  for (int i = 1; i < 5; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
    // In training mean and variance are empty, or have a value a channel for the running average.
    if (training && i >= 3) continue;
    absl::StatusOr<int64_t> merged = MergeDim(channels, DimOrUnknown(context.shape(i), 0));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("channels and input ", i));
    channels = *merged;
  }
  if (x.has_rank()) x.set_dim(axis, channels);
  context.AddOutput(context.dtype(0), std::move(x));
  for (int i = 0; i < 4; ++i) context.AddOutput(DType::kFloat, PartialShape({channels}));
  if (kV3) context.AddOutput(DType::kFloat, Shape());
  return absl::OkStatus();
}

// Mean and variance (by the count) of the batch itself.
template <typename T>
absl::Status Moments(const BatchNormLayout& layout, const T* x, float* mean, float* variance) {
  FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<double>(layout.channels));
  const double count = static_cast<double>(layout.outer * layout.inner);
  std::fill_n(sums.get(), layout.channels, 0.0);
  if (layout.outer == 0 || layout.inner == 0) {  // nothing has no mean
    std::fill_n(mean, layout.channels, std::numeric_limits<float>::quiet_NaN());
    std::fill_n(variance, layout.channels, std::numeric_limits<float>::quiet_NaN());
    return absl::OkStatus();
  }
  layout.ForEachRow([&](int64_t c, int64_t first) {
    for (int64_t i = 0; i < layout.inner; ++i) sums[c] += static_cast<double>(x[first + i]);
  });
  for (int64_t c = 0; c < layout.channels; ++c) mean[c] = static_cast<float>(sums[c] / count);
  std::fill_n(sums.get(), layout.channels, 0.0);
  layout.ForEachRow([&](int64_t c, int64_t first) {
    for (int64_t i = 0; i < layout.inner; ++i) {
      const double d = static_cast<double>(x[first + i]) - static_cast<double>(mean[c]);
      sums[c] += d * d;
    }
  });
  for (int64_t c = 0; c < layout.channels; ++c) variance[c] = static_cast<float>(sums[c] / count);
  return absl::OkStatus();
}

template <typename T>
void Normalize(const BatchNormLayout& layout, const T* x, const float* mean, const float* factor, const float* offset,
               T* y) {
  layout.ForEachRow([&](int64_t c, int64_t first) {
    for (int64_t i = 0; i < layout.inner; ++i) {
      y[first + i] = T((static_cast<float>(x[first + i]) - mean[c]) * factor[c] + offset[c]);
    }
  });
}

// Results 1 and 2: the running averages after this batch; at inference what came in.
absl::Status RunningAverages(EvalContext& context, const float* mean, const float* variance, int64_t count) {
  FLOE_ASSIGN_OR_RETURN(const float factor, context.attrs().Float("exponential_avg_factor", 1.0f));
  const int64_t channels = context.input(1).num_elements();
  const float unbiased = count > 1 ? static_cast<float>(count) / static_cast<float>(count - 1) : 1.0f;
  for (int k = 0; k < 2; ++k) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(1 + k, Shape({channels})));
    const Tensor& before = context.input(3 + k);
    for (int64_t c = 0; c < channels; ++c) {
      const float now = k == 0 ? mean[c] : variance[c] * unbiased;
      const bool blend = factor != 1.0f && before.num_elements() == channels;
      output->mutable_data<float>()[c] = blend ? (1 - factor) * before.data<float>()[c] + factor * now : now;
    }
  }
  return absl::OkStatus();
}

template <bool kV3>
absl::Status EvalBatchNorm(EvalContext& context) {
  const Tensor& x = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool training, context.attrs().Bool("is_training", true));
  FLOE_ASSIGN_OR_RETURN(const float epsilon, context.attrs().Float("epsilon", 1e-4f));
  FLOE_ASSIGN_OR_RETURN(const BatchNormLayout layout, BatchNormLayout::Of(context.attrs(), x.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const y, context.Output(0, x.shape()));
  const Shape vector({layout.channels});
  // Results 3 and 4 keep what the gradient would need: the mean and variance that were used.
  FLOE_ASSIGN_OR_RETURN(Tensor* const used_mean, context.Output(3, vector));
  FLOE_ASSIGN_OR_RETURN(Tensor* const used_variance, context.Output(4, vector));
  if (kV3) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const reserve, context.Output(5, Shape()));
    *reserve->mutable_data<float>() = 0;
  }
  float *const mean = used_mean->mutable_data<float>(), *const variance = used_variance->mutable_data<float>();
  FLOE_ASSIGN_OR_RETURN(const auto factor, Scratch<float>(layout.channels));
  return OnDType(BatchNormTypes(), x.dtype(), [&]<typename T>() -> absl::Status {
    if (training) {
      FLOE_RETURN_IF_ERROR(Moments(layout, x.data<T>(), mean, variance));
      FLOE_RETURN_IF_ERROR(RunningAverages(context, mean, variance, layout.outer * layout.inner));
    } else {
      std::copy_n(context.input(3).data<float>(), layout.channels, mean);
      std::copy_n(context.input(4).data<float>(), layout.channels, variance);
      FLOE_RETURN_IF_ERROR(context.SetOutput(1, context.input(3)));
      FLOE_RETURN_IF_ERROR(context.SetOutput(2, context.input(4)));
    }
    const float *const scale = context.input(1).data<float>(), *const offset = context.input(2).data<float>();
    if (x.num_elements() == 0) return absl::OkStatus();
    for (int64_t c = 0; c < layout.channels; ++c) factor[c] = scale[c] / std::sqrt(variance[c] + epsilon);
    Normalize(layout, x.data<T>(), mean, factor.get(), offset, y->mutable_data<T>());
    return absl::OkStatus();
  });
}

// BatchNormWithGlobalNormalization, the op of the first Inception graphs: t, mean, variance, beta and gamma.
using OldTypes = TypeList<Half, Bfloat16, float, double>;

absl::Status InferOldBatchNorm(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(5));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(OldTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.attrs().Float("variance_epsilon").status());
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("scale_after_normalization").status());
  PartialShape shape = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(4);
  for (int i = 1; i < 5; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
    absl::StatusOr<int64_t> channels = MergeDim(shape.dim(3), DimOrUnknown(context.shape(i), 0));
    if (!channels.ok()) return Annotate(channels.status(), absl::StrCat("channels and input ", i));
    shape.set_dim(3, *channels);
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalOldBatchNorm(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const float epsilon, context.attrs().Float("variance_epsilon"));
  FLOE_ASSIGN_OR_RETURN(const bool scales, context.attrs().Bool("scale_after_normalization"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const int64_t channels = input.shape().dim(3);
  return OnDType(OldTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    const auto of = [&](int i, int64_t c) { return W(context.input(i).data<T>()[c]); };
    for (int64_t i = 0; i < input.num_elements(); ++i) {
      const int64_t c = i % channels;
      const W factor = (scales ? of(4, c) : W(1)) / std::sqrt(of(2, c) + W(epsilon));
      output->mutable_data<T>()[i] = T((W(input.data<T>()[i]) - of(1, c)) * factor + of(3, c));
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"BatchNormWithGlobalNormalization", InferOldBatchNorm, EvalOldBatchNorm},
    {"FusedBatchNorm", InferBatchNorm<false>, EvalBatchNorm<false>},
    {"FusedBatchNormV2", InferBatchNorm<false>, EvalBatchNorm<false>},
    {"FusedBatchNormV3", InferBatchNorm<true>, EvalBatchNorm<true>},
};

}  // namespace

absl::Span<const OpInfo> BatchNormOps() { return kOps; }

absl::StatusOr<bool> AreChannelsFirst(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", "NHWC"));
  if (format == "NHWC" || format == "NDHWC") return false;
  if (format == "NCHW" || format == "NCDHW") return true;
  return absl::InvalidArgumentError(absl::StrCat("data_format: wanted NHWC, NCHW, NDHWC or NCDHW, got '", format, "'"));
}

absl::Status WantBatchNormRank(const PartialShape& x) {
  if (!x.has_rank() || x.rank() == 4 || x.rank() == 5) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("input 0: wanted a tensor of rank 4 or 5, got shape ", x.ToString()));
}

absl::StatusOr<BatchNormLayout> BatchNormLayout::Of(const AttrMap& attrs, const Shape& x) {
  FLOE_ASSIGN_OR_RETURN(const bool channels_first, AreChannelsFirst(attrs));
  const int axis = channels_first ? 1 : x.rank() - 1;
  BatchNormLayout layout;
  layout.channels = x.dim(axis);
  for (int i = 0; i < axis; ++i) layout.outer *= x.dim(i);
  for (int i = axis + 1; i < x.rank(); ++i) layout.inner *= x.dim(i);
  return layout;
}

}  // namespace floe
