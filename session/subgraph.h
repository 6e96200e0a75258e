// Parts of a flat graph.
#ifndef FLOE_SESSION_SUBGRAPH_H_
#define FLOE_SESSION_SUBGRAPH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/graph.h"

namespace floe {

// The inputs of each node, as indices into the graph's nodes. INVALID_ARGUMENT naming node and input where there is no
// such node.
struct NodeInputs {
  std::vector<std::vector<InputRef>> refs;  // as in Node::inputs, control inputs included
  std::vector<std::vector<int>> nodes;      // the same by index
};
absl::StatusOr<NodeInputs> ResolveInputs(const Graph& graph);

// Which nodes the given ones need, themselves included, through data and control inputs.
std::vector<bool> Ancestors(const NodeInputs& inputs, absl::Span<const int> nodes);

// A graph of the nodes marked, in their order, with the library and the versions of `graph`.
absl::StatusOr<Graph> KeepNodes(const Graph& graph, const std::vector<bool>& keep);

// The nodes that `outputs` (names of nodes or tensors) need. NOT_FOUND with the nearest name.
absl::StatusOr<Graph> ExtractSubgraph(const Graph& graph, absl::Span<const std::string> outputs);

// Whether an op changes a variable (Assign, ScatterAdd, ApplyAdam, AssignVariableOp, ...).
bool WritesVariable(const std::string& op);

// Drops the control inputs that lead to nothing but changes of variables: what a node computes is the same without
// them, and a frozen graph has no variables to change.
absl::Status DropControlInputsThatWrite(Graph* graph);

// Drops the control inputs on a NoOp that waits for nothing with an effect, as function bodies are full of: reads of
// variables, look-ups, plain computation.
absl::Status DropIdleControlInputs(Graph* graph);

// INVALID_ARGUMENT naming the nodes of a cycle that is no loop: one without a NextIteration.
absl::Status CheckNoCycles(const Graph& graph);

// "v", "v:0" and "^v" for "v".
std::string NodeOfTensor(const std::string& tensor);

}  // namespace floe

#endif  // FLOE_SESSION_SUBGRAPH_H_
