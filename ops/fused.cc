#include "ops/fused.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/activate.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/conv2d.h"
#include "ops/matmul.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

constexpr int kMainInputs = 2;

// A vector of one value a channel, as a shape that broadcasts against the result.
Shape ChannelShape(const Shape& result, int channel_axis) {
  Shape shape(Dims(result.rank(), 1));
  shape.set_dim(channel_axis, result.dim(channel_axis));
  return shape;
}

// y = f(y, arg) over the result.
template <typename T, typename F>
void Combine(const Shape& arg_shape, const T* arg, Tensor* y, F f) {
  const BroadcastWalk walk = BroadcastWalk::Of(y->shape(), {&y->shape(), &arg_shape});
  T* const values = y->mutable_data<T>();
  BroadcastBinary(walk, values, arg, values, f);
}

// y = (y - mean) * scale / sqrt(variance + epsilon) + offset, of each channel's own.
template <typename T>
void Normalize(const T* scale, const T* offset, const T* mean, const T* variance, float epsilon, int channel_axis,
               Tensor* y) {
  using W = Wide<T>;
  const int64_t channels = y->shape().dim(channel_axis);
  int64_t inner = 1;
  for (int axis = channel_axis + 1; axis < y->rank(); ++axis) inner *= y->shape().dim(axis);
  T* value = y->mutable_data<T>();
  for (T* const end = value + y->num_elements(); value < end;) {
    for (int64_t c = 0; c < channels; ++c) {
      const W factor = W(scale[c]) / std::sqrt(W(variance[c]) + W(epsilon));
      for (int64_t i = 0; i < inner; ++i, ++value) *value = T((W(*value) - W(mean[c])) * factor + W(offset[c]));
    }
  }
}

template <typename T>
absl::Status ApplyStep(const EvalContext& context, const FusedStep& step, int channel_axis, Tensor* y) {
  const auto arg = [&](int k) { return context.input(step.first_arg + k).template data<T>(); };
  const Shape channels = ChannelShape(y->shape(), channel_axis);
  const Shape& arg_shape = step.num_args > 0 ? context.input(step.first_arg).shape() : channels;
  switch (step.kind) {
    case FusedKind::kBiasAdd:
      Combine(channels, arg(0), y, [](T a, T b) { return T(a + b); });
      return absl::OkStatus();
    case FusedKind::kAdd:
      Combine(arg_shape, arg(0), y, [](T a, T b) { return T(a + b); });
      return absl::OkStatus();
    case FusedKind::kMul:
      Combine(arg_shape, arg(0), y, [](T a, T b) { return T(a * b); });
      return absl::OkStatus();
    case FusedKind::kPrelu:
      Combine(channels, arg(0), y, [](T a, T b) { return a < T(0) ? T(a * b) : a; });
      return absl::OkStatus();
    case FusedKind::kBatchNorm: {
      FLOE_ASSIGN_OR_RETURN(const float epsilon, context.attrs().Float("epsilon", 1e-4f));
      Normalize(arg(0), arg(1), arg(2), arg(3), epsilon, channel_axis, y);
      return absl::OkStatus();
    }
    default: {
      FLOE_ASSIGN_OR_RETURN(const float alpha, context.attrs().Float("leakyrelu_alpha", 0.2f));
      T* const values = y->mutable_data<T>();
      for (int64_t i = 0, n = y->num_elements(); i < n; ++i) {
        values[i] = T(Activate<Wide<T>>(step.kind, values[i], Wide<T>(alpha)));
      }
      return absl::OkStatus();
    }
  }
}

absl::Status ApplySteps(const EvalContext& context, int channel_axis, Tensor* y) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<FusedStep> steps, ParseFusedSteps(context.attrs(), context.num_inputs()));
  return OnDType(FloatTypes(), y->dtype(), [&]<typename T>() -> absl::Status {
    for (const FusedStep& step : steps) FLOE_RETURN_IF_ERROR(ApplyStep<T>(context, step, channel_axis, y));
    return absl::OkStatus();
  });
}

// The result keeps the product's shape, whatever is added to it.
absl::Status CheckSteps(const InferContext& context, int channel_axis, PartialShape* result) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<FusedStep> steps, ParseFusedSteps(context.attrs(), context.num_inputs()));
  for (const FusedStep& step : steps) {
    for (int k = 0; k < step.num_args; ++k) {
      const int input = step.first_arg + k;
      FLOE_RETURN_IF_ERROR(context.WantSameDType(0, input));
      if (step.kind == FusedKind::kAdd || step.kind == FusedKind::kMul) {
        absl::StatusOr<PartialShape> broadcast = BroadcastShapes(*result, context.shape(input));
        if (broadcast.ok() && broadcast->has_rank()) broadcast = MergeShapes(*result, *broadcast);
        if (!broadcast.ok()) return Annotate(broadcast.status(), absl::StrCat("input ", input));
        continue;
      }
      FLOE_RETURN_IF_ERROR(context.WantRank(input, 1));
      absl::StatusOr<int64_t> channels = MergeDim(result->dim(channel_axis), DimOrUnknown(context.shape(input), 0));
      if (!channels.ok()) return Annotate(channels.status(), absl::StrCat("channels and input ", input));
      result->set_dim(channel_axis, *channels);
    }
  }
  return absl::OkStatus();
}

