// Elementwise ops, and chains of them: one kernel interprets any chain.
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/chain.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "ops/types.h"

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

// Each thread computes `kCount` neighbours of the last dimension at a time. `Index` holds any element's number.
template <typename Compute, int kCount, typename Index>
__global__ void __launch_bounds__(kThreads) ChainKernel(ChainProgram program) {
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
    const auto load = [&](int k, Compute* to) {
      // Selected by comparing, since an array that a number picks from would leave the registers.
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
    if (program.num_operands > 0) load(0, value);
    for (int s = 0; s < program.num_steps; ++s) {
      const ElementStep step = program.steps[s];
      if (step.a < 0) {
#pragma unroll
        for (int i = 0; i < kCount; ++i) value[i] = ChainUnary(step.op, value[i], step.parameter);
        continue;
      }
      Compute a[kCount];
      load(step.a, a);
      if (step.b < 0) {
#pragma unroll
        for (int i = 0; i < kCount; ++i) value[i] = ChainBinary(step.op, value[i], a[i]);
        continue;
      }
      Compute b[kCount];
      load(step.b, b);
#pragma unroll
      for (int i = 0; i < kCount; ++i) value[i] = ChainTernary(step.op, value[i], a[i], b[i]);
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

bool IsFloatOnDevice(DType dtype) {
  return dtype == DType::kFloat || dtype == DType::kHalf || dtype == DType::kBfloat16;
}
bool IsIntegerOnDevice(DType dtype) {
  return dtype == DType::kInt32 || dtype == DType::kInt64 || dtype == DType::kInt8 || dtype == DType::kUint8;
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

namespace {

// ---- Supports

enum Types : uint8_t { kFloats = 1, kIntegers = 2, kBools = 4, kAll = 7, kNumbers = 3 };

// What an op computes, and of which dtypes.
struct Function {
  const char* name;
  ChainOp op;
  int operands;  // besides the value
  uint8_t types;
};

constexpr Function kFunctions[] = {
    {"Abs", ChainOp::kAbs, 0, kNumbers},
    {"Acos", ChainOp::kAcos, 0, kFloats},
    {"Acosh", ChainOp::kAcosh, 0, kFloats},
    {"Add", ChainOp::kAdd, 1, kNumbers},
    {"AddN", ChainOp::kAdd, 1, kNumbers},
    {"AddV2", ChainOp::kAdd, 1, kNumbers},
    {"Asin", ChainOp::kAsin, 0, kFloats},
    {"Asinh", ChainOp::kAsinh, 0, kFloats},
    {"Atan", ChainOp::kAtan, 0, kFloats},
    {"Atan2", ChainOp::kAtan2, 1, kFloats},
    {"Atanh", ChainOp::kAtanh, 0, kFloats},
    {"BiasAdd", ChainOp::kAdd, 1, kNumbers},
    {"BiasAddV1", ChainOp::kAdd, 1, kNumbers},
    {"Cast", ChainOp::kCopy, 0, kAll},
    {"Ceil", ChainOp::kCeil, 0, kFloats},
    {"ClipByValue", ChainOp::kClip, 2, kNumbers},
    {"Cos", ChainOp::kCos, 0, kFloats},
    {"Cosh", ChainOp::kCosh, 0, kFloats},
    {"Div", ChainOp::kDiv, 1, kNumbers},
    {"DivNoNan", ChainOp::kDivNoNan, 1, kFloats},
    {"Elu", ChainOp::kElu, 0, kFloats},
    {"Equal", ChainOp::kEqual, 1, kAll},
    {"Erf", ChainOp::kErf, 0, kFloats},
    {"Erfc", ChainOp::kErfc, 0, kFloats},
    {"Exp", ChainOp::kExp, 0, kFloats},
    {"Expm1", ChainOp::kExpm1, 0, kFloats},
    {"Floor", ChainOp::kFloor, 0, kFloats},
    {"FloorDiv", ChainOp::kFloorDiv, 1, kNumbers},
    {"FloorMod", ChainOp::kFloorMod, 1, kNumbers},
    {"Greater", ChainOp::kGreater, 1, kNumbers},
    {"GreaterEqual", ChainOp::kGreaterEqual, 1, kNumbers},
    {"Inv", ChainOp::kReciprocal, 0, kFloats},
    {"IsFinite", ChainOp::kIsFinite, 0, kFloats},
    {"IsInf", ChainOp::kIsInf, 0, kFloats},
    {"IsNan", ChainOp::kIsNan, 0, kFloats},
    {"LeakyRelu", ChainOp::kLeakyRelu, 0, kFloats},
    {"Less", ChainOp::kLess, 1, kNumbers},
    {"LessEqual", ChainOp::kLessEqual, 1, kNumbers},
    {"Log", ChainOp::kLog, 0, kFloats},
    {"Log1p", ChainOp::kLog1p, 0, kFloats},
    {"LogicalAnd", ChainOp::kAnd, 1, kBools},
    {"LogicalNot", ChainOp::kLogicalNot, 0, kBools},
    {"LogicalOr", ChainOp::kOr, 1, kBools},
    {"Maximum", ChainOp::kMaximum, 1, kNumbers},
    {"Minimum", ChainOp::kMinimum, 1, kNumbers},
    {"Mod", ChainOp::kTruncateMod, 1, kNumbers},
    {"Mul", ChainOp::kMul, 1, kNumbers},
    {"MulNoNan", ChainOp::kMulNoNan, 1, kFloats},
    {"Neg", ChainOp::kNeg, 0, kNumbers},
    {"NotEqual", ChainOp::kNotEqual, 1, kAll},
    {"OnesLike", ChainOp::kOne, 0, kAll},
    {"Pow", ChainOp::kPow, 1, kFloats},
    {"RealDiv", ChainOp::kDiv, 1, kFloats},
    {"Reciprocal", ChainOp::kReciprocal, 0, kFloats},
    {"Relu", ChainOp::kRelu, 0, kNumbers},
    {"Relu6", ChainOp::kRelu6, 0, kNumbers},
    {"Rint", ChainOp::kRound, 0, kFloats},
    {"Round", ChainOp::kRound, 0, kFloats},
    {"Rsqrt", ChainOp::kRsqrt, 0, kFloats},
    {"Select", ChainOp::kSelect, 2, kAll},
    {"SelectV2", ChainOp::kSelect, 2, kAll},
    {"Selu", ChainOp::kSelu, 0, kFloats},
    {"Sigmoid", ChainOp::kSigmoid, 0, kFloats},
    {"Sign", ChainOp::kSign, 0, kNumbers},
    {"Sin", ChainOp::kSin, 0, kFloats},
    {"Sinh", ChainOp::kSinh, 0, kFloats},
    {"Softplus", ChainOp::kSoftplus, 0, kFloats},
    {"Softsign", ChainOp::kSoftsign, 0, kFloats},
    {"Sqrt", ChainOp::kSqrt, 0, kFloats},
    {"Square", ChainOp::kSquare, 0, kNumbers},
    {"SquaredDifference", ChainOp::kSquaredDifference, 1, kNumbers},
    {"Sub", ChainOp::kSub, 1, kNumbers},
    {"Tan", ChainOp::kTan, 0, kFloats},
    {"Tanh", ChainOp::kTanh, 0, kFloats},
    {"TruncateDiv", ChainOp::kTruncateDiv, 1, kNumbers},
    {"TruncateMod", ChainOp::kTruncateMod, 1, kNumbers},
    {"Xdivy", ChainOp::kXdivy, 1, kFloats},
    {"Xlogy", ChainOp::kXlogy, 1, kFloats},
    {"ZerosLike", ChainOp::kZero, 0, kAll},
    {"_Gelu", ChainOp::kGelu, 0, kFloats},
    {"_GeluTanh", ChainOp::kGeluTanh, 0, kFloats},
    {"_HardSwish", ChainOp::kHardSwish, 0, kFloats},
    {"_Prelu", ChainOp::kPrelu, 1, kFloats},
    {"_Swish", ChainOp::kSwish, 0, kFloats},
};

const Function* FindFunction(absl::string_view name) {
  const auto* const found = std::lower_bound(std::begin(kFunctions), std::end(kFunctions), name,
                                             [](const Function& row, absl::string_view key) { return row.name < key; });
  return found != std::end(kFunctions) && found->name == name ? found : nullptr;
}

bool IsDivision(ChainOp op) {
  return op == ChainOp::kDiv || op == ChainOp::kFloorDiv || op == ChainOp::kFloorMod || op == ChainOp::kTruncateDiv ||
         op == ChainOp::kTruncateMod;
}

bool HasZero(const Tensor& tensor) {
  bool any = false;
  DispatchDType<int8_t, uint8_t, int32_t, int64_t>(tensor.dtype(), [&]<typename T>() {
    for (const T value : tensor.flat<T>()) any = any || value == 0;
  });
  return any;
}

absl::Status WantTypes(const OpSignature& op, const Function& function) {
  // The condition of a choice is its first input; the values are what counts.
  const bool chooses = function.op == ChainOp::kSelect;
  for (size_t i = chooses ? 1 : 0; i < op.inputs.size(); ++i) {
    const DType dtype = op.inputs[i].dtype;
    const bool takes = (IsFloatOnDevice(dtype) && (function.types & kFloats) != 0) ||
                       (IsIntegerOnDevice(dtype) && (function.types & kIntegers) != 0) ||
                       (dtype == DType::kBool && (function.types & kBools) != 0);
    if (!takes) return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(dtype)));
  }
  if (!Chain::Takes(op.outputs[0].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to ", DTypeName(op.outputs[0].dtype)));
  return absl::OkStatus();
}

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  const Function& function = *FindFunction(op.op.name);
  FLOE_RETURN_IF_ERROR(WantTypes(op, function));
  if (op.inputs.size() > kMostChainOperands) return absl::UnimplementedError("too many inputs");
  if (IsDivision(function.op) && IsInteger(op.inputs[0].dtype)) {
    // A zero among the divisors is an error that only the host can give.
    FLOE_RETURN_IF_ERROR(WantConstant(op, 1));
    if (HasZero(*op.inputs[1].value)) return absl::UnimplementedError("integers divided by zero");
  }
  FLOE_ASSIGN_OR_RETURN(const bool truncates, op.attrs.Bool("Truncate", false));
  if (truncates) return absl::UnimplementedError("Cast that cuts digits off");
  FLOE_ASSIGN_OR_RETURN(const bool refuses_shapes, op.attrs.Bool("incompatible_shape_error", true));
  if (!refuses_shapes) return absl::UnimplementedError("comparing what does not broadcast");
  return absl::OkStatus();
}

// ---- Create

class ElementwiseKernel final : public Kernel {
 public:
  ElementwiseKernel(const Function& function, std::vector<ElementStep> steps, bool channels_first)
      : function_(function), steps_(std::move(steps)), channels_first_(channels_first) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  // Divisors were looked at when the op was placed; the device has its own copy of every operand.
  bool Reads(int) const override { return true; }

 private:
  Shape OperandShape(int i, absl::Span<const TensorInfo> inputs) const;

  const Function& function_;  // of the table
  const std::vector<ElementStep> steps_;
  const bool channels_first_;  // BiasAdd's
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  const Function& function = *FindFunction(op.op.name);
  ElementStep step{.op = function.op};
  if (step.op == ChainOp::kLeakyRelu) {
    FLOE_ASSIGN_OR_RETURN(step.parameter, op.attrs.Float("alpha", 0.2f));
  }
  FLOE_ASSIGN_OR_RETURN(const std::string format, op.attrs.String("data_format", "NHWC"));
  std::vector<ElementStep> steps;
  if (function.operands < 2) {
    // As many steps as there are further inputs: one, but for AddN.
    const int count = function.operands == 0 ? 1 : static_cast<int>(op.inputs.size()) - 1;
    for (int i = 0; i < count; ++i) {
      steps.push_back(step);
      if (function.operands == 1) steps.back().a = static_cast<int8_t>(i + 1);
    }
  } else {
    step.a = 1;
    step.b = 2;
    steps.push_back(step);
  }
  return std::make_unique<ElementwiseKernel>(function, std::move(steps), format == "NCHW");
}

// ---- Prepare

class ElementwisePrepared final : public PreparedKernel {
 public:
  ElementwisePrepared(Chain chain, int operands) : chain_(chain), operands_(operands) {}
  std::string description() const override { return "chain"; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const Chain chain_;
  const int operands_;
};

// The shape as which an input broadcasts.
Shape ElementwiseKernel::OperandShape(int i, absl::Span<const TensorInfo> inputs) const {
  const Shape shape = inputs[i].shape.ToShape();
  const bool is_bias = channels_first_ && i == 1;
  const bool picks_rows = function_.name == absl::string_view("Select") && i == 0;
  if (!is_bias && !picks_rows) return shape;
  // A vector along the channels, or along the first dimension.
  const int rank = is_bias ? inputs[0].shape.rank() - 1 : inputs[1].shape.rank();
  Shape filled = shape;
  while (shape.rank() == 1 && filled.rank() < rank) filled.Append(1);
  return filled;
}

absl::StatusOr<std::unique_ptr<PreparedKernel>> ElementwiseKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                           absl::Span<const TensorInfo> outputs) const {
  // What comes from the shape alone must not read its input, which may be anywhere.
  const bool from_shape = function_.op == ChainOp::kZero || function_.op == ChainOp::kOne;
  std::vector<Shape> shapes;
  std::vector<DType> dtypes;
  for (size_t i = 0; i < inputs.size() && !from_shape; ++i) {
    shapes.push_back(OperandShape(static_cast<int>(i), inputs));
    dtypes.push_back(inputs[i].dtype);
  }
  FLOE_ASSIGN_OR_RETURN(const Chain chain,
                        Chain::Make(outputs[0].shape.ToShape(), outputs[0].dtype, shapes, dtypes, steps_));
  return std::make_unique<ElementwisePrepared>(chain, static_cast<int>(shapes.size()));
}

// ---- Launch

absl::Status ElementwisePrepared::Launch(const LaunchArgs& args) const {
  std::vector<const void*> operands;
  for (int i = 0; i < operands_; ++i) operands.push_back(args.input(i).raw_data());
  return chain_.Launch(StreamOf(args), operands, args.output(0)->raw_mutable_data());
}

// One row an op.
constexpr auto kOps = [] {
  std::array<CudaOp, std::size(kFunctions)> ops{};
  for (size_t i = 0; i < ops.size(); ++i) ops[i] = {kFunctions[i].name, Supports, Create};
  return ops;
}();

}  // namespace

absl::Span<const CudaOp> ElementwiseKernels() { return kOps; }

}  // namespace floe
