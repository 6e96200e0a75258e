// MirrorPad. (Padding with a value is a move: move.cu.)
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kMostDims = 8;

// ---- Kernel

struct MirrorArgs {
  const void* from;
  void* to;
  int64_t elements;
  int rank;
  int repeats_border;  // 1 where the border itself is the first of its mirror image
  int64_t dims[kMostDims], strides[kMostDims], before[kMostDims], result_dims[kMostDims];
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) MirrorPadKernel(MirrorArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    int64_t rest = i, from = 0;
    for (int axis = args.rank - 1; axis >= 0; --axis) {
      const int64_t above = Quotient(rest, args.result_dims[axis]), dim = args.dims[axis];
      int64_t at = rest - above * args.result_dims[axis] - args.before[axis];
      if (at < 0) at = -at - args.repeats_border;
      if (at >= dim) at = 2 * dim - 2 - at + args.repeats_border;
      from += at * args.strides[axis];
      rest = above;
    }
    static_cast<T*>(args.to)[i] = static_cast<const T*>(args.from)[from];
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  const PartialShape& shape = op.inputs[0].shape;
  if (!MovesBytes(op.inputs[0].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  if (!shape.has_rank() || shape.rank() > kMostDims)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", shape.ToString()));
  return WantConstant(op, 1);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape from = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("mode"));
  FLOE_ASSIGN_OR_RETURN(const Dims paddings, ToInt64s(*inputs[1].value));
  MirrorArgs args{};
  args.elements = result.num_elements();
  args.rank = from.rank();
  args.repeats_border = mode == "SYMMETRIC" ? 1 : 0;
  const Dims strides = from.Strides();
  for (int axis = 0; axis < from.rank(); ++axis) {
    const int64_t most = std::max<int64_t>(from.dim(axis) - (1 - args.repeats_border), 0),
                  larger = std::max(paddings[2 * axis], paddings[2 * axis + 1]);
    if (larger > most) {
      return absl::InvalidArgumentError(
          absl::StrCat("paddings of dimension ", axis, ": wanted at most ", most, ", got ", larger));
    }
    args.dims[axis] = from.dim(axis);
    args.strides[axis] = strides[axis];
    args.before[axis] = paddings[2 * axis];
    args.result_dims[axis] = result.dim(axis);
  }
  return Launcher{
      "mirror pad", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) -> absl::Status {
        if (args.elements == 0) return absl::OkStatus();
        MirrorArgs bound = args;
        bound.from = launch.input(0).raw_data();
        bound.to = launch.output(0)->raw_mutable_data();
        return OnBytes(bytes, [&]<typename T>() {
          return Launch(MirrorPadKernel<T>, LoopGrid(bound.elements), dim3(kLoopThreads), 0, StreamOf(launch), bound);
        });
      }};
}

constexpr CudaOp kOps[] = {{"MirrorPad", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> MirrorPadKernels() { return kOps; }

}  // namespace floe
