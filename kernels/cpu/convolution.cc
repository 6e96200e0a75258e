// Conv2D, DepthwiseConv2dNative and their fused forms: oneDNN's convolution on NHWC images.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/fused_product.h"
#include "ops/window.h"

namespace floe {
namespace {

using ConvolutionDesc = dnnl::convolution_forward::primitive_desc;
using ConvolutionChoice = ProductChoice<ConvolutionDesc>;

// What an image's sides are taken to be where they are not known when weights are packed.
constexpr int64_t kTypicalSide = 64;

struct ConvolutionForm {
  bool depthwise;
  bool fused;
};

absl::StatusOr<Conv2DGeometry> GeometryOf(const ConvolutionForm& form, const AttrMap& attrs, const PartialShape& input,
                                          const PartialShape& filter) {
  return form.depthwise ? ComputeDepthwiseConv2DGeometry(attrs, input, filter)
                        : ComputeConv2DGeometry(attrs, input, filter);
}

// The filter as TensorFlow has it, in oneDNN's logical order.
dnnl::memory::desc PlainFilterDesc(const ConvolutionForm& form, const Conv2DGeometry& g) {
  const int64_t h = g.height.filter, w = g.width.filter;
  if (form.depthwise) {
    const int64_t tap = g.groups * g.multiplier;
    return OneDnnDesc({g.groups, g.multiplier, 1, h, w}, {g.multiplier, 1, tap, w * tap, tap});
  }
  const int64_t group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  const int64_t tap = group_in * g.out_channels;
  if (g.groups == 1) return OneDnnDesc({g.out_channels, group_in, h, w}, {1, g.out_channels, w * tap, tap});
  return OneDnnDesc({g.groups, group_out, group_in, h, w}, {group_out, 1, g.out_channels, w * tap, tap});
}

dnnl::memory::dims FilterDims(const ConvolutionForm& form, const Conv2DGeometry& g) {
  return PlainFilterDesc(form, g).dims();
}

ConvolutionChoice Choose(const Conv2DGeometry& g, const FusedChain& chain, absl::Span<const TensorInfo> inputs,
                         const dnnl::memory::desc& filter) {
  const dnnl::memory::dims source = {g.batch, g.in_channels, g.height.input, g.width.input};
  const dnnl::memory::dims result = {g.batch, g.out_channels, g.height.output, g.width.output};
  // oneDNN wants what is behind to fit the number of outputs, where TensorFlow lets a rest be left over.
  const auto behind = [](const Window1D& window) {
    return (window.output - 1) * window.stride + (window.filter - 1) * window.dilation + 1 - window.input -
           window.pad_before;
  };
  return ChooseProduct<ConvolutionDesc>(chain, result, inputs, [&](bool has_bias, const dnnl::primitive_attr& attr) {
    const auto kind = dnnl::prop_kind::forward_inference;
    const auto algorithm = dnnl::algorithm::convolution_direct;
    const dnnl::memory::dims strides = {g.height.stride, g.width.stride};
    const dnnl::memory::dims dilates = {g.height.dilation - 1, g.width.dilation - 1};
    const dnnl::memory::dims before = {g.height.pad_before, g.width.pad_before};
    const dnnl::memory::dims after = {behind(g.height), behind(g.width)};
    const auto desc = has_bias
                          ? dnnl::convolution_forward::desc(kind, algorithm, OneDnnChannelsLastDesc(source), filter,
                                                            OneDnnDesc({g.out_channels}), OneDnnChannelsLastDesc(result),
                                                            strides, dilates, before, after)
                          : dnnl::convolution_forward::desc(kind, algorithm, OneDnnChannelsLastDesc(source), filter,
                                                            OneDnnChannelsLastDesc(result), strides, dilates, before, after);
    return ConvolutionDesc(desc, attr, OneDnnEngine(), /*allow_empty=*/true);
  });
}

// ---- Supports

template <bool kDepthwise, bool kFused>
absl::Status Supports(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantFloat(op, static_cast<int>(op.inputs.size())));
  FLOE_RETURN_IF_ERROR(WantChannelsLast(op));
  return ParseFusedChain(op, kFused).status();
}

// ---- Create

class ConvolutionKernel final : public Kernel {
 public:
  ConvolutionKernel(ConvolutionForm form, const OpSignature& op, FusedChain chain)
      : form_(form), name_(op.name), attrs_(op.attrs), chain_(std::move(chain)) {}

