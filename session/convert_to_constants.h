// ConvertVariablesToConstants: a graph and the values that a Session's variables have become one graph of constants.
#ifndef FLOE_SESSION_CONVERT_TO_CONSTANTS_H_
#define FLOE_SESSION_CONVERT_TO_CONSTANTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "session/session.h"

namespace floe {

// What the outputs (names of nodes or tensors) need of `graph`, each variable as a Const of its name: node for node
// what TensorFlow's convert_variables_to_constants gives. NOT_FOUND with the nearest name; FAILED_PRECONDITION naming
// variables that are not initialised, and nodes that no frozen graph can have.
absl::StatusOr<GraphDef> ConvertVariablesToConstants(Session& session, const GraphDef& graph,
                                                     const std::vector<std::string>& outputs);
inline absl::StatusOr<GraphDef> ConvertVariablesToConstants(Session& session, const absl::StatusOr<GraphDef>& graph,
                                                            const std::vector<std::string>& outputs) {
  if (!graph.ok()) return graph.status();
  return ConvertVariablesToConstants(session, *graph, outputs);
}

}  // namespace floe

#endif  // FLOE_SESSION_CONVERT_TO_CONSTANTS_H_
