#include "ops/window.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/checked_math.h"
#include "base/status.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
// Windows larger than this are no model's; the bound keeps every sum below inside 64 bits.
constexpr int64_t kMaxWindow = int64_t{1} << 31;
constexpr int64_t kMaxInput = int64_t{1} << 53;

absl::Status NotPositive(absl::string_view what, int64_t value) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": wanted 1 or more, got ", value));
}

// The spatial entries of a list with one entry a dimension in the order of the data format; batch and channel must be
// `rest`.
absl::StatusOr<std::vector<int64_t>> SpatialEntries(absl::string_view name, absl::Span<const int64_t> list,
                                                    int spatial_rank, bool channels_first) {
  if (static_cast<int>(list.size()) != spatial_rank + 2) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": wanted ", spatial_rank + 2, " numbers, got ", list.size()));
  }
  const int channel_axis = channels_first ? 1 : spatial_rank + 1;
  if (list[0] != 1 || list[channel_axis] != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": wanted 1 for batch and channels, got [", absl::StrJoin(list, ","), "]"));
  }
  const auto begin = list.begin() + (channels_first ? 2 : 1);
  return std::vector<int64_t>(begin, begin + spatial_rank);
}

absl::StatusOr<bool> ParseChannelsFirst(const AttrMap& attrs, int spatial_rank) {
  const absl::string_view last = spatial_rank == 3 ? "NDHWC" : "NHWC";
  const absl::string_view first = spatial_rank == 3 ? "NCDHW" : "NCHW";
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", last));
  if (format == last) return false;
  if (format == first) return true;
  return absl::InvalidArgumentError(absl::StrCat("data_format: wanted ", last, " or ", first, ", got '", format, "'"));
}

absl::Status ParsePadding(const AttrMap& attrs, int spatial_rank, WindowAttrs* window) {
  FLOE_ASSIGN_OR_RETURN(const std::string padding, attrs.String("padding"));
  if (padding == "VALID") {
    window->padding = Padding::kValid;
  } else if (padding == "SAME") {
    window->padding = Padding::kSame;
  } else if (padding == "EXPLICIT" && spatial_rank == 2) {
    window->padding = Padding::kExplicit;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("padding: wanted SAME or VALID, got '", padding, "'"));
  }
  if (window->padding != Padding::kExplicit) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, attrs.Ints("explicit_paddings"));
  if (static_cast<int>(pads.size()) != 2 * (spatial_rank + 2)) {
    return absl::InvalidArgumentError(
        absl::StrCat("explicit_paddings: wanted ", 2 * (spatial_rank + 2), " numbers, got ", pads.size()));
  }
  const int channel_axis = window->channels_first ? 1 : spatial_rank + 1;
  for (int axis = 0; axis < spatial_rank + 2; ++axis) {
    const int64_t before = pads[2 * axis], after = pads[2 * axis + 1];
    if (axis == 0 || axis == channel_axis) {
      if (before != 0 || after != 0)
        return absl::InvalidArgumentError("explicit_paddings: batch and channels cannot be padded");
      continue;
    }
    if (before < 0 || after < 0 || before > kMaxWindow || after > kMaxWindow) {
      return absl::InvalidArgumentError(absl::StrCat("explicit_paddings: ", before, " and ", after, " are no padding"));
    }
    window->pad_before.push_back(before);
    window->pad_after.push_back(after);
  }
  return absl::OkStatus();
}

absl::StatusOr<Window1D> WindowOf(const WindowAttrs& window, int i, int64_t input, int64_t filter) {
  const bool padded = window.padding == Padding::kExplicit;
  return ComputeWindow(input, filter, window.strides[i], window.dilations[i], window.padding,
                       padded ? window.pad_before[i] : 0, padded ? window.pad_after[i] : 0);
}

absl::StatusOr<PartialShape> OfRank(absl::string_view what, const PartialShape& shape, int rank) {
  if (!shape.has_rank()) return PartialShape::UnknownDims(rank);
  if (shape.rank() != rank) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": wanted a tensor of rank ", rank, ", got shape ", shape.ToString()));
  }
  return shape;
}

