// FakeQuantWithMinMaxArgs, FakeQuantWithMinMaxVars and FakeQuantWithMinMaxVarsPerChannel.
#include <cmath>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

struct QuantArgs {
  const float* from;
  float* to;
  const float *min, *max;  // one a channel; null: the two below
  float only_min, only_max;
  int64_t elements, channels;
  float least, most;  // the whole numbers that a quantized value may be
  bool divides;       // by the width of a level; else it multiplies with how many there are in a unit
};

// What a range rounds to, moved so that zero is a level. Each step is rounded by itself: in the middle between two
// levels the last bit decides.
struct Quantizer {
  float scale, levels_in_unit, min, max, zero;
  bool all_zero, divides;

  __device__ Quantizer(const QuantArgs& args, float low, float high) : divides(args.divides) {
    all_zero = low == 0 && high == 0;
    scale = (high - low) / (args.most - args.least);
    levels_in_unit = (args.most - args.least) / (high - low);
    const float point = args.least - low / scale;
    const float nudged = point < args.least ? args.least : point > args.most ? args.most : roundf(point);
    min = Times(args.least - nudged, scale);
    max = Times(args.most - nudged, scale);
    zero = floorf(InLevels(-min) + 0.5f);
  }
  __device__ float InLevels(float value) const { return divides ? value / scale : Times(value, levels_in_unit); }
  __device__ float Of(float value) const {
    if (all_zero) return 0;
    const float below = max < value ? max : value, inside = below < min ? min : below;
    return Times(floorf(InLevels(inside - min) - zero + 0.5f), scale);
  }
};

__global__ void __launch_bounds__(kLoopThreads) FakeQuantKernel(QuantArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t channel = i - Quotient(i, args.channels) * args.channels;
    const Quantizer quantizer(args, args.min != nullptr ? args.min[channel] : args.only_min,
                              args.max != nullptr ? args.max[channel] : args.only_max);
    args.to[i] = quantizer.Of(args.from[i]);
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature&) { return absl::OkStatus(); }

// ---- Prepare

enum class Range { kAttributes, kOne, kPerChannel };

template <Range kRange>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  FLOE_ASSIGN_OR_RETURN(const int64_t bits, attrs.Int("num_bits", 8));
  FLOE_ASSIGN_OR_RETURN(const bool narrow, attrs.Bool("narrow_range", false));
  QuantArgs args{};
  args.elements = shape.num_elements();
  args.channels = kRange == Range::kPerChannel ? shape.dim(shape.rank() - 1) : 1;
  args.least = narrow ? 1.0f : 0.0f;
  args.most = static_cast<float>((1 << bits) - 1);
  args.divides = kRange == Range::kOne;
  FLOE_ASSIGN_OR_RETURN(args.only_min, attrs.Float("min", -6.0f));
  FLOE_ASSIGN_OR_RETURN(args.only_max, attrs.Float("max", 6.0f));
  return Launcher{"fake quantization", [args](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    QuantArgs bound = args;
                    bound.from = launch.input(0).data<float>();
                    bound.to = launch.output(0)->mutable_data<float>();
                    if (kRange != Range::kAttributes) {
                      bound.min = launch.input(1).data<float>();
                      bound.max = launch.input(2).data<float>();
                    }
                    return Launch(FakeQuantKernel, LoopGrid(bound.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                  bound);
                  }};
}

constexpr CudaOp kOps[] = {
    {"FakeQuantWithMinMaxArgs", Supports, CreateLauncher<Prepare<Range::kAttributes>>},
    {"FakeQuantWithMinMaxVars", Supports, CreateLauncher<Prepare<Range::kOne>>},
    {"FakeQuantWithMinMaxVarsPerChannel", Supports, CreateLauncher<Prepare<Range::kPerChannel>>},
};

}  // namespace

absl::Span<const CudaOp> FakeQuantKernels() { return kOps; }

}  // namespace floe
