#include "ops/conv3d.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

using Geometry = Conv3DGeometry;

absl::Status InferConv3D(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, kVolumeSpatial + 2));
  FLOE_ASSIGN_OR_RETURN(const Geometry g, ComputeConv3DGeometry(context.attrs(), context.shape(0), context.shape(1)));
  context.AddOutput(context.dtype(0), g.OutputShape());
  return absl::OkStatus();
}

// The sums of all output channels at one output place.
template <typename T>
void SumAt(const Geometry& g, const VolumeStrides& in, const std::array<int64_t, kVolumeSpatial>& at, const T* volume,
           const T* filter, Wide<T>* sums) {
  const Window1D &d = g.windows[0], &h = g.windows[1], &w = g.windows[2];
  std::fill_n(sums, g.out_channels, Wide<T>(0));
  for (int64_t kd = d.FirstTap(at[0]), last_d = d.LastTap(at[0]); kd < last_d; ++kd) {
    for (int64_t kh = h.FirstTap(at[1]), last_h = h.LastTap(at[1]); kh < last_h; ++kh) {
      for (int64_t kw = w.FirstTap(at[2]), last_w = w.LastTap(at[2]); kw < last_w; ++kw) {
        const T* const voxel = volume + (d.Start(at[0]) + kd * d.dilation) * in.spatial[0] +
                               (h.Start(at[1]) + kh * h.dilation) * in.spatial[1] +
                               (w.Start(at[2]) + kw * w.dilation) * in.spatial[2];
        const T* taps = filter + ((kd * h.filter + kh) * w.filter + kw) * g.in_channels * g.out_channels;
        for (int64_t c = 0; c < g.in_channels; ++c, taps += g.out_channels) {
          const Wide<T> x = voxel[c * in.channel];
          for (int64_t o = 0; o < g.out_channels; ++o) sums[o] += x * static_cast<Wide<T>>(taps[o]);
        }
      }
    }
  }
}

