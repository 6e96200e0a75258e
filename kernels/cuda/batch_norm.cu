// FusedBatchNorm and its versions, with the statistics given or the batch's own.
#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/warp.h"

namespace floe {
namespace {

constexpr int kMomentThreads = 256;
constexpr int kMomentWarps = kMomentThreads / kWarpThreads;

// ---- Kernels

// x as [outer, channels, inner].
struct BatchNormArgs {
  const void* x;
  void* y;
  const float *scale, *offset, *mean, *variance;
  int64_t elements, channels, inner;
  float epsilon;
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) NormalizeKernel(BatchNormArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t row = Quotient(i, args.inner), channel = row - Quotient(row, args.channels) * args.channels;
    const float factor = args.scale[channel] / sqrtf(args.variance[channel] + args.epsilon);
    const float x = ToFloat(static_cast<const T*>(args.x)[i]);
    static_cast<T*>(args.y)[i] = FromFloat<T>((x - args.mean[channel]) * factor + args.offset[channel]);
  }
}

// Results 1 to 4: the running statistics after this batch, and the statistics that are used.
struct MomentArgs {
  const void* x;
  const float *before_mean, *before_variance;  // null unless they are blended in
  float *running_mean, *running_variance, *used_mean, *used_variance;
  int64_t channels, inner, count;  // count: elements of a channel
  float factor;                    // the new part of the running statistics
};

struct MomentShared {
  float sums[kMomentWarps];
};

// Every thread of the block calls, and gets the sum over all.
__device__ inline float BlockSum(float value, MomentShared& shared) {
  value = WarpSum(value);
  const int warp = static_cast<int>(threadIdx.x) / kWarpThreads;
  if (threadIdx.x % kWarpThreads == 0) shared.sums[warp] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kMomentWarps; ++i) sum += shared.sums[i];
  __syncthreads();
  return sum;
}

// A block a channel.
template <typename T>
__global__ void __launch_bounds__(kMomentThreads) MomentKernel(MomentArgs args) {
  auto& shared = SharedMemory<MomentShared>();
  for (int64_t channel = blockIdx.x; channel < args.channels; channel += gridDim.x) {
    const auto at = [&](int64_t i) {
      const int64_t outer = Quotient(i, args.inner), place = i - outer * args.inner;
      return ToFloat(static_cast<const T*>(args.x)[(outer * args.channels + channel) * args.inner + place]);
    };
    const auto count = static_cast<float>(args.count);
    float sum = 0;
    for (int64_t i = threadIdx.x; i < args.count; i += kMomentThreads) sum += at(i);
    const float mean = BlockSum(sum, shared) / count;
    float squares = 0;
    for (int64_t i = threadIdx.x; i < args.count; i += kMomentThreads) squares += (at(i) - mean) * (at(i) - mean);
    const float variance = BlockSum(squares, shared) / count;
    if (threadIdx.x != 0) continue;
    args.used_mean[channel] = mean;
    args.used_variance[channel] = variance;
    const float unbiased = args.count > 1 ? variance * (count / static_cast<float>(args.count - 1)) : variance;
    const bool blends = args.before_mean != nullptr;
    args.running_mean[channel] = blends ? (1 - args.factor) * args.before_mean[channel] + args.factor * mean : mean;
    args.running_variance[channel] =
        blends ? (1 - args.factor) * args.before_variance[channel] + args.factor * unbiased : unbiased;
  }
}

// Where the statistics are given they are results 1 to 4 as they are.
__global__ void __launch_bounds__(kLoopThreads) KeepKernel(MomentArgs args) {
  for (int64_t channel = LoopFirst(); channel < args.channels; channel += LoopStride()) {
    args.running_mean[channel] = args.used_mean[channel] = args.before_mean[channel];
    args.running_variance[channel] = args.used_variance[channel] = args.before_variance[channel];
  }
}

__global__ void ZeroKernel(float* to) { *to = 0; }

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  if (!op.inputs[0].shape.has_rank()) return absl::UnimplementedError(absl::StrCat(op.op.name, " of unknown rank"));
  return WantInputDType(op, 0, kDTypes);
}

