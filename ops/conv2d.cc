#include "ops/conv2d.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

using ConvTypes = Join<FloatTypes, TypeList<int32_t>>;

// Strides in elements of an image tensor in either layout.
struct ImageStrides {
  int64_t batch, row, column, channel;

  static ImageStrides Of(bool channels_first, int64_t height, int64_t width, int64_t channels) {
    if (channels_first) return {channels * height * width, width, 1, height * width};
    return {height * width * channels, width * channels, channels, 1};
  }
};

ImageStrides InputStrides(const Conv2DGeometry& g) {
  return ImageStrides::Of(g.channels_first, g.height.input, g.width.input, g.in_channels);
}
ImageStrides OutputStrides(const Conv2DGeometry& g) {
  return ImageStrides::Of(g.channels_first, g.height.output, g.width.output, g.out_channels);
}

template <typename W>
W MulAdd(W sum, W a, W b) {
  return WrapAdd(sum, WrapMul(a, b));
}

// Adds one input pixel, seen through one tap, to the sums of a group's outputs. The inner loop runs over contiguous
// outputs.
template <typename T>
void AddTap(const T* pixel, int64_t channel_stride, int64_t in_channels, const T* filter, int64_t filter_stride,
            int64_t out_channels, Wide<T>* sums) {
  for (int64_t c = 0; c < in_channels; ++c) {
    const Wide<T> x = pixel[c * channel_stride];
    const T* const taps = filter + c * filter_stride;
    for (int64_t o = 0; o < out_channels; ++o) sums[o] = MulAdd<Wide<T>>(sums[o], x, taps[o]);
  }
}

template <typename T>
void Conv2D(const Conv2DGeometry& g, const T* input, const T* filter, Wide<T>* sums, T* output) {
  const ImageStrides in = InputStrides(g), out = OutputStrides(g);
  const int64_t group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.height.output; ++y) {
      for (int64_t x = 0; x < g.width.output; ++x) {
        std::fill_n(sums, g.out_channels, Wide<T>(0));
        for (int64_t ky = g.height.FirstTap(y), last_y = g.height.LastTap(y); ky < last_y; ++ky) {
          for (int64_t kx = g.width.FirstTap(x), last_x = g.width.LastTap(x); kx < last_x; ++kx) {
            const int64_t row = g.height.Start(y) + ky * g.height.dilation,
                          column = g.width.Start(x) + kx * g.width.dilation;
            const T* const pixel = input + n * in.batch + row * in.row + column * in.column;
            const T* const tap = filter + (ky * g.width.filter + kx) * group_in * g.out_channels;
            for (int64_t group = 0; group < g.groups; ++group) {
              AddTap(pixel + group * group_in * in.channel, in.channel, group_in, tap + group * group_out,
                     g.out_channels, group_out, sums + group * group_out);
            }
          }
        }
        T* const to = output + n * out.batch + y * out.row + x * out.column;
        for (int64_t o = 0; o < g.out_channels; ++o) to[o * out.channel] = T(sums[o]);
      }
    }
  }
}

template <typename T>
void DepthwiseConv2D(const Conv2DGeometry& g, const T* input, const T* filter, Wide<T>* sums, T* output) {
  const ImageStrides in = InputStrides(g), out = OutputStrides(g);
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.height.output; ++y) {
      for (int64_t x = 0; x < g.width.output; ++x) {
        std::fill_n(sums, g.out_channels, Wide<T>(0));
        for (int64_t ky = g.height.FirstTap(y), last_y = g.height.LastTap(y); ky < last_y; ++ky) {
          for (int64_t kx = g.width.FirstTap(x), last_x = g.width.LastTap(x); kx < last_x; ++kx) {
            const int64_t row = g.height.Start(y) + ky * g.height.dilation,
                          column = g.width.Start(x) + kx * g.width.dilation;
            const T* const pixel = input + n * in.batch + row * in.row + column * in.column;
            const T* const tap = filter + (ky * g.width.filter + kx) * g.out_channels;
            for (int64_t c = 0, o = 0; c < g.in_channels; ++c) {
              const Wide<T> value = pixel[c * in.channel];
              for (int64_t m = 0; m < g.multiplier; ++m, ++o) sums[o] = MulAdd<Wide<T>>(sums[o], value, tap[o]);
            }
          }
        }
        T* const to = output + n * out.batch + y * out.row + x * out.column;
        for (int64_t o = 0; o < g.out_channels; ++o) to[o * out.channel] = T(sums[o]);
      }
    }
  }
}

