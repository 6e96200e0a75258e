#include "ops/projective_transform.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using PixelTypes = TypeList<uint8_t, int32_t, int64_t, Half, Bfloat16, float, double>;
constexpr int64_t kParameters = 8;  // of a projection; the ninth is 1

// What lies outside: nothing (the fill value), the image mirrored, the image again, its edge.
enum class FillMode : uint8_t { kConstant, kReflect, kWrap, kNearest };

struct Options {
  bool bilinear = false;
  FillMode mode = FillMode::kConstant;

  static absl::StatusOr<Options> Of(const AttrMap& attrs) {
    Options options;
    FLOE_ASSIGN_OR_RETURN(const std::string interpolation, attrs.String("interpolation"));
    if (interpolation != "NEAREST" && interpolation != "BILINEAR") {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'interpolation': wanted NEAREST or BILINEAR, got '", interpolation, "'"));
    }
    options.bilinear = interpolation == "BILINEAR";
    FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("fill_mode", "CONSTANT"));
    constexpr std::pair<const char*, FillMode> kModes[] = {{"CONSTANT", FillMode::kConstant},
                                                           {"REFLECT", FillMode::kReflect},
                                                           {"WRAP", FillMode::kWrap},
                                                           {"NEAREST", FillMode::kNearest}};
    for (const auto& [name, value] : kModes) {
      options.mode = value;
      if (mode == name) return options;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'fill_mode': wanted CONSTANT, REFLECT, WRAP or NEAREST, got '", mode, "'"));
  }
};

