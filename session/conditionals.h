// Conditionals whose predicate is known when a graph is frozen: `is_training` as a constant or as a placeholder with a
// default.
#ifndef FLOE_SESSION_CONDITIONALS_H_
#define FLOE_SESSION_CONDITIONALS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"

namespace floe {

// Leaves only the branch that is taken: Switch and Merge become Identity under their names, If becomes a call of that
// branch, and what hangs on the other branch is cut off (ExtractSubgraph then drops it). Returns the placeholders that
// decided, sorted: they can no longer be fed.
absl::StatusOr<std::vector<std::string>> FoldKnownConditionals(Graph* graph);

}  // namespace floe

#endif  // FLOE_SESSION_CONDITIONALS_H_
