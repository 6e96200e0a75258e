#include "ops/glimpse.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/random_fill.h"
#include "ops/random_stream.h"

namespace floe {
namespace {

enum class Noise : uint8_t { kZero, kUniform, kGaussian };

// The newer attribute says which, the older only whether it is uniform.
absl::StatusOr<Noise> NoiseOf(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const bool uniform, attrs.Bool("uniform_noise", true));
  FLOE_ASSIGN_OR_RETURN(const std::string noise, attrs.String("noise", "uniform"));
  if (noise == "uniform" || (noise.empty() && uniform)) return Noise::kUniform;
  if (uniform && !noise.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attributes 'uniform_noise' and 'noise' do not go together: true and '", noise, "'"));
  }
  if (noise == "gaussian" || noise.empty()) return Noise::kGaussian;
  if (noise == "zero") return Noise::kZero;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'noise': wanted uniform, gaussian or zero, got '", noise, "'"));
}

absl::Status Infer(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kFloat));
  FLOE_RETURN_IF_ERROR(NoiseOf(context.attrs()).status());
  for (const char* flag : {"centered", "normalized"}) {
    FLOE_RETURN_IF_ERROR(context.attrs().Bool(flag, true).status());
  }
  const int64_t batch = DimOrUnknown(context.shape(0), 0);
  if (!MergeShapes(context.shape(1), PartialShape({2})).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted height and width, got shape ", context.shape(1).ToString()));
  }
  if (!MergeShapes(context.shape(2), PartialShape({batch, 2})).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted two offsets for each image of ",
                                                   context.shape(0).ToString(), ", got shape ",
                                                   context.shape(2).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const PartialShape sides, KnownSizes(context, 1));
  context.AddOutput(DType::kFloat, PartialShape({batch, DimOrUnknown(sides, 0), DimOrUnknown(sides, 1),
                                                 DimOrUnknown(context.shape(0), 3)}));
  return absl::OkStatus();
}

// How offsets are meant: from the middle of the image, in parts of its size.
struct Reading {
  bool centered, normalized;
  bool second_version;
};

// Where along a side the window begins, which may be outside of the image. The first version takes every offset for
// the window's middle; the second does so only where it is both normalized and centered.
int64_t BeginOf(const Reading& reading, float offset, int64_t image, int64_t window) {
  const auto size = static_cast<float>(image), half_window = static_cast<float>(window) / 2.0f;
  if (reading.normalized) offset *= size;
  if (!reading.second_version) {
    if (reading.centered) offset = offset / 2.0f + size / 2.0f;
    offset -= half_window;
  } else if (reading.centered) {
    offset = reading.normalized ? offset / 2.0f + size / 2.0f - half_window : offset + size / 2.0f;
  }
  // What no integer can hold lies far outside all the same.
  constexpr float kFar = 0x1p40f;
  return std::isnan(offset) ? static_cast<int64_t>(kFar) : static_cast<int64_t>(std::clamp(offset, -kFar, kFar));
}

// The part of a window along one side that lies in the image.
struct Overlap {
  int64_t from = 0, to = 0, count = 0;  // where in the image, where in the window, how many
  bool whole = false;

  Overlap(int64_t begin, int64_t image, int64_t window)
      : from(std::clamp<int64_t>(begin, 0, image)),
        to(from - begin),
        count(std::max<int64_t>(std::min(begin + window, image) - from, 0)),
        whole(count == window) {}
};

// Numbers between the image's least and largest, or as it has them on average.
absl::Status MakeNoise(EvalContext& context, Noise noise, absl::Span<const float> image, absl::Span<float> window) {
  if (noise == Noise::kZero || image.empty()) {
    std::fill(window.begin(), window.end(), 0.0f);
    return absl::OkStatus();
  }
  const auto count = static_cast<int64_t>(window.size());
  FLOE_ASSIGN_OR_RETURN(Tensor drawn, context.Allocate(DType::kFloat, Shape({count})));
  FLOE_ASSIGN_OR_RETURN(const Philox random, ReserveRandom(context, static_cast<uint64_t>(count) * kReservedBlocks));
  float first = 0, scale = 0;
  if (noise == Noise::kUniform) {
    const auto [least, largest] = std::minmax_element(image.begin(), image.end());
    first = *least;
    scale = *largest - *least;
  } else {
    double sum = 0, squares = 0;
    for (const float x : image) sum += x;
    const double mean = sum / static_cast<double>(image.size());
    for (const float x : image) squares += (x - mean) * (x - mean);
    first = static_cast<float>(mean);
    scale = static_cast<float>(std::sqrt(squares / static_cast<double>(image.size())));
  }
  FLOE_RETURN_IF_ERROR(
      FillRandom(noise == Noise::kUniform ? Distribution::kUniform : Distribution::kNormal, random, &drawn));
  std::transform(drawn.data<float>(), drawn.data<float>() + count, window.begin(),
                 [=](float x) { return first + x * scale; });
  return absl::OkStatus();
}

template <bool kSecondVersion>
absl::Status Eval(EvalContext& context) {
  const Tensor &images = context.input(0), &offsets = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Noise noise, NoiseOf(context.attrs()));
  Reading reading{.centered = true, .normalized = true, .second_version = kSecondVersion};
  FLOE_ASSIGN_OR_RETURN(reading.centered, context.attrs().Bool("centered", true));
  FLOE_ASSIGN_OR_RETURN(reading.normalized, context.attrs().Bool("normalized", true));
  FLOE_ASSIGN_OR_RETURN(const Shape sides, ShapeOf(context.input(1), "input 1"));
  const int64_t batch = images.shape().dim(0), height = images.shape().dim(1), width = images.shape().dim(2),
                channels = images.shape().dim(3), rows = sides.dim(0), columns = sides.dim(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({batch, rows, columns, channels}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  const int64_t image_size = height * width * channels, window_size = rows * columns * channels;
  for (int64_t b = 0; b < batch; ++b) {
    const float* const image = images.data<float>() + b * image_size;
    float* const window = output->mutable_data<float>() + b * window_size;
    const float* const offset = offsets.data<float>() + b * 2;
    const Overlap y(BeginOf(reading, offset[0], height, rows), height, rows);
    const Overlap x(BeginOf(reading, offset[1], width, columns), width, columns);
    if (!y.whole || !x.whole) {
      FLOE_RETURN_IF_ERROR(MakeNoise(context, noise, {image, static_cast<size_t>(image_size)},
                                     {window, static_cast<size_t>(window_size)}));
    }
    for (int64_t row = 0; row < y.count && x.count > 0; ++row) {
      std::copy_n(image + ((y.from + row) * width + x.from) * channels, x.count * channels,
                  window + ((y.to + row) * columns + x.to) * channels);
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ExtractGlimpse", Infer, Eval<false>, kStateful, RandomStream::Make},
    {"ExtractGlimpseV2", Infer, Eval<true>, kStateful, RandomStream::Make},
};

}  // namespace

absl::Span<const OpInfo> GlimpseOps() { return kOps; }

}  // namespace floe
