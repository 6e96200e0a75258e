// Conv3D, and the transposed convolutions Conv2DBackpropInput and Conv3DBackpropInputV2: oneDNN's convolution and
// deconvolution on channels-last tensors.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/fused_product.h"
#include "ops/conv3d.h"
#include "ops/window.h"

namespace floe {
namespace {

// What sides are taken to be where they are not known when weights are packed, for each tap of the filter.
constexpr int64_t kTypicalSide = 16;

struct VolumeForm {
  int spatial_rank;
  bool transposed;

  int rank() const { return spatial_rank + 2; }
  int source_input() const { return transposed ? 2 : 0; }
};

// The windows slide over `wide`, which a transposed convolution makes out of `narrow`, and another the other way.
struct VolumeGeometry {
  int64_t batch = 0, wide_channels = 0, narrow_channels = 0, groups = 1;
  std::vector<Window1D> windows;

  dnnl::memory::dims Wide() const { return DimsOf(wide_channels, &Window1D::input); }
  dnnl::memory::dims Narrow() const { return DimsOf(narrow_channels, &Window1D::output); }
  template <typename Number>
  dnnl::memory::dims Each(Number number) const {
    dnnl::memory::dims numbers;
    for (const Window1D& window : windows) numbers.push_back(number(window));
    return numbers;
  }
  int64_t Flops() const {
    int64_t flops = 2 * batch * wide_channels / groups * narrow_channels;
    for (const Window1D& window : windows) flops *= window.output * window.filter;
    return flops;
  }

 private:
  dnnl::memory::dims DimsOf(int64_t channels, int64_t Window1D::*side) const {
    dnnl::memory::dims dims = {batch, channels};
    for (const Window1D& window : windows) dims.push_back(window.*side);
    return dims;
  }
};

absl::StatusOr<VolumeGeometry> GeometryOf(const VolumeForm& form, const AttrMap& attrs, const PartialShape& wide,
                                          const PartialShape& filter) {
  if (form.spatial_rank == 2) {
    FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g, ComputeConv2DGeometry(attrs, wide, filter));
    return VolumeGeometry{g.batch, g.in_channels, g.out_channels, g.groups, {g.height, g.width}};
  }
  FLOE_ASSIGN_OR_RETURN(const Conv3DGeometry g, ComputeConv3DGeometry(attrs, wide, filter));
  return VolumeGeometry{g.batch, g.in_channels, g.out_channels, 1, {g.windows.begin(), g.windows.end()}};
}

// The filter as TensorFlow has it, [sides, wide channels of a group, narrow channels], in oneDNN's logical order:
// [groups,] results, sources, sides.
dnnl::memory::desc PlainFilterDesc(const VolumeForm& form, const VolumeGeometry& g) {
  const int64_t wide = g.wide_channels / g.groups, narrow = g.narrow_channels / g.groups;
  dnnl::memory::dims dims = {narrow, wide}, strides = {1, g.narrow_channels};
  if (form.transposed) {
    std::swap(dims[0], dims[1]);
    std::swap(strides[0], strides[1]);
  }
  int64_t stride = wide * g.narrow_channels;
  const auto first_side = static_cast<std::ptrdiff_t>(dims.size());
  for (auto window = g.windows.rbegin(); window != g.windows.rend(); ++window) {
    dims.insert(dims.begin() + first_side, window->filter);
    strides.insert(strides.begin() + first_side, stride);
    stride *= window->filter;
  }
  if (g.groups > 1) {
    dims.insert(dims.begin(), g.groups);
    strides.insert(strides.begin(), narrow);
  }
  return OneDnnDesc(dims, strides);
}

template <typename Primitive>
using DescOf = typename Primitive::primitive_desc;

// Whichever implementation oneDNN takes first; empty where it has none.
template <typename Primitive>
DescOf<Primitive> Choose(dnnl::algorithm algorithm, const dnnl::memory::dims& source, const dnnl::memory::desc& filter,
                         const dnnl::memory::dims& result, const VolumeGeometry& g) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const typename Primitive::desc desc(
      dnnl::prop_kind::forward_inference, algorithm, OneDnnChannelsLastDesc(source), filter,
      OneDnnChannelsLastDesc(result), g.Each([](const Window1D& w) { return w.stride; }),
      g.Each([](const Window1D& w) { return w.dilation - 1; }), g.Each([](const Window1D& w) { return w.pad_before; }),
      // What is behind must fit the number of windows, where TensorFlow lets a rest be left over.
      g.Each([](const Window1D& w) {
        return (w.output - 1) * w.stride + (w.filter - 1) * w.dilation + 1 - w.input - w.pad_before;
      }));
  return DescOf<Primitive>(desc, attr, OneDnnEngine(), /*allow_empty=*/true);
}

// ---- Supports

template <int kSpatialRank, bool kTransposed>
absl::Status Supports(const OpSignature& op) {
  if (op.outputs[0].dtype != DType::kFloat) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to ", DTypeName(op.outputs[0].dtype)));
  }
  return WantChannelsLast(op);
}

// ---- Create

class VolumeKernel final : public Kernel {
 public:
  VolumeKernel(VolumeForm form, const OpSignature& op) : form_(form), name_(op.name), attrs_(op.attrs) {}