// The transposed convolution: scatters each output gradient over the inputs that its window saw.
template <typename T>
void Conv2DBackpropInput(const Conv2DGeometry& g, const T* filter, const T* gradient, Wide<T>* input) {
  const ImageStrides in = InputStrides(g), out = OutputStrides(g);
  const int64_t group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.height.output; ++y) {
      for (int64_t x = 0; x < g.width.output; ++x) {
        const T* const from = gradient + n * out.batch + y * out.row + x * out.column;
        for (int64_t ky = g.height.FirstTap(y), last_y = g.height.LastTap(y); ky < last_y; ++ky) {
          for (int64_t kx = g.width.FirstTap(x), last_x = g.width.LastTap(x); kx < last_x; ++kx) {
            const int64_t row = g.height.Start(y) + ky * g.height.dilation,
                          column = g.width.Start(x) + kx * g.width.dilation;
            Wide<T>* const pixel = input + n * in.batch + row * in.row + column * in.column;
            const T* const tap = filter + (ky * g.width.filter + kx) * group_in * g.out_channels;
            for (int64_t c = 0; c < g.in_channels; ++c) {
              const int64_t first = c / group_in * group_out;
              const T* const taps = tap + c % group_in * g.out_channels + first;
              Wide<T> sum = 0;
              for (int64_t o = 0; o < group_out; ++o)
                sum = MulAdd<Wide<T>>(sum, from[(first + o) * out.channel], taps[o]);
              pixel[c * in.channel] = WrapAdd(pixel[c * in.channel], sum);
            }
          }
        }
      }
    }
  }
}

template <absl::StatusOr<Conv2DGeometry> (*kGeometry)(const AttrMap&, const PartialShape&, const PartialShape&),
          typename Types>
absl::Status InferConv(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry, kGeometry(context.attrs(), context.shape(0), context.shape(1)));
  context.AddOutput(context.dtype(0), geometry.OutputShape());
  return absl::OkStatus();
}

template <absl::StatusOr<Conv2DGeometry> (*kGeometry)(const AttrMap&, const PartialShape&, const PartialShape&),
          absl::Status (*kCompute)(const Conv2DGeometry&, const Tensor&, const Tensor&, Tensor*)>
absl::Status EvalConv(EvalContext& context) {
  const Tensor &input = context.input(0), &filter = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry, kGeometry(context.attrs(), input.shape(), filter.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  return kCompute(geometry, input, filter, output);
}

// input_sizes may leave out batch and channels: [height, width].
absl::StatusOr<PartialShape> BackpropInputShape(const AttrMap& attrs, PartialShape sizes, const PartialShape& filter,
                                                const PartialShape& gradient) {
  if (!sizes.has_rank()) sizes = PartialShape::UnknownDims(4);
  FLOE_ASSIGN_OR_RETURN(const WindowAttrs window, ParseWindowAttrs(attrs, 2));
  const int channel_axis = window.channel_axis();
  if (sizes.rank() == 2) {
    PartialShape full = PartialShape::UnknownDims(4);
    full.set_dim(0, DimOrUnknown(gradient, 0));
    full.set_dim(channel_axis, DimOrUnknown(filter, 2));
    for (int i = 0; i < 2; ++i) full.set_dim(window.spatial_axis(i), sizes.dim(i));
    sizes = std::move(full);
  }
  if (sizes.rank() != 4) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted 4 sizes, got ", sizes.rank()));
  }
  if (sizes.dim(0) < 0) sizes.set_dim(0, DimOrUnknown(gradient, 0));
  return sizes;
}

absl::StatusOr<Conv2DGeometry> BackpropGeometry(const AttrMap& attrs, const PartialShape& input,
                                                const PartialShape& filter, const PartialShape& gradient) {
  FLOE_ASSIGN_OR_RETURN(Conv2DGeometry geometry, ComputeConv2DGeometry(attrs, input, filter));
  absl::StatusOr<PartialShape> merged = MergeShapes(geometry.OutputShape(), gradient);
  if (!merged.ok()) return Annotate(merged.status(), "input 2 and the shape that the convolution of input_sizes has");
  return geometry;
}

absl::Status InferBackpropInput(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ConvTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 4));
  FLOE_RETURN_IF_ERROR(context.WantRank(2, 4));
  FLOE_ASSIGN_OR_RETURN(PartialShape sizes, KnownShape(context, 0));
  FLOE_ASSIGN_OR_RETURN(sizes,
                        BackpropInputShape(context.attrs(), std::move(sizes), context.shape(1), context.shape(2)));
  FLOE_RETURN_IF_ERROR(BackpropGeometry(context.attrs(), sizes, context.shape(1), context.shape(2)).status());
  context.AddOutput(context.dtype(1), std::move(sizes));
  return absl::OkStatus();
}

absl::Status EvalBackpropInput(EvalContext& context) {
  const Tensor &filter = context.input(1), &gradient = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Shape given, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape sizes,
                        BackpropInputShape(context.attrs(), given, filter.shape(), gradient.shape()));
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry,
                        BackpropGeometry(context.attrs(), sizes, filter.shape(), gradient.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, sizes.ToShape()));
  return OnDType(ConvTypes(), filter.dtype(), [&]<typename T>() -> absl::Status {
    T* const to = output->mutable_data<T>();
    const int64_t n = output->num_elements();
    if constexpr (kIsHalf<T>) {
      FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<float>(n));
      std::fill_n(sums.get(), n, 0.0f);
      Conv2DBackpropInput(geometry, filter.data<T>(), gradient.data<T>(), sums.get());
      std::copy_n(sums.get(), n, to);
    } else {
      std::fill_n(to, n, T(0));
      Conv2DBackpropInput(geometry, filter.data<T>(), gradient.data<T>(), to);
    }
    return absl::OkStatus();
  });
}

