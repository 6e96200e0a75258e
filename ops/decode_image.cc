#include "ops/decode_image.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/image.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

enum class Kind { kJpeg, kCropJpeg, kPng, kBmp, kGif, kAny };
enum class Format { kJpeg, kPng, kBmp, kGif };

absl::StatusOr<Format> FormatOf(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\xff\xd8\xff")) return Format::kJpeg;
  if (absl::StartsWith(bytes, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  if (absl::StartsWith(bytes, "GIF8")) return Format::kGif;
  if (absl::StartsWith(bytes, "BM")) return Format::kBmp;
  if (bytes.empty()) return absl::InvalidArgumentError("input 0: wanted an image, got no bytes");
  return absl::InvalidArgumentError("input 0: the bytes are no JPEG, PNG, GIF or BMP image");
}

absl::StatusOr<int> Channels(const AttrMap& attrs, Kind kind) {
  FLOE_ASSIGN_OR_RETURN(const int64_t channels, attrs.Int("channels", 0));
  if (kind == Kind::kGif) return 0;
  if (channels == 0 || channels == 3 || channels == 4 || (channels == 1 && kind != Kind::kBmp)) {
    return static_cast<int>(channels);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'channels': wanted 0, ", kind == Kind::kBmp ? "" : "1, ", "3 or 4, got ", channels));
}

absl::StatusOr<DType> ImageDType(const AttrMap& attrs, Kind kind) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("dtype", DType::kUint8));
  if (kind == Kind::kPng) FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<uint8_t, uint16_t>(), "attribute 'dtype'", dtype));
  if (kind == Kind::kAny) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<uint8_t, uint16_t, float>(), "attribute 'dtype'", dtype));
  }
  return kind == Kind::kPng || kind == Kind::kAny ? dtype : DType::kUint8;
}

absl::StatusOr<JpegOptions> JpegAttributes(const AttrMap& attrs, int channels) {
  JpegOptions options;
  options.channels = channels;
  FLOE_ASSIGN_OR_RETURN(const int64_t ratio, attrs.Int("ratio", 1));
  if (ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'ratio': wanted 1, 2, 4 or 8, got ", ratio));
  }
  options.ratio = static_cast<int>(ratio);
  FLOE_ASSIGN_OR_RETURN(options.fancy_upscaling, attrs.Bool("fancy_upscaling", true));
  FLOE_ASSIGN_OR_RETURN(options.try_recover_truncated, attrs.Bool("try_recover_truncated", false));
  FLOE_ASSIGN_OR_RETURN(options.acceptable_fraction, attrs.Float("acceptable_fraction", 1));
  FLOE_ASSIGN_OR_RETURN(const std::string method, attrs.String("dct_method", ""));
  if (method != "" && method != "INTEGER_FAST" && method != "INTEGER_ACCURATE") {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'dct_method': wanted '', INTEGER_FAST or INTEGER_ACCURATE, got '", method, "'"));
  }
  options.fast_dct = method != "INTEGER_ACCURATE";
  return options;
}

template <Kind kKind>
absl::Status InferDecode(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kKind == Kind::kCropJpeg ? 2 : 1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 0));
  if (kKind == Kind::kCropJpeg) {
    FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
    FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  }
  FLOE_ASSIGN_OR_RETURN(const int channels, Channels(context.attrs(), kKind));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ImageDType(context.attrs(), kKind));
  FLOE_RETURN_IF_ERROR(JpegAttributes(context.attrs(), channels).status());
  FLOE_ASSIGN_OR_RETURN(const bool animations, context.attrs().Bool("expand_animations", true));
  const int64_t depth = channels == 0 ? kUnknown : channels;
  if (kKind == Kind::kAny && animations) {
    context.AddOutput(dtype, PartialShape::UnknownRank());  // an animation has one dimension more
  } else if (kKind == Kind::kGif) {
    context.AddOutput(dtype, PartialShape({kUnknown, kUnknown, kUnknown, 3}));
  } else {
    context.AddOutput(dtype, PartialShape({kUnknown, kUnknown, depth}));
  }
  return absl::OkStatus();
}

absl::Status SetCrop(const Tensor& window, JpegOptions* options) {
  if (window.num_elements() != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted a window of 4 numbers, got shape ", window.shape().ToString()));
  }
  const int32_t* const sides = window.data<int32_t>();
  options->crop = true;
  options->crop_y = sides[0];
  options->crop_x = sides[1];
  options->crop_height = sides[2];
  options->crop_width = sides[3];
  return absl::OkStatus();
}

// Which formats an op takes is part of its meaning.
absl::Status WantFormat(Kind kind, Format format) {
  const bool is_bmp = format == Format::kBmp;
  if (kind == Kind::kAny || (kind == Kind::kBmp) == is_bmp) {
    if (kind != Kind::kCropJpeg || format == Format::kJpeg) return absl::OkStatus();
    return absl::InvalidArgumentError("input 0: wanted a JPEG image, got another");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("input 0: wanted ", is_bmp ? "an image that is no BMP" : "a BMP image", "; DecodeImage takes both"));
}

// Decodes into result 0; `T` is what the decoder writes there first, `Out` what it is in the end.
class Decoding {
 public:
  Decoding(EvalContext& context, Kind kind, Format format) : context_(context), kind_(kind), format_(format) {}

