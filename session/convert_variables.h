// Variables become constants: what TensorFlow's convert_variables_to_constants does, node for node.
#ifndef FLOE_SESSION_CONVERT_VARIABLES_H_
#define FLOE_SESSION_CONVERT_VARIABLES_H_

#include <functional>

#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace floe {

// The value of a VariableV2, Variable or VarHandleOp node.
using VariableValue = std::function<absl::StatusOr<Tensor>(const Node& variable)>;

// `graph` with each variable as a Const of the same name (dtype and value), ReadVariableOp as Identity, ResourceGather
// as GatherV2, ResourceGatherNd as GatherNd, ops on references as those on values, and with types changed to match
// wherever a variable's handle went: through loops, conditionals and into functions, which are then called NAME_frozen.
// Functions that nothing calls are dropped. `value` is asked once for each variable, in the order of the nodes.
// FAILED_PRECONDITION, naming all of them, where something is left that changes or needs a variable.
absl::StatusOr<Graph> ConvertVariables(const Graph& graph, const VariableValue& value);

}  // namespace floe

#endif  // FLOE_SESSION_CONVERT_VARIABLES_H_
