// MaxPool, MaxPoolV2 and AvgPool on NHWC images.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/window_bounds.h"
#include "ops/window.h"

namespace floe {
namespace {

constexpr int kThreads = 128;
constexpr int kPackChannels = 4;
constexpr int64_t kMostBlocks = 1 << 20;

// ---- Kernel

template <typename T>
struct PoolArgs {
  const T* image;
  T* result;
  int64_t items;  // packs of channels in all
  int height, width, channels, out_height, out_width;
  int filter_height, filter_width, stride_y, stride_x, pad_top, pad_left;
};

// Integers are compared as what they are, and have no averages.
template <typename T>
using PoolValue = std::conditional_t<std::is_integral_v<T>, T, float>;
template <typename T>
__device__ __forceinline__ PoolValue<T> ValueOf(T x) {
  if constexpr (std::is_integral_v<T>) {
    return x;
  } else {
    return ToFloat(x);
  }
}
template <typename T>
__device__ __forceinline__ PoolValue<T> Least() {
  if constexpr (std::is_integral_v<T>) {
    return std::numeric_limits<T>::lowest();
  } else {
    return -INFINITY;
  }
}

// A thread computes `kCount` neighbouring channels of an output pixel. Padding is not part of any window.
template <typename T, int kCount, bool kMax>
__global__ void __launch_bounds__(kThreads) PoolKernel(PoolArgs<T> args) {
  const int packs = args.channels / kCount;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t item = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; item < args.items; item += stride) {
    const int64_t row = item / packs;
    const int channel = static_cast<int>(item - row * packs) * kCount;
    const int64_t line = row / args.out_width, image = line / args.out_height;
    const int x0 = static_cast<int>(row - line * args.out_width) * args.stride_x - args.pad_left;
    const int y0 = static_cast<int>(line - image * args.out_height) * args.stride_y - args.pad_top;
    const int first_y = max(y0, 0), last_y = min(y0 + args.filter_height, args.height);
    const int first_x = max(x0, 0), last_x = min(x0 + args.filter_width, args.width);
    const T* const from = args.image + image * args.height * args.width * args.channels + channel;
    PoolValue<T> value[kCount];
#pragma unroll
    for (int i = 0; i < kCount; ++i) value[i] = kMax ? Least<T>() : PoolValue<T>{};
    for (int y = first_y; y < last_y; ++y) {
      for (int x = first_x; x < last_x; ++x) {
        const auto pixel = *reinterpret_cast<const Pack<T, kCount>*>(from + (static_cast<int64_t>(y) * args.width + x) *
                                                                                args.channels);
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
          const PoolValue<T> element = ValueOf(pixel.values[i]);
          if constexpr (kMax) {
            if (value[i] < element) value[i] = element;
          } else {
            value[i] += element;
          }
        }
      }
    }
    Pack<T, kCount> out;
    [[maybe_unused]] const auto taps = static_cast<float>(max(last_y - first_y, 0) * max(last_x - first_x, 0));
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      if constexpr (std::is_integral_v<T>) {
        out.values[i] = value[i];
      } else {
        out.values[i] = FromFloat<T>(kMax ? value[i] : value[i] / taps);
      }
    }
    *reinterpret_cast<Pack<T, kCount>*>(args.result + row * args.channels + channel) = out;
  }
}

// ---- Launcher

