// ResizeBilinear, ResizeBicubic, ResizeNearestNeighbor.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/image.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernels

// How the result's places map to the image's along one dimension.
struct Scaling {
  float scale;
  bool half_pixel;

  __device__ float Place(int64_t o) const {
    const auto x = static_cast<float>(o);
    return half_pixel ? Times(x + 0.5f, scale) - 0.5f : Times(x, scale);
  }
  // Along which the nearest is looked for.
  __device__ float NearestPlace(int64_t o) const {
    const auto x = static_cast<float>(o);
    return Times(half_pixel ? x + 0.5f : x, scale);
  }
};

struct ResizeArgs {
  const void* from;
  void* to;
  int64_t elements, in_height, in_width, height, width, channels;
  Scaling vertical, horizontal;
  bool align_corners;
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) NearestKernel(ResizeArgs args) {
  const auto nearest = [&](const Scaling& scaling, int64_t o, int64_t size) {
    const float place = scaling.NearestPlace(o);
    return ClampedTo(static_cast<int64_t>(args.align_corners ? roundf(place) : floorf(place)), size);
  };
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const PixelPlace at = PixelPlace::Of(i, args.height, args.width, args.channels);
    const int64_t y = nearest(args.vertical, at.y, args.in_height), x = nearest(args.horizontal, at.x, args.in_width);
    const int64_t from = ((at.batch * args.in_height + y) * args.in_width + x) * args.channels + at.channel;
    static_cast<T*>(args.to)[i] = static_cast<const T*>(args.from)[from];
  }
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) BilinearKernel(ResizeArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const PixelPlace at = PixelPlace::Of(i, args.height, args.width, args.channels);
    const float y = args.vertical.Place(at.y), x = args.horizontal.Place(at.x);
    const float dy = y - floorf(y), dx = x - floorf(x);
    const int64_t top = ClampedTo(static_cast<int64_t>(floorf(y)), args.in_height),
                  bottom = ClampedTo(static_cast<int64_t>(ceilf(y)), args.in_height),
                  left = ClampedTo(static_cast<int64_t>(floorf(x)), args.in_width),
                  right = ClampedTo(static_cast<int64_t>(ceilf(x)), args.in_width);
    const T* const image =
        static_cast<const T*>(args.from) + at.batch * args.in_height * args.in_width * args.channels + at.channel;
    const auto pixel = [&](int64_t row, int64_t column) {
      return ToFloat(image[(row * args.in_width + column) * args.channels]);
    };
    const float a = pixel(top, left), b = pixel(top, right), c = pixel(bottom, left), d = pixel(bottom, right);
    const float above = a + (b - a) * dx, below = c + (d - c) * dx;
    static_cast<float*>(args.to)[i] = above + (below - above) * dy;
  }
}

// Keys' cubic kernel, sampled at 1024 steps as TensorFlow's is.
constexpr int kCubicSteps = 1024;

struct Cubic {
  int64_t place[4];
  float weight[4];
};

__device__ inline Cubic CubicOf(const Scaling& scaling, int64_t o, int64_t size) {
  const auto near = [](float x, float a) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](float x, float a) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  // With half-pixel centres places outside the image have no weight; without them the border repeats.
  const float a = scaling.half_pixel ? -0.5f : -0.75f;
  const float place = scaling.Place(o), below = floorf(place);
  const float step = rintf((place - below) * kCubicSteps) / kCubicSteps;
  Cubic cubic{{}, {far(step + 1, a), near(step, a), near(1 - step, a), far(2 - step, a)}};
  float sum = 0;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const int64_t at = static_cast<int64_t>(below) - 1 + k;
    cubic.place[k] = ClampedTo(at, size);
    if (scaling.half_pixel && cubic.place[k] != at) cubic.weight[k] = 0;
    sum += cubic.weight[k];
  }
  constexpr float kLeastSum = 1000 * 1.17549435e-38f;
  if (scaling.half_pixel && fabsf(sum) >= kLeastSum) {
#pragma unroll
    for (int k = 0; k < 4; ++k) cubic.weight[k] /= sum;
  }
  return cubic;
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) BicubicKernel(ResizeArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const PixelPlace at = PixelPlace::Of(i, args.height, args.width, args.channels);
    const Cubic v = CubicOf(args.vertical, at.y, args.in_height), h = CubicOf(args.horizontal, at.x, args.in_width);
    const T* const image =
        static_cast<const T*>(args.from) + at.batch * args.in_height * args.in_width * args.channels + at.channel;
    float sum = 0;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      float across = 0;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        across += ToFloat(image[(v.place[k] * args.in_width + h.place[j]) * args.channels]) * v.weight[k];
      }
      sum += across * h.weight[j];
    }
    static_cast<float*>(args.to)[i] = sum;
  }
}

