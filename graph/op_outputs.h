// Which of a node's results a name inside a function means. In a GraphDef results are numbered ("node:1"); in a
// function's body they are called by the op's output argument and a number within it ("node:scale:0").
//
// Pure functions; any thread.
#ifndef FLOE_GRAPH_OP_OUTPUTS_H_
#define FLOE_GRAPH_OP_OUTPUTS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"

namespace floe {

struct OutputRange {
  int first = 0;
  // Of the output argument's results; -1 where only the op's definition would tell (an op with one output argument).
  int count = -1;
};

// The results of `node` that its output argument `name` stands for. Ops with one output argument are not asked for its
// name: it is whatever the op's definition says. INVALID_ARGUMENT naming the argument, with the nearest one, where the
// op has several and none of that name, or the attribute that says how long a list is is missing.
absl::StatusOr<OutputRange> OutputsOfArgument(const Node& node, absl::string_view name);

// "node", "arg" and a number, from "node:arg:number", "node:arg" or "node".
struct FunctionInputRef {
  absl::string_view node;
  absl::string_view argument;  // empty: an argument of the function, or a control input
  int index = 0;
  bool has_index = false;
  bool control = false;
};
// INVALID_ARGUMENT for what is no reference. `text` must outlive the result.
absl::StatusOr<FunctionInputRef> ParseFunctionInputRef(absl::string_view text);

}  // namespace floe

#endif  // FLOE_GRAPH_OP_OUTPUTS_H_