// ---- Prepare

struct BatchNormPlan {
  BatchNormArgs normalize{};
  MomentArgs moments{};
  bool training = true, blends = false;
  DType dtype = DType::kFloat;
};

absl::Status LaunchBatchNorm(const BatchNormPlan& plan, const LaunchArgs& launch) {
  CudaStream& stream = StreamOf(launch);
  if (launch.num_outputs() > 5) {
    FLOE_RETURN_IF_ERROR(Launch(ZeroKernel, dim3(1), dim3(1), 0, stream, launch.output(5)->mutable_data<float>()));
  }
  MomentArgs moments = plan.moments;
  if (moments.channels == 0) return absl::OkStatus();
  moments.x = launch.input(0).raw_data();
  if (plan.blends || !plan.training) {
    moments.before_mean = launch.input(3).data<float>();
    moments.before_variance = launch.input(4).data<float>();
  }
  moments.running_mean = launch.output(1)->mutable_data<float>();
  moments.running_variance = launch.output(2)->mutable_data<float>();
  moments.used_mean = launch.output(3)->mutable_data<float>();
  moments.used_variance = launch.output(4)->mutable_data<float>();
  if (plan.training) {
    const dim3 grid(static_cast<unsigned>(std::min<int64_t>(moments.channels, 1 << 20)));
    FLOE_RETURN_IF_ERROR(OnFloatType(plan.dtype, [&]<typename T>() {
      return Launch(MomentKernel<T>, grid, dim3(kMomentThreads), sizeof(MomentShared), stream, moments);
    }));
  } else {
    FLOE_RETURN_IF_ERROR(Launch(KeepKernel, LoopGrid(moments.channels), dim3(kLoopThreads), 0, stream, moments));
  }
  BatchNormArgs args = plan.normalize;
  if (args.elements == 0) return absl::OkStatus();
  args.x = launch.input(0).raw_data();
  args.y = launch.output(0)->raw_mutable_data();
  args.scale = launch.input(1).data<float>();
  args.offset = launch.input(2).data<float>();
  args.mean = moments.used_mean;
  args.variance = moments.used_variance;
  return OnFloatType(plan.dtype, [&]<typename T>() {
    return Launch(NormalizeKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, stream, args);
  });
}

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  BatchNormPlan plan;
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", "NHWC"));
  FLOE_ASSIGN_OR_RETURN(plan.training, attrs.Bool("is_training", true));
  FLOE_ASSIGN_OR_RETURN(plan.normalize.epsilon, attrs.Float("epsilon", 1e-4f));
  FLOE_ASSIGN_OR_RETURN(plan.moments.factor, attrs.Float("exponential_avg_factor", 1.0f));
  const Shape shape = inputs[0].shape.ToShape();
  const int axis = absl::StartsWith(format, "NC") ? 1 : shape.rank() - 1;
  int64_t inner = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape.dim(i);
  const int64_t elements = shape.num_elements(), channels = shape.dim(axis);
  plan.normalize.elements = elements;
  plan.normalize.channels = plan.moments.channels = channels;
  plan.normalize.inner = plan.moments.inner = inner;
  plan.moments.count = channels == 0 ? 0 : elements / channels;
  plan.blends = plan.training && plan.moments.factor != 1.0f && inputs[3].shape.ToShape().num_elements() == channels;
  plan.dtype = inputs[0].dtype;
  return Launcher{plan.training ? "batch norm, its own statistics" : "batch norm",
                  [plan](const LaunchArgs& launch) { return LaunchBatchNorm(plan, launch); }};
}

constexpr CudaOp kOps[] = {
    {"FusedBatchNorm", Supports, CreateLauncher<Prepare>},
    {"FusedBatchNormV2", Supports, CreateLauncher<Prepare>},
    {"FusedBatchNormV3", Supports, CreateLauncher<Prepare>},
};

}  // namespace

absl::Span<const CudaOp> BatchNormKernels() { return kOps; }

}  // namespace floe
