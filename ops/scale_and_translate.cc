#include "ops/scale_and_translate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

using ImageTypes = Join<FloatTypes, SignedTypes, TypeList<uint8_t, uint16_t>>;
constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// A function of the distance from a sample, zero from its radius on.
struct Kernel {
  float radius;
  float (*weight)(float distance);
};

constexpr float kPi = std::numbers::pi_v<float>;

template <int kLobes>
float Lanczos(float x) {
  constexpr auto kRadius = static_cast<float>(kLobes);
  if (x > kRadius) return 0;
  if (x <= 1e-3f) return 1;
  return kRadius * std::sin(kPi * x) * std::sin(kPi * x / kRadius) / (kPi * kPi * x * x);
}
float Gaussian(float x) {
  constexpr float kSigma = 0.5f, kRadius = 3 * kSigma;
  return x >= kRadius ? 0 : std::exp(-x * x / (2 * kSigma * kSigma));
}
float Box(float x) { return x < 0.5f ? 1 : x == 0.5f ? 0.5f : 0; }
float Triangle(float x) { return x < 1 ? 1 - x : 0; }
// R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
float KeysCubic(float x) {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : ((1.5f * x - 2.5f) * x) * x + 1;
}
// D. Mitchell and A. Netravali, "Reconstruction filters in computer graphics", 1988, with B = C = 1/3.
float MitchellCubic(float x) {
  if (x >= 2) return 0;
  return x >= 1 ? ((-7.0f / 18 * x + 2) * x - 10.0f / 3) * x + 16.0f / 9 : ((7.0f / 6 * x - 2) * x) * x + 8.0f / 9;
}

struct NamedKernel {
  const char* name;
  Kernel kernel;
};
constexpr NamedKernel kKernels[] = {
    {"lanczos1", {1, Lanczos<1>}},
    {"lanczos3", {3, Lanczos<3>}},
    {"lanczos5", {5, Lanczos<5>}},
    {"gaussian", {1.5f, Gaussian}},
    {"box", {1, Box}},
    {"triangle", {1, Triangle}},
    {"keyscubic", {2, KeysCubic}},
    {"mitchellcubic", {2, MitchellCubic}},
};

absl::StatusOr<Kernel> KernelOf(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string name, attrs.String("kernel_type", "lanczos3"));
  std::string names;
  for (const NamedKernel& one : kKernels) {
    if (name == one.name) return one.kernel;
    absl::StrAppend(&names, names.empty() ? "" : ", ", one.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'kernel_type': wanted one of ", names, ", got '", name, "'"));
}

absl::Status InferScale(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ImageTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantDType(3, DType::kFloat));
  FLOE_RETURN_IF_ERROR(KernelOf(context.attrs()).status());
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("antialias", true).status());
  for (int i = 1; i < 4; ++i) {
    FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, i));
    if (!MergeDim(length, 2).ok()) {
      return absl::InvalidArgumentError(absl::StrCat("input ", i, ": wanted two numbers, got ", length));
    }
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> size, context.KnownInts(1));
  PartialShape shape = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(4);
  for (int i = 0; i < 2; ++i) shape.set_dim(i + 1, size.has_value() && (*size)[i] > 0 ? (*size)[i] : kUnknown);
  context.AddOutput(DType::kFloat, std::move(shape));
  return absl::OkStatus();
}

// Of each result along one axis: which elements it is made of, and their weights.
struct Spans {
  int64_t longest = 0;
  std::vector<int64_t> begins, lengths;
  std::vector<float> weights;  // `longest` a result