absl::Status EvalConv3D(EvalContext& context) {
  const Tensor &input = context.input(0), &filter = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Geometry g, ComputeConv3DGeometry(context.attrs(), input.shape(), filter.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, g.OutputShape().ToShape()));
  if (output->num_elements() == 0) return absl::OkStatus();
  const VolumeStrides in = VolumeStrides::Of(input.shape(), g.channels_first),
                      out = VolumeStrides::Of(output->shape(), g.channels_first);
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(g.out_channels));
    for (int64_t n = 0; n < g.batch; ++n) {
      for (int64_t z = 0; z < g.windows[0].output; ++z) {
        for (int64_t y = 0; y < g.windows[1].output; ++y) {
          for (int64_t x = 0; x < g.windows[2].output; ++x) {
            SumAt<T>(g, in, {z, y, x}, input.data<T>() + n * in.batch, filter.data<T>(), sums.get());
            T* const to = output->mutable_data<T>() + n * out.batch + z * out.spatial[0] + y * out.spatial[1] +
                          x * out.spatial[2];
            for (int64_t o = 0; o < g.out_channels; ++o) to[o * out.channel] = T(sums[o]);
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

// ---- Conv3DBackpropInputV2, the transposed convolution: inputs are its result's sizes, the filter and a volume

absl::StatusOr<Geometry> TransposedGeometry(const AttrMap& attrs, const PartialShape& sizes, const PartialShape& filter,
                                            const PartialShape& gradient) {
  FLOE_ASSIGN_OR_RETURN(Geometry g, ComputeConv3DGeometry(attrs, sizes, filter));
  absl::StatusOr<PartialShape> merged = MergeShapes(g.OutputShape(), gradient);
  if (!merged.ok()) return Annotate(merged.status(), "input 2 and the shape that the convolution of input_sizes has");
  return g;
}

absl::Status InferTransposed(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 1", context.dtype(1)));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, kVolumeSpatial + 2));
  FLOE_ASSIGN_OR_RETURN(PartialShape sizes, KnownSizes(context, 0));
  if (!sizes.has_rank()) sizes = PartialShape::UnknownDims(kVolumeSpatial + 2);
  if (sizes.rank() != kVolumeSpatial + 2) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted 5 sizes, got ", sizes.rank()));
  }
  FLOE_RETURN_IF_ERROR(TransposedGeometry(context.attrs(), sizes, context.shape(1), context.shape(2)).status());
  context.AddOutput(context.dtype(1), std::move(sizes));
  return absl::OkStatus();
}

// Adds one place of the gradient to the voxels that its window saw.
template <typename T>
void SpreadFrom(const Geometry& g, const VolumeStrides& in, const std::array<int64_t, kVolumeSpatial>& at,
                const T* gradient, int64_t gradient_stride, const T* filter, Wide<T>* volume) {
  const Window1D &d = g.windows[0], &h = g.windows[1], &w = g.windows[2];
  for (int64_t kd = d.FirstTap(at[0]), last_d = d.LastTap(at[0]); kd < last_d; ++kd) {
    for (int64_t kh = h.FirstTap(at[1]), last_h = h.LastTap(at[1]); kh < last_h; ++kh) {
      for (int64_t kw = w.FirstTap(at[2]), last_w = w.LastTap(at[2]); kw < last_w; ++kw) {
        Wide<T>* const voxel = volume + (d.Start(at[0]) + kd * d.dilation) * in.spatial[0] +
                               (h.Start(at[1]) + kh * h.dilation) * in.spatial[1] +
                               (w.Start(at[2]) + kw * w.dilation) * in.spatial[2];
        const T* taps = filter + ((kd * h.filter + kh) * w.filter + kw) * g.in_channels * g.out_channels;
        for (int64_t c = 0; c < g.in_channels; ++c, taps += g.out_channels) {
          Wide<T> sum = 0;
          for (int64_t o = 0; o < g.out_channels; ++o) {
            sum += Wide<T>(gradient[o * gradient_stride]) * static_cast<Wide<T>>(taps[o]);
          }
          voxel[c * in.channel] += sum;
        }
      }
    }
  }
}

absl::Status EvalTransposed(EvalContext& context) {
  const Tensor &filter = context.input(1), &gradient = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  if (shape.rank() != kVolumeSpatial + 2) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted 5 sizes, got ", shape.rank()));
  }
  FLOE_ASSIGN_OR_RETURN(const Geometry g, TransposedGeometry(context.attrs(), shape, filter.shape(), gradient.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const VolumeStrides in = VolumeStrides::Of(shape, g.channels_first),
                      out = VolumeStrides::Of(gradient.shape(), g.channels_first);
  return OnDType(FloatTypes(), filter.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(output->num_elements()));
    std::fill_n(sums.get(), output->num_elements(), Wide<T>(0));
    for (int64_t n = 0; n < g.batch; ++n) {
      for (int64_t z = 0; z < g.windows[0].output; ++z) {
        for (int64_t y = 0; y < g.windows[1].output; ++y) {
          for (int64_t x = 0; x < g.windows[2].output; ++x) {
            const T* const from =
                gradient.data<T>() + n * out.batch + z * out.spatial[0] + y * out.spatial[1] + x * out.spatial[2];
            SpreadFrom<T>(g, in, {z, y, x}, from, out.channel, filter.data<T>(), sums.get() + n * in.batch);
          }
        }
      }
    }
    std::copy_n(sums.get(), output->num_elements(), output->mutable_data<T>());
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Conv3D", InferConv3D, EvalConv3D},
    {"Conv3DBackpropInputV2", InferTransposed, EvalTransposed},
};

}  // namespace

absl::Span<const OpInfo> Conv3DOps() { return kOps; }

PartialShape Conv3DGeometry::OutputShape() const {
  const int64_t d = windows[0].output, h = windows[1].output, w = windows[2].output;
  if (channels_first) return PartialShape({batch, out_channels, d, h, w});
  return PartialShape({batch, d, h, w, out_channels});
}

absl::StatusOr<Conv3DGeometry> ComputeConv3DGeometry(const AttrMap& attrs, PartialShape input, PartialShape filter) {
  if (!input.has_rank()) input = PartialShape::UnknownDims(kVolumeSpatial + 2);
  if (!filter.has_rank()) filter = PartialShape::UnknownDims(kVolumeSpatial + 2);
  FLOE_ASSIGN_OR_RETURN(const WindowAttrs window, ParseWindowAttrs(attrs, kVolumeSpatial));
  Conv3DGeometry g;
  g.channels_first = window.channels_first;
  g.batch = input.dim(0);
  g.in_channels = input.dim(window.channel_axis());
  g.out_channels = filter.dim(4);
  for (int i = 0; i < kVolumeSpatial; ++i) {
    FLOE_ASSIGN_OR_RETURN(g.windows[i], ComputeWindow(input.dim(window.spatial_axis(i)), filter.dim(i),
                                                      window.strides[i], window.dilations[i], window.padding));
  }
  if (!MergeDim(g.in_channels, filter.dim(3)).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input of ", g.in_channels, " channels does not fit a filter of ", filter.dim(3)));
  }
  return g;
}

}  // namespace floe
