#include "ops/draw_boxes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

using PixelTypes = TypeList<float, Half>;
constexpr int kMostChannels = 4;
using Color = std::array<float, kMostChannels>;

// Taken in turn where nobody gives colours: TensorFlow's yellow, blue, red, lime, purple, olive, maroon, navy, aqua,
// fuchsia.
constexpr Color kColors[] = {{1, 1, 0, 1},       {0, 0, 1, 1},    {1, 0, 0, 1},    {0, 1, 0, 1}, {0.5f, 0, 0.5f, 1},
                             {0.5f, 0.5f, 0, 1}, {0.5f, 0, 0, 1}, {0, 0, 0.5f, 1}, {0, 1, 1, 1}, {1, 0, 1, 1}};

absl::Status Infer(InferContext& context, bool has_colors) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(has_colors ? 3 : 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(PixelTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 3));
  const int64_t channels = DimOrUnknown(context.shape(0), 3);
  if (channels >= 0 && channels != 1 && channels != 3 && channels != 4) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted 1, 3 or 4 channels, got ", channels));
  }
  if (const auto batch = MergeDim(DimOrUnknown(context.shape(0), 0), DimOrUnknown(context.shape(1), 0)); !batch.ok()) {
    return Annotate(batch.status(), "images and boxes");
  }
  if (!MergeDim(DimOrUnknown(context.shape(1), 2), 4).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted boxes of 4 numbers, got shape ", context.shape(1).ToString()));
  }
  if (has_colors) {
    FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kFloat));
    FLOE_RETURN_IF_ERROR(context.WantRank(2, 2));
    const int64_t given = DimOrUnknown(context.shape(2), 1);
    if (given >= 0 && channels > given) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 2: wanted colors of ", channels, " channels or more, got ", given));
    }
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status InferPlain(InferContext& context) { return Infer(context, false); }
absl::Status InferColored(InferContext& context) { return Infer(context, true); }

// The first and last row or column of a box, as far as it may lie outside of the image.
struct Side {
  int64_t first, last;
  int64_t size;  // of the image

  // `from` and `to` are parts of the side; what no integer can hold lies far outside all the same.
  static Side Of(float from, float to, int64_t size) {
    const auto place = [size](float part) {
      constexpr float kFar = 0x1p40f;
      const float at = part * static_cast<float>(size - 1);
      return static_cast<int64_t>(std::clamp(at, -kFar, kFar));
    };
    return {place(from), place(to), size};
  }
  bool is_seen() const { return first <= last && first < size && last >= 0; }
  int64_t first_inside() const { return std::max<int64_t>(first, 0); }
  int64_t last_inside() const { return std::min(last, size - 1); }
};

template <typename T>
void Draw(const Side& rows, const Side& columns, const Color& color, int64_t channels, T* image) {
  const auto paint = [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < channels; ++c) {
      image[(y * columns.size + x) * channels + c] = T(color[static_cast<size_t>(c)]);
    }
  };
  for (const int64_t y : {rows.first, rows.last}) {
    if (y < 0 || y >= rows.size) continue;
    for (int64_t x = columns.first_inside(); x <= columns.last_inside(); ++x) paint(y, x);
  }
  for (const int64_t x : {columns.first, columns.last}) {
    if (x < 0 || x >= columns.size) continue;
    for (int64_t y = rows.first_inside(); y <= rows.last_inside(); ++y) paint(y, x);
  }
}

Color ColorOf(const EvalContext& context, int64_t box, int64_t channels) {
  if (context.num_inputs() < 3 || context.input(2).num_elements() == 0) {
    Color color = kColors[static_cast<size_t>(box) % std::size(kColors)];
    if (channels == 1) color[0] = 1;
    return color;
  }
  const Tensor& colors = context.input(2);
  const int64_t given = colors.shape().dim(1);
  Color color{};
  std::copy_n(colors.data<float>() + box % colors.shape().dim(0) * given, std::min(given, channels), color.begin());
  return color;
}

absl::Status Eval(EvalContext& context) {
  const Tensor &images = context.input(0), &boxes = context.input(1);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, images.shape()));
  CopyElements(images, 0, output, 0, images.num_elements());
  if (images.num_elements() == 0) return absl::OkStatus();
  const int64_t height = images.shape().dim(1), width = images.shape().dim(2), channels = images.shape().dim(3);
  return OnDType(PixelTypes(), images.dtype(), [&]<typename T>() -> absl::Status {
    const float* box = boxes.data<float>();
    for (int64_t b = 0; b < images.shape().dim(0); ++b) {
      T* const image = output->mutable_data<T>() + b * height * width * channels;
      for (int64_t i = 0; i < boxes.shape().dim(1); ++i, box += 4) {
        if (std::any_of(box, box + 4, [](float part) { return std::isnan(part); })) continue;
        const Side rows = Side::Of(box[0], box[2], height), columns = Side::Of(box[1], box[3], width);
        if (rows.is_seen() && columns.is_seen()) Draw(rows, columns, ColorOf(context, i, channels), channels, image);
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"DrawBoundingBoxes", InferPlain, Eval},
    {"DrawBoundingBoxesV2", InferColored, Eval},
};

}  // namespace

absl::Span<const OpInfo> DrawBoxesOps() { return kOps; }

}  // namespace floe
