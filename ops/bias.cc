#include "ops/bias.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::StatusOr<int> ChannelAxis(const AttrMap& attrs, int rank) {
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", "NHWC"));
  if (format == "NHWC") return rank - 1;
  if (format != "NCHW")
    return absl::InvalidArgumentError(absl::StrCat("data_format: wanted NHWC or NCHW, got '", format, "'"));
  return 1;
}

absl::Status CheckBias(const AttrMap& attrs, const PartialShape& value, const PartialShape& bias, int64_t* channels) {
  FLOE_ASSIGN_OR_RETURN(const int axis, ChannelAxis(attrs, value.rank()));
  absl::StatusOr<int64_t> merged = MergeDim(value.dim(axis), DimOrUnknown(bias, 0));
  if (!merged.ok()) return Annotate(merged.status(), "channels and bias");
  *channels = *merged;
  return absl::OkStatus();
}

absl::Status InferBiasAdd(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(NumberTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  PartialShape shape = context.shape(0);
  FLOE_RETURN_IF_ERROR(ChannelAxis(context.attrs(), 2).status());
  if (shape.has_rank()) {
    int64_t channels;
    FLOE_RETURN_IF_ERROR(CheckBias(context.attrs(), shape, context.shape(1), &channels));
    FLOE_ASSIGN_OR_RETURN(const int axis, ChannelAxis(context.attrs(), shape.rank()));
    shape.set_dim(axis, channels);
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalBiasAdd(EvalContext& context) {
  const Tensor &value = context.input(0), &bias = context.input(1);
  int64_t channels;
  FLOE_RETURN_IF_ERROR(CheckBias(context.attrs(), value.shape(), bias.shape(), &channels));
  FLOE_ASSIGN_OR_RETURN(const int axis, ChannelAxis(context.attrs(), value.rank()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, value.shape()));
  // The bias as a tensor of the value's rank, 1 everywhere but at the channels.
  Shape spread(Dims(value.rank(), 1));
  spread.set_dim(axis, channels);
  const BroadcastWalk walk = BroadcastWalk::Of(value.shape(), {&value.shape(), &spread});
  return OnDType(NumberTypes(), value.dtype(), [&]<typename T>() -> absl::Status {
    BroadcastBinary(walk, value.data<T>(), bias.data<T>(), output->mutable_data<T>(),
                    [](T a, T b) { return WrapAdd(a, b); });
    return absl::OkStatus();
  });
}

// ---- BiasAddGrad: the sum over everything but the channels

absl::Status InferBiasGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(NumberTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  const PartialShape& shape = context.shape(0);
  FLOE_ASSIGN_OR_RETURN(const int axis, ChannelAxis(context.attrs(), shape.has_rank() ? shape.rank() : 2));
  context.AddOutput(context.dtype(0), PartialShape({DimOrUnknown(shape, axis)}));
  return absl::OkStatus();
}

absl::Status EvalBiasGradient(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int axis, ChannelAxis(context.attrs(), input.rank()));
  const int64_t channels = input.shape().dim(axis);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({channels})));
  const Dims strides = input.shape().Strides();
  return OnDType(NumberTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(channels));
    std::fill_n(sums.get(), channels, Wide<T>(0));
    const T* from = input.data<T>();
    for (int64_t i = 0, n = input.num_elements(), inner = strides[axis]; i < n; ++i) {
      Wide<T>& sum = sums[i / inner % channels];
      sum = WrapAdd<Wide<T>>(sum, Wide<T>(from[i]));
    }
    std::transform(sums.get(), sums.get() + channels, output->mutable_data<T>(), [](Wide<T> sum) { return T(sum); });
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"BiasAdd", InferBiasAdd, EvalBiasAdd},
    {"BiasAddV1", InferBiasAdd, EvalBiasAdd},
    {"BiasAddGrad", InferBiasGradient, EvalBiasGradient},
};

}  // namespace

absl::Span<const OpInfo> BiasOps() { return kOps; }

}  // namespace floe
