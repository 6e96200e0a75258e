#include "ops/pool3d.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

// ---- MaxPool3D and AvgPool3D

template <typename Types>
absl::Status InferPool3D(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Pool3DGeometry volumes, ComputePool3DGeometry(context.attrs(), context.shape(0)));
  context.AddOutput(context.dtype(0), volumes.OutputShape());
  return absl::OkStatus();
}

// One channel of one window: the largest element, or the mean of those inside the volume.
template <bool kMax, typename T>
T PoolAt(const Pool3DGeometry& v, const VolumeStrides& in, const std::array<int64_t, kVolumeSpatial>& at,
         const T* channel) {
  const Window1D &d = v.windows[0], &h = v.windows[1], &w = v.windows[2];
  Wide<T> result = kMax ? -std::numeric_limits<Wide<T>>::infinity() : Wide<T>(0);
  int64_t count = 0;
  for (int64_t kd = d.FirstTap(at[0]), last_d = d.LastTap(at[0]); kd < last_d; ++kd) {
    for (int64_t kh = h.FirstTap(at[1]), last_h = h.LastTap(at[1]); kh < last_h; ++kh) {
      for (int64_t kw = w.FirstTap(at[2]), last_w = w.LastTap(at[2]); kw < last_w; ++kw, ++count) {
        const Wide<T> x = channel[(d.Start(at[0]) + kd) * in.spatial[0] + (h.Start(at[1]) + kh) * in.spatial[1] +
                                  (w.Start(at[2]) + kw) * in.spatial[2]];
        if (!kMax) {
          result += x;
        } else if (result < x || x != x) {  // NaN stays
          result = x;
        }
      }
    }
  }
  return T(kMax ? result : result / static_cast<Wide<T>>(count));
}

template <bool kMax>
absl::Status EvalPool3D(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Pool3DGeometry v, ComputePool3DGeometry(context.attrs(), input.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, v.OutputShape().ToShape()));
  if (output->num_elements() == 0) return absl::OkStatus();
  const VolumeStrides in = VolumeStrides::Of(input.shape(), v.channels_first),
                      out = VolumeStrides::Of(output->shape(), v.channels_first);
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t n = 0; n < v.batch; ++n) {
      for (int64_t z = 0; z < v.windows[0].output; ++z) {
        for (int64_t y = 0; y < v.windows[1].output; ++y) {
          for (int64_t x = 0; x < v.windows[2].output; ++x) {
            T* const to = output->mutable_data<T>() + n * out.batch + z * out.spatial[0] + y * out.spatial[1] +
                          x * out.spatial[2];
            for (int64_t c = 0; c < v.channels; ++c) {
              to[c * out.channel] = PoolAt<kMax, T>(v, in, {z, y, x}, input.data<T>() + n * in.batch + c * in.channel);
            }
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

// ---- MaxPoolWithArgmax: the largest element of each window and where it is, in channels-last images

absl::StatusOr<DType> PlaceType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("Targmax", DType::kInt64));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'Targmax'", dtype));
  return dtype;
}

absl::Status InferArgmax(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), context.shape(0)));
  FLOE_ASSIGN_OR_RETURN(const DType places, PlaceType(context.attrs()));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("include_batch_in_index", false).status());
  FLOE_ASSIGN_OR_RETURN(const std::string padding, context.attrs().String("padding"));
  if (geometry.channels_first || padding == "EXPLICIT") {
    return absl::InvalidArgumentError("wanted data_format NHWC and padding SAME or VALID");
  }
  context.AddOutput(context.dtype(0), geometry.OutputShape());
  context.AddOutput(places, geometry.OutputShape());
  return absl::OkStatus();
}

absl::Status EvalArgmax(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry g, ComputePool2DGeometry(context.attrs(), input.shape()));
  FLOE_ASSIGN_OR_RETURN(const bool with_batch, context.attrs().Bool("include_batch_in_index", false));
  const Shape shape = g.OutputShape().ToShape();
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const places, context.Output(1, shape));
  if (shape.num_elements() == 0) return absl::OkStatus();
  const int64_t image = g.height.input * g.width.input * g.channels;
  return OnDType(IndexTypes(), places->dtype(), [&]<typename Index>() -> absl::Status {
    if ((with_batch ? input.num_elements() : image) > std::numeric_limits<Index>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'Targmax': ", DTypeName(places->dtype()), " does not hold the places"));
    }
    return OnDType(RealTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
      T* to = output->mutable_data<T>();
      Index* place_to = places->mutable_data<Index>();
      for (int64_t n = 0; n < g.batch; ++n) {
        const T* const from = input.data<T>() + n * image;
        for (int64_t y = 0; y < g.height.output; ++y) {
          for (int64_t x = 0; x < g.width.output; ++x) {
            for (int64_t c = 0; c < g.channels; ++c) {
              const int64_t first = ((g.height.Start(y) + g.height.FirstTap(y)) * g.width.input + g.width.Start(x) +
                                     g.width.FirstTap(x)) *
                                        g.channels +
                                    c;
              int64_t best = first;
              for (int64_t ky = g.height.FirstTap(y), last_y = g.height.LastTap(y); ky < last_y; ++ky) {
                for (int64_t kx = g.width.FirstTap(x), last_x = g.width.LastTap(x); kx < last_x; ++kx) {
                  const int64_t at =
                      ((g.height.Start(y) + ky) * g.width.input + g.width.Start(x) + kx) * g.channels + c;
                  if (from[best] < from[at]) best = at;
                }
              }
              *to++ = from[best];
              *place_to++ = static_cast<Index>(best + (with_batch ? n * image : 0));
            }
          }
        }
      }
      return absl::OkStatus();
    });
  });
}

