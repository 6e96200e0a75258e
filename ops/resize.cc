#include "ops/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

// How output places map to input places along one dimension.
struct Scaling {
  float scale;
  bool half_pixel;

  static Scaling Of(int64_t input, int64_t output, bool align_corners, bool half_pixel) {
    const bool aligned = align_corners && output > 1;
    const float scale = aligned ? static_cast<float>(input - 1) / static_cast<float>(output - 1)
                                : static_cast<float>(input) / static_cast<float>(output);
    return {scale, half_pixel};
  }
  float Place(int64_t o) const {
    const float x = static_cast<float>(o);
    return half_pixel ? (x + 0.5f) * scale - 0.5f : x * scale;
  }
};

struct ResizeAttrs {
  bool align_corners, half_pixel;

  static absl::StatusOr<ResizeAttrs> Of(const AttrMap& attrs) {
    ResizeAttrs resize;
    FLOE_ASSIGN_OR_RETURN(resize.align_corners, attrs.Bool("align_corners", false));
    FLOE_ASSIGN_OR_RETURN(resize.half_pixel, attrs.Bool("half_pixel_centers", false));
    if (resize.align_corners && resize.half_pixel) {
      return absl::InvalidArgumentError("half_pixel_centers and align_corners exclude each other");
    }
    return resize;
  }
};

absl::Status WantPositive(absl::Span<const int64_t> size) {
  for (const int64_t dim : size) {
    if (dim <= 0) return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a positive size, got ", dim));
  }
  return absl::OkStatus();
}

// Bilinear and bicubic give float32 from any dtype; nearest keeps it.
template <bool kKeepsDType>
absl::Status InferResize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(ResizeAttrs::Of(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  if (length >= 0 && length != 2)
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted 2 sizes, got ", length));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> size, context.KnownInts(1));
  PartialShape shape = PartialShape::UnknownDims(4);
  shape.set_dim(0, DimOrUnknown(context.shape(0), 0));
  shape.set_dim(3, DimOrUnknown(context.shape(0), 3));
  if (size.has_value()) {
    FLOE_RETURN_IF_ERROR(WantPositive(*size));
    shape.set_dim(1, (*size)[0]);
    shape.set_dim(2, (*size)[1]);
  }
  context.AddOutput(kKeepsDType ? context.dtype(0) : DType::kFloat, std::move(shape));
  return absl::OkStatus();
}

struct Images {
  int64_t batch, in_height, in_width, out_height, out_width, channels;
  Scaling vertical, horizontal;
};

absl::StatusOr<Images> ImagesOf(const EvalContext& context) {
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const ResizeAttrs attrs, ResizeAttrs::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims size, ToInt64s(context.input(1)));
  FLOE_RETURN_IF_ERROR(WantPositive(size));
  const Shape& shape = images.shape();
  if (shape.dim(1) == 0 || shape.dim(2) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted images of non-zero size, got shape ", shape.ToString()));
  }
  return Images{shape.dim(0),
                shape.dim(1),
                shape.dim(2),
                size[0],
                size[1],
                shape.dim(3),
                Scaling::Of(shape.dim(1), size[0], attrs.align_corners, attrs.half_pixel),
                Scaling::Of(shape.dim(2), size[1], attrs.align_corners, attrs.half_pixel)};
}

// One output place between two input places.
struct Between {
  int64_t lower, upper;
  float fraction;

  static Between Of(const Scaling& scaling, int64_t o, int64_t input) {
    const float place = scaling.Place(o), below = std::floor(place);
    return {std::clamp<int64_t>(static_cast<int64_t>(below), 0, input - 1),
            std::clamp<int64_t>(static_cast<int64_t>(std::ceil(place)), 0, input - 1), place - below};
  }
};

