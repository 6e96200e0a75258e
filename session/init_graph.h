// What a graph's init ops compute when a model is loaded: contents of tables, and variables that no checkpoint has (the
// paths of assets).
//
// Borrows the meta graph. One thread uses it.
#ifndef FLOE_SESSION_INIT_GRAPH_H_
#define FLOE_SESSION_INIT_GRAPH_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "session/convert_variables.h"
#include "session/meta_graph.h"
#include "session/subgraph.h"
#include "tensor/tensor.h"

namespace floe {

// Whether an op is a lookup table that is filled once and then only read.
bool IsTable(const std::string& op);
// Whether an op is a lookup table that a graph may change as it runs.
bool IsMutableTable(const std::string& op);

class InitGraph {
 public:
  // The ops that the meta graph names as initialising, and those of its graph that initialise a table, with all that
  // they need and the functions among it inlined. INVALID_ARGUMENT as for InlineFunctions.
  static absl::StatusOr<InitGraph> Create(const MetaGraph& meta);

  // The nodes that initialise the table `table` (a node of the graph).
  std::vector<const Node*> InitializersOf(const std::string& table) const;

  // The value that is assigned to a variable; nothing where none is.
  absl::StatusOr<std::optional<Tensor>> AssignedValue(const std::string& variable, const VariableValue& value);

  // Data input `input` of a node of this graph, computed. FAILED_PRECONDITION naming the node that cannot be computed
  // without running the model.
  absl::StatusOr<Tensor> InputValue(const Node& node, size_t input, const VariableValue& value);

 private:
  absl::StatusOr<Tensor> Evaluate(int node, int output, const VariableValue& value, int depth);
  absl::StatusOr<Tensor> EvaluateNew(int node, int output, const VariableValue& value, int depth);

  Graph graph_;
  NodeInputs inputs_;
  absl::flat_hash_map<int, std::vector<Tensor>> values_;  // of nodes evaluated
  std::set<int> under_way_;
};

}  // namespace floe

#endif  // FLOE_SESSION_INIT_GRAPH_H_
