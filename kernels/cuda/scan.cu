// Cumsum and Cumprod.
#include <algorithm>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"

namespace floe {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarpThreads;
constexpr int64_t kMostBlocks = 1 << 20;

// ---- Kernels

// Lines of `size` elements, `inner` apart.
struct ScanArgs {
  const void* from;
  void* to;
  int64_t lines, size, inner;
  bool exclusive, reverse;

  // The k-th element of a line, in the order of the scan.
  __device__ int64_t At(int64_t line, int64_t k) const {
    const int64_t outer = Quotient(line, inner), column = line - outer * inner;
    return (outer * size + (reverse ? size - 1 - k : k)) * inner + column;
  }
};

// The running value: of floats a double, so that the order of the sum does not show; integers wrap.
template <typename T>
using ScanState = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;

template <typename T>
__device__ ScanState<T> StateOf(const T& x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<uint64_t>(x);
  } else {
    return static_cast<double>(ToFloat(x));
  }
}
template <typename T>
__device__ T Finished(ScanState<T> x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(x);
  } else {
    return FromFloat<T>(static_cast<float>(x));
  }
}
template <bool kProduct, typename State>
__device__ State Joined(State a, State b) {
  return kProduct ? a * b : a + b;
}

// A thread a line: neighbouring lines lie side by side.
template <typename T, bool kProduct>
__global__ void __launch_bounds__(kThreads) ScanByThread(ScanArgs args) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t line = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; line < args.lines; line += stride) {
    ScanState<T> running = kProduct ? 1 : 0;
    for (int64_t k = 0; k < args.size; ++k) {
      const int64_t at = args.At(line, k);
      const ScanState<T> next = Joined<kProduct>(running, StateOf(static_cast<const T*>(args.from)[at]));
      static_cast<T*>(args.to)[at] = Finished<T>(args.exclusive ? running : next);
      running = next;
    }
  }
}

// A warp a line, 32 elements at a time. All lanes of a warp have one line, so that they come to the shuffles together.
template <typename T, bool kProduct>
__global__ void __launch_bounds__(kThreads) ScanByWarp(ScanArgs args) {
  using State = ScanState<T>;
  const State start = kProduct ? 1 : 0;
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t line = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarpThreads; line < args.lines;
       line += stride) {
    State running = start;
    for (int64_t first = 0; first < args.size; first += kWarpThreads) {
      const int64_t k = first + lane, at = args.At(line, k < args.size ? k : 0);
      State value = k < args.size ? StateOf(static_cast<const T*>(args.from)[at]) : start;
      for (int lanes = 1; lanes < kWarpThreads; lanes *= 2) {
        const State before = __shfl_up_sync(kWholeWarp, value, lanes);
        if (lane >= lanes) value = Joined<kProduct>(before, value);
      }
      State before = __shfl_up_sync(kWholeWarp, value, 1);
      if (lane == 0) before = start;
      const State result = Joined<kProduct>(running, args.exclusive ? before : value);
      if (k < args.size) static_cast<T*>(args.to)[at] = Finished<T>(result);
      running = Joined<kProduct>(running, __shfl_sync(kWholeWarp, value, kWarpThreads - 1));
    }
  }
}

// ---- Launcher

template <typename T, bool kProduct>
absl::Status LaunchScan(ScanArgs args, const LaunchArgs& launch) {
  args.from = launch.input(0).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  const bool by_warp = args.inner == 1;
  const int64_t blocks = std::min(CeilDiv(args.lines, by_warp ? kWarps : kThreads), kMostBlocks);
  return Launch(by_warp ? ScanByWarp<T, kProduct> : ScanByThread<T, kProduct>, dim3(static_cast<unsigned>(blocks)),
                dim3(kThreads), 0, StreamOf(launch), args);
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                      DType::kInt32, DType::kInt64, DType::kUint8};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  return WantConstant(op, 1);
}

// ---- Prepare

template <bool kProduct>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  FLOE_ASSIGN_OR_RETURN(const int64_t number, ScalarInt(*inputs[1].value, "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(number, shape.rank()));
  const AxisView view = AxisView::Of(shape, axis);
  ScanArgs args{};
  args.lines = view.outer * view.inner;
  args.size = view.size;
  args.inner = view.inner;
  FLOE_ASSIGN_OR_RETURN(args.exclusive, attrs.Bool("exclusive", false));
  FLOE_ASSIGN_OR_RETURN(args.reverse, attrs.Bool("reverse", false));
  return Launcher{view.inner == 1 ? "scan, a warp a line" : "scan, a thread a line",
                  [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
                    if (args.lines == 0 || args.size == 0) return absl::OkStatus();
                    return OnNumberType(dtype, [&]<typename T>() { return LaunchScan<T, kProduct>(args, launch); });
                  }};
}

constexpr CudaOp kOps[] = {
    {"Cumprod", Supports, CreateLauncher<Prepare<true>>},
    {"Cumsum", Supports, CreateLauncher<Prepare<false>>},
};

}  // namespace

absl::Span<const CudaOp> ScanKernels() { return kOps; }

}  // namespace floe
