// Conv2DBackpropInput, which exporters use as the transposed convolution: implicit GEMM over the taps that reach a
// pixel.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/packed_operand.h"
#include "kernels/cuda/product_form.h"
#include "kernels/cuda/tensor_product.h"
#include "kernels/cuda/window_bounds.h"
#include "ops/window.h"

namespace floe {
namespace {

// ---- Kernels

// A source of A's elements (product.h): the gradients that the taps of a pixel see. Row: a pixel of the result. Depth:
// filter row, filter column, channel of the gradient. Taps between two gradients are zeros.
template <typename T>
struct GradientSource {
  const T* data;
  int64_t rows, depth;
  int height, width;          // of the result
  int out_height, out_width;  // of the gradient
  int channels;               // of the gradient
  int filter_width;
  int stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left;

  struct Row {
    const T* image;
    int y, x;  // of the first tap, in steps of the result
    bool inside;
  };
  __device__ Row RowOf(int64_t row, int64_t batch_offset) const {
    const int64_t line = Quotient(row, width), image = Quotient(line, height);
    return {data + batch_offset + image * out_height * out_width * channels,
            static_cast<int>(line - image * height) + pad_top, static_cast<int>(row - line * width) + pad_left,
            row < rows};
  }
  __device__ void Load(const Row& row, int64_t k, float* to) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const T* const from = Find(row, k + i);
      to[i] = from == nullptr ? 0.0f : ToFloat(*from);
    }
  }
  bool HasChunks(int chunk) const { return channels % chunk == 0 && IsAligned(data, chunk * sizeof(T)); }
  __device__ const T* Find(const Row& row, int64_t k) const {
    if (!row.inside || k >= depth) return nullptr;
    const auto tap = static_cast<int>(Quotient(k, channels)), channel = static_cast<int>(k - int64_t{tap} * channels);
    const int y = row.y - tap / filter_width * dilation_y, x = row.x - tap % filter_width * dilation_x;
    if (y < 0 || x < 0 || y % stride_y != 0 || x % stride_x != 0) return nullptr;
    const int out_y = y / stride_y, out_x = x / stride_x;
    if (out_y >= out_height || out_x >= out_width) return nullptr;
    return row.image + (int64_t{out_y} * out_width + out_x) * channels + channel;
  }
};

// The filter [taps, in, out] as [taps, out, in], which is B's order.
template <typename T>
__global__ void __launch_bounds__(kLoopThreads)
    TurnFilterKernel(const T* filter, T* turned, int64_t elements, int64_t in, int64_t out) {
  for (int64_t i = LoopFirst(); i < elements; i += LoopStride()) {
    const int64_t line = Quotient(i, in), tap = Quotient(line, out);
    turned[i] = filter[(tap * in + i - line * in) * out + line - tap * out];
  }
}

// ---- Launcher

// The filter as the product's second operand: its depth is (tap, out).
OperandLayout FilterLayout(const Shape& filter) {
  const int64_t in = filter.dim(2), out = filter.dim(3);
  return {.matrices = 1,
          .depth = filter.dim(0) * filter.dim(1) * out,
          .columns = in,
          .inner = std::max<int64_t>(1, out),
          .outer_stride = in * out,
          .inner_stride = 1,
          .column_stride = out};
}

