// Reductions over any dimensions: Sum, Mean, Max, Min, Prod, EuclideanNorm, All, Any; and L2Loss over all of
// them.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"

namespace floe {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarpThreads;
constexpr int64_t kMostBlocks = 1 << 20;
constexpr int kMostDims = 8;

enum class ReduceOp : uint8_t { kSum, kMean, kMax, kMin, kProduct, kNorm, kLoss, kAll, kAny };

// ---- Kernels

// A walk of dimensions over the input.
struct Walk {
  int rank;
  int64_t count;
  int64_t dims[kMostDims], strides[kMostDims];

  __device__ int64_t OffsetOf(int64_t index) const {
    int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t above = axis == 0 ? 0 : index / dims[axis];
      offset += (index - above * dims[axis]) * strides[axis];
      index = above;
    }
    return offset;
  }
};

struct ReduceArgs {
  const void* from;
  void* to;
  Walk kept, reduced;
  ReduceOp op;
};

template <typename State>
__device__ State StartOf(ReduceOp op) {
  switch (op) {
    case ReduceOp::kProduct:
    case ReduceOp::kAll:
      return State(1);
    case ReduceOp::kMax:
      if constexpr (std::is_same_v<State, double>) return -INFINITY;
      return static_cast<State>(-9223372036854775807LL - 1);
    case ReduceOp::kMin:
      if constexpr (std::is_same_v<State, double>) return INFINITY;
      return static_cast<State>(9223372036854775807LL);
    default:
      return State(0);
  }
}

// Two parts of one result. NaN wins, wherever it stands.
template <typename State>
__device__ State Joined(ReduceOp op, State a, State b) {
  switch (op) {
    case ReduceOp::kMax:
      return a < b || b != b ? b : a;
    case ReduceOp::kMin:
      return b < a || b != b ? b : a;
    case ReduceOp::kProduct:
      if constexpr (std::is_same_v<State, double>) return a * b;
      return static_cast<State>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    case ReduceOp::kAll:
      return a != 0 && b != 0 ? State(1) : State(0);
    case ReduceOp::kAny:
      return a != 0 || b != 0 ? State(1) : State(0);
    default:
      if constexpr (std::is_same_v<State, double>) return a + b;
      return static_cast<State>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }
}

template <typename State, typename T>
__device__ State StateOf(ReduceOp op, const T& x) {
  State value;
  if constexpr (std::is_same_v<State, double>) {
    value = static_cast<double>(ToFloat(x));
  } else {
    value = static_cast<State>(x);
  }
  return op == ReduceOp::kNorm || op == ReduceOp::kLoss ? value * value : value;
}

template <typename T, typename State>
__device__ T Finished(ReduceOp op, State value, int64_t count) {
  if constexpr (std::is_same_v<State, double>) {
    if (op == ReduceOp::kMean) value /= static_cast<double>(count);
    if (op == ReduceOp::kNorm) value = sqrt(value);
    if (op == ReduceOp::kLoss) value /= 2;
    return FromFloat<T>(static_cast<float>(value));
  } else {
    if (op == ReduceOp::kMean) value = count == 0 ? 0 : value / count;
    return static_cast<T>(value);
  }
}

// Four sums side by side, so that an addition need not wait for the one before. Floats are summed in double: memory is
// what a reduction waits for, on every device, and the order of the sum then does not show in the result.
constexpr int kParts = 4;

template <typename T, typename State>
__device__ State ReducePart(const ReduceArgs& args, const T* from, int64_t first, int64_t step) {
  State parts[kParts];
#pragma unroll
  for (int p = 0; p < kParts; ++p) parts[p] = StartOf<State>(args.op);
  for (int64_t i = first; i < args.reduced.count; i += step * kParts) {
#pragma unroll
    for (int p = 0; p < kParts; ++p) {
      const int64_t at = i + p * step;
      if (at < args.reduced.count) {
        parts[p] = Joined(args.op, parts[p], StateOf<State>(args.op, from[args.reduced.OffsetOf(at)]));
      }
    }
  }
  return Joined(args.op, Joined(args.op, parts[0], parts[1]), Joined(args.op, parts[2], parts[3]));
}

// A thread a result: neighbours in the result are neighbours in the input.
template <typename T, typename State>
__global__ void __launch_bounds__(kThreads) ReduceByThread(ReduceArgs args) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < args.kept.count; i += stride) {
    const T* const from = static_cast<const T*>(args.from) + args.kept.OffsetOf(i);
    const State value = ReducePart<T, State>(args, from, 0, 1);
    static_cast<T*>(args.to)[i] = Finished<T>(args.op, value, args.reduced.count);
  }
}

// A warp a result: what is summed lies side by side. All lanes of a warp have one result.
template <typename T, typename State>
__global__ void __launch_bounds__(kThreads) ReduceByWarp(ReduceArgs args) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarpThreads; i < args.kept.count;
       i += stride) {
    const T* const from = static_cast<const T*>(args.from) + args.kept.OffsetOf(i);
    State value = ReducePart<T, State>(args, from, lane, kWarpThreads);
    for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) {
      value = Joined(args.op, value, __shfl_xor_sync(kWholeWarp, value, lanes));
    }
    if (lane == 0) static_cast<T*>(args.to)[i] = Finished<T>(args.op, value, args.reduced.count);
  }
}

// ---- Launcher

