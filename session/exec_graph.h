// ExecGraph: the part of a graph (or of a function's body) that one kind of run needs, prepared for the executor: feeds
// are sources, fetches are sinks, edges go by number, and each node knows which loop it is in.
//
// Immutable once made; the executor borrows it.
#ifndef FLOE_SESSION_EXEC_GRAPH_H_
#define FLOE_SESSION_EXEC_GRAPH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/graph.h"
#include "ops/op.h"
#include "session/kernel_context.h"

namespace floe {

struct ExecEdge {
  int to = 0;
  int slot = 0;    // of the consumer's inputs; kControl
  int output = 0;  // of the producer
};
inline constexpr int kControlSlot = -1;

enum class ExecKind {
  kOp,      // a pure function of tensors
  kKernel,  // works on the session's state
  kCall,    // runs functions
  kSwitch,
  kMerge,
  kEnter,
  kExit,
  kNextIteration,
  kFeed,
  kFetch,
  kNothing,  // only waits
  kUnknown   // nothing runs it, and only where it is reached is that an error
};

struct ExecNode {
  Node node;
  ExecKind kind = ExecKind::kNothing;
  const OpInfo* op = nullptr;
  SessionKernel kernel = nullptr;
  int number = 0;  // of a feed or a fetch
  int num_inputs = 0;
  int num_controls = 0;
  std::vector<ExecEdge> edges;
  // Where its state lies among that of the nodes of its frame.
  int frame = 0;
  int place = 0;
  int first_input = 0;
  int enters = -1;  // kEnter: the frame it leads to
};

// The whole of a run (frame 0), or a loop: the nodes between its Enters and its Exits.
struct ExecFrame {
  std::string name;
  std::vector<int> nodes;
  int num_inputs = 0;
  int num_enters = 0;
};

struct ExecGraph {
  std::vector<ExecNode> nodes;
  std::vector<ExecFrame> frames;
  std::vector<int> roots;  // nodes that wait for nothing
  int num_fetches = 0;
};

// `feeds` and `fetches` are tensors, `targets` nodes. NOT_FOUND with the nearest name; INVALID_ARGUMENT for inputs that
// are not in the graph, two feeds of one tensor, cycles outside loops, and nodes that would be in two loops at once.
absl::StatusOr<ExecGraph> MakeExecGraph(const Graph& graph, absl::Span<const std::string> feeds,
                                        absl::Span<const std::string> fetches, absl::Span<const std::string> targets);

}  // namespace floe

#endif  // FLOE_SESSION_EXEC_GRAPH_H_