template <typename T>
absl::Status LaunchTransposed(const Conv2DGeometry& g, ProductForm form, const PackedOperand& filter,
                              const LaunchArgs& launch) {
  CudaStream& stream = StreamOf(launch);
  const int64_t taps = g.height.filter * g.width.filter;
  ProductArgs<T> args{};
  args.c = launch.output(0)->mutable_data<T>();
  args.rows = g.batch * g.height.input * g.width.input;
  args.columns = g.in_channels;
  args.depth = taps * g.out_channels;
  args.c_row_stride = g.in_channels;
  args.batches = 1;
  if (form == ProductForm::kPlain) {
    const int64_t elements = args.depth * g.in_channels;
    auto* const turned = static_cast<T*>(launch.scratch());
    if (elements > 0) {
      FLOE_RETURN_IF_ERROR(Launch(TurnFilterKernel<T>, LoopGrid(elements), dim3(kLoopThreads), 0, stream,
                                  static_cast<const T*>(launch.input(1).raw_data()), turned, elements, g.in_channels,
                                  g.out_channels));
    }
    args.b = turned;
    args.b_depth_stride = g.in_channels;
    args.b_column_stride = 1;
    args.b_packs = g.in_channels % 4 == 0;
  } else {
    args.packed_depth = PackedDepth(form, args.depth);
    FLOE_ASSIGN_OR_RETURN(args.packed_b, filter.Find(stream, form, launch.input(1),
                                                     FilterLayout(launch.input(1).shape()), launch.scratch()));
  }
  const GradientSource<T> source = {.data = launch.input(2).data<T>(),
                                    .rows = args.rows,
                                    .depth = args.depth,
                                    .height = static_cast<int>(g.height.input),
                                    .width = static_cast<int>(g.width.input),
                                    .out_height = static_cast<int>(g.height.output),
                                    .out_width = static_cast<int>(g.width.output),
                                    .channels = static_cast<int>(g.out_channels),
                                    .filter_width = static_cast<int>(g.width.filter),
                                    .stride_y = static_cast<int>(g.height.stride),
                                    .stride_x = static_cast<int>(g.width.stride),
                                    .dilation_y = static_cast<int>(g.height.dilation),
                                    .dilation_x = static_cast<int>(g.width.dilation),
                                    .pad_top = static_cast<int>(g.height.pad_before),
                                    .pad_left = static_cast<int>(g.width.pad_before)};
  return LaunchProduct(stream, form, args, source);
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 1, kDTypes));
  FLOE_RETURN_IF_ERROR(WantChannelsLast(op));
  // Groups have filters of their own, which the product's one matrix would have to be cut into.
  const int64_t filters = op.inputs[1].shape.has_rank() ? op.inputs[1].shape.dim(2) : -1;
  const int64_t channels = op.outputs[0].shape.has_rank() ? op.outputs[0].shape.dim(3) : -1;
  if (filters < 0 || filters != channels)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " in groups, or of channels that are not known"));
  return absl::OkStatus();
}

// ---- Create

class TransposedKernel final : public Kernel {
 public:
  TransposedKernel(const OpSignature& op, ProductForm form, PackedOperand filter)
      : attrs_(op.attrs), form_(form), filter_(std::move(filter)) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  bool Reads(int input) const override { return input != 1 || !filter_.is_packed(); }

 private:
  const AttrMap attrs_;
  const ProductForm form_;
  const PackedOperand filter_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext& context, const OpSignature& op) {
  const ProductForm form = ChooseProductForm(context.target(), op.precision, op.inputs[1].dtype);
  PackedOperand filter;
  if (const Tensor* const value = op.inputs[1].value; value != nullptr) {
    FLOE_ASSIGN_OR_RETURN(filter, PackedOperand::Create(context, form, value, FilterLayout(value->shape())));
  }
  return std::make_unique<TransposedKernel>(op, form, std::move(filter));
}

// ---- Prepare

class TransposedPrepared final : public PreparedKernel {
 public:
  TransposedPrepared(const Conv2DGeometry& geometry, DType dtype, ProductForm form, PackedOperand filter,
                     int64_t scratch_bytes)
      : geometry_(geometry), dtype_(dtype), form_(form), filter_(std::move(filter)), scratch_bytes_(scratch_bytes) {}
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t flops() const override { return geometry_.Flops(); }
  std::string description() const override {
    const Conv2DGeometry& g = geometry_;
    return absl::StrCat("transposed, implicit gemm ",
                        DescribeProduct(form_, g.batch * g.height.input * g.width.input, g.in_channels, 1));
  }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const Conv2DGeometry geometry_;
  const DType dtype_;
  const ProductForm form_;
  const PackedOperand filter_;
  const int64_t scratch_bytes_;  // for the filter in the product's order, unless it was packed
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> TransposedKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                          absl::Span<const TensorInfo> outputs) const {
  // The convolution whose gradient this is has the result as its image.
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g, ComputeConv2DGeometry(attrs_, outputs[0].shape, inputs[1].shape));
  FLOE_RETURN_IF_ERROR(WantWindowsOf32Bits({g.height, g.width}, {g.in_channels, g.out_channels}));
  const DType dtype = inputs[1].dtype;
  const Shape filter = inputs[1].shape.ToShape();
  const int64_t scratch_bytes = form_ == ProductForm::kPlain ? filter.num_elements() * ElementBytes(dtype)
                                                             : filter_.ScratchBytes(form_, FilterLayout(filter));
  return std::make_unique<TransposedPrepared>(g, dtype, form_, filter_, scratch_bytes);
}

// ---- Launch

absl::Status TransposedPrepared::Launch(const LaunchArgs& args) const {
  return OnFloatType(dtype_, [&]<typename T>() { return LaunchTransposed<T>(geometry_, form_, filter_, args); });
}

constexpr CudaOp kOps[] = {{"Conv2DBackpropInput", Supports, Create}};

}  // namespace

absl::Span<const CudaOp> TransposedConvolutionKernels() { return kOps; }

}  // namespace floe
