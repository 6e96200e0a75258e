// Conv2D, DepthwiseConv2dNative and their fused forms, on NHWC images: implicit GEMM, a plain product for 1x1, and a
// loop of its own for depthwise.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/packed_operand.h"
#include "kernels/cuda/product_form.h"
#include "kernels/cuda/tensor_product.h"
#include "kernels/cuda/window_bounds.h"
#include "ops/window.h"

namespace floe {
namespace {

// ---- Kernel (of the depthwise form; the others' are product.h's and tensor_product.h's)

constexpr int kDepthwiseThreads = 128;

template <typename T>
struct DepthwiseArgs {
  const T* image;
  const T* filter;  // [filter_height, filter_width, out_channels]
  T* result;
  int64_t items;  // packs of channels in all
  int height, width, in_channels, out_channels, multiplier;
  int out_height, out_width;
  int filter_height, filter_width;
  int stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left;
  Epilogue epilogue;
};

// A thread computes `kCount` neighbouring channels of a pixel; more than one only where each input channel has one
// output.
template <typename T, int kCount>
__global__ void __launch_bounds__(kDepthwiseThreads, 4) DepthwiseKernel(DepthwiseArgs<T> args) {
  const int packs = args.out_channels / kCount;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kDepthwiseThreads;
  for (int64_t item = static_cast<int64_t>(blockIdx.x) * kDepthwiseThreads + threadIdx.x; item < args.items;
       item += stride) {
    const int64_t row = item / packs;
    const int channel = static_cast<int>(item - row * packs) * kCount;
    const int64_t line = row / args.out_width, image = line / args.out_height;
    const int x0 = static_cast<int>(row - line * args.out_width) * args.stride_x - args.pad_left;
    const int y0 = static_cast<int>(line - image * args.out_height) * args.stride_y - args.pad_top;
    const T* const from = args.image + image * args.height * args.width * args.in_channels +
                          (kCount > 1 ? channel : channel / args.multiplier);
    float sums[kCount] = {};
    for (int ky = 0; ky < args.filter_height; ++ky) {
      const int y = y0 + ky * args.dilation_y;
      if (y < 0 || y >= args.height) continue;
      for (int kx = 0; kx < args.filter_width; ++kx) {
        const int x = x0 + kx * args.dilation_x;
        if (x < 0 || x >= args.width) continue;
        const auto pixel = *reinterpret_cast<const Pack<T, kCount>*>(from + (static_cast<int64_t>(y) * args.width + x) *
                                                                                args.in_channels);
        const auto weights = *reinterpret_cast<const Pack<T, kCount>*>(
            args.filter + static_cast<int64_t>(ky * args.filter_width + kx) * args.out_channels + channel);
#pragma unroll
        for (int i = 0; i < kCount; ++i) sums[i] += ToFloat(pixel.values[i]) * ToFloat(weights.values[i]);
      }
    }
    Pack<T, kCount> out;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      out.values[i] = FromFloat<T>(ApplyEpilogue<T>(args.epilogue, sums[i], row, channel + i));
    }
    *reinterpret_cast<Pack<T, kCount>*>(args.result + row * args.out_channels + channel) = out;
  }
}

// ---- Launchers

template <typename T>
absl::Status LaunchDepthwise(const Conv2DGeometry& g, const EpiloguePlan& epilogue, const LaunchArgs& launch) {
  constexpr int kPack = 4;
  constexpr int64_t kMostBlocks = 1 << 20;
  DepthwiseArgs<T> args{};
  args.image = launch.input(0).data<T>();
  args.filter = launch.input(1).data<T>();
  args.result = launch.output(0)->mutable_data<T>();
  args.height = static_cast<int>(g.height.input);
  args.width = static_cast<int>(g.width.input);
  args.in_channels = static_cast<int>(g.in_channels);
  args.out_channels = static_cast<int>(g.out_channels);
  args.multiplier = static_cast<int>(g.multiplier);
  args.out_height = static_cast<int>(g.height.output);
  args.out_width = static_cast<int>(g.width.output);
  args.filter_height = static_cast<int>(g.height.filter);
  args.filter_width = static_cast<int>(g.width.filter);
  args.stride_y = static_cast<int>(g.height.stride);
  args.stride_x = static_cast<int>(g.width.stride);
  args.dilation_y = static_cast<int>(g.height.dilation);
  args.dilation_x = static_cast<int>(g.width.dilation);
  args.pad_top = static_cast<int>(g.height.pad_before);
  args.pad_left = static_cast<int>(g.width.pad_before);
  args.epilogue = epilogue.Bind(launch);
  constexpr int64_t kPackBytes = kPack * sizeof(T);
  const bool packs = g.multiplier == 1 && g.out_channels % kPack == 0 && IsAligned(args.image, kPackBytes) &&
                     IsAligned(args.filter, kPackBytes) && IsAligned(args.result, kPackBytes);
  args.items = g.batch * g.height.output * g.width.output * (g.out_channels / (packs ? kPack : 1));
  if (args.items == 0) return absl::OkStatus();
  const dim3 grid(static_cast<unsigned>(std::min(CeilDiv(args.items, kDepthwiseThreads), kMostBlocks)));
  return packs ? Launch(DepthwiseKernel<T, kPack>, grid, dim3(kDepthwiseThreads), 0, StreamOf(launch), args)
               : Launch(DepthwiseKernel<T, 1>, grid, dim3(kDepthwiseThreads), 0, StreamOf(launch), args);
}

// Whether the windows are the pixels themselves.
bool IsPlainProduct(const Conv2DGeometry& g) {
  const auto plain = [](const Window1D& window) {
    return window.filter == 1 && window.stride == 1 && window.pad_before == 0 && window.output == window.input;
  };
  return g.groups == 1 && plain(g.height) && plain(g.width);
}

// The filter [height, width, in, out] as the product's second operand.
OperandLayout FilterLayout(const Shape& filter) {
  return OperandLayout::OfMatrices(1, filter.dim(0) * filter.dim(1) * filter.dim(2), filter.dim(3), false);
}

template <typename T>
absl::Status LaunchConvolution(const Conv2DGeometry& g, ProductForm form, const PackedOperand& filter,
                               const EpiloguePlan& epilogue, const LaunchArgs& launch) {
  const int64_t rows = g.batch * g.height.output * g.width.output;
  const int64_t group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  constexpr int64_t kPackBytes = 4 * sizeof(T);
  ProductArgs<T> args{};
  args.c = launch.output(0)->mutable_data<T>();
  args.rows = rows;
  args.columns = group_out;
  args.depth = g.height.filter * g.width.filter * group_in;
  int64_t b_group_stride = group_out;
  if (form == ProductForm::kPlain) {
    args.b = launch.input(1).data<T>();
    args.b_depth_stride = g.out_channels;
    args.b_column_stride = 1;
    args.b_packs = group_out % 4 == 0 && IsAligned(args.b, kPackBytes);
  } else {
    args.packed_depth = PackedDepth(form, args.depth);
    b_group_stride *= args.packed_depth;
    FLOE_ASSIGN_OR_RETURN(args.packed_b, filter.Find(StreamOf(launch), form, launch.input(1),
                                                     FilterLayout(launch.input(1).shape()), launch.scratch()));
  }
  args.c_row_stride = g.out_channels;
  args.c_batch_stride = group_out;
  args.batch_columns = group_out;
  args.batches = g.groups;
  args.offsets = {.rank = 1, .dims = {g.groups}, .a = {group_in}, .b = {b_group_stride}};
  args.epilogue = epilogue.Bind(launch);
  const auto* const image = launch.input(0).data<T>();
  const bool packs = group_in % 4 == 0 && g.in_channels % 4 == 0 && IsAligned(image, kPackBytes);
  if (IsPlainProduct(g)) {
    const MatrixSource<T> source = {.data = image,
                                    .rows = rows,
                                    .depth = args.depth,
                                    .row_stride = g.in_channels,
                                    .depth_stride = 1,
                                    .packs = packs};
    return LaunchProduct(StreamOf(launch), form, args, source);
  }
  const ImageSource<T> source = {.data = image,
                                 .rows = rows,
                                 .depth = args.depth,
                                 .height = static_cast<int>(g.height.input),
                                 .width = static_cast<int>(g.width.input),
                                 .channels = static_cast<int>(g.in_channels),
                                 .group_channels = static_cast<int>(group_in),
                                 .out_height = static_cast<int>(g.height.output),
                                 .out_width = static_cast<int>(g.width.output),
                                 .filter_width = static_cast<int>(g.width.filter),
                                 .stride_y = static_cast<int>(g.height.stride),
                                 .stride_x = static_cast<int>(g.width.stride),
                                 .dilation_y = static_cast<int>(g.height.dilation),
                                 .dilation_x = static_cast<int>(g.width.dilation),
                                 .pad_top = static_cast<int>(g.height.pad_before),
                                 .pad_left = static_cast<int>(g.width.pad_before),
                                 .packs = packs};
  return LaunchProduct(StreamOf(launch), form, args, source);
}

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};

