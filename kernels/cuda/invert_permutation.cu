// InvertPermutation. A number that is no place is left out, and of places that are named twice the last stays: a launch
// cannot fail for what its data are.
#include "base/status.h"
#include "kernels/cuda/atomics.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

// Into zeros.
template <typename Index>
__global__ void __launch_bounds__(kLoopThreads) InvertKernel(const Index* from, Index* to, int64_t size) {
  for (int64_t i = LoopFirst(); i < size; i += LoopStride()) {
    const auto at = static_cast<int64_t>(from[i]);
    if (at < 0 || at >= size) continue;
    const auto here = static_cast<Index>(i);
    AtomicChange(&to[at], [here](Index now) { return now < here ? here : now; });
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kInt32, DType::kInt64};
  return WantInputDType(op, 0, kDTypes);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs, absl::Span<const TensorInfo>) {
  const DType dtype = inputs[0].dtype;
  return Launcher{"invert permutation",
                  [dtype, size = inputs[0].shape.ToShape().num_elements()](const LaunchArgs& args) -> absl::Status {
                    if (size == 0) return absl::OkStatus();
                    Tensor& result = *args.output(0);
                    FLOE_RETURN_IF_ERROR(StreamOf(args).ZeroOnDevice(result.raw_mutable_data(), result.byte_size()));
                    return OnIndexType(dtype, [&]<typename Index>() {
                      return Launch(InvertKernel<Index>, LoopGrid(size), dim3(kLoopThreads), 0, StreamOf(args),
                                    args.input(0).data<Index>(), result.mutable_data<Index>(), size);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"InvertPermutation", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> InvertPermutationKernels() { return kOps; }

}  // namespace floe
