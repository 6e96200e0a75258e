#include "kernels/cuda/chain.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/status.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"

namespace floe {
namespace {

constexpr int kThreads = 256;
constexpr int kPackElements = 4;
// Enough to fill any device; each thread walks on from there.
constexpr int64_t kMostBlocks = 1 << 16;

// ---- Kernel

template <typename Compute, typename T>
__device__ Compute Read(const T& x) {
  if constexpr (std::is_same_v<Compute, float>) {
    return ToFloat(x);
  } else {
    return static_cast<Compute>(x);
  }
}

template <typename Compute, typename T, int kCount>
__device__ void LoadAs(const void* data, int64_t offset, bool moves, Compute* to) {
  if (moves) {
    const auto pack = *reinterpret_cast<const Pack<T, kCount>*>(static_cast<const T*>(data) + offset);
#pragma unroll
    for (int i = 0; i < kCount; ++i) to[i] = Read<Compute>(pack.values[i]);
  } else {
    const Compute value = Read<Compute>(static_cast<const T*>(data)[offset]);
#pragma unroll
    for (int i = 0; i < kCount; ++i) to[i] = value;
  }
}

// `kCount` neighbours of a row, or one element for all of them where the operand does not move along the row.
template <typename Compute, int kCount>
__device__ void Load(DType dtype, const void* data, int64_t offset, bool moves, Compute* to) {
  if constexpr (std::is_same_v<Compute, float>) {
    switch (dtype) {
      case DType::kFloat:
        return LoadAs<Compute, float, kCount>(data, offset, moves, to);
      case DType::kHalf:
        return LoadAs<Compute, DeviceHalf, kCount>(data, offset, moves, to);
      case DType::kBfloat16:
        return LoadAs<Compute, DeviceBfloat16, kCount>(data, offset, moves, to);
      default:
        return LoadAs<Compute, uint8_t, kCount>(data, offset, moves, to);  // a condition
    }
  } else {
    switch (dtype) {
      case DType::kInt32:
        return LoadAs<Compute, int32_t, kCount>(data, offset, moves, to);
      case DType::kInt64:
        return LoadAs<Compute, int64_t, kCount>(data, offset, moves, to);
      case DType::kInt8:
        return LoadAs<Compute, int8_t, kCount>(data, offset, moves, to);
      default:
        return LoadAs<Compute, uint8_t, kCount>(data, offset, moves, to);
    }
  }
}

// Truncated toward zero; what int64 cannot hold, NaN included, becomes its least number.
__device__ inline int64_t Truncated(float x) {
  if (x >= -9223372036854775808.0f && x < 9223372036854775808.0f) return static_cast<int64_t>(x);
  return static_cast<int64_t>(uint64_t{1} << 63);
}

// As ops/cast.cc has it, which is what TensorFlow gives on x86.
template <typename To>
__device__ To IntegerOf(float x, bool saturates) {
  constexpr auto kLeast = static_cast<float>(std::numeric_limits<To>::min());
  constexpr auto kMost = static_cast<float>(std::numeric_limits<To>::max());
  if constexpr (sizeof(To) < 4) {
    if (saturates) {
      if (!(x > kLeast)) return static_cast<To>(kLeast);
      return x >= kMost ? static_cast<To>(kMost) : static_cast<To>(x);
    }
  }
  const int64_t wide = Truncated(x);
  if constexpr (sizeof(To) == 8) return wide;
  const bool fits = wide >= -2147483648LL && wide <= 2147483647LL;
  if constexpr (sizeof(To) == 4) return fits ? static_cast<To>(wide) : static_cast<To>(-2147483647 - 1);
  return fits ? static_cast<To>(wide) : To(0);
}

template <typename T, typename Compute>
__device__ T Written(Compute x, bool saturates) {
  if constexpr (std::is_same_v<T, bool>) {
    return x != 0;
  } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, DeviceHalf> || std::is_same_v<T, DeviceBfloat16>) {
    return FromFloat<T>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<Compute, float>) {
    return IntegerOf<T>(x, saturates);
  } else {
    return static_cast<T>(x);
  }
}

template <typename T, int kCount, typename Compute>
__device__ void StoreAs(void* data, int64_t offset, const Compute* from, bool saturates) {
  Pack<T, kCount> pack;
#pragma unroll
  for (int i = 0; i < kCount; ++i) pack.values[i] = Written<T>(from[i], saturates);
  *reinterpret_cast<Pack<T, kCount>*>(static_cast<T*>(data) + offset) = pack;
}

template <int kCount, typename Compute>
__device__ void Store(DType dtype, void* data, int64_t offset, const Compute* from, bool saturates) {
  switch (dtype) {
    case DType::kFloat:
      return StoreAs<float, kCount>(data, offset, from, saturates);
    case DType::kHalf:
      return StoreAs<DeviceHalf, kCount>(data, offset, from, saturates);
    case DType::kBfloat16:
      return StoreAs<DeviceBfloat16, kCount>(data, offset, from, saturates);
    case DType::kInt32:
      return StoreAs<int32_t, kCount>(data, offset, from, saturates);
    case DType::kInt64:
      return StoreAs<int64_t, kCount>(data, offset, from, saturates);
    case DType::kInt8:
      return StoreAs<int8_t, kCount>(data, offset, from, saturates);
    case DType::kUint8:
      return StoreAs<uint8_t, kCount>(data, offset, from, saturates);
    default:
      return StoreAs<bool, kCount>(data, offset, from, saturates);
  }
}

template <typename Compute>
__device__ Compute RoundedTo(DType dtype, Compute x) {
  if constexpr (std::is_same_v<Compute, float>) {
    if (dtype == DType::kHalf) return ToFloat(FromFloat<DeviceHalf>(x));
    if (dtype == DType::kBfloat16) return ToFloat(FromFloat<DeviceBfloat16>(x));
  }
  return x;
}

// Each thread computes `kCount` neighbours of the last dimension at a time. `Index` holds any element's number.
template <typename Compute, int kCount, typename Index>
__global__ void __launch_bounds__(kThreads) ChainKernel(ChainProgram program) {
  // Chains of integers are single ops, which need no more.
  constexpr int kRegisters = std::is_same_v<Compute, float> ? kChainRegisters : 1;
  const Index packs = static_cast<Index>(program.elements / kCount);
  const Index stride = static_cast<Index>(gridDim.x) * kThreads;
  for (Index pack = static_cast<Index>(blockIdx.x) * kThreads + threadIdx.x; pack < packs; pack += stride) {
    const Index first = pack * kCount;
    Index offsets[kMostChainOperands] = {};
    Index rest = first;
    for (int axis = program.rank - 1; axis >= 0; --axis) {
      const Index dim = static_cast<Index>(program.dims[axis]);
      const Index above = axis == 0 ? 0 : rest / dim;
      const Index index = rest - above * dim;
#pragma unroll
      for (int k = 0; k < kMostChainOperands; ++k) {
        if (k < program.num_operands) offsets[k] += index * static_cast<Index>(program.operands[k].strides[axis]);
      }
      rest = above;
    }
    // Selected by comparing, here and below, since an array that a number picks from would leave the registers.
    Compute registers[kRegisters][kCount] = {};
    const auto read = [&](int k, Compute* to) {
      if (k >= kMostChainOperands) {
#pragma unroll
        for (int r = 0; r < kRegisters; ++r) {
#pragma unroll
          for (int i = 0; i < kCount; ++i) to[i] = k == ChainRegister(r) ? registers[r][i] : to[i];
        }
        return;
      }
      Index offset = 0;
#pragma unroll
      for (int i = 0; i < kMostChainOperands; ++i) {
        if (i == k) offset = offsets[i];
      }
      const ChainProgram::Operand& operand = program.operands[k];
      Load<Compute, kCount>(operand.dtype, operand.data, static_cast<int64_t>(offset),
                            operand.strides[program.rank - 1] != 0, to);
    };
    Compute value[kCount] = {};
    for (int s = 0; s < program.num_steps; ++s) {
      const ElementStep step = program.steps[s];
      read(step.x, value);
      if (step.a < 0) {
#pragma unroll
        for (int i = 0; i < kCount; ++i) value[i] = ChainUnary(step.op, value[i], step.parameter);
      } else {
        Compute a[kCount] = {};
        read(step.a, a);
        if (step.b < 0) {
#pragma unroll
          for (int i = 0; i < kCount; ++i) value[i] = ChainBinary(step.op, value[i], a[i]);
        } else {
          Compute b[kCount] = {};
          read(step.b, b);
#pragma unroll
          for (int i = 0; i < kCount; ++i) value[i] = ChainTernary(step.op, value[i], a[i], b[i]);
        }
      }
#pragma unroll
      for (int i = 0; i < kCount; ++i) value[i] = RoundedTo(program.result_dtype, value[i]);
#pragma unroll
      for (int r = 0; r < kRegisters; ++r) {
#pragma unroll
        for (int i = 0; i < kCount; ++i) registers[r][i] = step.to == r ? value[i] : registers[r][i];
      }
    }
    Store<kCount>(program.result_dtype, program.result, static_cast<int64_t>(first), value, program.saturates);
  }
}

// ---- Launcher

bool IsAlignedFor(const void* data, DType dtype) { return IsAligned(data, ElementBytes(dtype) * kPackElements); }

template <typename Compute>
absl::Status LaunchChain(CudaStream& stream, const ChainProgram& program, bool packs) {
  const int64_t items = packs ? program.elements / kPackElements : program.elements;
  const dim3 grid(static_cast<unsigned>(std::min(CeilDiv(items, kThreads), kMostBlocks)));
  if (program.elements >= int64_t{1} << 31) {
    return Launch(ChainKernel<Compute, 1, uint64_t>, grid, dim3(kThreads), 0, stream, program);
  }
  return packs ? Launch(ChainKernel<Compute, kPackElements, uint32_t>, grid, dim3(kThreads), 0, stream, program)
               : Launch(ChainKernel<Compute, 1, uint32_t>, grid, dim3(kThreads), 0, stream, program);
}

}  // namespace