// What both convolutions share: everything but the channels.
absl::StatusOr<Conv2DGeometry> ComputeSpatial(const AttrMap& attrs, const PartialShape& input,
                                              const PartialShape& filter) {
  FLOE_ASSIGN_OR_RETURN(const WindowAttrs window, ParseWindowAttrs(attrs, 2));
  Conv2DGeometry geometry;
  geometry.channels_first = window.channels_first;
  geometry.batch = input.dim(0);
  geometry.in_channels = input.dim(window.channel_axis());
  FLOE_ASSIGN_OR_RETURN(geometry.height, WindowOf(window, 0, input.dim(window.spatial_axis(0)), filter.dim(0)));
  FLOE_ASSIGN_OR_RETURN(geometry.width, WindowOf(window, 1, input.dim(window.spatial_axis(1)), filter.dim(1)));
  return geometry;
}

PartialShape ImageShape(bool channels_first, int64_t batch, int64_t height, int64_t width, int64_t channels) {
  if (channels_first) return PartialShape({batch, channels, height, width});
  return PartialShape({batch, height, width, channels});
}

}  // namespace

absl::StatusOr<Window1D> ComputeWindow(int64_t input, int64_t filter, int64_t stride, int64_t dilation, Padding padding,
                                       int64_t explicit_before, int64_t explicit_after) {
  if (stride < 1 || stride > kMaxWindow) return NotPositive("stride", stride);
  if (dilation < 1 || dilation > kMaxWindow) return NotPositive("dilation", dilation);
  if (filter != kUnknown && (filter < 1 || filter > kMaxWindow)) return NotPositive("window size", filter);
  Window1D window{input, filter, stride, dilation, 0, 0, kUnknown};
  if (padding == Padding::kExplicit) {
    window.pad_before = explicit_before;
    window.pad_after = explicit_after;
  }
  if (input == kUnknown) return window;
  if (input > kMaxInput) return absl::InvalidArgumentError(absl::StrCat("an image side of ", input, " is too large"));
  if (padding == Padding::kSame) {
    window.output = input / stride + (input % stride != 0 ? 1 : 0);
    if (filter == kUnknown) return window;
    const int64_t reach = (filter - 1) * dilation + 1;
    // The last window starts at the last multiple of the stride inside the input, and pads whatever it lacks there.
    const int64_t missing = window.output == 0 ? 0 : std::max<int64_t>(0, (window.output - 1) * stride + reach - input);
    window.pad_before = missing / 2;
    window.pad_after = missing - window.pad_before;
    return window;
  }
  if (filter == kUnknown) return window;
  const int64_t reach = (filter - 1) * dilation + 1;
  int64_t padded;
  if (!CheckedAdd(input, window.pad_before + window.pad_after, &padded)) return NotPositive("input size", input);
  window.output = (padded - reach + stride) / stride;
  if (window.output < 0) {
    return absl::InvalidArgumentError(absl::StrCat("a window of ", reach, " does not fit an input of ", padded));
  }
  return window;
}

absl::StatusOr<WindowAttrs> ParseWindowAttrs(const AttrMap& attrs, int spatial_rank) {
  WindowAttrs window;
  FLOE_ASSIGN_OR_RETURN(window.channels_first, ParseChannelsFirst(attrs, spatial_rank));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, attrs.Ints("strides"));
  FLOE_ASSIGN_OR_RETURN(window.strides, SpatialEntries("strides", strides, spatial_rank, window.channels_first));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> dilations,
                        attrs.Ints("dilations", std::vector<int64_t>(spatial_rank + 2, 1)));
  FLOE_ASSIGN_OR_RETURN(window.dilations, SpatialEntries("dilations", dilations, spatial_rank, window.channels_first));
  FLOE_RETURN_IF_ERROR(ParsePadding(attrs, spatial_rank, &window));
  return window;
}

PartialShape Conv2DGeometry::OutputShape() const {
  return ImageShape(channels_first, batch, height.output, width.output, out_channels);
}

int64_t Conv2DGeometry::Flops() const {
  int64_t flops = 2;
  for (const int64_t factor : {batch, height.output, width.output, out_channels, height.filter, width.filter,
                               in_channels / std::max<int64_t>(groups, 1)}) {
    if (!CheckedMul(flops, factor, &flops)) return std::numeric_limits<int64_t>::max();
  }
  return flops;
}

