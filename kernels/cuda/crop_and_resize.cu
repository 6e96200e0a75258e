// CropAndResize. A box of an image that is not there gives the value that places outside an image have: a launch cannot
// fail for what its data are.
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/image.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

struct CropArgs {
  const void* images;
  const float* boxes;      // [boxes, 4]: y, x, y, x
  const int32_t* indices;  // [boxes]: which image
  float* to;
  int64_t elements, batch, in_height, in_width, height, width, channels;
  float outside;
  bool nearest;
};

// Place `i` of `count` along a dimension of `size`: the box's ends, and evenly between; its middle where there is one
// place only.
__device__ inline float PlaceOf(float from, float to, int64_t i, int64_t count, int64_t size) {
  const auto last = static_cast<float>(size - 1);
  if (count <= 1) return Times(Times(0.5f, from + to), last);
  const float step = Times(to - from, last) / static_cast<float>(count - 1);
  return Times(from, last) + Times(static_cast<float>(i), step);
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) CropKernel(CropArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const PixelPlace at = PixelPlace::Of(i, args.height, args.width, args.channels);
    const float* const box = args.boxes + at.batch * 4;
    const int64_t image_index = args.indices[at.batch];
    const float y = PlaceOf(box[0], box[2], at.y, args.height, args.in_height),
                x = PlaceOf(box[1], box[3], at.x, args.width, args.in_width);
    // Written so that a NaN is outside.
    const bool inside = image_index >= 0 && image_index < args.batch && y >= 0 &&
                        y <= static_cast<float>(args.in_height - 1) && x >= 0 &&
                        x <= static_cast<float>(args.in_width - 1);
    if (!inside) {
      args.to[i] = args.outside;
      continue;
    }
    const T* const image =
        static_cast<const T*>(args.images) + image_index * args.in_height * args.in_width * args.channels + at.channel;
    const auto pixel = [&](float row, float column) {
      return ToFloat(image[(static_cast<int64_t>(row) * args.in_width + static_cast<int64_t>(column)) * args.channels]);
    };
    if (args.nearest) {
      args.to[i] = pixel(roundf(y), roundf(x));
      continue;
    }
    const float top = floorf(y), left = floorf(x), dy = y - top, dx = x - left;
    const float a = pixel(top, left), b = pixel(top, ceilf(x)), c = pixel(ceilf(y), left),
                d = pixel(ceilf(y), ceilf(x));
    const float above = a + (b - a) * dx, below = c + (d - c) * dx;
    args.to[i] = above + (below - above) * dy;
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                      DType::kInt32, DType::kInt64, DType::kUint8};
  return WantInputDType(op, 0, kDTypes);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape images = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  if (images.dim(1) == 0 || images.dim(2) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted images of non-zero size, got shape ", images.ToString()));
  }
  CropArgs args{};
  FLOE_ASSIGN_OR_RETURN(args.outside, attrs.Float("extrapolation_value", 0.0f));
  FLOE_ASSIGN_OR_RETURN(const std::string method, attrs.String("method", "bilinear"));
  args.nearest = method == "nearest";
  args.elements = result.num_elements();
  args.batch = images.dim(0);
  args.in_height = images.dim(1);
  args.in_width = images.dim(2);
  args.height = result.dim(1);
  args.width = result.dim(2);
  args.channels = result.dim(3);
  return Launcher{"crop and resize", [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    CropArgs bound = args;
                    bound.images = launch.input(0).raw_data();
                    bound.boxes = launch.input(1).data<float>();
                    bound.indices = launch.input(2).data<int32_t>();
                    bound.to = launch.output(0)->mutable_data<float>();
                    return OnNumberType(dtype, [&]<typename T>() {
                      return Launch(CropKernel<T>, LoopGrid(bound.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                    bound);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"CropAndResize", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> CropAndResizeKernels() { return kOps; }

}  // namespace floe
