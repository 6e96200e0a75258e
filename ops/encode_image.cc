#include "ops/encode_image.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/image.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int kImageRank = 3;  // rows, columns, channels

// One of `first` to `last`, where it is known.
absl::Status WantChannels(const PartialShape& shape, int64_t first, int64_t last, int64_t step) {
  const int64_t channels = shape.has_rank() ? shape.dim(shape.rank() - 1) : PartialShape::kUnknownDim;
  const bool fits = channels >= first && channels <= last && (channels - first) % step == 0;
  if (channels == PartialShape::kUnknownDim || fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("input 0: there is no file of images of ", channels, " channels"));
}

absl::StatusOr<int> Compression(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t compression, attrs.Int("compression", -1));
  if (compression >= -1 && compression <= 9) return static_cast<int>(compression);
  return absl::InvalidArgumentError(absl::StrCat("attribute 'compression': wanted -1 to 9, got ", compression));
}

absl::Status InferPng(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<uint8_t, uint16_t>(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, kImageRank));
  FLOE_RETURN_IF_ERROR(Compression(context.attrs()).status());
  const PartialShape& shape = context.shape(0);
  FLOE_RETURN_IF_ERROR(WantChannels(shape, 1, 4, 1));
  PartialShape batch = PartialShape::UnknownRank();
  if (shape.has_rank()) batch = PartialShape(Dims(shape.dims().begin(), shape.dims().end() - kImageRank));
  context.AddOutput(DType::kString, std::move(batch));
  return absl::OkStatus();
}

absl::Status EvalPng(EvalContext& context) {
  const Tensor& images = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int compression, Compression(context.attrs()));
  const int batch_rank = images.rank() - kImageRank;
  const auto dim = [&](int axis) { return images.shape().dim(batch_rank + axis); };
  FLOE_RETURN_IF_ERROR(WantChannels(images.shape(), 1, 4, 1));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape(images.shape().dims().subspan(0, static_cast<size_t>(batch_rank)))));
  const bool sixteen_bits = images.dtype() == DType::kUint16;
  const ImageSize size{1, dim(0), dim(1), dim(2)};
  const int64_t count = output->num_elements();
  const int64_t image_bytes = count > 0 ? images.byte_size() / count : 0;
  StringBudget budget;
  for (int64_t i = 0; i < count; ++i) {
    std::string& bytes = output->mutable_data<std::string>()[i];
    bytes.clear();
    const char* const samples = static_cast<const char*>(images.raw_data()) + i * image_bytes;
    FLOE_RETURN_IF_ERROR(EncodePngImage(samples, sixteen_bits, size, compression, &bytes));
    FLOE_RETURN_IF_ERROR(budget.Take(static_cast<int64_t>(bytes.size())));
  }
  return absl::OkStatus();
}

absl::Status CheckQuality(int64_t quality) {
  if (quality >= 0 && quality <= 100) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("quality: wanted 0 to 100, got ", quality));
}

absl::StatusOr<JpegEncoding> EncodingOf(const AttrMap& attrs) {
  JpegEncoding encoding;
  FLOE_ASSIGN_OR_RETURN(const int64_t quality, attrs.Int("quality", encoding.quality));
  FLOE_RETURN_IF_ERROR(CheckQuality(quality));
  encoding.quality = static_cast<int>(quality);
  FLOE_ASSIGN_OR_RETURN(encoding.progressive, attrs.Bool("progressive", false));
  FLOE_ASSIGN_OR_RETURN(encoding.optimize_size, attrs.Bool("optimize_size", false));
  FLOE_ASSIGN_OR_RETURN(encoding.chroma_downsampling, attrs.Bool("chroma_downsampling", true));
  FLOE_ASSIGN_OR_RETURN(const std::string unit, attrs.String("density_unit", "in"));
  if (unit != "in" && unit != "cm") {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'density_unit': wanted in or cm, got '", unit, "'"));
  }
  encoding.per_centimetre = unit == "cm";
  FLOE_ASSIGN_OR_RETURN(const int64_t x_density, attrs.Int("x_density", encoding.x_density));
  FLOE_ASSIGN_OR_RETURN(const int64_t y_density, attrs.Int("y_density", encoding.y_density));
  // Of larger numbers the file has the low bits, as TensorFlow's.
  encoding.x_density = static_cast<uint16_t>(x_density);
  encoding.y_density = static_cast<uint16_t>(y_density);
  FLOE_ASSIGN_OR_RETURN(encoding.xmp_metadata, attrs.String("xmp_metadata", ""));
  return encoding;
}

// Attribute 'format' against the channels.
absl::Status CheckFormat(const AttrMap& attrs, const PartialShape& shape) {
  FLOE_RETURN_IF_ERROR(WantChannels(shape, 1, 3, 2));
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("format", ""));
  const int64_t channels = shape.has_rank() ? shape.dim(kImageRank - 1) : PartialShape::kUnknownDim;
  if (format.empty()) return absl::OkStatus();
  if (format != "grayscale" && format != "rgb") {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'format': wanted grayscale, rgb or nothing, got '", format, "'"));
  }
  if (channels == PartialShape::kUnknownDim || channels == (format == "rgb" ? 3 : 1)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'format': ", format, " does not go with ", channels, " channels"));
}

template <bool kQualityInput>
absl::Status InferJpeg(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kQualityInput ? 2 : 1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kUint8));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, kImageRank));
  if constexpr (kQualityInput) {
    FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
    FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
    FLOE_RETURN_IF_ERROR(WantChannels(context.shape(0), 1, 3, 2));
  } else {
    FLOE_RETURN_IF_ERROR(EncodingOf(context.attrs()).status());
    FLOE_RETURN_IF_ERROR(CheckFormat(context.attrs(), context.shape(0)));
  }
  context.AddOutput(DType::kString, PartialShape(Dims()));
  return absl::OkStatus();
}

template <bool kQualityInput>
absl::Status EvalJpeg(EvalContext& context) {
  const Tensor& image = context.input(0);
  JpegEncoding encoding;
  if constexpr (kQualityInput) {
    FLOE_RETURN_IF_ERROR(WantChannels(image.shape(), 1, 3, 2));
    FLOE_ASSIGN_OR_RETURN(const int64_t quality, ScalarInt(context.input(1), "input 1"));
    FLOE_RETURN_IF_ERROR(CheckQuality(quality));
    encoding.quality = static_cast<int>(quality);
  } else {
    FLOE_RETURN_IF_ERROR(CheckFormat(context.attrs(), image.shape()));
    FLOE_ASSIGN_OR_RETURN(encoding, EncodingOf(context.attrs()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
  auto* const bytes = output->mutable_data<std::string>();
  bytes->clear();
  const ImageSize size{1, image.shape().dim(0), image.shape().dim(1), image.shape().dim(2)};
  return EncodeJpegImage(image.data<uint8_t>(), size, encoding, bytes);
}

constexpr OpInfo kOps[] = {
    {"EncodePng", InferPng, EvalPng},
    {"EncodeJpeg", InferJpeg<false>, EvalJpeg<false>},
    {"EncodeJpegVariableQuality", InferJpeg<true>, EvalJpeg<true>},
};

}  // namespace

absl::Span<const OpInfo> EncodeImageOps() { return kOps; }

}  // namespace floe