  static absl::StatusOr<Spans> Of(const Kernel& kernel, bool antialias, int64_t from, int64_t to, float scale,
                                  float translation) {
    if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(translation)) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted a scale above 0 and a finite translation, got ", scale, " and ", translation));
    }
    const float inverse = 1.0f / scale, moved = -inverse * translation;
    const float stretch = antialias ? std::max(inverse, 1.0f) : 1.0f, shrink = 1.0f / stretch;
    const float reach = kernel.radius * stretch;
    Spans spans;
    const float most = 2 * std::ceil(reach) + 1;
    spans.longest = most < static_cast<float>(from) ? static_cast<int64_t>(most) : from;
    int64_t weights;
    if (!CheckedMul(spans.longest, to, &weights) || weights > kMostWeights) {
      return absl::ResourceExhaustedError(absl::StrCat("a kernel over ", spans.longest, " elements for each of ", to,
                                                       " results takes too many weights"));
    }
    spans.weights.assign(static_cast<size_t>(weights), 0.0f);
    const auto last = static_cast<float>(from - 1);
    for (int64_t i = 0; i < to; ++i) {
      const float sample = (static_cast<float>(i) + 0.5f) * inverse + moved;
      int64_t begin = 0, end = 0;
      if (sample >= 0 && sample <= static_cast<float>(from)) {
        begin = static_cast<int64_t>(std::clamp(std::ceil(sample - reach - 0.5f), 0.0f, last));
        end = static_cast<int64_t>(std::clamp(std::floor(sample + reach - 0.5f), 0.0f, last)) + 1;
        end = std::min(end, begin + spans.longest);
      }
      spans.begins.push_back(begin);
      spans.lengths.push_back(std::max<int64_t>(end - begin, 0));
      float* const to_weights = spans.weights.data() + i * spans.longest;
      float total = 0;
      for (int64_t k = begin; k < end; ++k) {
        const float weight = kernel.weight(std::abs(static_cast<float>(k) + 0.5f - sample) * shrink);
        to_weights[k - begin] = weight;
        total += weight;
      }
      const bool counts = std::abs(total) >= 1000 * std::numeric_limits<float>::min();
      for (int64_t k = 0; k < end - begin; ++k) to_weights[k] = counts ? to_weights[k] * (1.0f / total) : 0.0f;
    }
    return spans;
  }

 private:
  static constexpr int64_t kMostWeights = int64_t{1} << 28;
};

// Rows first, into `rows` of [to height, from width, channels], then columns.
template <typename T>
void Resample(const Spans& down, const Spans& across, const T* image, int64_t width, int64_t channels, float* rows,
              float* to) {
  const int64_t row = width * channels;
  for (size_t y = 0; y < down.begins.size(); ++y) {
    std::fill_n(rows, row, 0.0f);
    const float* const weights = down.weights.data() + static_cast<int64_t>(y) * down.longest;
    for (int64_t k = 0; k < down.lengths[y]; ++k) {
      const T* const from = image + (down.begins[y] + k) * row;
      for (int64_t i = 0; i < row; ++i) rows[i] += weights[k] * static_cast<float>(from[i]);
    }
    for (size_t x = 0; x < across.begins.size(); ++x, to += channels) {
      std::fill_n(to, channels, 0.0f);
      const float* const column_weights = across.weights.data() + static_cast<int64_t>(x) * across.longest;
      for (int64_t k = 0; k < across.lengths[x]; ++k) {
        const float* const from = rows + (across.begins[x] + k) * channels;
        for (int64_t c = 0; c < channels; ++c) to[c] += column_weights[k] * from[c];
      }
    }
  }
}

absl::Status EvalScale(EvalContext& context) {
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Kernel kernel, KernelOf(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const bool antialias, context.attrs().Bool("antialias", true));
  for (int i = 1; i < 4; ++i) {
    if (context.input(i).rank() == 1 && context.input(i).num_elements() == 2) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("input ", i, ": wanted two numbers, got shape ", context.input(i).shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Dims size, ToInt64s(context.input(1)));
  if (size[0] <= 0 || size[1] <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a positive size, got ", Shape(size).ToString()));
  }
  const int64_t batch = images.shape().dim(0), height = images.shape().dim(1), width = images.shape().dim(2);
  const int64_t channels = images.shape().dim(3);
  if (height == 0 || width == 0 || channels == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted images that are not empty, got shape ", images.shape().ToString()));
  }
  const float *const scale = context.input(2).data<float>(), *const moved = context.input(3).data<float>();
  FLOE_ASSIGN_OR_RETURN(const Spans down, Spans::Of(kernel, antialias, height, size[0], scale[0], moved[0]));
  FLOE_ASSIGN_OR_RETURN(const Spans across, Spans::Of(kernel, antialias, width, size[1], scale[1], moved[1]));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({batch, size[0], size[1], channels}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(const auto rows, Scratch<float>(width * channels));
  return OnDType(ImageTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t n = 0; n < batch; ++n) {
      Resample(down, across, images.data<T>() + n * height * width * channels, width, channels, rows.get(),
               output->mutable_data<float>() + n * size[0] * size[1] * channels);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"ScaleAndTranslate", InferScale, EvalScale},
};

}  // namespace

absl::Span<const OpInfo> ScaleAndTranslateOps() { return kOps; }

}  // namespace floe
