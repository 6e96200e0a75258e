#include "session/convert_to_constants.h"

#include "base/status.h"
#include "session/convert_variables.h"
#include "session/subgraph.h"
#include "session/variable_keys.h"

namespace floe {

absl::StatusOr<GraphDef> ConvertVariablesToConstants(Session& session, const GraphDef& graph,
                                                     const std::vector<std::string>& outputs) {
  FLOE_ASSIGN_OR_RETURN(const GraphDef needed, ExtractSubgraph(graph, outputs));
  return ConvertVariables(needed, [&](const Node& variable) { return session.VariableValue(VariableName(variable)); });
}

}  // namespace floe