// ---- DepthwiseConv2dNativeBackpropInput

template <typename T>
void DepthwiseBackprop(const Conv2DGeometry& g, const T* filter, const T* gradient, Wide<T>* input) {
  const ImageStrides in = InputStrides(g), out = OutputStrides(g);
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.height.output; ++y) {
      for (int64_t x = 0; x < g.width.output; ++x) {
        const T* const from = gradient + n * out.batch + y * out.row + x * out.column;
        for (int64_t ky = g.height.FirstTap(y), last_y = g.height.LastTap(y); ky < last_y; ++ky) {
          for (int64_t kx = g.width.FirstTap(x), last_x = g.width.LastTap(x); kx < last_x; ++kx) {
            const int64_t row = g.height.Start(y) + ky * g.height.dilation,
                          column = g.width.Start(x) + kx * g.width.dilation;
            Wide<T>* const pixel = input + n * in.batch + row * in.row + column * in.column;
            const T* const tap = filter + (ky * g.width.filter + kx) * g.out_channels;
            for (int64_t o = 0; o < g.out_channels; ++o) {
              Wide<T>& sum = pixel[o / g.multiplier * in.channel];
              sum = MulAdd<Wide<T>>(sum, from[o * out.channel], tap[o]);
            }
          }
        }
      }
    }
  }
}

absl::Status CheckDepthwiseGradient(const Conv2DGeometry& geometry, const PartialShape& gradient) {
  absl::StatusOr<PartialShape> merged = MergeShapes(geometry.OutputShape(), gradient);
  if (merged.ok()) return absl::OkStatus();
  return Annotate(merged.status(), "input 2 and the shape that the convolution of input_sizes has");
}

absl::Status InferDepthwiseBackprop(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 1", context.dtype(1)));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 4));
  FLOE_ASSIGN_OR_RETURN(PartialShape sizes, KnownSizes(context, 0));
  if (!sizes.has_rank()) sizes = PartialShape::UnknownDims(4);
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry,
                        ComputeDepthwiseConv2DGeometry(context.attrs(), sizes, context.shape(1)));
  FLOE_RETURN_IF_ERROR(CheckDepthwiseGradient(geometry, context.shape(2)));
  context.AddOutput(context.dtype(1), std::move(sizes));
  return absl::OkStatus();
}

absl::Status EvalDepthwiseBackprop(EvalContext& context) {
  const Tensor &filter = context.input(1), &gradient = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry geometry,
                        ComputeDepthwiseConv2DGeometry(context.attrs(), shape, filter.shape()));
  FLOE_RETURN_IF_ERROR(CheckDepthwiseGradient(geometry, gradient.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return OnDType(FloatTypes(), filter.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(output->num_elements()));
    std::fill_n(sums.get(), output->num_elements(), Wide<T>(0));
    DepthwiseBackprop(geometry, filter.data<T>(), gradient.data<T>(), sums.get());
    std::copy_n(sums.get(), output->num_elements(), output->mutable_data<T>());
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Conv2D", InferConv<ComputeConv2DGeometry, ConvTypes>, EvalConv<ComputeConv2DGeometry, ReferenceConv2D>},
    {"DepthwiseConv2dNative", InferConv<ComputeDepthwiseConv2DGeometry, FloatTypes>,
     EvalConv<ComputeDepthwiseConv2DGeometry, ReferenceDepthwiseConv2D>},
    {"Conv2DBackpropInput", InferBackpropInput, EvalBackpropInput},
    {"DepthwiseConv2dNativeBackpropInput", InferDepthwiseBackprop, EvalDepthwiseBackprop},
};

}  // namespace

absl::Status ReferenceConv2D(const Conv2DGeometry& geometry, const Tensor& input, const Tensor& filter,
                             Tensor* output) {
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(ConvTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(geometry.out_channels));
    Conv2D(geometry, input.data<T>(), filter.data<T>(), sums.get(), output->mutable_data<T>());
    return absl::OkStatus();
  });
}

absl::Status ReferenceDepthwiseConv2D(const Conv2DGeometry& geometry, const Tensor& input, const Tensor& filter,
                                      Tensor* output) {
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(geometry.out_channels));
    DepthwiseConv2D(geometry, input.data<T>(), filter.data<T>(), sums.get(), output->mutable_data<T>());
    return absl::OkStatus();
  });
}

absl::Span<const OpInfo> Conv2DOps() { return kOps; }

}  // namespace floe
