// Session: runs a graph with its variables, node by node, with the reference evaluations of ops/: for building,
// initialising, saving, restoring, averaging and freezing. Serving uses plans.
//
// The caller owns it; it keeps the graph alive, and sees what is added to the graph later. One thread at a time, also
// with the builder of its graph.
#ifndef FLOE_SESSION_SESSION_H_
#define FLOE_SESSION_SESSION_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "session/function_runner.h"
#include "session/graph_builder.h"
#include "session/output.h"

namespace floe {

using Feeds = std::vector<std::pair<GraphElement, Tensor>>;

struct SessionOptions {
  FileSystem* files = &FileSystem::Posix();  // Not owned: what saves and restores goes through it.
};

class Session {
 public:
  explicit Session(const GraphBuilder& graph, SessionOptions options = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs what the fetches and targets need, and gives one tensor a fetch. A variable that is fetched gives its value.
  // FAILED_PRECONDITION naming a variable that is not initialised; NOT_FOUND with the nearest name; errors of ops name
  // the node.
  absl::StatusOr<std::vector<Tensor>> Run(const Feeds& feeds, const std::vector<GraphElement>& fetches,
                                          const std::vector<GraphElement>& targets = {});
  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<GraphElement>& fetches) { return Run({}, fetches); }
  absl::StatusOr<Tensor> Run(const GraphElement& fetch);
  absl::Status Run(const Operation& target);

  // The value of the variable that a node of this name (of a handle: of this shared name) makes. FAILED_PRECONDITION
  // where it has none.
  absl::StatusOr<Tensor> VariableValue(const std::string& name) const;

  GraphBuilder& graph() { return graph_; }
  FileSystem& files() { return *state_.files; }

 private:
  absl::StatusOr<const ExecGraph*> Prepare(const std::vector<std::string>& feeds,
                                           const std::vector<std::string>& fetches,
                                           const std::vector<std::string>& targets);

  GraphBuilder graph_;
  SessionState state_;
  LibraryRunner functions_;
  // By feeds, fetches and targets. Nodes that a graph has do not change.
  std::map<std::string, std::unique_ptr<ExecGraph>> prepared_;
};

}  // namespace floe

#endif  // FLOE_SESSION_SESSION_H_
