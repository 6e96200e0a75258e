// Renaming nodes of a graph.
#ifndef FLOE_SESSION_RENAME_NODES_H_
#define FLOE_SESSION_RENAME_NODES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"

namespace floe {

// Old names and new.
using Renames = std::vector<std::pair<std::string, std::string>>;

// The graph with nodes renamed, and all that refers to them: inputs and places. NOT_FOUND with the nearest name,
// ALREADY_EXISTS, INVALID_ARGUMENT for a node that is renamed twice.
absl::StatusOr<Graph> RenameNodes(const Graph& graph, const Renames& renames);

// A tensor of a renamed graph, by its name before ("x:1").
std::string RenamedTensor(const std::string& tensor, const Renames& renames);

}  // namespace floe

#endif  // FLOE_SESSION_RENAME_NODES_H_
