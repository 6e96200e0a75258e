// The functions of a graph's library (FunctionDefLibrary), each as a flat graph: what calls them is to be replaced by.
//
// Immutable after Parse; reading is safe from any thread.
#ifndef FLOE_GRAPH_FUNCTION_H_
#define FLOE_GRAPH_FUNCTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"

namespace floe {

// The op of the nodes that stand for a function's arguments.
inline constexpr char kArgumentOp[] = "_Arg";

// A function's body with the attributes of one call bound. References are those of a graph ("node:1").
struct FunctionGraph {
  Graph graph;
  std::vector<std::string> inputs;   // nodes of op _Arg, in the order of the call's inputs
  std::vector<std::string> outputs;  // tensors, in the order of the call's results
};

class GraphFunctions {
 public:
  GraphFunctions() = default;
  // Of the encoded library, which `owner` keeps alive. DATA_LOSS for malformed bytes, INVALID_ARGUMENT for two
  // functions of one name.
  static absl::StatusOr<GraphFunctions> Parse(absl::string_view encoded, std::shared_ptr<const void> owner);

  bool Has(absl::string_view name) const { return functions_.contains(name); }
  std::vector<std::string> Names() const;
  // NOT_FOUND with the nearest name. Errors name the function.
  absl::StatusOr<FunctionGraph> Instantiate(absl::string_view name, const AttrMap& attrs) const;

 private:
  absl::flat_hash_map<std::string, absl::string_view> functions_;  // the encoded FunctionDef by name
  std::shared_ptr<const void> owner_;
};

}  // namespace floe

#endif  // FLOE_GRAPH_FUNCTION_H_
