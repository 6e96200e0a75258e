// A function's body as a flat graph, for one call: its arguments are nodes, its references those of a graph. Lowering
// (program/) works on it as on any graph.
#ifndef FLOE_GRAPH_FUNCTION_GRAPH_H_
#define FLOE_GRAPH_FUNCTION_GRAPH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/function_library.h"
#include "graph/graph.h"

namespace floe {

// The op of the nodes that stand for a function's arguments, with the attribute T.
inline constexpr char kArgumentOp[] = "_Arg";

struct FunctionGraph {
  Graph graph;
  std::vector<std::string> inputs;   // nodes of op _Arg, in the order of the call's inputs
  std::vector<std::string> outputs;  // tensors, in the order of the call's results
};

// With the call's attributes in place of placeholders. Errors name the node or argument.
absl::StatusOr<FunctionGraph> MakeFunctionGraph(const FunctionDefinition& function, const AttrMap& attrs);

}  // namespace floe

#endif  // FLOE_GRAPH_FUNCTION_GRAPH_H_
