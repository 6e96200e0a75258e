// ReverseSequence: of each batch so many steps from the front, turned around. A length out of range is cut to what
// there is: a launch cannot fail for what its data are.
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

struct SequenceArgs {
  const void* from;
  const void* lengths;
  void* to;
  int64_t elements;
  int64_t steps, step_stride, batch, batch_stride;  // strides in elements
};

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) ReverseSequenceKernel(SequenceArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t step = Quotient(i, args.step_stride) % args.steps;
    const int64_t batch = Quotient(i, args.batch_stride) % args.batch;
    auto length = static_cast<int64_t>(static_cast<const Index*>(args.lengths)[batch]);
    length = length > args.steps ? args.steps : length;
    const int64_t other = step < length ? length - 1 - step : step;
    static_cast<T*>(args.to)[i] = static_cast<const T*>(args.from)[i + (other - step) * args.step_stride];
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kIndexDTypes[] = {DType::kInt32, DType::kInt64};
  if (!MovesBytes(op.inputs[0].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  return WantInputDType(op, 1, kIndexDTypes);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  FLOE_ASSIGN_OR_RETURN(const int64_t sequence, attrs.Int("seq_dim"));
  FLOE_ASSIGN_OR_RETURN(const int64_t batch, attrs.Int("batch_dim", 0));
  const Shape shape = inputs[0].shape.ToShape();
  const Dims strides = shape.Strides();
  SequenceArgs args{};
  args.elements = shape.num_elements();
  args.steps = shape.dim(static_cast<int>(sequence));
  args.step_stride = strides[static_cast<size_t>(sequence)];
  args.batch = shape.dim(static_cast<int>(batch));
  args.batch_stride = strides[static_cast<size_t>(batch)];
  return Launcher{"reverse sequence", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    SequenceArgs bound = args;
                    bound.from = launch.input(0).raw_data();
                    bound.lengths = launch.input(1).raw_data();
                    bound.to = launch.output(0)->raw_mutable_data();
                    return OnBytes(bytes, [&]<typename T>() {
                      return OnIndexType(launch.input(1).dtype(), [&]<typename Index>() {
                        return Launch(ReverseSequenceKernel<T, Index>, LoopGrid(bound.elements), dim3(kLoopThreads), 0,
                                      StreamOf(launch), bound);
                      });
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"ReverseSequence", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> ReverseSequenceKernels() { return kOps; }

}  // namespace floe
