#include "ops/color.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int kChannels = 3;

template <typename W>
struct Hsv {
  W hue, saturation, value;

  static Hsv Of(const W* rgb) {
    const W r = rgb[0], g = rgb[1], b = rgb[2];
    const W value = std::max({r, g, b}), range = value - std::min({r, g, b});
    Hsv hsv{0, value > 0 ? range / value : W(0), value};
    if (range > 0) {
      const W norm = W(1) / (W(6) * range);
      if (r == value) {
        hsv.hue = norm * (g - b);
      } else if (g == value) {
        hsv.hue = norm * (b - r) + W(2) / W(6);
      } else {
        hsv.hue = norm * (r - g) + W(4) / W(6);
      }
      if (hsv.hue < 0) hsv.hue += W(1);
    }
    return hsv;
  }

  void ToRgb(W* rgb) const {
    const W six = hue * W(6);
    const auto unit = [](W x) { return std::clamp(x, W(0), W(1)); };
    const W parts[kChannels] = {unit(std::abs(six - 3) - 1), unit(2 - std::abs(six - 2)), unit(2 - std::abs(six - 4))};
    for (int c = 0; c < kChannels; ++c) rgb[c] = (W(1) - saturation + saturation * parts[c]) * value;
  }
};

absl::Status WantPixels(const InferContext& context, int input) {
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, input, 1));
  const PartialShape& shape = context.shape(input);
  if (!shape.has_rank() || MergeDim(shape.dim(shape.rank() - 1), kChannels).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted ", kChannels, " channels, got shape ", shape.ToString()));
}

absl::Status InferConvert(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantPixels(context, 0));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

// `change(rgb)` for each pixel, in place.
template <typename Types, typename Change>
absl::Status MapPixels(EvalContext& context, Change&& change) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(Types(), input.dtype(), [&]<typename T>() -> absl::Status {
    const T* from = input.data<T>();
    T* to = output->mutable_data<T>();
    for (int64_t i = 0; i < input.num_elements(); i += kChannels, from += kChannels, to += kChannels) {
      Wide<T> pixel[kChannels] = {Wide<T>(from[0]), Wide<T>(from[1]), Wide<T>(from[2])};
      change(pixel);
      for (int c = 0; c < kChannels; ++c) to[c] = T(pixel[c]);
    }
    return absl::OkStatus();
  });
}

absl::Status EvalRgbToHsv(EvalContext& context) {
  return MapPixels<FloatTypes>(context, []<typename W>(W* pixel) {
    const Hsv<W> hsv = Hsv<W>::Of(pixel);
    pixel[0] = hsv.hue;
    pixel[1] = hsv.saturation;
    pixel[2] = hsv.value;
  });
}

absl::Status EvalHsvToRgb(EvalContext& context) {
  return MapPixels<FloatTypes>(context, []<typename W>(W* pixel) {
    Hsv<W>{pixel[0], pixel[1], pixel[2]}.ToRgb(pixel);
  });
}

using AdjustTypes = TypeList<Half, float>;

// AdjustHue, AdjustSaturation and AdjustContrastv2: images of rank 3 or more and one number.
template <bool kRgb>
absl::Status InferAdjust(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(AdjustTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kFloat));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 3));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  if (kRgb) FLOE_RETURN_IF_ERROR(WantPixels(context, 0));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

// The hue turns by `delta` of a circle; the largest and the smallest channel keep their values.
absl::Status EvalAdjustHue(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const float delta, ScalarFloat(context.input(1), "input 1"));
  return MapPixels<AdjustTypes>(context, [&](float* pixel) {
    const float most = std::max({pixel[0], pixel[1], pixel[2]}), least = std::min({pixel[0], pixel[1], pixel[2]});
    Hsv<float> hsv = Hsv<float>::Of(pixel);
    hsv.hue += delta;
    hsv.hue -= std::floor(hsv.hue);
    hsv.saturation = hsv.value = 1;
    hsv.ToRgb(pixel);
    for (int c = 0; c < kChannels; ++c) pixel[c] = least + (most - least) * pixel[c];
  });
}

absl::Status EvalAdjustSaturation(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const float scale, ScalarFloat(context.input(1), "input 1"));
  return MapPixels<AdjustTypes>(context, [&](float* pixel) {
    Hsv<float> hsv = Hsv<float>::Of(pixel);
    hsv.saturation = std::min(1.0f, std::max(0.0f, hsv.saturation * scale));
    hsv.ToRgb(pixel);
  });
}

// Every channel of every image is drawn away from its mean.
absl::Status EvalAdjustContrast(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const float factor, ScalarFloat(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  const int64_t channels = input.shape().dim(input.rank() - 1);
  const int64_t pixels = input.shape().dim(input.rank() - 2) * input.shape().dim(input.rank() - 3);
  const int64_t images = input.num_elements() / (channels * pixels);
  FLOE_ASSIGN_OR_RETURN(const auto means, Scratch<double>(channels));
  return OnDType(AdjustTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t n = 0; n < images; ++n) {
      const T* const from = input.data<T>() + n * pixels * channels;
      T* const to = output->mutable_data<T>() + n * pixels * channels;
      std::fill_n(means.get(), channels, 0.0);
      for (int64_t i = 0; i < pixels * channels; ++i) means[i % channels] += static_cast<double>(from[i]);
      for (int64_t c = 0; c < channels; ++c) means[c] /= static_cast<double>(pixels);
      for (int64_t i = 0; i < pixels * channels; ++i) {
        const float mean = static_cast<float>(means[i % channels]);
        to[i] = T((static_cast<float>(from[i]) - mean) * factor + mean);
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"RGBToHSV", InferConvert, EvalRgbToHsv},
    {"HSVToRGB", InferConvert, EvalHsvToRgb},
    {"AdjustHue", InferAdjust<true>, EvalAdjustHue},
    {"AdjustSaturation", InferAdjust<true>, EvalAdjustSaturation},
    {"AdjustContrastv2", InferAdjust<false>, EvalAdjustContrast},
};

}  // namespace

absl::Span<const OpInfo> ColorOps() { return kOps; }

}  // namespace floe