absl::Status EvalBilinear(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Images g, ImagesOf(context));
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({g.batch, g.out_height, g.out_width, g.channels})));
  if (output->num_elements() == 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const auto columns, Scratch<Between>(g.out_width));
  for (int64_t x = 0; x < g.out_width; ++x) columns[x] = Between::Of(g.horizontal, x, g.in_width);
  return OnDType(RealTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    const int64_t row = g.in_width * g.channels;
    float* to = output->mutable_data<float>();
    for (int64_t n = 0; n < g.batch; ++n) {
      const T* const image = images.data<T>() + n * g.in_height * row;
      for (int64_t y = 0; y < g.out_height; ++y) {
        const Between v = Between::Of(g.vertical, y, g.in_height);
        const T *const top = image + v.lower * row, *const bottom = image + v.upper * row;
        for (int64_t x = 0; x < g.out_width; ++x) {
          const int64_t left = columns[x].lower * g.channels, right = columns[x].upper * g.channels;
          const float fraction = columns[x].fraction;
          for (int64_t c = 0; c < g.channels; ++c, ++to) {
            const auto a = static_cast<float>(top[left + c]), b = static_cast<float>(top[right + c]);
            const auto d = static_cast<float>(bottom[left + c]), e = static_cast<float>(bottom[right + c]);
            const float above = a + (b - a) * fraction, below = d + (e - d) * fraction;
            *to = above + (below - above) * v.fraction;
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

int64_t NearestPlace(const Scaling& scaling, int64_t o, int64_t input, bool align_corners) {
  const float place =
      scaling.half_pixel ? (static_cast<float>(o) + 0.5f) * scaling.scale : static_cast<float>(o) * scaling.scale;
  const float nearest = align_corners ? std::round(place) : std::floor(place);
  return std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, input - 1);
}

absl::Status EvalNearest(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Images g, ImagesOf(context));
  FLOE_ASSIGN_OR_RETURN(const ResizeAttrs attrs, ResizeAttrs::Of(context.attrs()));
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({g.batch, g.out_height, g.out_width, g.channels})));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnElementSize(images.dtype(), [&]<typename T>() -> absl::Status {
    T* to = output->mutable_data<T>();
    for (int64_t n = 0; n < g.batch; ++n) {
      for (int64_t y = 0; y < g.out_height; ++y) {
        const int64_t row = n * g.in_height + NearestPlace(g.vertical, y, g.in_height, attrs.align_corners);
        for (int64_t x = 0; x < g.out_width; ++x, to += g.channels) {
          const int64_t column = NearestPlace(g.horizontal, x, g.in_width, attrs.align_corners);
          std::copy_n(images.data<T>() + (row * g.in_width + column) * g.channels, g.channels, to);
        }
      }
    }
    return absl::OkStatus();
  });
}

// Four input places around one output place, with their weights.
struct CubicWeights {
  std::array<int64_t, 4> place;
  std::array<float, 4> weight;
};

// Keys' cubic kernel at distance x in [0, 1] and in [1, 2]. TensorFlow samples it at 1024 steps, so we do.
constexpr int kCubicSteps = 1024;
float CubicNear(int step, double a) {
  const float x = static_cast<float>(step) / kCubicSteps;
  return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
}
float CubicFar(int step, double a) {
  const float x = static_cast<float>(step) / kCubicSteps + 1.0f;
  return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

CubicWeights CubicOf(const Scaling& scaling, int64_t o, int64_t input) {
  // With half-pixel centres the kernel is Keys' own (a = -0.5), and places outside the image have no weight; without
  // them a is -0.75 and the border repeats.
  const double a = scaling.half_pixel ? -0.5 : -0.75;
  const float place = scaling.Place(o);
  const auto below = static_cast<int64_t>(std::floor(place));
  const int step = static_cast<int>(std::lrint((place - static_cast<float>(below)) * kCubicSteps));
  CubicWeights cubic;
  cubic.weight = {CubicFar(step, a), CubicNear(step, a), CubicNear(kCubicSteps - step, a),
                  CubicFar(kCubicSteps - step, a)};
  float sum = 0;
  for (int k = 0; k < 4; ++k) {
    const int64_t at = below - 1 + k;
    cubic.place[k] = std::clamp<int64_t>(at, 0, input - 1);
    if (scaling.half_pixel && cubic.place[k] != at) cubic.weight[k] = 0;
    sum += cubic.weight[k];
  }
  if (scaling.half_pixel && std::abs(sum) >= 1000 * std::numeric_limits<float>::min()) {
    for (float& weight : cubic.weight) weight /= sum;
  }
  return cubic;
}

absl::Status EvalBicubic(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Images g, ImagesOf(context));
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({g.batch, g.out_height, g.out_width, g.channels})));
  if (output->num_elements() == 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const auto columns, Scratch<CubicWeights>(g.out_width));
  for (int64_t x = 0; x < g.out_width; ++x) columns[x] = CubicOf(g.horizontal, x, g.in_width);
  return OnDType(RealTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    float* to = output->mutable_data<float>();
    for (int64_t n = 0; n < g.batch; ++n) {
      const T* const image = images.data<T>() + n * g.in_height * g.in_width * g.channels;
      for (int64_t y = 0; y < g.out_height; ++y) {
        const CubicWeights v = CubicOf(g.vertical, y, g.in_height);
        for (int64_t x = 0; x < g.out_width; ++x) {
          const CubicWeights& h = columns[x];
          for (int64_t c = 0; c < g.channels; ++c, ++to) {
            float sum = 0;
            for (int j = 0; j < 4; ++j) {
              float across = 0;
              const T* const column = image + h.place[j] * g.channels + c;
              for (int i = 0; i < 4; ++i)
                across += static_cast<float>(column[v.place[i] * g.in_width * g.channels]) * v.weight[i];
              sum += across * h.weight[j];
            }
            *to = sum;
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

// How much of each input place, from `first` on, an output place covers.
struct Cover {
  int64_t first = 0;
  std::vector<float> weights;

  static Cover Of(const Scaling& scaling, int64_t o) {
    const float begin = static_cast<float>(o) * scaling.scale, end = static_cast<float>(o + 1) * scaling.scale;
    Cover cover;
    cover.first = static_cast<int64_t>(std::floor(begin));
    for (int64_t i = cover.first; static_cast<float>(i) < end; ++i) {
      const auto left = static_cast<float>(i), right = static_cast<float>(i + 1);
      const bool begins = left<begin, ends = right> end;
      cover.weights.push_back(begins && ends ? scaling.scale : begins ? right - begin : ends ? end - left : 1.0f);
    }
    return cover;
  }
};

// The mean of the rectangle that each output place stands for; past the border the last row and column repeat.
absl::Status EvalArea(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Images g, ImagesOf(context));
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({g.batch, g.out_height, g.out_width, g.channels})));
  if (output->num_elements() == 0) return absl::OkStatus();
  const float scale = 1.0f / (g.vertical.scale * g.horizontal.scale);
  FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<float>(g.channels));
  return OnDType(RealTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    float* to = output->mutable_data<float>();
    for (int64_t n = 0; n < g.batch; ++n) {
      const T* const image = images.data<T>() + n * g.in_height * g.in_width * g.channels;
      for (int64_t y = 0; y < g.out_height; ++y) {
        const Cover rows = Cover::Of(g.vertical, y);
        for (int64_t x = 0; x < g.out_width; ++x, to += g.channels) {
          const Cover columns = Cover::Of(g.horizontal, x);
          std::fill_n(sums.get(), g.channels, 0.0f);
          for (size_t i = 0; i < rows.weights.size(); ++i) {
            const int64_t row = std::min(rows.first + static_cast<int64_t>(i), g.in_height - 1);
            for (size_t j = 0; j < columns.weights.size(); ++j) {
              const int64_t column = std::min(columns.first + static_cast<int64_t>(j), g.in_width - 1);
              const T* const pixel = image + (row * g.in_width + column) * g.channels;
              const float weight = rows.weights[i] * columns.weights[j] * scale;
              for (int64_t c = 0; c < g.channels; ++c) sums[c] += static_cast<float>(pixel[c]) * weight;
            }
          }
          std::copy_n(sums.get(), g.channels, to);
        }
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"ResizeArea", InferResize<false>, EvalArea},
    {"ResizeBilinear", InferResize<false>, EvalBilinear},
    {"ResizeNearestNeighbor", InferResize<true>, EvalNearest},
    {"ResizeBicubic", InferResize<false>, EvalBicubic},
};

}  // namespace

absl::Span<const OpInfo> ResizeOps() { return kOps; }

}  // namespace floe