absl::StatusOr<Conv2DGeometry> ComputeConv2DGeometry(const AttrMap& attrs, const PartialShape& input_shape,
                                                     const PartialShape& filter_shape) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape input, OfRank("input", input_shape, 4));
  FLOE_ASSIGN_OR_RETURN(const PartialShape filter, OfRank("filter", filter_shape, 4));
  FLOE_ASSIGN_OR_RETURN(Conv2DGeometry geometry, ComputeSpatial(attrs, input, filter));
  geometry.out_channels = filter.dim(3);
  const int64_t in = geometry.in_channels, filter_in = filter.dim(2), out = filter.dim(3);
  if (filter_in == 0) return absl::InvalidArgumentError("filter: wanted 1 input channel or more, got 0");
  if (in == kUnknown || filter_in == kUnknown) {
    geometry.groups = kUnknown;
    return geometry;
  }
  if (in % filter_in != 0 || in == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input of ", in, " channels does not fit a filter of ", filter_in, " input channels"));
  }
  geometry.groups = in / filter_in;
  if (out != kUnknown && out % geometry.groups != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: wanted a multiple of ", geometry.groups, " (the groups) output channels, got ", out));
  }
  return geometry;
}

absl::StatusOr<Conv2DGeometry> ComputeDepthwiseConv2DGeometry(const AttrMap& attrs, const PartialShape& input_shape,
                                                              const PartialShape& filter_shape) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape input, OfRank("input", input_shape, 4));
  FLOE_ASSIGN_OR_RETURN(const PartialShape filter, OfRank("filter", filter_shape, 4));
  FLOE_ASSIGN_OR_RETURN(Conv2DGeometry geometry, ComputeSpatial(attrs, input, filter));
  const int64_t filter_in = filter.dim(2);
  if (geometry.in_channels == kUnknown) geometry.in_channels = filter_in;
  if (filter_in != kUnknown && filter_in != geometry.in_channels) {
    return absl::InvalidArgumentError(
        absl::StrCat("input of ", geometry.in_channels, " channels does not fit a filter of ", filter_in));
  }
  geometry.groups = geometry.in_channels;
  geometry.multiplier = filter.dim(3);
  const bool known = geometry.in_channels != kUnknown && geometry.multiplier != kUnknown;
  geometry.out_channels = kUnknown;
  if (known && !CheckedMul(geometry.in_channels, geometry.multiplier, &geometry.out_channels)) {
    return absl::InvalidArgumentError("filter: too many output channels");
  }
  return geometry;
}

PartialShape Pool2DGeometry::OutputShape() const {
  return ImageShape(channels_first, batch, height.output, width.output, channels);
}

absl::StatusOr<Pool2DGeometry> ComputePool2DGeometry(const AttrMap& attrs, const PartialShape& input) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> ksize, attrs.Ints("ksize"));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, attrs.Ints("strides"));
  return ComputePool2DGeometry(attrs, input, ksize, strides);
}

absl::StatusOr<Pool2DGeometry> ComputePool2DGeometry(const AttrMap& attrs, const PartialShape& input_shape,
                                                     absl::Span<const int64_t> ksize,
                                                     absl::Span<const int64_t> strides) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape input, OfRank("input", input_shape, 4));
  WindowAttrs window;
  FLOE_ASSIGN_OR_RETURN(window.channels_first, ParseChannelsFirst(attrs, 2));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, SpatialEntries("ksize", ksize, 2, window.channels_first));
  FLOE_ASSIGN_OR_RETURN(window.strides, SpatialEntries("strides", strides, 2, window.channels_first));
  window.dilations = {1, 1};
  FLOE_RETURN_IF_ERROR(ParsePadding(attrs, 2, &window));
  Pool2DGeometry geometry;
  geometry.channels_first = window.channels_first;
  geometry.batch = input.dim(0);
  geometry.channels = input.dim(window.channel_axis());
  FLOE_ASSIGN_OR_RETURN(geometry.height, WindowOf(window, 0, input.dim(window.spatial_axis(0)), sizes[0]));
  FLOE_ASSIGN_OR_RETURN(geometry.width, WindowOf(window, 1, input.dim(window.spatial_axis(1)), sizes[1]));
  return geometry;
}

}  // namespace floe
