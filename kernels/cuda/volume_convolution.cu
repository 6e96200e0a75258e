// Conv3D on channels-last volumes: an implicit GEMM, as Conv2D's is.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/packed_operand.h"
#include "kernels/cuda/product_form.h"
#include "kernels/cuda/tensor_product.h"
#include "kernels/cuda/window_bounds.h"
#include "ops/conv3d.h"

namespace floe {
namespace {

// ---- Kernel (product.h's and tensor_product.h's, over this source)

struct VolumeAxis {
  int input, output, filter, stride, dilation, pad_before;

  static VolumeAxis Of(const Window1D& window) {
    return {static_cast<int>(window.input),  static_cast<int>(window.output),   static_cast<int>(window.filter),
            static_cast<int>(window.stride), static_cast<int>(window.dilation), static_cast<int>(window.pad_before)};
  }
};

// A source of A's elements: the windows of a volume. Row: an output place. Depth: filter plane, row and column,
// channel.
template <typename T>
struct VolumeSource {
  const T* data;
  int64_t rows, depth;
  VolumeAxis axes[kVolumeSpatial];  // depth, height, width
  int channels;
  bool packs;  // four channels of a tap are one aligned access

  struct Row {
    const T* volume;
    int start[kVolumeSpatial];  // the window's first tap
    bool inside;
  };
  __device__ Row RowOf(int64_t row, int64_t batch_offset) const {
    Row found;
    found.inside = row < rows;
    int64_t rest = row, elements = channels;
#pragma unroll
    for (int k = kVolumeSpatial - 1; k >= 0; --k) {
      const int64_t above = Quotient(rest, axes[k].output);
      found.start[k] = static_cast<int>(rest - above * axes[k].output) * axes[k].stride - axes[k].pad_before;
      elements *= axes[k].input;
      rest = above;
    }
    found.volume = data + batch_offset + rest * elements;
    return found;
  }
  __device__ void Load(const Row& row, int64_t k, float* to) const { LoadFound(*this, row, k, to); }
  // As MatrixSource's; a chunk lies in one tap.
  bool HasChunks(int chunk) const { return channels % chunk == 0 && IsAligned(data, chunk * sizeof(T)); }
  __device__ const T* Find(const Row& row, int64_t k) const {
    if (!row.inside || k >= depth) return nullptr;
    int rest = static_cast<int>(Quotient(k, channels));
    const int channel = static_cast<int>(k - int64_t{rest} * channels);
    int64_t offset = 0, stride = 1;
#pragma unroll
    for (int axis = kVolumeSpatial - 1; axis >= 0; --axis) {
      const int above = rest / axes[axis].filter, tap = rest - above * axes[axis].filter;
      const int at = row.start[axis] + tap * axes[axis].dilation;
      if (at < 0 || at >= axes[axis].input) return nullptr;
      offset += at * stride;
      stride *= axes[axis].input;
      rest = above;
    }
    return row.volume + offset * channels + channel;
  }
};

// ---- Launcher

// The filter [depth, height, width, in, out] as the product's second operand.
OperandLayout FilterLayout(const Shape& filter) {
  return OperandLayout::OfMatrices(1, filter.dim(0) * filter.dim(1) * filter.dim(2) * filter.dim(3), filter.dim(4),
                                   false);
}

int64_t PlacesOf(const Conv3DGeometry& g) {
  return g.batch * g.windows[0].output * g.windows[1].output * g.windows[2].output;
}
int64_t DepthOf(const Conv3DGeometry& g) {
  return g.windows[0].filter * g.windows[1].filter * g.windows[2].filter * g.in_channels;
}

template <typename T>
absl::Status LaunchConvolution(const Conv3DGeometry& g, ProductForm form, const PackedOperand& filter,
                               const LaunchArgs& launch) {
  constexpr int64_t kPackBytes = 4 * sizeof(T);
  ProductArgs<T> args{};
  args.c = launch.output(0)->mutable_data<T>();
  args.rows = PlacesOf(g);
  args.columns = g.out_channels;
  args.depth = DepthOf(g);
  if (form == ProductForm::kPlain) {
    args.b = launch.input(1).data<T>();
    args.b_depth_stride = g.out_channels;
    args.b_column_stride = 1;
    args.b_packs = g.out_channels % 4 == 0 && IsAligned(args.b, kPackBytes);
  } else {
    args.packed_depth = PackedDepth(form, args.depth);
    FLOE_ASSIGN_OR_RETURN(args.packed_b, filter.Find(StreamOf(launch), form, launch.input(1),
                                                     FilterLayout(launch.input(1).shape()), launch.scratch()));
  }
  args.c_row_stride = g.out_channels;
  args.batches = 1;
  VolumeSource<T> source{};
  source.data = launch.input(0).data<T>();
  source.rows = args.rows;
  source.depth = args.depth;
  for (int k = 0; k < kVolumeSpatial; ++k) source.axes[k] = VolumeAxis::Of(g.windows[static_cast<size_t>(k)]);
  source.channels = static_cast<int>(g.in_channels);
  source.packs = g.in_channels % 4 == 0 && IsAligned(source.data, kPackBytes);
  return LaunchProduct(StreamOf(launch), form, args, source);
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  return WantChannelsLast(op);
}

// ---- Create

class VolumeConvolution final : public Kernel {
 public:
  VolumeConvolution(const AttrMap& attrs, ProductForm form, PackedOperand filter)
      : attrs_(attrs), form_(form), filter_(std::move(filter)) {}
  bool Reads(int input) const override { return input != 1 || !filter_.is_packed(); }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const AttrMap attrs_;
  const ProductForm form_;
  const PackedOperand filter_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext& context, const OpSignature& op) {
  const ProductForm form = ChooseProductForm(context.target(), op.precision, op.inputs[0].dtype);
  PackedOperand filter;
  if (const Tensor* const value = op.inputs[1].value; value != nullptr) {
    FLOE_ASSIGN_OR_RETURN(filter, PackedOperand::Create(context, form, value, FilterLayout(value->shape())));
  }
  return std::make_unique<VolumeConvolution>(op.attrs, form, std::move(filter));
}

// ---- Prepare

class VolumeConvolutionPrepared final : public PreparedKernel {
 public:
  VolumeConvolutionPrepared(const Conv3DGeometry& geometry, DType dtype, ProductForm form, PackedOperand filter,
                            int64_t scratch_bytes)
      : geometry_(geometry), dtype_(dtype), form_(form), filter_(std::move(filter)), scratch_bytes_(scratch_bytes) {}
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t flops() const override { return 2 * PlacesOf(geometry_) * geometry_.out_channels * DepthOf(geometry_); }
  std::string description() const override {
    return absl::StrCat("implicit gemm ", DescribeProduct(form_, PlacesOf(geometry_), geometry_.out_channels, 1));
  }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const Conv3DGeometry geometry_;
  const DType dtype_;
  const ProductForm form_;
  const PackedOperand filter_;
  const int64_t scratch_bytes_;  // for a filter that is not constant
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> VolumeConvolution::Prepare(absl::Span<const TensorInfo> inputs,
                                                                           absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const Conv3DGeometry g, ComputeConv3DGeometry(attrs_, inputs[0].shape, inputs[1].shape));
  FLOE_RETURN_IF_ERROR(WantWindowsOf32Bits(g.windows, {g.in_channels, g.out_channels}));
  return std::make_unique<VolumeConvolutionPrepared>(
      g, outputs[0].dtype, form_, filter_, filter_.ScratchBytes(form_, FilterLayout(inputs[1].shape.ToShape())));
}

// ---- Launch

absl::Status VolumeConvolutionPrepared::Launch(const LaunchArgs& args) const {
  return OnFloatType(dtype_, [&]<typename T>() { return LaunchConvolution<T>(geometry_, form_, filter_, args); });
}

constexpr CudaOp kOps[] = {{"Conv3D", Supports, Create}};

}  // namespace

absl::Span<const CudaOp> VolumeConvolutionKernels() { return kOps; }

}  // namespace floe
