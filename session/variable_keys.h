// Under which key a checkpoint has a graph's variables.
#ifndef FLOE_SESSION_VARIABLE_KEYS_H_
#define FLOE_SESSION_VARIABLE_KEYS_H_

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "checkpoint/tensor_slice.h"
#include "graph/graph.h"

namespace floe {

// VariableV2, Variable, VarHandleOp.
bool IsVariable(const std::string& op);
// What TensorFlow calls it: a VarHandleOp's shared_name where it has one, else the node's name.
std::string VariableName(const Node& variable);

struct VariableKey {
  std::string key;
  std::optional<TensorSlice> slice;  // of a partitioned variable: the part of the saved tensor
};

class VariableKeys {
 public:
  // From the graph's save ops (SaveV2, Save, SaveSlices): the tensor names and slices that go with each variable. Where
  // a saver is named by its `save_tensor_name`, only its ops count, those in functions that it calls included.
  static absl::StatusOr<VariableKeys> FromGraph(const Graph& graph, absl::string_view save_tensor_name);

  // The saver's key for a node, or the variable's own name.
  VariableKey Of(const Node& variable) const;

 private:
  static absl::StatusOr<VariableKeys> FromFlatGraph(const Graph& graph, absl::string_view save_tensor_name);

  absl::flat_hash_map<std::string, VariableKey> by_node_;
};

}  // namespace floe

#endif  // FLOE_SESSION_VARIABLE_KEYS_H_
