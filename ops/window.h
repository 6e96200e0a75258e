// The geometry of windows that slide over images: convolutions and pools. Shapes may be known in part; sizes that are
// not known come out as PartialShape::kUnknownDim. Values and pure functions; any thread.
#ifndef FLOE_OPS_WINDOW_H_
#define FLOE_OPS_WINDOW_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/attr_value.h"
#include "tensor/shape.h"

namespace floe {

enum class Padding { kValid, kSame, kExplicit };

// One dimension: how many outputs there are, and which inputs each sees.
struct Window1D {
  int64_t input = 0;
  int64_t filter = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_before = 0;
  int64_t pad_after = 0;
  int64_t output = 0;

  // The input at which tap 0 of output `o` lies; may be outside [0, input).
  int64_t Start(int64_t o) const { return o * stride - pad_before; }
  // The taps [first, last) of output `o` that lie inside the input.
  int64_t FirstTap(int64_t o) const {
    const int64_t start = Start(o);
    return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  }
  int64_t LastTap(int64_t o) const {
    const int64_t room = input - Start(o);
    if (room <= 0) return 0;
    const int64_t taps = (room + dilation - 1) / dilation;
    return taps < filter ? taps : filter;
  }
  bool known() const { return output >= 0; }
};

// INVALID_ARGUMENT where stride, dilation or filter is not positive or nothing would come out. `explicit_*` are for
// kExplicit.
absl::StatusOr<Window1D> ComputeWindow(int64_t input, int64_t filter, int64_t stride, int64_t dilation, Padding padding,
                                       int64_t explicit_before = 0, int64_t explicit_after = 0);

// The attributes strides, dilations, padding, explicit_paddings and data_format, put in one order: spatial dimensions
// only.
struct WindowAttrs {
  bool channels_first = false;  // NCHW, NCDHW
  Padding padding = Padding::kValid;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pad_before;  // kExplicit only
  std::vector<int64_t> pad_after;

  int channel_axis() const { return channels_first ? 1 : static_cast<int>(strides.size()) + 1; }
  int spatial_axis(int i) const { return channels_first ? i + 2 : i + 1; }
};
// `spatial_rank` is 2 or 3.
absl::StatusOr<WindowAttrs> ParseWindowAttrs(const AttrMap& attrs, int spatial_rank);

struct Conv2DGeometry {
  bool channels_first = false;
  int64_t batch = 0;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  // Groups of channels: in_channels / the filter's. For a depthwise convolution: in_channels, of `multiplier` outputs
  // each.
  int64_t groups = 1;
  int64_t multiplier = 0;
  Window1D height;
  Window1D width;

  PartialShape OutputShape() const;
  // Multiplications and additions of the whole convolution (where everything is known).
  int64_t Flops() const;
};
// Of Conv2D: filter [height, width, in / groups, out].
absl::StatusOr<Conv2DGeometry> ComputeConv2DGeometry(const AttrMap& attrs, const PartialShape& input,
                                                     const PartialShape& filter);
// Of DepthwiseConv2dNative: filter [height, width, in, multiplier].
absl::StatusOr<Conv2DGeometry> ComputeDepthwiseConv2DGeometry(const AttrMap& attrs, const PartialShape& input,
                                                              const PartialShape& filter);

struct Pool2DGeometry {
  bool channels_first = false;
  int64_t batch = 0;
  int64_t channels = 0;
  Window1D height;
  Window1D width;

  PartialShape OutputShape() const;
};
// Of MaxPool and AvgPool, with attributes ksize and strides.
absl::StatusOr<Pool2DGeometry> ComputePool2DGeometry(const AttrMap& attrs, const PartialShape& input);
// Of MaxPoolV2, where they are inputs; four numbers each, in the order of data_format.
absl::StatusOr<Pool2DGeometry> ComputePool2DGeometry(const AttrMap& attrs, const PartialShape& input,
                                                     absl::Span<const int64_t> ksize,
                                                     absl::Span<const int64_t> strides);

}  // namespace floe

#endif  // FLOE_OPS_WINDOW_H_
