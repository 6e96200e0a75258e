// Ops that say what is computed and how often: calls of functions, If, Case and While, and the dataflow form that
// TensorFlow 1 gave loops and conditionals.
//
// None has an evaluation. Lowering makes functions part of their callers, and regions (program/program.h) of the
// others.
#ifndef FLOE_OPS_CONTROL_FLOW_H_
#define FLOE_OPS_CONTROL_FLOW_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ControlFlowOps();

// What TensorFlow takes for true: a scalar that is true, not 0 or not the empty string, and any other tensor that has
// elements. INVALID_ARGUMENT for dtypes that have no truth.
absl::StatusOr<bool> IsTrue(const Tensor& condition);
// Which of `branches` an index chooses: the last where there is none of that number.
absl::StatusOr<int> ChooseBranch(const Tensor& index, int branches);

}  // namespace floe

#endif  // FLOE_OPS_CONTROL_FLOW_H_
