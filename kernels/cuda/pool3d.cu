// MaxPool3D and AvgPool3D on channels-last volumes.
#include <cmath>

#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/pool3d.h"

namespace floe {
namespace {

constexpr int kPackChannels = 4;

// ---- Kernel

struct PoolAxis {
  int64_t input, output, filter, stride, pad_before;

  static PoolAxis Of(const Window1D& window) {
    return {window.input, window.output, window.filter, window.stride, window.pad_before};
  }
};

template <typename T>
struct PoolArgs {
  const T* volume;
  T* result;
  int64_t items;  // packs of channels in all
  int64_t channels;
  PoolAxis axes[kVolumeSpatial];  // depth, height, width
};

// A thread computes `kCount` neighbouring channels of one place. Padding is not part of any window.
template <typename T, int kCount, bool kMax>
__global__ void __launch_bounds__(kLoopThreads) Pool3DKernel(PoolArgs<T> args) {
  const int64_t packs = args.channels / kCount;
  for (int64_t item = LoopFirst(); item < args.items; item += LoopStride()) {
    const int64_t place = Quotient(item, packs), channel = (item - place * packs) * kCount;
    int64_t first[kVolumeSpatial], last[kVolumeSpatial], batch = place;
#pragma unroll
    for (int k = kVolumeSpatial - 1; k >= 0; --k) {
      const PoolAxis& axis = args.axes[k];
      const int64_t above = Quotient(batch, axis.output);
      const int64_t start = (batch - above * axis.output) * axis.stride - axis.pad_before;
      first[k] = start < 0 ? 0 : start;
      last[k] = start + axis.filter < axis.input ? start + axis.filter : axis.input;
      batch = above;
    }
    const T* const from = args.volume + channel;
    float value[kCount];
#pragma unroll
    for (int i = 0; i < kCount; ++i) value[i] = kMax ? -INFINITY : 0.0f;
    for (int64_t z = first[0]; z < last[0]; ++z) {
      for (int64_t y = first[1]; y < last[1]; ++y) {
        for (int64_t x = first[2]; x < last[2]; ++x) {
          const int64_t voxel = ((batch * args.axes[0].input + z) * args.axes[1].input + y) * args.axes[2].input + x;
          const auto pack = *reinterpret_cast<const Pack<T, kCount>*>(from + voxel * args.channels);
#pragma unroll
          for (int i = 0; i < kCount; ++i) {
            const float element = ToFloat(pack.values[i]);
            if constexpr (!kMax) {
              value[i] += element;
            } else if (value[i] < element || element != element) {  // NaN stays
              value[i] = element;
            }
          }
        }
      }
    }
    const auto taps = static_cast<float>((last[0] - first[0]) * (last[1] - first[1]) * (last[2] - first[2]));
    Pack<T, kCount> out;
#pragma unroll
    for (int i = 0; i < kCount; ++i) out.values[i] = FromFloat<T>(kMax ? value[i] : value[i] / taps);
    *reinterpret_cast<Pack<T, kCount>*>(args.result + place * args.channels + channel) = out;
  }
}

// ---- Launcher

template <typename T, bool kMax>
absl::Status LaunchPool(const Pool3DGeometry& g, const LaunchArgs& launch) {
  PoolArgs<T> args{};
  args.volume = launch.input(0).data<T>();
  args.result = launch.output(0)->mutable_data<T>();
  args.channels = g.channels;
  int64_t places = g.batch;
  for (int k = 0; k < kVolumeSpatial; ++k) {
    args.axes[k] = PoolAxis::Of(g.windows[static_cast<size_t>(k)]);
    places *= args.axes[k].output;
  }
  constexpr int64_t kPackBytes = kPackChannels * sizeof(T);
  const bool packs =
      g.channels % kPackChannels == 0 && IsAligned(args.volume, kPackBytes) && IsAligned(args.result, kPackBytes);
  args.items = places * (g.channels / (packs ? kPackChannels : 1));
  if (args.items == 0) return absl::OkStatus();
  return packs ? Launch(Pool3DKernel<T, kPackChannels, kMax>, LoopGrid(args.items), dim3(kLoopThreads), 0,
                        StreamOf(launch), args)
               : Launch(Pool3DKernel<T, 1, kMax>, LoopGrid(args.items), dim3(kLoopThreads), 0, StreamOf(launch), args);
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  return WantChannelsLast(op);
}

// ---- Prepare

template <bool kMax>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  FLOE_ASSIGN_OR_RETURN(const Pool3DGeometry geometry, ComputePool3DGeometry(attrs, inputs[0].shape));
  return Launcher{kMax ? "max pool" : "average pool",
                  [geometry, dtype = inputs[0].dtype](const LaunchArgs& args) -> absl::Status {
                    return OnFloatType(dtype, [&]<typename T>() { return LaunchPool<T, kMax>(geometry, args); });
                  }};
}

constexpr CudaOp kOps[] = {
    {"AvgPool3D", Supports, CreateLauncher<Prepare<false>>},
    {"MaxPool3D", Supports, CreateLauncher<Prepare<true>>},
};

}  // namespace

absl::Span<const CudaOp> Pool3DKernels() { return kOps; }

}  // namespace floe