  // Packs the filter for the shapes that are known.
  absl::Status Pack(const OpSignature& op) {
    const Tensor* const filter = op.inputs[1].value;
    if (filter == nullptr || filter->num_elements() == 0) return absl::OkStatus();
    FLOE_ASSIGN_OR_RETURN(
        const Conv2DGeometry g,
        GeometryOf(form_, attrs_, TypicalInput(op.inputs[0].shape, filter->shape()), filter->shape()));
    const std::vector<TensorInfo> inputs = FillArguments(op.inputs, g.OutputShape().ToShape());
    return CatchOneDnn(name_, [&]() -> absl::Status {
      const ConvolutionChoice choice = Choose(g, chain_, inputs, OneDnnAnyDesc(FilterDims(form_, g)));
      if (!choice.valid()) return OneDnnError(name_, dnnl_unimplemented, "no implementation");
      const dnnl::memory plain(PlainFilterDesc(form_, g), OneDnnEngine(), const_cast<void*>(filter->raw_data()));
      filter_.Pack(plain, choice.desc.weights_desc());
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  bool Reads(int input) const override { return input != 1 || filter_.empty(); }

 private:
  PartialShape TypicalInput(const PartialShape& input, const Shape& filter) const {
    PartialShape shape = input.has_rank() ? input : PartialShape::UnknownDims(4);
    if (shape.dim(0) < 0) shape.set_dim(0, 1);
    for (int axis = 1; axis <= 2; ++axis) {
      // Wide enough for any dilation that the filter may have at this side.
      if (shape.dim(axis) < 0) shape.set_dim(axis, kTypicalSide * std::max<int64_t>(1, filter.dim(axis - 1)));
    }
    if (shape.dim(3) < 0) shape.set_dim(3, filter.dim(2));
    return shape;
  }

  ConvolutionForm form_;
  std::string name_;
  AttrMap attrs_;
  FusedChain chain_;
  mutable PackedWeights filter_;  // guards itself; empty where the filter is not constant
};

template <bool kDepthwise, bool kFused>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(FusedChain chain, ParseFusedChain(op, kFused));
  auto kernel = std::make_unique<ConvolutionKernel>(ConvolutionForm{kDepthwise, kFused}, op, std::move(chain));
  FLOE_RETURN_IF_ERROR(kernel->Pack(op));
  return kernel;
}

// ---- Prepare

absl::StatusOr<std::unique_ptr<PreparedKernel>> ConvolutionKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                           absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g, GeometryOf(form_, attrs_, inputs[0].shape, inputs[1].shape));
  const Shape result = g.OutputShape().ToShape();
  if (result.num_elements() == 0 || inputs[0].shape.ToShape().num_elements() == 0)
    return std::make_unique<ZeroPrepared>(ChainPlan(chain_, 0, result, inputs));
  std::unique_ptr<ProductPrepared> prepared;
  const absl::Status status = CatchOneDnn(name_, [&]() -> absl::Status {
    ConvolutionChoice choice;
    if (!filter_.empty()) choice = Choose(g, chain_, inputs, filter_.first().get_desc());
    if (!choice.valid() || choice.is_reference())
      choice = Choose(g, chain_, inputs, OneDnnAnyDesc(FilterDims(form_, g)));
    if (!choice.valid()) return OneDnnError(name_, dnnl_unimplemented, "no implementation");
    prepared = std::make_unique<ProductPrepared>(absl::StrCat("onednn ", choice.implementation()), g.Flops(),
                                                 ChainPlan(chain_, choice.steps, result, inputs));
    OneDnnCall& call = prepared->main();
    call.SetPrimitive(dnnl::convolution_forward(choice.desc));
    call.AddInput(DNNL_ARG_SRC, choice.desc.src_desc(), 0);
    AddWeights(PlainFilterDesc(form_, g), choice.desc.weights_desc(), &filter_, prepared.get());
    if (choice.has_bias) call.AddInput(DNNL_ARG_BIAS, choice.desc.bias_desc(), chain_.steps[0].first_arg);
    AddRest(choice.post_ops, choice.desc.scratchpad_desc(), prepared.get());
    call.AddOutput(DNNL_ARG_DST, choice.desc.dst_desc(), 0);
    call.Finish();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return prepared;
}

constexpr CpuOp kOps[] = {
    {"Conv2D", Supports<false, false>, Create<false, false>},
    {"_FusedConv2D", Supports<false, true>, Create<false, true>},
    {"DepthwiseConv2dNative", Supports<true, false>, Create<true, false>},
    {"_FusedDepthwiseConv2dNative", Supports<true, true>, Create<true, true>},
};

}  // namespace

absl::Span<const CpuOp> ConvolutionKernels() { return kOps; }

}  // namespace floe
