// What a _FusedElementwise op (ops/fused_elementwise.h) computes: a short list of elementwise functions, each of the
// op's inputs or of results before it. Apart from the op itself, for backends that need no more than this.
//
// An ElementwiseProgram is a value; any thread.
#ifndef FLOE_OPS_ELEMENTWISE_PROGRAM_H_
#define FLOE_OPS_ELEMENTWISE_PROGRAM_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"

namespace floe {

// What every kernel has room for.
inline constexpr int kMostElementwiseInputs = 8;
inline constexpr int kMostElementwiseSteps = 16;
inline constexpr int kMostElementwisePlaces = 4;
inline constexpr int kMostElementwiseOperands = 3;

struct ElementwiseFunction {
  const char* op;  // the op whose inference and evaluation it is
  int operands;
};

struct ElementwiseStep {
  const ElementwiseFunction* function = nullptr;  // of the table
  // Below the number of inputs, that input; from there on, the result of step operand - inputs.
  std::array<int, kMostElementwiseOperands> operands = {};
  float parameter = 0;  // LeakyRelu's alpha
  int place = 0;        // where its result is kept until nobody reads it any more; the last step's is the op's own

  absl::Span<const int> used_operands() const {
    return absl::MakeConstSpan(operands).subspan(0, static_cast<size_t>(function->operands));
  }
};

struct ElementwiseProgram {
  int inputs = 0;
  std::vector<ElementwiseStep> steps;

  bool IsInput(int operand) const { return operand < inputs; }
  const ElementwiseStep& Maker(int operand) const { return steps[static_cast<size_t>(operand - inputs)]; }
};

// Null for what is no function of the kind.
const ElementwiseFunction* FindElementwiseFunction(absl::string_view op);
absl::Span<const ElementwiseFunction> ElementwiseFunctions();

// INVALID_ARGUMENT for more of anything than kernels have room for, operands that do not exist before their step, and
// inputs or results that nobody reads. Gives every step its place.
absl::Status Complete(ElementwiseProgram* program);

// The program in the op's attributes, complete; `num_inputs`: the node's.
absl::StatusOr<ElementwiseProgram> ParseElementwiseProgram(const AttrMap& attrs, int num_inputs);
void SetElementwiseProgram(const ElementwiseProgram& program, AttrMap* attrs);

}  // namespace floe

#endif  // FLOE_OPS_ELEMENTWISE_PROGRAM_H_
