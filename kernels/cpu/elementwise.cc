// Elementwise ops over broadcast floats, single and fused. Each is a program of steps that runs block by block, one
// vector loop a step, so that what lies between two steps stays in the first-level cache.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/elementwise_loops.h"
#include "kernels/cpu/parallel.h"
#include "ops/broadcast.h"
#include "ops/elementwise_program.h"

namespace floe {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);
constexpr int64_t kBlockFloats = 1024;
// Shorter rows are done many at a time.
constexpr int64_t kShortRow = 256;

struct LoopStep {
  const ElementwiseLoop* loop;
  std::array<int, kMostElementwiseOperands> operands = {};  // inputs, and behind them places
  float parameter = 0;
  int place = 0;
};

struct LoopProgram {
  int inputs = 0;
  std::vector<LoopStep> steps;
};

// ---- Supports

absl::Status SupportsFloats(const OpSignature& op) { return WantFloat(op, static_cast<int>(op.inputs.size())); }

absl::Status SupportsSingle(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(SupportsFloats(op));
  return WantChannelsLast(op);  // BiasAdd
}

// ---- Launch

class ElementwisePrepared final : public PreparedKernel {
 public:
  ElementwisePrepared(LoopProgram program, const Shape& result, absl::Span<const Shape* const> operands)
      : program_(std::move(program)), walk_(BroadcastWalk::Of(result, operands)), rows_(walk_.rows()) {
    const int64_t n = walk_.row();
    if (rows_ == 0) return;
    if (rows_ == 1 || n >= kShortRow) {
      parts_ = (n + kBlockFloats - 1) / kBlockFloats;
      blocks_ = rows_ * parts_;
      return;
    }
    block_rows_ = std::min(rows_, kBlockFloats / n);
    blocks_ = (rows_ + block_rows_ - 1) / block_rows_;
    for (int k = 0; k < walk_.operands; ++k) reach_[k] = ReachOf(k);
  }

  std::string description() const override {
    if (program_.steps.size() == 1) return "floe loop";
    return absl::StrCat("floe loop: ", absl::StrJoin(program_.steps, " ", [](std::string* out, const LoopStep& step) {
                          absl::StrAppend(out, step.loop->op);
                        }));
  }

  absl::Status Launch(const LaunchArgs& args) const override {
    std::array<const float*, kMostElementwiseInputs> inputs{};
    for (int k = 0; k < walk_.operands; ++k) inputs[k] = args.input(k).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    const int64_t block_bytes = kBlockFloats * kFloatBytes * static_cast<int64_t>(program_.steps.size());
    ParallelFor(blocks_, kMinBytesPerThread / block_bytes, [&](int64_t begin, int64_t end) {
      parts_ > 0 ? RunLongRows(inputs.data(), y, begin, end) : RunShortRows(inputs.data(), y, begin, end);
    });
    return absl::OkStatus();
  }

 private:
  // How an operand goes through a block of short rows.
  enum class Reach : uint8_t {
    kWhole,     // as the result does
    kOne,       // one element
    kRepeated,  // one row again and again
    kByRow,     // another place, or another element, each row
  };
  struct Buffers {
    alignas(64) float places[kMostElementwisePlaces][kBlockFloats];
    alignas(64) float spread[kMostElementwiseInputs][kBlockFloats];
  };

  Reach ReachOf(int k) const {
    const Dims& strides = walk_.strides[k];
    int64_t whole = 1;
    bool is_whole = true, is_fixed = true;
    for (size_t axis = strides.size(); axis-- > 0;) {
      is_whole = is_whole && strides[axis] == whole;
      is_fixed = is_fixed && (strides[axis] == 0 || axis + 1 == strides.size());
      whole *= walk_.dims[axis];
    }
    if (is_whole) return Reach::kWhole;
    if (!is_fixed) return Reach::kByRow;
    return walk_.row_stride(k) == 0 ? Reach::kOne : Reach::kRepeated;
  }