template <absl::StatusOr<Conv2DGeometry> (*kGeometry)(const AttrMap&, const PartialShape&, const PartialShape&)>
absl::Status InferFusedConv(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(kMainInputs));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry, kGeometry(context.attrs(), context.shape(0), context.shape(1)));
  PartialShape shape = geometry.OutputShape();
  FLOE_RETURN_IF_ERROR(CheckSteps(context, geometry.channels_first ? 1 : 3, &shape));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <absl::StatusOr<Conv2DGeometry> (*kGeometry)(const AttrMap&, const PartialShape&, const PartialShape&),
          absl::Status (*kCompute)(const Conv2DGeometry&, const Tensor&, const Tensor&, Tensor*)>
absl::Status EvalFusedConv(EvalContext& context) {
  const Tensor &input = context.input(0), &filter = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry, kGeometry(context.attrs(), input.shape(), filter.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  FLOE_RETURN_IF_ERROR(kCompute(geometry, input, filter, output));
  return ApplySteps(context, geometry.channels_first ? 1 : 3, output);
}

absl::Status InferFusedMatMul(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(kMainInputs));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < kMainInputs; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 2));
  const PartialShape &a = context.shape(0), &b = context.shape(1);
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry,
                        ComputeMatMulGeometry(context.attrs(), a.has_rank() ? a : PartialShape::UnknownDims(2),
                                              b.has_rank() ? b : PartialShape::UnknownDims(2)));
  PartialShape shape = geometry.OutputShape();
  FLOE_RETURN_IF_ERROR(CheckSteps(context, 1, &shape));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalFusedMatMul(EvalContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry, ComputeMatMulGeometry(context.attrs(), a.shape(), b.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  FLOE_RETURN_IF_ERROR(ReferenceMatMul(geometry, a, b, output));
  return ApplySteps(context, 1, output);
}

// _FusedBatchNormEx: FusedBatchNormV3, perhaps plus a side input, perhaps through Relu.
constexpr int kBatchNormInputs = 5;

absl::StatusOr<bool> HasRelu(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("activation_mode", "Identity"));
  if (mode == "Identity") return false;
  if (mode == "Relu") return true;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'activation_mode': wanted Identity or Relu, got '", mode, "'"));
}

absl::Status InferBatchNormEx(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(kBatchNormInputs));
  if (context.num_inputs() > kBatchNormInputs + 1) return context.WantInputs(kBatchNormInputs + 1);
  FLOE_RETURN_IF_ERROR(HasRelu(context.attrs()).status());
  std::vector<TensorInfo> inputs;
  for (int i = 0; i < kBatchNormInputs; ++i) inputs.push_back(context.input(i));
  InferContext plain(context.name(), context.attrs(), inputs);
  FLOE_RETURN_IF_ERROR(FindOp("FusedBatchNormV3")->infer(plain));
  if (context.num_inputs() > kBatchNormInputs) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, kBatchNormInputs));
    absl::StatusOr<PartialShape> merged = MergeShapes(plain.outputs()[0].shape, context.shape(kBatchNormInputs));
    if (!merged.ok()) return Annotate(merged.status(), "side input");
    plain.mutable_outputs()[0].shape = *std::move(merged);
  }
  context.mutable_outputs() = std::move(plain.mutable_outputs());
  return absl::OkStatus();
}

absl::Status EvalBatchNormEx(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool relu, HasRelu(context.attrs()));
  FLOE_RETURN_IF_ERROR(FindOp("FusedBatchNormV3")->evaluate(context));
  FLOE_ASSIGN_OR_RETURN(Tensor* const y, context.Output(0, context.input(0).shape()));
  return OnDType(FloatTypes(), y->dtype(), [&]<typename T>() -> absl::Status {
    T* const values = y->mutable_data<T>();
    const T* const side = context.num_inputs() > kBatchNormInputs ? context.input(kBatchNormInputs).data<T>() : nullptr;
    for (int64_t i = 0, n = y->num_elements(); i < n; ++i) {
      if (side != nullptr) values[i] = T(values[i] + side[i]);
      if (relu && values[i] < T(0)) values[i] = T(0);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"_FusedConv2D", InferFusedConv<ComputeConv2DGeometry>, EvalFusedConv<ComputeConv2DGeometry, ReferenceConv2D>},
    {"_FusedDepthwiseConv2dNative", InferFusedConv<ComputeDepthwiseConv2DGeometry>,
     EvalFusedConv<ComputeDepthwiseConv2DGeometry, ReferenceDepthwiseConv2D>},
    {"_FusedMatMul", InferFusedMatMul, EvalFusedMatMul},
    {"_FusedBatchNormEx", InferBatchNormEx, EvalBatchNormEx},
};

}  // namespace

absl::Span<const OpInfo> FusedOps() { return kOps; }

}  // namespace floe
