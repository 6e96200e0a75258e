// LRN: each channel is divided by a power of the squares of its neighbours.
#include <algorithm>
#include <cmath>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

struct LrnArgs {
  int64_t elements, channels, radius;
  float bias, alpha, beta;
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) LrnKernel(const T* from, T* to, LrnArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t first = i - i % args.channels, channel = i - first;
    const int64_t begin = channel < args.radius ? 0 : channel - args.radius;
    const int64_t end = args.channels - channel <= args.radius ? args.channels : channel + args.radius + 1;
    float sum = 0;
    for (int64_t k = begin; k < end; ++k) sum += ToFloat(from[first + k]) * ToFloat(from[first + k]);
    to[i] = FromFloat<T>(ToFloat(from[i]) * powf(args.bias + args.alpha * sum, -args.beta));
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  return WantInputDType(op, 0, kDTypes);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  LrnArgs args{};
  args.elements = shape.num_elements();
  args.channels = shape.dim(3);
  FLOE_ASSIGN_OR_RETURN(args.radius, attrs.Int("depth_radius", 5));
  FLOE_ASSIGN_OR_RETURN(args.bias, attrs.Float("bias", 1.0f));
  FLOE_ASSIGN_OR_RETURN(args.alpha, attrs.Float("alpha", 1.0f));
  FLOE_ASSIGN_OR_RETURN(args.beta, attrs.Float("beta", 0.5f));
  return Launcher{"lrn", [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    return OnFloatType(dtype, [&]<typename T>() {
                      return Launch(LrnKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                    launch.input(0).data<T>(), launch.output(0)->mutable_data<T>(), args);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"LRN", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> LrnKernels() { return kOps; }

}  // namespace floe
