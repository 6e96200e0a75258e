#include "ops/fused_elementwise.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/elementwise_program.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace floe {
namespace {

AttrMap AttrsOf(const ElementwiseStep& step) {
  AttrMap attrs;
  if (absl::string_view(step.function->op) == "LeakyRelu") attrs.Set("alpha", AttrValue::Float(step.parameter));
  return attrs;
}

absl::Status AtStep(const absl::Status& status, const ElementwiseProgram& program, size_t s) {
  return status.ok() ? status : Annotate(status, absl::StrCat("step ", s, " (", program.steps[s].function->op, ")"));
}

// The inputs, and what is known of every step's result behind them.
absl::StatusOr<std::vector<TensorInfo>> InferSteps(const ElementwiseProgram& program,
                                                   absl::Span<const TensorInfo> inputs) {
  std::vector<TensorInfo> infos(inputs.begin(), inputs.end());
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const ElementwiseStep& step = program.steps[s];
    std::vector<TensorInfo> operands;
    for (const int operand : step.used_operands()) operands.push_back(infos[static_cast<size_t>(operand)]);
    const AttrMap attrs = AttrsOf(step);
    InferContext context(step.function->op, attrs, operands);
    FLOE_RETURN_IF_ERROR(AtStep(FindOp(step.function->op)->infer(context), program, s));
    infos.push_back(context.outputs()[0]);
  }
  return infos;
}

absl::Status InferFusedElementwise(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const ElementwiseProgram program,
                        ParseElementwiseProgram(context.attrs(), context.num_inputs()));
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  std::vector<TensorInfo> inputs;
  for (int i = 0; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    inputs.push_back({context.dtype(i), context.shape(i)});
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<TensorInfo> infos, InferSteps(program, inputs));
  if (infos.back().dtype != context.dtype(0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the last step makes ", DTypeName(infos.back().dtype), ", wanted ", DTypeName(context.dtype(0))));
  }
  context.AddOutput(infos.back().dtype, infos.back().shape);
  return absl::OkStatus();
}

absl::Status EvalFusedElementwise(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const ElementwiseProgram program,
                        ParseElementwiseProgram(context.attrs(), context.num_inputs()));
  std::vector<TensorInfo> inputs;
  for (int i = 0; i < context.num_inputs(); ++i) inputs.push_back({context.input(i).dtype(), context.input(i).shape()});
  FLOE_ASSIGN_OR_RETURN(const std::vector<TensorInfo> infos, InferSteps(program, inputs));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, context.Output(0, infos.back().shape.ToShape()));
  // Each step's own evaluation over whole tensors, which are let go with their places.
  std::array<Tensor, kMostElementwisePlaces> places;
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const ElementwiseStep& step = program.steps[s];
    std::vector<const Tensor*> operands;
    for (const int operand : step.used_operands()) {
      operands.push_back(program.IsInput(operand) ? &context.input(operand)
                                                  : &places[static_cast<size_t>(program.Maker(operand).place)]);
    }
    const bool last = s + 1 == program.steps.size();
    const TensorInfo& info = infos[static_cast<size_t>(program.inputs) + s];
    Tensor made;
    if (!last) {
      FLOE_ASSIGN_OR_RETURN(made, context.Allocate(info.dtype, info.shape.ToShape()));
    }
    Tensor* const outputs[] = {last ? result : &made};
    const AttrMap attrs = AttrsOf(step);
    EvalContext evaluation(step.function->op, attrs, operands, {&info.dtype, 1}, outputs);
    FLOE_RETURN_IF_ERROR(AtStep(FindOp(step.function->op)->evaluate(evaluation), program, s));
    if (!last) places[static_cast<size_t>(step.place)] = std::move(made);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {{"_FusedElementwise", InferFusedElementwise, EvalFusedElementwise, kElementwise}};

}  // namespace

absl::Span<const OpInfo> FusedElementwiseOps() { return kOps; }

}  // namespace floe
