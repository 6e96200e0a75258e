// Roll: each element goes so far along every axis, and what leaves at one end comes in at the other.
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/roll.h"

namespace floe {
namespace {

constexpr int kMostDims = 8;

// ---- Kernel

// Neighbouring axes that stay are one.
struct RollArgs {
  int64_t elements;
  int rank;
  int64_t dims[kMostDims], shifts[kMostDims];  // shifts of 0 or more, below the size
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) RollKernel(const T* from, T* to, RollArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    int64_t rest = i, stride = 1, source = 0;
    for (int axis = args.rank - 1; axis >= 0; --axis) {
      const int64_t above = Quotient(rest, args.dims[axis]);
      int64_t place = rest - above * args.dims[axis] - args.shifts[axis];
      if (place < 0) place += args.dims[axis];
      source += place * stride;
      stride *= args.dims[axis];
      rest = above;
    }
    to[i] = from[source];
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  const TensorInfo& input = op.inputs[0];
  if (!MovesBytes(input.dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(input.dtype)));
  if (!input.shape.has_rank() || input.shape.rank() > kMostDims)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", input.shape.ToString()));
  return absl::OkStatus();
}

// ---- Prepare

absl::StatusOr<RollArgs> MakeArgs(const Shape& shape, const Tensor& by, const Tensor& axes) {
  FLOE_ASSIGN_OR_RETURN(const Dims shifts, ComputeShifts(shape, by, axes));
  RollArgs args{};
  args.elements = shape.num_elements();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t shift = shifts[static_cast<size_t>(axis)];
    if (shift == 0 && args.rank > 0 && args.shifts[args.rank - 1] == 0) {
      args.dims[args.rank - 1] *= shape.dim(axis);
      continue;
    }
    args.dims[args.rank] = shape.dim(axis);
    args.shifts[args.rank++] = shift;
  }
  return args;
}

absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs, absl::Span<const TensorInfo>) {
  Launcher launcher{"roll", [bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) -> absl::Status {
                      FLOE_ASSIGN_OR_RETURN(const RollArgs args,
                                            MakeArgs(launch.input(0).shape(), launch.input(1), launch.input(2)));
                      if (args.elements == 0) return absl::OkStatus();
                      return OnBytes(bytes, [&]<typename T>() {
                        return Launch(RollKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                      static_cast<const T*>(launch.input(0).raw_data()),
                                      static_cast<T*>(launch.output(0)->raw_mutable_data()), args);
                      });
                    }};
  // Shifts that come with the request would be those of the recording ever after.
  launcher.recordable = inputs[1].value != nullptr && inputs[2].value != nullptr;
  return launcher;
}

constexpr uint32_t kShiftsAndAxes = 0b110;
constexpr CudaOp kOps[] = {{"Roll", Supports, CreateLauncher<Prepare, kShiftsAndAxes>}};

}  // namespace

absl::Span<const CudaOp> RollKernels() { return kOps; }

}  // namespace floe
