#include "ops/fused_pad_conv.h"

#include <string>
#include <utility>

#include "base/status.h"
#include "ops/arguments.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace floe {

absl::StatusOr<std::vector<FusedPadStage>> FusedPadStages(const AttrMap& attrs, DType dtype, bool resizes) {
  std::vector<FusedPadStage> stages;
  AttrMap type;
  type.Set("T", AttrValue::Type(dtype));
  if (resizes) {
    FLOE_ASSIGN_OR_RETURN(const bool align_corners, attrs.Bool("resize_align_corners", false));
    AttrMap resize = type;
    resize.Set("align_corners", AttrValue::Bool(align_corners));
    stages.push_back({"ResizeBilinear", 1, std::move(resize)});
    // That comes out as float always.
    if (dtype != DType::kFloat) {
      AttrMap cast;
      cast.Set("SrcT", AttrValue::Type(DType::kFloat));
      cast.Set("DstT", AttrValue::Type(dtype));
      stages.push_back({"Cast", -1, std::move(cast)});
    }
  }
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("mode"));
  AttrMap pad = type;
  pad.Set("mode", AttrValue::String(mode));
  pad.Set("Tpaddings", AttrValue::Type(DType::kInt32));
  stages.push_back({"MirrorPad", resizes ? 2 : 1, std::move(pad)});
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, attrs.Ints("strides"));
  FLOE_ASSIGN_OR_RETURN(const std::string padding, attrs.String("padding"));
  AttrMap conv = type;
  conv.Set("strides", AttrValue::Ints(strides));
  conv.Set("padding", AttrValue::String(padding));
  stages.push_back({"Conv2D", resizes ? 3 : 2, std::move(conv)});
  return stages;
}

namespace {

template <bool kResizes>
absl::Status Infer(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kResizes ? 4 : 3));
  if constexpr (kResizes) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<Half, float>(), "input 0", context.dtype(0)));
  } else {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  }
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, context.num_inputs() - 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_ASSIGN_OR_RETURN(const std::vector<FusedPadStage> stages,
                        FusedPadStages(context.attrs(), context.dtype(0), kResizes));
  TensorInfo image = context.input(0);
  for (const FusedPadStage& stage : stages) {
    std::vector<TensorInfo> inputs = {image};
    if (stage.input >= 0) inputs.push_back(context.input(stage.input));
    InferContext inner(context.name(), stage.attrs, inputs);
    FLOE_RETURN_IF_ERROR(Annotate(FindOp(stage.op)->infer(inner), stage.op));
    image = {inner.outputs()[0].dtype, inner.outputs()[0].shape};
  }
  context.AddOutput(image.dtype, image.shape);
  return absl::OkStatus();
}

template <bool kResizes>
absl::Status Eval(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<FusedPadStage> stages,
                        FusedPadStages(context.attrs(), context.input(0).dtype(), kResizes));
  Tensor image = context.input(0);
  for (const FusedPadStage& stage : stages) {
    std::vector<Tensor> inputs = {image};
    if (stage.input >= 0) inputs.push_back(context.input(stage.input));
    FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                          Evaluate(*FindOp(stage.op), context.name(), stage.attrs, inputs));
    image = std::move(results[0]);
  }
  return context.SetOutput(0, image);
}

constexpr OpInfo kOps[] = {
    {"FusedPadConv2D", Infer<false>, Eval<false>},
    {"FusedResizeAndPadConv2D", Infer<true>, Eval<true>},
};

}  // namespace

absl::Span<const OpInfo> FusedPadConvOps() { return kOps; }

}  // namespace floe