bool Chain::Takes(DType dtype) { return IsFloatOnDevice(dtype) || IsIntegerOnDevice(dtype) || dtype == DType::kBool; }

absl::StatusOr<Chain> Chain::Make(const Shape& result, DType result_dtype, absl::Span<const Shape> operand_shapes,
                                  absl::Span<const DType> operand_dtypes, absl::Span<const ElementStep> steps) {
  const auto operands = static_cast<int>(operand_shapes.size());
  if (operands > kMostChainOperands || steps.size() > kMostChainSteps) {
    return absl::UnimplementedError("a chain of too many operands or steps");
  }
  std::vector<const Shape*> shapes;
  for (const Shape& shape : operand_shapes) shapes.push_back(&shape);
  const BroadcastWalk walk = BroadcastWalk::Of(result, shapes);
  if (walk.dims.size() > kMostChainDims) return absl::UnimplementedError("broadcasting over too many dimensions");
  Chain chain;
  ChainProgram& program = chain.program_;
  program.elements = result.num_elements();
  program.rank = static_cast<int>(walk.dims.size());
  std::copy(walk.dims.begin(), walk.dims.end(), program.dims);
  program.num_operands = operands;
  chain.packs_ = walk.row() % kPackElements == 0 && program.elements < int64_t{1} << 31;
  chain.floating_ = operands == 0;
  for (int k = 0; k < operands; ++k) {
    program.operands[k].dtype = operand_dtypes[k];
    std::copy(walk.strides[k].begin(), walk.strides[k].end(), program.operands[k].strides);
    chain.floating_ = chain.floating_ || IsFloatOnDevice(operand_dtypes[k]);
    // Along a row an operand moves by one or stays; where each row begins must fit too.
    for (int axis = 0; axis + 1 < program.rank; ++axis) {
      const bool fits = walk.row_stride(k) == 0 || walk.strides[k][axis] % kPackElements == 0;
      chain.packs_ = chain.packs_ && fits;
    }
  }
  program.num_steps = static_cast<int>(steps.size());
  std::copy(steps.begin(), steps.end(), program.steps);
  program.result_dtype = result_dtype;
  program.saturates = operands > 0 && operand_dtypes[0] != DType::kFloat;
  return chain;
}