template <bool kFused>
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  for (int i = 0; i < static_cast<int>(op.inputs.size()); ++i) {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, i, kDTypes));
    if (op.inputs[i].dtype != op.inputs[0].dtype)
      return absl::UnimplementedError(absl::StrCat(op.op.name, " of two dtypes"));
  }
  FLOE_RETURN_IF_ERROR(WantChannelsLast(op));
  return FusedSteps::Supports(op, kFused);
}

// ---- Create

class ConvolutionKernel final : public Kernel {
 public:
  ConvolutionKernel(bool depthwise, const OpSignature& op, FusedSteps steps, ProductForm form, PackedOperand filter)
      : depthwise_(depthwise), attrs_(op.attrs), steps_(std::move(steps)), form_(form), filter_(std::move(filter)) {}
  bool Reads(int input) const override { return input != 1 || !filter_.is_packed(); }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const bool depthwise_;
  const AttrMap attrs_;
  const FusedSteps steps_;
  const ProductForm form_;
  const PackedOperand filter_;
};

template <bool kDepthwise, bool kFused>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext& context, const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(FusedSteps steps, FusedSteps::Create(context, op, kFused));
  const ProductForm form =
      kDepthwise ? ProductForm::kPlain : ChooseProductForm(context.target(), op.precision, op.inputs[0].dtype);
  PackedOperand filter;
  if (const Tensor* const value = op.inputs[1].value; value != nullptr) {
    FLOE_ASSIGN_OR_RETURN(filter, PackedOperand::Create(context, form, value, FilterLayout(value->shape())));
  }
  return std::make_unique<ConvolutionKernel>(kDepthwise, op, std::move(steps), form, std::move(filter));
}

