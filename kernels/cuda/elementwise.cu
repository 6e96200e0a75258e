// Elementwise ops, single and fused, as chains.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/chain.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "ops/elementwise_program.h"
#include "ops/types.h"

namespace floe {
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

// Equal shapes and scalars leave one dimension; what others leave is known too late.
absl::Status WantRoomForDims(const OpSignature& op) {
  const PartialShape& result = op.outputs[0].shape;
  if (!result.has_rank() || result.rank() <= kMostChainDims) return absl::OkStatus();
  const bool all_alike = std::all_of(op.inputs.begin(), op.inputs.end(), [&](const TensorInfo& input) {
    return (input.shape == result && result.IsFullyDefined()) || (input.shape.has_rank() && input.shape.rank() == 0);
  });
  return all_alike ? absl::OkStatus() : absl::UnimplementedError("broadcasting over too many dimensions");
}

absl::Status SupportsSingle(const CudaContext&, const OpSignature& op) {
  const Function& function = *FindFunction(op.op.name);
  FLOE_RETURN_IF_ERROR(WantTypes(op, function));
  FLOE_RETURN_IF_ERROR(WantRoomForDims(op));
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

absl::Status SupportsFused(const CudaContext&, const OpSignature& op) {
  const DType dtype = op.outputs[0].dtype;
  if (!IsFloatOnDevice(dtype)) return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(dtype)));
  FLOE_RETURN_IF_ERROR(WantRoomForDims(op));
  FLOE_ASSIGN_OR_RETURN(const ElementwiseProgram program,
                        ParseElementwiseProgram(op.attrs, static_cast<int>(op.inputs.size())));
  for (const ElementwiseStep& step : program.steps) {
    const Function* const function = FindFunction(step.function->op);
    if (function == nullptr || function->operands + 1 != step.function->operands)
      return absl::UnimplementedError(absl::StrCat("no step of a chain for ", step.function->op));
  }
  return absl::OkStatus();
}

// ---- Create

// How an op's inputs meet.
enum class Spread : uint8_t {
  kPlain,          // broadcast
  kNone,           // only their shapes count: they may be anywhere
  kChannelsFirst,  // a bias along dimension 1
  kPicksRows,      // a condition that may be a vector along dimension 0
};

class ElementwiseKernel final : public Kernel {
 public:
  ElementwiseKernel(std::vector<ElementStep> steps, Spread spread, std::string description = "chain")
      : steps_(std::move(steps)), spread_(spread), description_(std::move(description)) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  // Divisors were looked at when the op was placed; the device has its own copy of every operand.
  bool Reads(int) const override { return true; }

 private:
  Shape OperandShape(int i, absl::Span<const TensorInfo> inputs) const;

  const std::vector<ElementStep> steps_;
  const Spread spread_;
  const std::string description_;
};

absl::StatusOr<std::unique_ptr<Kernel>> CreateSingle(const CudaContext&, const OpSignature& op) {
  const Function& function = *FindFunction(op.op.name);
  FLOE_ASSIGN_OR_RETURN(const std::string format, op.attrs.String("data_format", "NHWC"));
  Spread spread = format == "NCHW" ? Spread::kChannelsFirst : Spread::kPlain;
  if (function.op == ChainOp::kZero || function.op == ChainOp::kOne) spread = Spread::kNone;
  if (function.name == absl::string_view("Select")) spread = Spread::kPicksRows;
  ElementStep step{.op = function.op};
  if (step.op == ChainOp::kLeakyRelu) {
    FLOE_ASSIGN_OR_RETURN(step.parameter, op.attrs.Float("alpha", 0.2f));
  }
  if (spread != Spread::kNone) step.x = 0;
  if (function.operands > 0) step.a = 1;
  if (function.operands > 1) step.b = 2;
  // AddN has as many steps as there are further inputs.
  const auto inputs = static_cast<int>(op.inputs.size());
  if (function.operands == 1 && inputs == 1) step = {.op = ChainOp::kCopy, .x = 0};
  std::vector<ElementStep> steps = {step};
  for (int i = 2; function.operands == 1 && i < inputs; ++i)
    steps.push_back({.op = function.op, .a = static_cast<int8_t>(i)});
  return std::make_unique<ElementwiseKernel>(std::move(steps), spread);
}

