// OneHot.
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

// Indices as [outer, inner], the result as [outer, depth, inner].
template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) OneHotKernel(const Index* indices, const T* on, const T* off, T* to,
                                                             int64_t elements, int64_t depth, int64_t inner) {
  const T hot = *on, cold = *off;
  for (int64_t i = LoopFirst(); i < elements; i += LoopStride()) {
    const int64_t row = Quotient(i, inner), column = i - row * inner;
    const int64_t outer = Quotient(row, depth), level = row - outer * depth;
    to[i] = static_cast<int64_t>(indices[outer * inner + column]) == level ? hot : cold;
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kIndexDTypes[] = {DType::kUint8, DType::kInt32, DType::kInt64};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kIndexDTypes));
  if (!MovesBytes(op.inputs[2].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[2].dtype)));
  return absl::OkStatus();
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape indices = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  FLOE_ASSIGN_OR_RETURN(const int64_t number, attrs.Int("axis", -1));
  const int axis = number < 0 ? indices.rank() : static_cast<int>(number);
  const int64_t elements = result.num_elements(), depth = result.dim(axis);
  int64_t inner = 1;
  for (int i = axis; i < indices.rank(); ++i) inner *= indices.dim(i);
  const DType index_dtype = inputs[0].dtype;
  const int64_t bytes = ElementBytes(outputs[0].dtype);
  return Launcher{"one hot", [=](const LaunchArgs& args) -> absl::Status {
                    if (elements == 0) return absl::OkStatus();
                    return OnBytes(bytes, [&]<typename T>() {
                      const auto launch = [&]<typename Index>() {
                        return Launch(OneHotKernel<T, Index>, LoopGrid(elements), dim3(kLoopThreads), 0, StreamOf(args),
                                      static_cast<const Index*>(args.input(0).raw_data()),
                                      static_cast<const T*>(args.input(2).raw_data()),
                                      static_cast<const T*>(args.input(3).raw_data()),
                                      static_cast<T*>(args.output(0)->raw_mutable_data()), elements, depth, inner);
                      };
                      return index_dtype == DType::kUint8 ? launch.template operator()<uint8_t>()
                                                          : OnIndexType(index_dtype, launch);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"OneHot", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> OneHotKernels() { return kOps; }

}  // namespace floe
