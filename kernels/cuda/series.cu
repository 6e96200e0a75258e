// Range and LinSpace: numbers that go on in equal steps.
#include <type_traits>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernels

// Rounded at each step, as on the host; integers wrap around.
template <typename T>
__global__ void __launch_bounds__(kLoopThreads) RangeKernel(const T* first, const T* step, T* to, int64_t size) {
  for (int64_t i = LoopFirst(); i < size; i += LoopStride()) {
    if constexpr (std::is_integral_v<T>) {
      to[i] = static_cast<T>(static_cast<uint64_t>(*first) + static_cast<uint64_t>(*step) * static_cast<uint64_t>(i));
    } else {
      const float number = ToFloat(FromFloat<T>(static_cast<float>(i)));
      const float way = ToFloat(FromFloat<T>(Times(number, ToFloat(*step))));
      to[i] = FromFloat<T>(ToFloat(*first) + way);
    }
  }
}

// The ends are what they are said to be, also where a step is infinite.
template <typename T>
__global__ void __launch_bounds__(kLoopThreads) LinSpaceKernel(const T* start, const T* stop, T* to, int64_t size) {
  const float first = ToFloat(*start);
  const float step = size > 1 ? (ToFloat(*stop) - first) / static_cast<float>(size - 1) : 0.0f;
  for (int64_t i = LoopFirst(); i < size; i += LoopStride()) {
    if (i == 0) {
      to[i] = *start;
    } else if (i == size - 1) {
      to[i] = *stop;
    } else {
      to[i] = FromFloat<T>(first + Times(step, static_cast<float>(i)));
    }
  }
}

// ---- Supports

absl::Status SupportsRange(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16, DType::kInt32, DType::kInt64};
  return WantInputDType(op, 0, kDTypes);
}

absl::Status SupportsLinSpace(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  return WantInputDType(op, 0, kDTypes);
}

// ---- Prepare

// The result's shape says how long it is.
absl::StatusOr<Launcher> PrepareRange(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                      absl::Span<const TensorInfo> outputs) {
  const DType dtype = inputs[0].dtype;
  return Launcher{
      "range", [dtype, size = outputs[0].shape.ToShape().num_elements()](const LaunchArgs& args) -> absl::Status {
        if (size == 0) return absl::OkStatus();
        return OnNumberType(dtype, [&]<typename T>() {
          return Launch(RangeKernel<T>, LoopGrid(size), dim3(kLoopThreads), 0, StreamOf(args), args.input(0).data<T>(),
                        args.input(2).data<T>(), args.output(0)->mutable_data<T>(), size);
        });
      }};
}

absl::StatusOr<Launcher> PrepareLinSpace(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                         absl::Span<const TensorInfo> outputs) {
  const DType dtype = inputs[0].dtype;
  return Launcher{
      "equal steps", [dtype, size = outputs[0].shape.ToShape().num_elements()](const LaunchArgs& args) -> absl::Status {
        return OnFloatType(dtype, [&]<typename T>() {
          return Launch(LinSpaceKernel<T>, LoopGrid(size), dim3(kLoopThreads), 0, StreamOf(args),
                        args.input(0).data<T>(), args.input(1).data<T>(), args.output(0)->mutable_data<T>(), size);
        });
      }};
}

constexpr CudaOp kOps[] = {
    {"LinSpace", SupportsLinSpace, CreateLauncher<PrepareLinSpace>},
    {"Range", SupportsRange, CreateLauncher<PrepareRange>},
};

}  // namespace

absl::Span<const CudaOp> SeriesKernels() { return kOps; }

}  // namespace floe
