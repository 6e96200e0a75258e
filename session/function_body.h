// The functions of a graph's library while variables are converted: each body as a flat graph, so that one piece of
// code changes nodes of the graph and of functions.
#ifndef FLOE_SESSION_FUNCTION_BODY_H_
#define FLOE_SESSION_FUNCTION_BODY_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "tensorflow/core/framework/function.pb.h"

namespace floe {

struct FunctionBody {
  tensorflow::FunctionDef definition;  // its node_def is empty: the nodes are in `nodes`
  Graph nodes;
  std::set<int> converted_args;
};

// The functions of an encoded FunctionDefLibrary, in its order. Gradients are left out: nothing frozen needs them.
class FunctionLibrary {
 public:
  static absl::StatusOr<FunctionLibrary> Parse(absl::string_view encoded);

  // Null where there is none.
  FunctionBody* Find(absl::string_view name);
  std::vector<FunctionBody>& functions() { return functions_; }

  // Drops what neither the nodes of `graph` nor a function that they reach calls.
  void KeepReachable(const Graph& graph);
  // Calls the functions with converted arguments NAME_frozen (TensorFlow refuses two functions of one name that
  // differ), here and wherever nodes name them.
  absl::Status RenameConverted(Graph* graph);
  absl::StatusOr<std::string> Serialize() const;

 private:
  std::vector<FunctionBody> functions_;
  std::map<std::string, size_t, std::less<>> index_;
};

// The names of all functions that a node's attributes hold.
std::vector<std::string> FunctionsOf(const Node& node);

}  // namespace floe

#endif  // FLOE_SESSION_FUNCTION_BODY_H_