  // Blocks of parts of rows, in which an operand moves or stays.
  void RunLongRows(const float* const* inputs, float* y, int64_t begin, int64_t end) const {
    Buffers buffers;
    std::array<RowOperand, kMostElementwiseInputs> operands;
    BroadcastRow row(walk_, begin / parts_);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t part = block % parts_, first = part * kBlockFloats;
      for (int k = 0; k < walk_.operands; ++k) {
        const bool moves = walk_.row_stride(k) != 0;
        operands[k] = {inputs[k] + row.offsets()[k] + (moves ? first : 0), moves};
      }
      RunSteps(operands.data(), &buffers, y + block / parts_ * walk_.row() + first,
               std::min(kBlockFloats, walk_.row() - first));
      if (part + 1 == parts_) row.Next();
    }
  }

  // Blocks of whole rows. What does not go as the result does is written out for the block, which stays in the cache.
  void RunShortRows(const float* const* inputs, float* y, int64_t begin, int64_t end) const {
    Buffers buffers;
    std::array<RowOperand, kMostElementwiseInputs> operands;
    const int64_t n = walk_.row();
    bool by_row = false;
    for (int k = 0; k < walk_.operands; ++k) {
      operands[k] = {reach_[k] == Reach::kOne ? inputs[k] : buffers.spread[k], reach_[k] != Reach::kOne};
      by_row = by_row || reach_[k] == Reach::kByRow;
      for (int64_t i = 0; i < block_rows_ && reach_[k] == Reach::kRepeated; ++i)
        std::copy_n(inputs[k], n, buffers.spread[k] + i * n);
    }
    BroadcastRow row(walk_, begin * block_rows_);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * block_rows_, count = std::min(block_rows_, rows_ - first);
      for (int k = 0; k < walk_.operands; ++k) {
        if (reach_[k] == Reach::kWhole) operands[k].data = inputs[k] + first * n;
      }
      for (int64_t i = 0; i < count && by_row; ++i, row.Next()) SpreadRow(inputs, row, i * n, &buffers);
      RunSteps(operands.data(), &buffers, y + first * n, count * n);
    }
  }

  void SpreadRow(const float* const* inputs, const BroadcastRow& row, int64_t to, Buffers* buffers) const {
    for (int k = 0; k < walk_.operands; ++k) {
      if (reach_[k] != Reach::kByRow) continue;
      const float* const from = inputs[k] + row.offsets()[k];
      float* const spread = buffers->spread[k] + to;
      if (walk_.row_stride(k) != 0) {
        std::copy_n(from, walk_.row(), spread);
      } else {
        std::fill_n(spread, walk_.row(), *from);
      }
    }
  }

  void RunSteps(const RowOperand* operands, Buffers* buffers, float* y, int64_t n) const {
    for (const LoopStep& step : program_.steps) {
      std::array<RowOperand, kMostElementwiseOperands> from{};
      for (int k = 0; k < step.loop->operands; ++k) {
        const int place = step.operands[k] - program_.inputs;
        from[k] = place < 0 ? operands[step.operands[k]] : RowOperand{buffers->places[place], true};
      }
      float* const to = &step == &program_.steps.back() ? y : buffers->places[step.place];
      ComputeRow(step.loop->kind, step.parameter, from.data(), to, n);
    }
  }

  const LoopProgram program_;
  const BroadcastWalk walk_;
  const int64_t rows_;
  int64_t blocks_ = 0;
  int64_t parts_ = 0;       // blocks a row; 0 for short rows,
  int64_t block_rows_ = 0;  // of which a block has so many
  std::array<Reach, kMostElementwiseInputs> reach_{};
};

// ---- Create, Prepare

class ElementwiseKernel final : public Kernel {
 public:
  explicit ElementwiseKernel(LoopProgram program) : program_(std::move(program)) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    std::vector<Shape> shapes;
    for (const TensorInfo& input : inputs) shapes.push_back(input.shape.ToShape());
    std::vector<const Shape*> operands;
    for (const Shape& shape : shapes) operands.push_back(&shape);
    return std::make_unique<ElementwisePrepared>(program_, outputs[0].shape.ToShape(), operands);
  }

 private:
  const LoopProgram program_;
};

absl::StatusOr<std::unique_ptr<Kernel>> CreateSingle(const OpSignature& op) {
  LoopStep step{.loop = FindElementwiseLoop(op.op.name)};
  if (step.loop->kind == LoopKind::kLeakyRelu) {
    FLOE_ASSIGN_OR_RETURN(step.parameter, op.attrs.Float("alpha", 0.2f));
  }
  for (int k = 0; k < step.loop->operands; ++k) step.operands[k] = k;
  return std::make_unique<ElementwiseKernel>(LoopProgram{static_cast<int>(op.inputs.size()), {step}});
}

absl::StatusOr<std::unique_ptr<Kernel>> CreateFused(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const ElementwiseProgram program,
                        ParseElementwiseProgram(op.attrs, static_cast<int>(op.inputs.size())));
  LoopProgram loops{program.inputs, {}};
  for (const ElementwiseStep& from : program.steps) {
    LoopStep& step = loops.steps.emplace_back();
    step.loop = FindElementwiseLoop(from.function->op);
    if (step.loop == nullptr) return absl::InternalError(absl::StrCat("no loop for ", from.function->op));
    step.parameter = from.parameter;
    step.place = from.place;
    for (int k = 0; k < from.function->operands; ++k) {
      const int operand = from.operands[k];
      step.operands[k] = program.IsInput(operand) ? operand : program.inputs + program.Maker(operand).place;
    }
  }
  return std::make_unique<ElementwiseKernel>(std::move(loops));
}

// Ops of truth values have loops inside programs only, where those are floats.
constexpr bool StandsAlone(const ElementwiseLoop& loop) { return loop.values == LoopValues::kFloats; }
constexpr size_t kSingleOps = std::count_if(std::begin(kElementwiseLoops), std::end(kElementwiseLoops), StandsAlone);

constexpr auto kOps = [] {
  std::array<CpuOp, kSingleOps + 1> ops{};
  size_t count = 0;
  for (const ElementwiseLoop& loop : kElementwiseLoops) {
    if (StandsAlone(loop)) ops[count++] = {loop.op, SupportsSingle, CreateSingle};
  }
  ops[count] = {"_FusedElementwise", SupportsFloats, CreateFused};
  return ops;
}();

}  // namespace

absl::Span<const CpuOp> ElementwiseKernels() { return kOps; }

}  // namespace floe