template <typename T, bool kMax>
absl::Status LaunchPool(const Pool2DGeometry& g, const LaunchArgs& launch) {
  PoolArgs<T> args{};
  args.image = launch.input(0).data<T>();
  args.result = launch.output(0)->mutable_data<T>();
  args.height = static_cast<int>(g.height.input);
  args.width = static_cast<int>(g.width.input);
  args.channels = static_cast<int>(g.channels);
  args.out_height = static_cast<int>(g.height.output);
  args.out_width = static_cast<int>(g.width.output);
  args.filter_height = static_cast<int>(g.height.filter);
  args.filter_width = static_cast<int>(g.width.filter);
  args.stride_y = static_cast<int>(g.height.stride);
  args.stride_x = static_cast<int>(g.width.stride);
  args.pad_top = static_cast<int>(g.height.pad_before);
  args.pad_left = static_cast<int>(g.width.pad_before);
  constexpr int64_t kPackBytes = kPackChannels * sizeof(T);
  const bool packs =
      g.channels % kPackChannels == 0 && IsAligned(args.image, kPackBytes) && IsAligned(args.result, kPackBytes);
  args.items = g.batch * g.height.output * g.width.output * (g.channels / (packs ? kPackChannels : 1));
  if (args.items == 0) return absl::OkStatus();
  const dim3 grid(static_cast<unsigned>(std::min(CeilDiv(args.items, kThreads), kMostBlocks)));
  return packs ? Launch(PoolKernel<T, kPackChannels, kMax>, grid, dim3(kThreads), 0, StreamOf(launch), args)
               : Launch(PoolKernel<T, 1, kMax>, grid, dim3(kThreads), 0, StreamOf(launch), args);
}

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                             DType::kInt32, DType::kInt64, DType::kUint8};
constexpr int kFloats = 3;

template <bool kMax>
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, absl::MakeConstSpan(kDTypes, kMax ? std::size(kDTypes) : kFloats)));
  for (int i = 1; i < static_cast<int>(op.inputs.size()); ++i) FLOE_RETURN_IF_ERROR(WantConstant(op, i));
  return WantChannelsLast(op);
}

// ---- Create

class PoolOpKernel final : public Kernel {
 public:
  PoolOpKernel(bool max, const AttrMap& attrs) : max_(max), attrs_(attrs) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const bool max_;
  const AttrMap attrs_;
};

template <bool kMax>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  return std::make_unique<PoolOpKernel>(kMax, op.attrs);
}

// ---- Prepare

class PoolPrepared final : public PreparedKernel {
 public:
  PoolPrepared(bool max, const Pool2DGeometry& geometry, DType dtype) : max_(max), geometry_(geometry), dtype_(dtype) {}
  std::string description() const override { return max_ ? "max pool" : "average pool"; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const bool max_;
  const Pool2DGeometry geometry_;
  const DType dtype_;
};

absl::StatusOr<Pool2DGeometry> GeometryOf(const AttrMap& attrs, absl::Span<const TensorInfo> inputs) {
  if (inputs.size() < 3) return ComputePool2DGeometry(attrs, inputs[0].shape);
  FLOE_ASSIGN_OR_RETURN(const Dims ksize, ToInt64s(*inputs[1].value));
  FLOE_ASSIGN_OR_RETURN(const Dims strides, ToInt64s(*inputs[2].value));
  return ComputePool2DGeometry(attrs, inputs[0].shape, ksize, strides);
}

absl::StatusOr<std::unique_ptr<PreparedKernel>> PoolOpKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, GeometryOf(attrs_, inputs));
  FLOE_RETURN_IF_ERROR(WantWindowsOf32Bits({geometry.height, geometry.width}, {geometry.channels}));
  return std::make_unique<PoolPrepared>(max_, geometry, outputs[0].dtype);
}

// ---- Launch

absl::Status PoolPrepared::Launch(const LaunchArgs& args) const {
  if (max_) return OnNumberType(dtype_, [&]<typename T>() { return LaunchPool<T, true>(geometry_, args); });
  return OnFloatType(dtype_, [&]<typename T>() { return LaunchPool<T, false>(geometry_, args); });
}

constexpr CudaOp kOps[] = {
    {"AvgPool", Supports<false>, Create<false>},
    {"MaxPool", Supports<true>, Create<true>},
    {"MaxPoolV2", Supports<true>, Create<true>},
};

}  // namespace

absl::Span<const CudaOp> PoolKernels() { return kOps; }

}  // namespace floe
