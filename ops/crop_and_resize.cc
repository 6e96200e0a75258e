#include "ops/crop_and_resize.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

struct CropAttrs {
  bool nearest;
  float outside;

  static absl::StatusOr<CropAttrs> Of(const AttrMap& attrs) {
    CropAttrs crop;
    FLOE_ASSIGN_OR_RETURN(const std::string method, attrs.String("method", "bilinear"));
    FLOE_ASSIGN_OR_RETURN(crop.outside, attrs.Float("extrapolation_value", 0.0f));
    crop.nearest = method == "nearest";
    if (!crop.nearest && method != "bilinear") {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'method': wanted bilinear or nearest, got '", method, "'"));
    }
    return crop;
  }
};

absl::Status WantPositive(absl::Span<const int64_t> size) {
  for (const int64_t dim : size) {
    if (dim <= 0) return absl::InvalidArgumentError(absl::StrCat("input 3: wanted a positive size, got ", dim));
  }
  return absl::OkStatus();
}

absl::Status InferCrop(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kFloat));
  for (const int i : {2, 3}) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 2));
  FLOE_RETURN_IF_ERROR(CropAttrs::Of(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const int64_t sizes, KnownLength(context, 3));
  if (sizes >= 0 && sizes != 2) return absl::InvalidArgumentError(absl::StrCat("input 3: wanted 2 sizes, got ", sizes));
  const PartialShape& boxes = context.shape(1);
  if (boxes.has_rank() && boxes.dim(1) >= 0 && boxes.dim(1) != 4) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted shape [boxes,4], got ", boxes.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t indices, KnownLength(context, 2));
  absl::StatusOr<int64_t> count = MergeDim(DimOrUnknown(boxes, 0), indices);
  if (!count.ok()) return Annotate(count.status(), "boxes of input 1 and length of input 2");
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> size, context.KnownInts(3));
  PartialShape shape = PartialShape::UnknownDims(4);
  shape.set_dim(0, *count);
  shape.set_dim(3, DimOrUnknown(context.shape(0), 3));
  if (size.has_value()) {
    FLOE_RETURN_IF_ERROR(WantPositive(*size));
    shape.set_dim(1, (*size)[0]);
    shape.set_dim(2, (*size)[1]);
  }
  context.AddOutput(DType::kFloat, std::move(shape));
  return absl::OkStatus();
}

// Where the crop's places along one dimension lie in the image: the ends of the box, and evenly between; its middle
// where there is one place only.
struct Places {
  float first, step, last_pixel;

  static Places Of(float from, float to, int64_t image, int64_t crop) {
    const auto last = static_cast<float>(image - 1);
    if (crop <= 1) return {0.5f * (from + to) * last, 0, last};
    return {from * last, (to - from) * last / static_cast<float>(crop - 1), last};
  }
  float At(int64_t i) const { return first + static_cast<float>(i) * step; }
  bool Inside(float place) const { return place >= 0 && place <= last_pixel; }
};

struct Image {
  int64_t width, channels;
};

template <typename T>
void CropPixel(const T* image, const Image& shape, float y, float x, bool nearest, float* to) {
  const auto pixel = [&](float row, float column) {
    return image + (static_cast<int64_t>(row) * shape.width + static_cast<int64_t>(column)) * shape.channels;
  };
  if (nearest) {
    const T* const from = pixel(std::round(y), std::round(x));
    for (int64_t c = 0; c < shape.channels; ++c) to[c] = static_cast<float>(from[c]);
    return;
  }
  const float top = std::floor(y), left = std::floor(x), dy = y - top, dx = x - left;
  const T *const a = pixel(top, left), *const b = pixel(top, std::ceil(x));
  const T *const d = pixel(std::ceil(y), left), *const e = pixel(std::ceil(y), std::ceil(x));
  for (int64_t c = 0; c < shape.channels; ++c) {
    const auto p = static_cast<float>(a[c]), q = static_cast<float>(b[c]);
    const auto r = static_cast<float>(d[c]), s = static_cast<float>(e[c]);
    const float above = p + (q - p) * dx, below = r + (s - r) * dx;
    to[c] = above + (below - above) * dy;
  }
}

absl::Status CheckInputs(const Tensor& image, const Tensor& boxes, const Tensor& indices) {
  const int64_t batch = image.shape().dim(0), count = boxes.shape().dim(0);
  if (image.shape().dim(1) == 0 || image.shape().dim(2) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted images of non-zero size, got shape ", image.shape().ToString()));
  }
  if (indices.num_elements() != count) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted ", count, " images, got ", indices.num_elements()));
  }
  for (int64_t i = 0; i < count; ++i) {
    const int32_t index = indices.data<int32_t>()[i];
    if (index < 0 || index >= batch) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 2: wanted images in [0, ", batch, "), got ", index, " at ", i));
    }
  }
  for (const float corner : boxes.flat<float>()) {
    if (!std::isfinite(corner)) return absl::InvalidArgumentError("input 1: a box has a corner that is not finite");
  }
  return absl::OkStatus();
}

absl::Status EvalCrop(EvalContext& context) {
  const Tensor &image = context.input(0), &boxes = context.input(1), &indices = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const CropAttrs attrs, CropAttrs::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims size, ToInt64s(context.input(3)));
  FLOE_RETURN_IF_ERROR(WantPositive(size));
  FLOE_RETURN_IF_ERROR(CheckInputs(image, boxes, indices));
  const int64_t count = boxes.shape().dim(0), height = image.shape().dim(1);
  const Image shape{image.shape().dim(2), image.shape().dim(3)};
  FLOE_ASSIGN_OR_RETURN(const Shape crops, Shape::Checked({count, size[0], size[1], shape.channels}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, crops));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(RealTypes(), image.dtype(), [&]<typename T>() -> absl::Status {
    float* to = output->mutable_data<float>();
    for (int64_t b = 0; b < count; ++b) {
      const float* const box = boxes.data<float>() + b * 4;
      const T* const from = image.data<T>() + indices.data<int32_t>()[b] * height * shape.width * shape.channels;
      const Places rows = Places::Of(box[0], box[2], height, size[0]),
                   columns = Places::Of(box[1], box[3], shape.width, size[1]);
      for (int64_t y = 0; y < size[0]; ++y) {
        for (int64_t x = 0; x < size[1]; ++x, to += shape.channels) {
          const float row = rows.At(y), column = columns.At(x);
          if (rows.Inside(row) && columns.Inside(column)) {
            CropPixel(from, shape, row, column, attrs.nearest, to);
          } else {
            std::fill_n(to, shape.channels, attrs.outside);
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"CropAndResize", InferCrop, EvalCrop},
};

}  // namespace

absl::Span<const OpInfo> CropAndResizeOps() { return kOps; }

}  // namespace floe
