// Calls of functions in a flat graph, replaced by the nodes of their bodies.
#ifndef FLOE_GRAPH_INLINE_FUNCTIONS_H_
#define FLOE_GRAPH_INLINE_FUNCTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/graph.h"

namespace floe {

// Whether the graph's nodes call a function of its library: PartitionedCall, StatefulPartitionedCall, BatchFunction, or
// a node whose op is a function's name.
absl::StatusOr<bool> HasCalls(const Graph& graph);

// `graph` with every such call replaced by the body's nodes, as TensorFlow itself inlines: node "n" of the function
// that "call" calls becomes "call/n" (or "call/n_1" where that name is taken); arguments are bound to what the call
// gets, attributes that are placeholders to what it binds; what consumed a result of the call consumes the body's
// tensor; the body's first nodes wait for the call's control inputs. A node of the call's name is left where something
// waits for the call (NoOp) and for calls among `keep` (Identity or IdentityN of the results). Functions called by
// bodies are inlined too; bodies of If, Case and While are left as they are.
//
// Takes time and memory in proportion to the result. INVALID_ARGUMENT naming node and function for a function that is
// missing or calls itself, arguments that do not fit, and references to what is not there; RESOURCE_EXHAUSTED where
// the result would be larger than any model.
absl::StatusOr<Graph> InlineFunctions(const Graph& graph, absl::Span<const std::string> keep);

}  // namespace floe

#endif  // FLOE_GRAPH_INLINE_FUNCTIONS_H_
