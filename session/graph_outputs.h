// Which nodes of a training graph somebody would want to serve.
#ifndef FLOE_SESSION_GRAPH_OUTPUTS_H_
#define FLOE_SESSION_GRAPH_OUTPUTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"

namespace floe {

// The nodes of the inference part that nothing consumes, in their order: not what saves, restores, initialises, updates
// or summarises, not gradients, not mere reads of variables unless there is nothing else. NOT_FOUND where there is
// none.
absl::StatusOr<std::vector<std::string>> FindGraphOutputs(const Graph& graph);

}  // namespace floe

#endif  // FLOE_SESSION_GRAPH_OUTPUTS_H_
