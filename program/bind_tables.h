// Lookup tables in a graph are made empty and filled by another node. A program has values only, so here the table's
// node gets the keys and values as its inputs, and the node that would have filled it is left without effect.
#ifndef FLOE_PROGRAM_BIND_TABLES_H_
#define FLOE_PROGRAM_BIND_TABLES_H_

#include <optional>

#include "absl/status/statusor.h"
#include "graph/graph.h"

namespace floe {

bool IsTable(const Node& node);

// The graph with its tables bound; nothing where it has none, so that it need not be copied. A table that is filled
// from a file stays without inputs, which its op refuses where it is needed. INVALID_ARGUMENT where two nodes fill one
// table.
absl::StatusOr<std::optional<Graph>> BindTables(const Graph& graph);

}  // namespace floe

#endif  // FLOE_PROGRAM_BIND_TABLES_H_