// ---- Prepare

class ConvolutionPrepared final : public PreparedKernel {
 public:
  ConvolutionPrepared(bool depthwise, const Conv2DGeometry& geometry, EpiloguePlan epilogue, DType dtype,
                      ProductForm form, PackedOperand filter, int64_t scratch_bytes)
      : depthwise_(depthwise),
        geometry_(geometry),
        epilogue_(std::move(epilogue)),
        dtype_(dtype),
        form_(form),
        filter_(std::move(filter)),
        scratch_bytes_(scratch_bytes) {}
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t flops() const override { return geometry_.Flops(); }
  std::string description() const override {
    if (depthwise_) return "depthwise";
    const Conv2DGeometry& g = geometry_;
    return absl::StrCat(
        IsPlainProduct(g) ? "product " : "implicit gemm ",
        DescribeProduct(form_, g.batch * g.height.output * g.width.output, g.out_channels / g.groups, g.groups));
  }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const bool depthwise_;
  const Conv2DGeometry geometry_;
  const EpiloguePlan epilogue_;
  const DType dtype_;
  const ProductForm form_;
  const PackedOperand filter_;
  const int64_t scratch_bytes_;  // for a filter that is not constant
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> ConvolutionKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                           absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g,
                        depthwise_ ? ComputeDepthwiseConv2DGeometry(attrs_, inputs[0].shape, inputs[1].shape)
                                   : ComputeConv2DGeometry(attrs_, inputs[0].shape, inputs[1].shape));
  FLOE_RETURN_IF_ERROR(WantWindowsOf32Bits({g.height, g.width}, {g.in_channels, g.out_channels}));
  FLOE_ASSIGN_OR_RETURN(EpiloguePlan epilogue,
                        EpiloguePlan::Make(steps_, g.OutputShape().ToShape(), outputs[0].dtype, inputs));
  return std::make_unique<ConvolutionPrepared>(depthwise_, g, std::move(epilogue), outputs[0].dtype, form_, filter_,
                                               filter_.ScratchBytes(form_, FilterLayout(inputs[1].shape.ToShape())));
}

// ---- Launch

absl::Status ConvolutionPrepared::Launch(const LaunchArgs& args) const {
  FLOE_RETURN_IF_ERROR(OnFloatType(dtype_, [&]<typename T>() {
    return depthwise_ ? LaunchDepthwise<T>(geometry_, epilogue_, args)
                      : LaunchConvolution<T>(geometry_, form_, filter_, epilogue_, args);
  }));
  return epilogue_.LaunchRest(args);
}

constexpr CudaOp kOps[] = {
    {"Conv2D", Supports<false>, Create<false, false>},
    {"_FusedConv2D", Supports<true>, Create<false, true>},
    {"DepthwiseConv2dNative", Supports<false>, Create<true, false>},
    {"_FusedDepthwiseConv2dNative", Supports<true>, Create<true, true>},
};

}  // namespace

absl::Span<const CudaOp> ConvolutionKernels() { return kOps; }

}  // namespace floe