  // Packs the filter for the shapes that are known.
  absl::Status Pack(const OpSignature& op) {
    const Tensor* const filter = op.inputs[1].value;
    if (filter == nullptr || filter->num_elements() == 0) return absl::OkStatus();
    PartialShape wide = form_.transposed ? op.outputs[0].shape : op.inputs[0].shape;
    if (!wide.has_rank()) wide = PartialShape::UnknownDims(form_.rank());
    if (wide.dim(0) < 0) wide.set_dim(0, 1);
    for (int axis = 1; axis <= form_.spatial_rank; ++axis) {
      if (wide.dim(axis) < 0) wide.set_dim(axis, kTypicalSide * std::max<int64_t>(1, filter->shape().dim(axis - 1)));
    }
    if (wide.dim(form_.rank() - 1) < 0) wide.set_dim(form_.rank() - 1, filter->shape().dim(form_.spatial_rank));
    const absl::StatusOr<VolumeGeometry> g = GeometryOf(form_, attrs_, wide, filter->shape());
    // A filter that is wider than the typical side, by its dilation: laid out at each launch.
    if (!g.ok() || wide.ToShape().num_elements() == 0) return absl::OkStatus();
    return CatchOneDnn(name_, [&]() -> absl::Status {
      const dnnl::memory::desc plain = PlainFilterDesc(form_, *g);
      return OnPrimitive(*g, OneDnnAnyDesc(plain.dims()), [&](auto, const auto& desc) -> absl::Status {
        const dnnl::memory memory(plain, OneDnnEngine(), const_cast<void*>(filter->raw_data()));
        filter_.Pack(memory, desc.weights_desc());
        return absl::OkStatus();
      });
    });
  }

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  bool Reads(int input) const override { return input != 1 || filter_.empty(); }

 private:
  // visit(primitive's type, descriptor) of the primitive chosen for these shapes.
  template <typename Visit>
  absl::Status OnPrimitive(const VolumeGeometry& g, const dnnl::memory::desc& filter, Visit&& visit) const {
    const auto take = [&](auto type, dnnl::algorithm algorithm, const dnnl::memory::dims& source,
                          const dnnl::memory::dims& result) -> absl::Status {
      const auto desc = Choose<typename decltype(type)::type>(algorithm, source, filter, result, g);
      if (!desc) return OneDnnError(name_, dnnl_unimplemented, "no implementation");
      return visit(type, desc);
    };
    return form_.transposed ? take(std::type_identity<dnnl::deconvolution_forward>(),
                                   dnnl::algorithm::deconvolution_direct, g.Narrow(), g.Wide())
                            : take(std::type_identity<dnnl::convolution_forward>(), dnnl::algorithm::convolution_direct,
                                   g.Wide(), g.Narrow());
  }

  VolumeForm form_;
  std::string name_;
  AttrMap attrs_;
  mutable PackedWeights filter_;  // guards itself; empty where the filter is not constant
};

template <int kSpatialRank, bool kTransposed>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  auto kernel = std::make_unique<VolumeKernel>(VolumeForm{kSpatialRank, kTransposed}, op);
  FLOE_RETURN_IF_ERROR(kernel->Pack(op));
  return kernel;
}

// ---- Prepare

absl::StatusOr<std::unique_ptr<PreparedKernel>> VolumeKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  const PartialShape& source = inputs[form_.source_input()].shape;
  FLOE_ASSIGN_OR_RETURN(const VolumeGeometry g,
                        GeometryOf(form_, attrs_, form_.transposed ? outputs[0].shape : source, inputs[1].shape));
  if (source.ToShape().num_elements() == 0 || outputs[0].shape.ToShape().num_elements() == 0 ||
      inputs[1].shape.ToShape().num_elements() == 0) {
    return std::make_unique<ZeroPrepared>(ChainPlan());
  }
  std::unique_ptr<ProductPrepared> prepared;
  const absl::Status status = CatchOneDnn(name_, [&]() -> absl::Status {
    const dnnl::memory::desc plain = PlainFilterDesc(form_, g);
    return OnPrimitive(g, OneDnnAnyDesc(plain.dims()), [&](auto type, const auto& desc) -> absl::Status {
      prepared =
          std::make_unique<ProductPrepared>(absl::StrCat("onednn ", desc.impl_info_str()), g.Flops(), ChainPlan());
      OneDnnCall& call = prepared->main();
      call.SetPrimitive(typename decltype(type)::type(desc));
      call.AddInput(DNNL_ARG_SRC, desc.src_desc(), form_.source_input());
      AddWeights(plain, desc.weights_desc(), &filter_, prepared.get());
      AddRest({}, desc.scratchpad_desc(), prepared.get());
      call.AddOutput(DNNL_ARG_DST, desc.dst_desc(), 0);
      call.Finish();
      return absl::OkStatus();
    });
  });
  if (!status.ok()) return status;
  return prepared;
}

constexpr CpuOp kOps[] = {
    {"Conv3D", Supports<3, false>, Create<3, false>},
    {"Conv2DBackpropInput", Supports<2, true>, Create<2, true>},
    {"Conv3DBackpropInputV2", Supports<3, true>, Create<3, true>},
};

}  // namespace

absl::Span<const CpuOp> VolumeConvolutionKernels() { return kOps; }

}  // namespace floe
