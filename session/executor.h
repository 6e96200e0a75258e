// Runs an ExecGraph: each node once its inputs are there, in the order in which they come; what a Switch did not take
// is dead, and so is all that only hangs on it. No recursion but for functions, whose depth is bounded.
#ifndef FLOE_SESSION_EXECUTOR_H_
#define FLOE_SESSION_EXECUTOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "session/exec_graph.h"
#include "session/kernel_context.h"

namespace floe {

// Runs the functions that a node calls.
class FunctionRunner {
 public:
  virtual ~FunctionRunner() = default;
  virtual absl::StatusOr<std::vector<EdgeValue>> Call(const Node& node, std::vector<EdgeValue> inputs, int depth) = 0;
};

// One value a fetch. Errors name the node. `depth`: of the function that is being run.
absl::StatusOr<std::vector<EdgeValue>> Execute(const ExecGraph& graph, absl::Span<const EdgeValue> feeds,
                                               SessionState& session, FunctionRunner& functions, int depth);

}  // namespace floe

#endif  // FLOE_SESSION_EXECUTOR_H_