template <typename T, typename State>
absl::Status LaunchReduce(const ReduceArgs& args, bool by_warp, CudaStream& stream) {
  const int64_t blocks = CeilDiv(args.kept.count, by_warp ? kWarps : kThreads);
  const dim3 grid(static_cast<unsigned>(std::min(blocks, kMostBlocks)));
  return by_warp ? Launch(ReduceByWarp<T, State>, grid, dim3(kThreads), 0, stream, args)
                 : Launch(ReduceByThread<T, State>, grid, dim3(kThreads), 0, stream, args);
}

// ---- Supports

struct ReduceRow {
  const char* name;
  ReduceOp op;
};
constexpr ReduceRow kRows[] = {
    {"All", ReduceOp::kAll},     {"Any", ReduceOp::kAny},      {"EuclideanNorm", ReduceOp::kNorm},
    {"L2Loss", ReduceOp::kLoss}, {"Max", ReduceOp::kMax},      {"Mean", ReduceOp::kMean},
    {"Min", ReduceOp::kMin},     {"Prod", ReduceOp::kProduct}, {"Sum", ReduceOp::kSum},
};

ReduceOp OpOf(absl::string_view name) {
  return std::find_if(std::begin(kRows), std::end(kRows), [&](const ReduceRow& row) { return row.name == name; })->op;
}

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kNumbers[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                       DType::kInt32, DType::kInt64, DType::kUint8};
  static constexpr DType kFloats[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  static constexpr DType kBools[] = {DType::kBool};
  const ReduceOp reduction = OpOf(op.op.name);
  if (reduction == ReduceOp::kAll || reduction == ReduceOp::kAny) {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kBools));
  } else if (reduction == ReduceOp::kNorm || reduction == ReduceOp::kLoss) {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kFloats));
  } else {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kNumbers));
  }
  if (!op.inputs[0].shape.has_rank() || op.inputs[0].shape.rank() > kMostDims)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", op.inputs[0].shape.ToString()));
  return reduction == ReduceOp::kLoss ? absl::OkStatus() : WantConstant(op, 1);
}

// ---- Create

class ReduceKernel final : public Kernel {
 public:
  explicit ReduceKernel(ReduceOp op) : op_(op) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const ReduceOp op_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  return std::make_unique<ReduceKernel>(OpOf(op.op.name));
}

// ---- Prepare

class ReducePrepared final : public PreparedKernel {
 public:
  ReducePrepared(const ReduceArgs& args, bool by_warp, DType dtype) : args_(args), by_warp_(by_warp), dtype_(dtype) {}
  std::string description() const override {
    return by_warp_ ? "reduce, a warp a result" : "reduce, a thread a result";
  }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const ReduceArgs args_;
  const bool by_warp_;
  const DType dtype_;
};

void AddDim(int64_t dim, int64_t stride, Walk* walk) {
  walk->dims[walk->rank] = dim;
  walk->strides[walk->rank] = stride;
  walk->count *= dim;
  ++walk->rank;
}

absl::StatusOr<std::unique_ptr<PreparedKernel>> ReduceKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  const Shape shape = inputs[0].shape.ToShape();
  Dims axes;
  if (op_ == ReduceOp::kLoss) {
    for (int axis = 0; axis < shape.rank(); ++axis) axes.push_back(axis);
  } else {
    FLOE_ASSIGN_OR_RETURN(axes, ToInt64s(*inputs[1].value));
  }
  Shape kept = shape;
  for (const int64_t number : axes) {
    FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(number, shape.rank()));
    kept.set_dim(axis, 1);
  }
  // Neighbouring dimensions that are both kept or both reduced are one.
  const BroadcastWalk walk = BroadcastWalk::Of(shape, {&kept});
  const Dims strides = Shape(walk.dims).Strides();
  ReduceArgs args{};
  args.op = op_;
  args.kept.count = args.reduced.count = 1;
  for (size_t axis = 0; axis < walk.dims.size(); ++axis) {
    AddDim(walk.dims[axis], strides[axis], walk.strides[0][axis] == 0 ? &args.reduced : &args.kept);
  }
  constexpr int64_t kFewElements = 8;
  const bool by_warp = walk.row_stride(0) == 0 && args.reduced.count > kFewElements;
  return std::make_unique<ReducePrepared>(args, by_warp, outputs[0].dtype);
}

// ---- Launch

absl::Status ReducePrepared::Launch(const LaunchArgs& launch) const {
  ReduceArgs args = args_;
  if (args.kept.count == 0) return absl::OkStatus();
  args.from = launch.input(0).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  CudaStream& stream = StreamOf(launch);
  switch (dtype_) {
    case DType::kFloat:
      return LaunchReduce<float, double>(args, by_warp_, stream);
    case DType::kHalf:
      return LaunchReduce<DeviceHalf, double>(args, by_warp_, stream);
    case DType::kBfloat16:
      return LaunchReduce<DeviceBfloat16, double>(args, by_warp_, stream);
    case DType::kInt32:
      return LaunchReduce<int32_t, int64_t>(args, by_warp_, stream);
    case DType::kInt64:
      return LaunchReduce<int64_t, int64_t>(args, by_warp_, stream);
    default:  // uint8 and bool
      return LaunchReduce<uint8_t, int64_t>(args, by_warp_, stream);
  }
}

constexpr auto kOps = [] {
  std::array<CudaOp, std::size(kRows)> ops{};
  for (size_t i = 0; i < ops.size(); ++i) ops[i] = {kRows[i].name, Supports, Create};
  return ops;
}();

}  // namespace

absl::Span<const CudaOp> ReduceKernels() { return kOps; }

}  // namespace floe