absl::StatusOr<std::unique_ptr<Kernel>> CreateFused(const CudaContext&, const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const ElementwiseProgram program,
                        ParseElementwiseProgram(op.attrs, static_cast<int>(op.inputs.size())));
  std::vector<ElementStep> steps;
  std::string description = "chain:";
  for (const ElementwiseStep& from : program.steps) {
    absl::StrAppend(&description, " ", from.function->op);
    const auto source = [&](size_t k) {
      if (k >= from.used_operands().size()) return int8_t{-1};
      const int operand = from.operands[k];
      return program.IsInput(operand) ? static_cast<int8_t>(operand) : ChainRegister(program.Maker(operand).place);
    };
    steps.push_back({.op = FindFunction(from.function->op)->op,
                     .x = source(0),
                     .a = source(1),
                     .b = source(2),
                     .to = static_cast<int8_t>(from.place),
                     .parameter = from.parameter});
  }
  return std::make_unique<ElementwiseKernel>(std::move(steps), Spread::kPlain, std::move(description));
}

// ---- Prepare

class ElementwisePrepared final : public PreparedKernel {
 public:
  ElementwisePrepared(Chain chain, size_t operands, std::string description)
      : chain_(chain), operands_(operands), description_(std::move(description)) {}
  std::string description() const override { return description_; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const Chain chain_;
  const size_t operands_;
  const std::string description_;
};

// The shape as which an input broadcasts.
Shape ElementwiseKernel::OperandShape(int i, absl::Span<const TensorInfo> inputs) const {
  const Shape shape = inputs[i].shape.ToShape();
  const bool is_bias = spread_ == Spread::kChannelsFirst && i == 1;
  const bool picks_rows = spread_ == Spread::kPicksRows && i == 0;
  if (!is_bias && !picks_rows) return shape;
  // A vector along the channels, or along the first dimension.
  const int rank = is_bias ? inputs[0].shape.rank() - 1 : inputs[1].shape.rank();
  Shape filled = shape;
  while (shape.rank() == 1 && filled.rank() < rank) filled.Append(1);
  return filled;
}

absl::StatusOr<std::unique_ptr<PreparedKernel>> ElementwiseKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                           absl::Span<const TensorInfo> outputs) const {
  std::vector<Shape> shapes;
  std::vector<DType> dtypes;
  for (size_t i = 0; i < inputs.size() && spread_ != Spread::kNone; ++i) {
    shapes.push_back(OperandShape(static_cast<int>(i), inputs));
    dtypes.push_back(inputs[i].dtype);
  }
  FLOE_ASSIGN_OR_RETURN(const Chain chain,
                        Chain::Make(outputs[0].shape.ToShape(), outputs[0].dtype, shapes, dtypes, steps_));
  return std::make_unique<ElementwisePrepared>(chain, shapes.size(), description_);
}

// ---- Launch

absl::Status ElementwisePrepared::Launch(const LaunchArgs& args) const {
  std::array<const void*, kMostChainOperands> operands{};
  for (size_t i = 0; i < operands_; ++i) operands[i] = args.input(static_cast<int>(i)).raw_data();
  return chain_.Launch(StreamOf(args), operands, args.output(0)->raw_mutable_data());
}

// One row an op.
constexpr auto kOps = [] {
  std::array<CudaOp, std::size(kFunctions) + 1> ops{};
  for (size_t i = 0; i < std::size(kFunctions); ++i) ops[i] = {kFunctions[i].name, SupportsSingle, CreateSingle};
  ops.back() = {"_FusedElementwise", SupportsFused, CreateFused};
  return ops;
}();

}  // namespace

absl::Span<const CudaOp> ElementwiseKernels() { return kOps; }

}  // namespace floe