// ---- Supports

template <bool kNearest>
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                      DType::kInt32, DType::kInt64, DType::kUint8};
  if (!kNearest) return WantInputDType(op, 0, kDTypes);
  if (MovesBytes(op.inputs[0].dtype)) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
}

// ---- Prepare

absl::StatusOr<ResizeArgs> ArgsOf(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                  absl::Span<const TensorInfo> outputs) {
  const Shape from = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  if (from.dim(1) == 0 || from.dim(2) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted images of non-zero size, got shape ", from.ToString()));
  }
  ResizeArgs args{};
  FLOE_ASSIGN_OR_RETURN(args.align_corners, attrs.Bool("align_corners", false));
  FLOE_ASSIGN_OR_RETURN(const bool half_pixel, attrs.Bool("half_pixel_centers", false));
  const auto scaling = [&](int64_t in, int64_t out) -> Scaling {
    const bool aligned = args.align_corners && out > 1;
    return {aligned ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                    : static_cast<float>(in) / static_cast<float>(out),
            half_pixel};
  };
  args.elements = result.num_elements();
  args.in_height = from.dim(1);
  args.in_width = from.dim(2);
  args.height = result.dim(1);
  args.width = result.dim(2);
  args.channels = result.dim(3);
  args.vertical = scaling(args.in_height, args.height);
  args.horizontal = scaling(args.in_width, args.width);
  return args;
}

ResizeArgs Bound(ResizeArgs args, const LaunchArgs& launch) {
  args.from = launch.input(0).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  return args;
}

absl::StatusOr<Launcher> PrepareNearest(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                        absl::Span<const TensorInfo> outputs) {
  FLOE_ASSIGN_OR_RETURN(const ResizeArgs args, ArgsOf(attrs, inputs, outputs));
  return Launcher{"resize nearest", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    return OnBytes(bytes, [&]<typename T>() {
                      return Launch(NearestKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                    Bound(args, launch));
                    });
                  }};
}

template <bool kCubic>
absl::StatusOr<Launcher> PrepareSmooth(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                       absl::Span<const TensorInfo> outputs) {
  FLOE_ASSIGN_OR_RETURN(const ResizeArgs args, ArgsOf(attrs, inputs, outputs));
  return Launcher{kCubic ? "resize bicubic" : "resize bilinear",
                  [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    return OnNumberType(dtype, [&]<typename T>() {
                      return Launch(kCubic ? BicubicKernel<T> : BilinearKernel<T>, LoopGrid(args.elements),
                                    dim3(kLoopThreads), 0, StreamOf(launch), Bound(args, launch));
                    });
                  }};
}

constexpr CudaOp kOps[] = {
    {"ResizeBicubic", Supports<false>, CreateLauncher<PrepareSmooth<true>>},
    {"ResizeBilinear", Supports<false>, CreateLauncher<PrepareSmooth<false>>},
    {"ResizeNearestNeighbor", Supports<true>, CreateLauncher<PrepareNearest>},
};

}  // namespace

absl::Span<const CudaOp> ResizeKernels() { return kOps; }

}  // namespace floe