// ---- ExtractImagePatches: each window's pixels as the channels of one pixel

struct Patches {
  Window1D height, width;
  int64_t depth = 0;  // channels of a patch
};

absl::StatusOr<Patches> PatchesOf(const AttrMap& attrs, const PartialShape& input) {
  const auto entries = [&](const char* name) -> absl::StatusOr<std::vector<int64_t>> {
    FLOE_ASSIGN_OR_RETURN(std::vector<int64_t> list, attrs.Ints(name));
    if (list.size() == 4 && list[0] == 1 && list[3] == 1) return list;
    return absl::InvalidArgumentError(absl::StrCat(name, ": wanted 4 numbers, 1 for batch and channels"));
  };
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, entries("ksizes"));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, entries("strides"));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> rates, entries("rates"));
  FLOE_ASSIGN_OR_RETURN(const std::string padding, attrs.String("padding"));
  if (padding != "SAME" && padding != "VALID") {
    return absl::InvalidArgumentError(absl::StrCat("padding: wanted SAME or VALID, got '", padding, "'"));
  }
  const Padding kind = padding == "SAME" ? Padding::kSame : Padding::kValid;
  Patches patches;
  FLOE_ASSIGN_OR_RETURN(patches.height, ComputeWindow(input.dim(1), sizes[1], strides[1], rates[1], kind));
  FLOE_ASSIGN_OR_RETURN(patches.width, ComputeWindow(input.dim(2), sizes[2], strides[2], rates[2], kind));
  patches.depth = PartialShape::kUnknownDim;
  if (input.dim(3) < 0) return patches;
  if (!CheckedMul(sizes[1], sizes[2], &patches.depth) || !CheckedMul(patches.depth, input.dim(3), &patches.depth)) {
    return absl::InvalidArgumentError("ksizes: a patch has too many elements");
  }
  return patches;
}

using PatchTypes = Join<NumberTypes, TypeList<bool>>;

absl::Status InferPatches(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(PatchTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  const PartialShape input = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(4);
  FLOE_ASSIGN_OR_RETURN(const Patches patches, PatchesOf(context.attrs(), input));
  context.AddOutput(context.dtype(0),
                    PartialShape({input.dim(0), patches.height.output, patches.width.output, patches.depth}));
  return absl::OkStatus();
}

absl::Status EvalPatches(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Patches p, PatchesOf(context.attrs(), input.shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape,
                        Shape::Checked({input.shape().dim(0), p.height.output, p.width.output, p.depth}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const int64_t channels = input.shape().dim(3);
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnElementSize(input.dtype(), [&]<typename T>() -> absl::Status {
    T* to = output->mutable_data<T>();
    std::fill_n(to, output->num_elements(), T());
    for (int64_t n = 0; n < shape.dim(0); ++n) {
      for (int64_t y = 0; y < p.height.output; ++y) {
        for (int64_t x = 0; x < p.width.output; ++x, to += p.depth) {
          for (int64_t ky = p.height.FirstTap(y), last_y = p.height.LastTap(y); ky < last_y; ++ky) {
            for (int64_t kx = p.width.FirstTap(x), last_x = p.width.LastTap(x); kx < last_x; ++kx) {
              const int64_t row = n * p.height.input + p.height.Start(y) + ky * p.height.dilation;
              const int64_t column = p.width.Start(x) + kx * p.width.dilation;
              std::copy_n(input.data<T>() + (row * p.width.input + column) * channels, channels,
                          to + (ky * p.width.filter + kx) * channels);
            }
          }
        }
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"MaxPool3D", InferPool3D<FloatTypes>, EvalPool3D<true>},
    {"AvgPool3D", InferPool3D<FloatTypes>, EvalPool3D<false>},
    {"MaxPoolWithArgmax", InferArgmax, EvalArgmax},
    {"ExtractImagePatches", InferPatches, EvalPatches},
};

}  // namespace

absl::Span<const OpInfo> Pool3DOps() { return kOps; }

PartialShape Pool3DGeometry::OutputShape() const {
  const int64_t d = windows[0].output, h = windows[1].output, w = windows[2].output;
  if (channels_first) return PartialShape({batch, channels, d, h, w});
  return PartialShape({batch, d, h, w, channels});
}

absl::StatusOr<Pool3DGeometry> ComputePool3DGeometry(const AttrMap& attrs, PartialShape input) {
  if (!input.has_rank()) input = PartialShape::UnknownDims(kVolumeSpatial + 2);
  if (input.rank() != kVolumeSpatial + 2) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted a tensor of rank 5, got shape ", input.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const WindowAttrs window, ParseWindowAttrs(attrs, kVolumeSpatial));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> ksize, attrs.Ints("ksize"));
  if (ksize.size() != kVolumeSpatial + 2 || ksize[0] != 1 || ksize[static_cast<size_t>(window.channel_axis())] != 1) {
    return absl::InvalidArgumentError("ksize: wanted 5 numbers, 1 for batch and channels");
  }
  Pool3DGeometry volumes;
  volumes.channels_first = window.channels_first;
  volumes.batch = input.dim(0);
  volumes.channels = input.dim(window.channel_axis());
  for (int i = 0; i < kVolumeSpatial; ++i) {
    const int axis = window.spatial_axis(i);
    FLOE_ASSIGN_OR_RETURN(volumes.windows[static_cast<size_t>(i)],
                          ComputeWindow(input.dim(axis), ksize[static_cast<size_t>(axis)],
                                        window.strides[static_cast<size_t>(i)], 1, window.padding));
  }
  return volumes;
}

}  // namespace floe