absl::Status Chain::Launch(CudaStream& stream, absl::Span<const void* const> operands, void* result) const {
  if (program_.elements == 0) return absl::OkStatus();
  ChainProgram program = program_;
  bool packs = packs_ && IsAlignedFor(result, program.result_dtype);
  for (int k = 0; k < program.num_operands; ++k) {
    program.operands[k].data = operands[k];
    const bool moves = program.operands[k].strides[program.rank - 1] != 0;
    packs = packs && (!moves || IsAlignedFor(operands[k], program.operands[k].dtype));
  }
  program.result = result;
  return floating_ ? LaunchChain<float>(stream, program, packs) : LaunchChain<int64_t>(stream, program, packs);
}

ElementStep ElementStepOf(FusedKind kind, float leaky_alpha) {
  switch (kind) {
    case FusedKind::kBiasAdd:
    case FusedKind::kAdd:
      return {ChainOp::kAdd};
    case FusedKind::kMul:
      return {ChainOp::kMul};
    case FusedKind::kBatchNorm:
      return {ChainOp::kBatchNorm};
    case FusedKind::kPrelu:
      return {ChainOp::kPrelu};
    case FusedKind::kRelu:
      return {ChainOp::kRelu};
    case FusedKind::kRelu6:
      return {ChainOp::kRelu6};
    case FusedKind::kElu:
      return {ChainOp::kElu};
    case FusedKind::kLeakyRelu:
      return {.op = ChainOp::kLeakyRelu, .parameter = leaky_alpha};
    case FusedKind::kTanh:
      return {ChainOp::kTanh};
    case FusedKind::kSigmoid:
      return {ChainOp::kSigmoid};
    case FusedKind::kSwish:
      return {ChainOp::kSwish};
    case FusedKind::kHardSwish:
      return {ChainOp::kHardSwish};
    case FusedKind::kGelu:
      return {ChainOp::kGelu};
    case FusedKind::kGeluTanh:
      return {ChainOp::kGeluTanh};
  }
  return {};
}

}  // namespace floe