template <bool kFillValue>
absl::Status Infer(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kFillValue ? 4 : 3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(PixelTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 2));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kInt32));
  if (kFillValue) {
    FLOE_RETURN_IF_ERROR(context.WantDType(3, DType::kFloat));
    FLOE_RETURN_IF_ERROR(context.WantRank(3, 0));
  }
  FLOE_RETURN_IF_ERROR(Options::Of(context.attrs()).status());
  const int64_t batch = DimOrUnknown(context.shape(0), 0), transforms = DimOrUnknown(context.shape(1), 0);
  if (!MergeDim(DimOrUnknown(context.shape(1), 1), kParameters).ok() ||
      (transforms != 1 && !MergeDim(batch, transforms).ok())) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted ", kParameters, " numbers for all images or for each, got shape ",
                     context.shape(1).ToString(), " for images of shape ", context.shape(0).ToString()));
  }
  if (!MergeShapes(context.shape(2), PartialShape({2})).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 2: wanted height and width, got shape ", context.shape(2).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> sides, context.KnownInts(2));
  const auto side = [&](size_t i) { return sides.has_value() ? (*sides)[i] : PartialShape::kUnknownDim; };
  if (sides.has_value() && (side(0) <= 0 || side(1) <= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 2: wanted a height and a width above 0, got ", side(0), " and ", side(1)));
  }
  context.AddOutput(context.dtype(0), PartialShape({batch, side(0), side(1), DimOrUnknown(context.shape(0), 3)}));
  return absl::OkStatus();
}

// Where on a side of `size` pixels a coordinate is looked up. Not a number, where it is none.
float Inside(FillMode mode, float at, int64_t size) {
  if (mode == FillMode::kConstant) return at;
  const auto length = static_cast<float>(size), last = static_cast<float>(size - 1);
  const bool outside = at < 0 || at > last;
  if (size <= 1 && outside) at = 0;
  if (size > 1 && outside && mode == FillMode::kReflect) {
    const float period = 2 * length;
    if (at < 0) {
      at += period * std::trunc(-at / period);
      at = at < -length ? at + period : -at - 1;
    } else {
      at -= period * std::trunc(at / period);
      if (at >= length) at = period - at - 1;
    }
  } else if (size > 1 && outside && mode == FillMode::kWrap) {
    at += at < 0 ? length * (std::trunc(-at / last) + 1) : -length * std::trunc(at / last);
  }
  return std::isnan(at) ? at : std::clamp(at, 0.0f, last);
}

template <typename T>
T FromFloat(float value) {
  if constexpr (kIsInteger<T>) {
    constexpr float kMost = 0x1p62f;
    return std::isnan(value) ? T(0) : static_cast<T>(static_cast<int64_t>(std::clamp(value, -kMost, kMost)));
  } else {
    return T(value);
  }
}

template <typename T>
class Image {
 public:
  Image(const T* pixels, int64_t height, int64_t width, int64_t channels, const Options& options, T fill)
      : pixels_(pixels), height_(height), width_(width), channels_(channels), options_(options), fill_(fill) {}

  // The pixel at the projection of (x, y).
  void LookUp(const float* p, float x, float y, T* to) const {
    const float depth = p[6] * x + p[7] * y + 1.0f;
    if (depth == 0 || height_ == 0 || width_ == 0) {
      std::fill_n(to, channels_, fill_);
      return;
    }
    const float from_x = Inside(options_.mode, (p[0] * x + p[1] * y + p[2]) / depth, width_);
    const float from_y = Inside(options_.mode, (p[3] * x + p[4] * y + p[5]) / depth, height_);
    options_.bilinear ? Blend(from_y, from_x, to) : Nearest(from_y, from_x, to);
  }

 private:
  // Null outside of the image.
  const T* At(float y, float x) const {
    const bool inside = y >= 0 && y < static_cast<float>(height_) && x >= 0 && x < static_cast<float>(width_);
    return inside ? pixels_ + (static_cast<int64_t>(y) * width_ + static_cast<int64_t>(x)) * channels_ : nullptr;
  }

  void Nearest(float y, float x, T* to) const {
    const T* const pixel = At(std::round(y), std::round(x));
    pixel == nullptr ? std::fill_n(to, channels_, fill_) : std::copy_n(pixel, channels_, to);
  }

  void Blend(float y, float x, T* to) const {
    const float top = std::floor(y), bottom = top + 1, left = std::floor(x), right = left + 1;
    const T *const top_left = At(top, left), *const top_right = At(top, right), *const bottom_left = At(bottom, left),
                   *const bottom_right = At(bottom, right);
    for (int64_t c = 0; c < channels_; ++c) {
      const auto of = [&](const T* pixel) { return static_cast<float>(pixel == nullptr ? fill_ : pixel[c]); };
      const float above = (right - x) * of(top_left) + (x - left) * of(top_right);
      const float below = (right - x) * of(bottom_left) + (x - left) * of(bottom_right);
      to[c] = FromFloat<T>((bottom - y) * above + (y - top) * below);
    }
  }

  const T* pixels_;
  const int64_t height_, width_, channels_;
  const Options& options_;
  const T fill_;
};

absl::Status Eval(EvalContext& context) {
  const Tensor &images = context.input(0), &transforms = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Options options, Options::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims sides, IntElements(context.input(2), "input 2"));
  const int64_t batch = images.shape().dim(0), channels = images.shape().dim(3);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({batch, sides[0], sides[1], channels}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  const float fill = context.num_inputs() > 3 ? *context.input(3).data<float>() : 0.0f;
  const int64_t height = images.shape().dim(1), width = images.shape().dim(2);
  return OnDType(PixelTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    T* to = output->mutable_data<T>();
    for (int64_t b = 0; b < batch; ++b) {
      const Image<T> image(images.data<T>() + b * height * width * channels, height, width, channels, options,
                           FromFloat<T>(fill));
      const float* const projection = transforms.data<float>() + (transforms.shape().dim(0) == 1 ? 0 : b * kParameters);
      for (int64_t y = 0; y < sides[0]; ++y) {
        for (int64_t x = 0; x < sides[1]; ++x, to += channels) {
          image.LookUp(projection, static_cast<float>(x), static_cast<float>(y), to);
        }
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"ImageProjectiveTransformV2", Infer<false>, Eval},
    {"ImageProjectiveTransformV3", Infer<true>, Eval},
};

}  // namespace

absl::Span<const OpInfo> ProjectiveTransformOps() { return kOps; }

}  // namespace floe
