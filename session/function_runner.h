// Runs functions of a graph's library for a Session: PartitionedCall and StatefulPartitionedCall, If, Case, While and
// their stateless forms.
#ifndef FLOE_SESSION_FUNCTION_RUNNER_H_
#define FLOE_SESSION_FUNCTION_RUNNER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/function_library.h"
#include "session/executor.h"

namespace floe {

class LibraryRunner final : public FunctionRunner {
 public:
  // `session` outlives the runner.
  explicit LibraryRunner(SessionState* session) : session_(session) {}

  // The functions of an encoded library (null: none); does nothing where it is the one already set.
  absl::Status SetLibrary(const std::shared_ptr<const std::string>& encoded);
  absl::StatusOr<std::vector<EdgeValue>> Call(const Node& node, std::vector<EdgeValue> inputs, int depth) override;

 private:
  struct Body {
    ExecGraph graph;
    size_t num_args = 0;
  };

  // The body for these attributes, made at its first call.
  absl::StatusOr<const Body*> Prepare(const std::string& name, const AttrMap& attrs);
  absl::StatusOr<std::vector<EdgeValue>> RunFunction(const Node& node, absl::string_view attr,
                                                     std::vector<EdgeValue> inputs, int depth);
  absl::StatusOr<std::vector<EdgeValue>> RunBody(const std::string& name, const AttrMap& attrs,
                                                 std::vector<EdgeValue> inputs, int depth);
  absl::StatusOr<std::vector<EdgeValue>> RunIf(const Node& node, std::vector<EdgeValue> inputs, int depth);
  absl::StatusOr<std::vector<EdgeValue>> RunCase(const Node& node, std::vector<EdgeValue> inputs, int depth);
  absl::StatusOr<std::vector<EdgeValue>> RunWhile(const Node& node, std::vector<EdgeValue> inputs, int depth);

  SessionState* session_;
  std::shared_ptr<const std::string> encoded_;
  FunctionDefinitions library_;
  std::map<std::string, std::unique_ptr<Body>> bodies_;  // by name and attributes
};

}  // namespace floe

#endif  // FLOE_SESSION_FUNCTION_RUNNER_H_
