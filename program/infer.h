// Types and shapes of programs with regions: an op's results, and all values of a program, from what is known of the
// inputs.
#ifndef FLOE_PROGRAM_INFER_H_
#define FLOE_PROGRAM_INFER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "program/program.h"

namespace floe {

// Values inside the op's regions are set as well. A loop variable has what all its iterations have in common: found by
// going through the loop until nothing changes. `again`: what the regions say already still holds in part, so that a
// loop around this one does not make it start anew.
absl::StatusOr<std::vector<TensorInfo>> InferOp(Op& op, absl::Span<const TensorInfo> inputs, bool again = false);

// Every value for inputs of these types and shapes (elements are not looked at). Errors name the node.
absl::Status InferProgram(Program& program, absl::Span<const TensorInfo> inputs, bool again = false);

// What two tensors have in common; INVALID_ARGUMENT where their dtypes differ.
absl::StatusOr<TensorInfo> RelaxInfo(const TensorInfo& a, const TensorInfo& b);
bool IsSameInfo(const TensorInfo& a, const TensorInfo& b);

}  // namespace floe

#endif  // FLOE_PROGRAM_INFER_H_
