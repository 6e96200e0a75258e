#include "ops/elementwise_program.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

// Sorted by name, one a line.
// clang-format off
constexpr ElementwiseFunction kFunctions[] = {
    {"Abs", 1},
    {"Add", 2},
    {"AddV2", 2},
    {"Atan", 1},
    {"Atan2", 2},
    {"Ceil", 1},
    {"ClipByValue", 3},
    {"Cos", 1},
    {"Div", 2},
    {"DivNoNan", 2},
    {"Elu", 1},
    {"Equal", 2},
    {"Erf", 1},
    {"Erfc", 1},
    {"Exp", 1},
    {"Expm1", 1},
    {"Floor", 1},
    {"Greater", 2},
    {"GreaterEqual", 2},
    {"Inv", 1},
    {"LeakyRelu", 1},
    {"Less", 2},
    {"LessEqual", 2},
    {"Log", 1},
    {"Log1p", 1},
    {"LogicalAnd", 2},
    {"LogicalNot", 1},
    {"LogicalOr", 2},
    {"Maximum", 2},
    {"Minimum", 2},
    {"Mul", 2},
    {"MulNoNan", 2},
    {"Neg", 1},
    {"NotEqual", 2},
    {"Pow", 2},
    {"RealDiv", 2},
    {"Reciprocal", 1},
    {"Relu", 1},
    {"Relu6", 1},
    {"Rint", 1},
    {"Round", 1},
    {"Rsqrt", 1},
    {"SelectV2", 3},
    {"Selu", 1},
    {"Sigmoid", 1},
    {"Sign", 1},
    {"Sin", 1},
    {"Softplus", 1},
    {"Softsign", 1},
    {"Sqrt", 1},
    {"Square", 1},
    {"SquaredDifference", 2},
    {"Sub", 2},
    {"Tanh", 1},
    {"_Gelu", 1},
    {"_GeluTanh", 1},
    {"_HardSwish", 1},
    {"_Prelu", 2},
    {"_Swish", 1},
};
// clang-format on

absl::Status WantAtMost(absl::string_view what, size_t count, int most) {
  if (count <= static_cast<size_t>(most)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted at most ", most, " ", what, ", got ", count));
}

// The step that reads each operand last, -1 where none does.
absl::StatusOr<std::vector<int>> LastReaders(const ElementwiseProgram& program) {
  std::vector<int> last(static_cast<size_t>(program.inputs) + program.steps.size(), -1);
  for (size_t s = 0; s < program.steps.size(); ++s) {
    for (const int operand : program.steps[s].used_operands()) {
      if (operand < 0 || operand >= program.inputs + static_cast<int>(s)) {
        return absl::InvalidArgumentError(absl::StrCat("step ", s, " (", program.steps[s].function->op,
                                                       ") reads operand ", operand, ", and there are ",
                                                       program.inputs + s, " before it"));
      }
      last[static_cast<size_t>(operand)] = static_cast<int>(s);
    }
  }
  for (size_t i = 0; i + 1 < last.size(); ++i) {
    if (last[i] >= 0) continue;
    const bool input = program.IsInput(static_cast<int>(i));
    return absl::InvalidArgumentError(absl::StrCat("no step reads ", input ? "input " : "the result of step ",
                                                   input ? i : i - static_cast<size_t>(program.inputs)));
  }
  return last;
}

}  // namespace

absl::Span<const ElementwiseFunction> ElementwiseFunctions() { return kFunctions; }

const ElementwiseFunction* FindElementwiseFunction(absl::string_view op) {
  const auto* const found =
      std::lower_bound(std::begin(kFunctions), std::end(kFunctions), op,
                       [](const ElementwiseFunction& row, absl::string_view key) { return row.op < key; });
  return found != std::end(kFunctions) && found->op == op ? found : nullptr;
}

absl::Status Complete(ElementwiseProgram* program) {
  if (program->steps.empty()) return absl::InvalidArgumentError("wanted a step at least, got none");
  FLOE_RETURN_IF_ERROR(WantAtMost("inputs", static_cast<size_t>(program->inputs), kMostElementwiseInputs));
  FLOE_RETURN_IF_ERROR(WantAtMost("steps", program->steps.size(), kMostElementwiseSteps));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int> last, LastReaders(*program));
  // A place is free again for the step that reads it last: elements are read before they are written.
  std::array<int, kMostElementwisePlaces> held_until;
  held_until.fill(-1);
  for (size_t s = 0; s < program->steps.size(); ++s) {
    const auto now = static_cast<int>(s);
    auto* const place = std::find_if(held_until.begin(), held_until.end(), [&](int until) { return until <= now; });
    if (place == held_until.end()) {
      return absl::InvalidArgumentError(absl::StrCat("step ", s, " (", program->steps[s].function->op, "): more than ",
                                                     kMostElementwisePlaces, " results are kept at once"));
    }
    *place = last[static_cast<size_t>(program->inputs) + s];
    program->steps[s].place = static_cast<int>(place - held_until.begin());
  }
  return absl::OkStatus();
}

absl::StatusOr<ElementwiseProgram> ParseElementwiseProgram(const AttrMap& attrs, int num_inputs) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> functions, attrs.Strings("functions"));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> operands, attrs.Ints("operands"));
  FLOE_ASSIGN_OR_RETURN(const std::vector<float> parameters, attrs.Floats("parameters"));
  const auto annotate = [](const absl::Status& status) { return Annotate(status, "attribute 'functions'"); };
  if (absl::Status status = WantAtMost("steps", functions.size(), kMostElementwiseSteps); !status.ok())
    return annotate(status);
  if (parameters.size() != functions.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'parameters': wanted one a step, ", functions.size(), ", got ", parameters.size()));
  }
  ElementwiseProgram program;
  program.inputs = num_inputs;
  size_t next = 0;
  for (size_t s = 0; s < functions.size(); ++s) {
    ElementwiseStep& step = program.steps.emplace_back();
    step.function = FindElementwiseFunction(functions[s]);
    step.parameter = parameters[s];
    if (step.function == nullptr) {
      std::vector<std::string> names;
      for (const ElementwiseFunction& row : kFunctions) names.emplace_back(row.op);
      return annotate(absl::InvalidArgumentError(
          absl::StrCat("nobody knows '", functions[s], "'", DidYouMean(functions[s], names))));
    }
    for (int k = 0; k < step.function->operands && next < operands.size(); ++k, ++next) {
      // What does not fit an int is no operand either.
      step.operands[static_cast<size_t>(k)] =
          static_cast<int>(std::clamp<int64_t>(operands[next], -1, kMostElementwiseInputs + kMostElementwiseSteps));
    }
  }
  size_t wanted = 0;
  for (const ElementwiseStep& step : program.steps) wanted += static_cast<size_t>(step.function->operands);
  if (operands.size() != wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'operands': its steps want ", wanted, ", got ", operands.size()));
  }
  if (absl::Status status = Complete(&program); !status.ok()) return annotate(status);
  return program;
}

void SetElementwiseProgram(const ElementwiseProgram& program, AttrMap* attrs) {
  std::vector<std::string> functions;
  std::vector<int64_t> operands;
  std::vector<float> parameters;
  for (const ElementwiseStep& step : program.steps) {
    functions.emplace_back(step.function->op);
    parameters.push_back(step.parameter);
    for (const int operand : step.used_operands()) operands.push_back(operand);
  }
  attrs->Set("functions", AttrValue::Strings(functions));
  attrs->Set("operands", AttrValue::Ints(operands));
  attrs->Set("parameters", AttrValue::Floats(parameters));
}

}  // namespace floe