  absl::Status Run() {
    const absl::string_view bytes = *context_.input(0).data<std::string>();
    FLOE_ASSIGN_OR_RETURN(const int channels, Channels(context_.attrs(), kind_));
    FLOE_ASSIGN_OR_RETURN(const DType dtype, ImageDType(context_.attrs(), kind_));
    const auto allocate = [this](const ImageSize& size) { return Allocate(size); };
    decoded_ = format_ == Format::kPng && dtype != DType::kUint8 ? DType::kUint16 : DType::kUint8;
    switch (format_) {
      case Format::kJpeg: {
        FLOE_ASSIGN_OR_RETURN(JpegOptions options, JpegAttributes(context_.attrs(), channels));
        if (kind_ == Kind::kCropJpeg) FLOE_RETURN_IF_ERROR(SetCrop(context_.input(1), &options));
        FLOE_RETURN_IF_ERROR(DecodeJpegImage(bytes, options, allocate));
        break;
      }
      case Format::kPng:
        FLOE_RETURN_IF_ERROR(DecodePngImage(bytes, channels, decoded_ == DType::kUint16, allocate));
        break;
      case Format::kBmp:
        FLOE_RETURN_IF_ERROR(DecodeBmpImage(bytes, channels, allocate));
        break;
      case Format::kGif:
        FLOE_RETURN_IF_ERROR(DecodeGif(bytes, channels, allocate));
        break;
    }
    return Convert(dtype);
  }

 private:
  absl::Status DecodeGif(absl::string_view bytes, int channels, AllocateImage allocate) {
    FLOE_ASSIGN_OR_RETURN(const bool animations, context_.attrs().Bool("expand_animations", true));
    if (channels != 0 && channels != 3) {
      return absl::InvalidArgumentError(absl::StrCat("a GIF image has 3 channels, not ", channels));
    }
    with_frames_ = kind_ == Kind::kGif || (kind_ == Kind::kAny && animations);
    return DecodeGifImage(bytes, with_frames_ || kind_ != Kind::kAny, allocate);
  }

  absl::StatusOr<void*> Allocate(const ImageSize& size) {
    Dims dims = {size.height, size.width, size.channels};
    if (with_frames_ || (kind_ == Kind::kGif && format_ != Format::kGif)) dims.insert(dims.begin(), size.frames);
    if (dims.size() == 3 && size.frames != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted an image, got an animation of ", size.frames, " frames"));
    }
    FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
    FLOE_ASSIGN_OR_RETURN(output_, context_.Output(0, shape));
    if (output_->dtype() == decoded_) return output_->raw_mutable_data();
    FLOE_ASSIGN_OR_RETURN(samples_, Tensor::Allocate(decoded_, shape));
    return samples_.raw_mutable_data();
  }

  absl::Status Convert(DType dtype) {
    if (dtype == decoded_) return absl::OkStatus();
    const int64_t count = samples_.num_elements();
    if (dtype == DType::kUint16) {
      constexpr int kLevels = 256;
      std::transform(samples_.data<uint8_t>(), samples_.data<uint8_t>() + count, output_->mutable_data<uint16_t>(),
                     [](uint8_t v) { return static_cast<uint16_t>(v * kLevels); });
    } else if (decoded_ == DType::kUint16) {
      std::transform(samples_.data<uint16_t>(), samples_.data<uint16_t>() + count, output_->mutable_data<float>(),
                     [](uint16_t v) { return static_cast<float>(v) * (1.0f / 65535); });
    } else {
      std::transform(samples_.data<uint8_t>(), samples_.data<uint8_t>() + count, output_->mutable_data<float>(),
                     [](uint8_t v) { return static_cast<float>(v) * (1.0f / 255); });
    }
    return absl::OkStatus();
  }

  EvalContext& context_;
  const Kind kind_;
  const Format format_;
  bool with_frames_ = false;  // the result has a dimension for them
  DType decoded_ = DType::kUint8;
  Tensor samples_;  // as decoded, where the result is of another dtype
  Tensor* output_ = nullptr;
};

template <Kind kKind>
absl::Status EvalDecode(EvalContext& context) {
  if (context.input(0).rank() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted one image, got shape ", context.input(0).shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Format format, FormatOf(*context.input(0).data<std::string>()));
  FLOE_RETURN_IF_ERROR(WantFormat(kKind, format));
  return Decoding(context, kKind, format).Run();
}

constexpr OpInfo kOps[] = {
    {"DecodeAndCropJpeg", InferDecode<Kind::kCropJpeg>, EvalDecode<Kind::kCropJpeg>},
    {"DecodeBmp", InferDecode<Kind::kBmp>, EvalDecode<Kind::kBmp>},
    {"DecodeGif", InferDecode<Kind::kGif>, EvalDecode<Kind::kGif>},
    {"DecodeImage", InferDecode<Kind::kAny>, EvalDecode<Kind::kAny>},
    {"DecodeJpeg", InferDecode<Kind::kJpeg>, EvalDecode<Kind::kJpeg>},
    {"DecodePng", InferDecode<Kind::kPng>, EvalDecode<Kind::kPng>},
};

}  // namespace

absl::Status CheckImageSize(const ImageSize& size, int64_t bytes_per_sample) {
  if (size.height <= 0 || size.width <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("an image of ", size.height, " x ", size.width, " is none"));
  }
  int64_t bytes = bytes_per_sample;
  for (const int64_t side : {size.frames, size.height, size.width, size.channels}) {
    if (!CheckedMul(bytes, side, &bytes) || bytes >= kMaxImageBytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("an image of ", size.height, " x ", size.width, " with ", size.channels, " channels in ",
                       size.frames, " frames is larger than the limit of ", kMaxImageBytes, " bytes"));
    }
  }
  return absl::OkStatus();
}

absl::Span<const OpInfo> DecodeImageOps() { return kOps; }

}  // namespace floe
