// From the flat graph to a program: only what the outputs need, in an order that can be run, types and shapes inferred.
#ifndef FLOE_PROGRAM_LOWER_H_
#define FLOE_PROGRAM_LOWER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "program/program.h"

namespace floe {

// Tensor names ("x", "x:1"). Program::inputs and outputs come in these orders.
struct Boundary {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

// The graph's Placeholders that the outputs need, in graph order; outputs: the nodes that nothing consumes (all their
// results). INVALID_ARGUMENT where nothing is left to compute.
absl::StatusOr<std::vector<std::string>> DefaultOutputs(const Graph& graph);
absl::StatusOr<std::vector<std::string>> PlaceholdersNeededBy(const Graph& graph,
                                                              const std::vector<std::string>& outputs);

// Errors name the node: INVALID_ARGUMENT for a missing input node, a cycle, wrong attributes, types or shapes;
// UNIMPLEMENTED lists every op that Floe does not know, with its nodes, at once.
absl::StatusOr<Program> Lower(const Graph& graph, const Boundary& boundary);

}  // namespace floe

#endif  // FLOE_PROGRAM_LOWER_H_
