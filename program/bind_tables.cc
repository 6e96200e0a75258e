#include "program/bind_tables.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

bool FillsFromTensors(const Node& node) {
  return node.op == "InitializeTable" || node.op == "InitializeTableV2" || node.op == "LookupTableImport" ||
         node.op == "LookupTableImportV2";
}
bool FillsFromFile(const Node& node) { return absl::StartsWith(node.op, "InitializeTableFromTextFile"); }

// The table that the node fills: through nodes that hand a handle on. -1 where it is none of this graph's.
absl::StatusOr<int> FilledTable(const Graph& graph, const Node& filler) {
  const Node* node = &filler;
  // No chain is longer than the graph, but for cycles, which lowering names.
  for (int steps = 0; steps <= graph.num_nodes(); ++steps) {
    if (node->inputs.empty()) return -1;
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(node->inputs[0]));
    const int index = graph.Find(ref.node);
    if (index < 0) return -1;
    node = &graph.node(index);
    if (IsTable(*node)) return index;
    if (node->op != "Identity") return -1;
  }
  return -1;
}

}  // namespace

bool IsTable(const Node& node) {
  return absl::StartsWith(node.op, "HashTable") || absl::StartsWith(node.op, "MutableHashTable");
}

absl::StatusOr<std::optional<Graph>> BindTables(const Graph& graph) {
  std::optional<Graph> bound;
  absl::flat_hash_map<int, int> filler_of;  // table -> the node that fills it
  for (int i = 0; i < graph.num_nodes(); ++i) {
    const Node& filler = graph.node(i);
    const bool from_file = FillsFromFile(filler);
    if (!from_file && !FillsFromTensors(filler)) continue;
    if (!bound.has_value()) bound = graph;
    const absl::StatusOr<int> found = FilledTable(graph, filler);
    if (!found.ok()) return Annotate(found.status(), absl::StrCat("node '", filler.name, "'"));
    if (const int table = *found; table >= 0 && !from_file) {
      if (const auto [other, first] = filler_of.emplace(table, i); !first) {
        return absl::InvalidArgumentError(absl::StrCat("table '", graph.node(table).name,
                                                       "' is filled twice, by nodes '", graph.node(other->second).name,
                                                       "' and '", filler.name, "'"));
      }
      if (filler.inputs.size() < 3) {
        return absl::InvalidArgumentError(absl::StrCat("node '", filler.name, "' (", filler.op,
                                                       "): wanted a table, keys and values, got ", filler.inputs.size(),
                                                       " inputs"));
      }
      bound->mutable_node(table)->inputs = {filler.inputs[1], filler.inputs[2]};
    }
    Node* const idle = bound->mutable_node(i);
    idle->op = "NoOp";
    idle->inputs.clear();
    idle->attrs = AttrMap();
  }
  return bound;
}

}  // namespace floe
