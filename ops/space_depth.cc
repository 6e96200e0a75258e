#include "ops/space_depth.h"

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// An image of blocks. The deep form has [height, width, block * block * channels], the wide form
// [height * block, width * block, channels]; sizes not known are kUnknown.
struct Blocks {
  bool channels_first = false;
  int64_t block = 0;
  int64_t batch = kUnknown, height = kUnknown, width = kUnknown, channels = kUnknown;

  int height_axis() const { return channels_first ? 2 : 1; }
  int width_axis() const { return channels_first ? 3 : 2; }
  int channel_axis() const { return channels_first ? 1 : 3; }
  PartialShape ShapeOf(int64_t h, int64_t w, int64_t c) const {
    if (channels_first) return PartialShape({batch, c, h, w});
    return PartialShape({batch, h, w, c});
  }
};

absl::StatusOr<Blocks> ParseBlocks(const AttrMap& attrs) {
  Blocks blocks;
  FLOE_ASSIGN_OR_RETURN(blocks.block, attrs.Int("block_size"));
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", "NHWC"));
  if (blocks.block < 2 || blocks.block > INT32_MAX) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'block_size': wanted 2 or more, got ", blocks.block));
  }
  blocks.channels_first = format == "NCHW";
  if (!blocks.channels_first && format != "NHWC") {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'data_format': wanted NHWC or NCHW, got '", format, "'"));
  }
  return blocks;
}

absl::StatusOr<int64_t> Divided(int64_t size, int64_t by, absl::string_view what) {
  if (size == kUnknown) return kUnknown;
  if (size % by != 0) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": wanted a multiple of ", by, ", got ", size));
  }
  return size / by;
}

absl::StatusOr<int64_t> Multiplied(int64_t size, int64_t by, absl::string_view what) {
  int64_t product = kUnknown;
  if (size != kUnknown && !CheckedMul(size, by, &product)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " of ", size, " times ", by, " is too large"));
  }
  return product;
}

// The blocks of an input in the deep form, or in the wide one, and the shape that the other form has.
absl::StatusOr<Blocks> BlocksOf(const AttrMap& attrs, const PartialShape& input, bool deep, PartialShape* result) {
  FLOE_ASSIGN_OR_RETURN(Blocks blocks, ParseBlocks(attrs));
  const int64_t height = DimOrUnknown(input, blocks.height_axis()), width = DimOrUnknown(input, blocks.width_axis()),
                channels = DimOrUnknown(input, blocks.channel_axis());
  blocks.batch = DimOrUnknown(input, 0);
  const int64_t block = blocks.block, area = block * block;
  if (deep) {
    blocks.height = height;
    blocks.width = width;
    FLOE_ASSIGN_OR_RETURN(blocks.channels, Divided(channels, area, "channels"));
    FLOE_ASSIGN_OR_RETURN(const int64_t wide_height, Multiplied(height, block, "height"));
    FLOE_ASSIGN_OR_RETURN(const int64_t wide_width, Multiplied(width, block, "width"));
    *result = blocks.ShapeOf(wide_height, wide_width, blocks.channels);
  } else {
    blocks.channels = channels;
    FLOE_ASSIGN_OR_RETURN(blocks.height, Divided(height, block, "height"));
    FLOE_ASSIGN_OR_RETURN(blocks.width, Divided(width, block, "width"));
    FLOE_ASSIGN_OR_RETURN(const int64_t deep_channels, Multiplied(channels, area, "channels"));
    *result = blocks.ShapeOf(blocks.height, blocks.width, deep_channels);
  }
  return blocks;
}

template <bool kDeepInput>
absl::Status InferBlocks(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  PartialShape shape;
  FLOE_RETURN_IF_ERROR(BlocksOf(context.attrs(), context.shape(0), kDeepInput, &shape).status());
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// The walk over [batch, height, row in block, width, column in block, channels]: where each form has that element.
template <bool kDeepInput>
absl::Status EvalBlocks(EvalContext& context) {
  const Tensor& input = context.input(0);
  PartialShape shape;
  FLOE_ASSIGN_OR_RETURN(const Blocks b, BlocksOf(context.attrs(), input.shape(), kDeepInput, &shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  const Dims deep = (kDeepInput ? input : *output).shape().Strides(),
             wide = (kDeepInput ? *output : input).shape().Strides();
  const int h = b.height_axis(), w = b.width_axis(), c = b.channel_axis();
  const Dims dims = {b.batch, b.height, b.block, b.width, b.block, b.channels};
  const StridedView deep_view{
      0, {deep[0], deep[h], b.block * b.channels * deep[c], deep[w], b.channels * deep[c], deep[c]}};
  const StridedView wide_view{0, {wide[0], b.block * wide[h], wide[h], b.block * wide[w], wide[w], wide[c]}};
  return kDeepInput ? StridedCopy(dims, input, deep_view, output, wide_view)
                    : StridedCopy(dims, input, wide_view, output, deep_view);
}

constexpr OpInfo kOps[] = {
    {"DepthToSpace", InferBlocks<true>, EvalBlocks<true>},
    {"SpaceToDepth", InferBlocks<false>, EvalBlocks<false>},
};

}  // namespace

absl::Span<const OpInfo> SpaceDepthOps() { return kOps; }

}  // namespace floe
