// ArgMax and ArgMin.
#include <algorithm>

#include "absl/strings/str_cat.h"
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

struct ArgArgs {
  const void* from;
  void* to;
  int64_t lines, size, inner;  // lines of `size` elements, `inner` apart
};

template <typename T>
using ArgValue = std::conditional_t<std::is_integral_v<T>, int64_t, float>;

template <typename T>
struct Champion {
  ArgValue<T> value;
  int64_t index;
};

// Whether `a` is the result rather than `b`: the first of the largest, and a NaN only where there is nothing else.
template <bool kMax, typename T>
__device__ bool Beats(const Champion<T>& a, const Champion<T>& b) {
  if (kMax ? a.value > b.value : a.value < b.value) return true;
  const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
  if (a_nan != b_nan) return b_nan;
  return (a_nan || a.value == b.value) && a.index < b.index;
}

template <typename T, bool kMax>
__device__ Champion<T> BestOf(const ArgArgs& args, int64_t line, int64_t first, int64_t step) {
  const int64_t outer = Quotient(line, args.inner), column = line - outer * args.inner;
  const T* const from = static_cast<const T*>(args.from) + outer * args.size * args.inner + column;
  const auto at = [&](int64_t k) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<int64_t>(from[k * args.inner]);
    } else {
      return ToFloat(from[k * args.inner]);
    }
  };
  // Those past the end have the first element too, which changes nothing.
  Champion<T> best{at(0), 0};
  for (int64_t k = first; k < args.size; k += step) {
    const Champion<T> next{at(k), k};
    if (Beats<kMax>(next, best)) best = next;
  }
  return best;
}

template <typename T, typename Index, bool kMax>
__global__ void __launch_bounds__(kThreads) ArgByThread(ArgArgs args) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t line = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; line < args.lines; line += stride) {
    static_cast<Index*>(args.to)[line] = static_cast<Index>(BestOf<T, kMax>(args, line, 0, 1).index);
  }
}

// All lanes of a warp have one line, so that they come to the shuffles together.
template <typename T, typename Index, bool kMax>
__global__ void __launch_bounds__(kThreads) ArgByWarp(ArgArgs args) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t line = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarpThreads; line < args.lines;
       line += stride) {
    Champion<T> best = BestOf<T, kMax>(args, line, lane, kWarpThreads);
    for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) {
      const Champion<T> other{__shfl_xor_sync(kWholeWarp, best.value, lanes),
                              __shfl_xor_sync(kWholeWarp, best.index, lanes)};
      if (Beats<kMax>(other, best)) best = other;
    }
    if (lane == 0) static_cast<Index*>(args.to)[line] = static_cast<Index>(best.index);
  }
}

// ---- Launcher

template <typename T, bool kMax>
absl::Status LaunchArg(ArgArgs args, const LaunchArgs& launch) {
  args.from = launch.input(0).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  const bool by_warp = args.inner == 1;
  const int64_t blocks = std::min(CeilDiv(args.lines, by_warp ? kWarps : kThreads), kMostBlocks);
  return OnIndexType(launch.output(0)->dtype(), [&]<typename Index>() {
    return Launch(by_warp ? ArgByWarp<T, Index, kMax> : ArgByThread<T, Index, kMax>,
                  dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, StreamOf(launch), args);
  });
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16, DType::kInt32,
                                      DType::kInt64, DType::kUint8, DType::kBool};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  const DType result = op.outputs[0].dtype;
  if (result != DType::kInt32 && result != DType::kInt64)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to ", DTypeName(result)));
  return WantConstant(op, 1);
}

// ---- Prepare

template <bool kMax>
absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs, absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  FLOE_ASSIGN_OR_RETURN(const int64_t number, ScalarInt(*inputs[1].value, "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(number, shape.rank()));
  if (shape.dim(axis) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("axis ", axis, " is empty in shape ", shape.ToString()));
  }
  const AxisView view = AxisView::Of(shape, axis);
  ArgArgs args{};
  args.lines = view.outer * view.inner;
  args.size = view.size;
  args.inner = view.inner;
  const DType dtype = inputs[0].dtype == DType::kBool ? DType::kUint8 : inputs[0].dtype;
  return Launcher{view.inner == 1 ? "arg, a warp a line" : "arg, a thread a line", [=](const LaunchArgs& launch) {
                    if (args.lines == 0) return absl::OkStatus();
                    return OnNumberType(dtype, [&]<typename T>() { return LaunchArg<T, kMax>(args, launch); });
                  }};
}

constexpr CudaOp kOps[] = {
    {"ArgMax", Supports, CreateLauncher<Prepare<true>>},
    {"ArgMin", Supports, CreateLauncher<Prepare<false>>},
};

}  // namespace

absl::Span<const CudaOp> ArgExtremeKernels() { return kOps; }

}  // namespace floe
