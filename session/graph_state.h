// GraphState: a graph while it is built: nodes, types, the names in use, variables, collections, and the scopes that
// new nodes are made in. Shared by a GraphBuilder and the Sessions and Savers on its graph; one thread at a time.
#ifndef FLOE_SESSION_GRAPH_STATE_H_
#define FLOE_SESSION_GRAPH_STATE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "session/device_spec.h"
#include "session/node_types.h"
#include "session/output.h"

namespace floe {

// Which part of a partitioned variable another variable is.
struct SliceInfo {
  std::string full_name;
  std::vector<int64_t> full_shape, offset, shape;
};

// What TensorFlow's VariableDef says of a variable.
struct VariableInfo {
  Output variable;          // "v:0": the reference, or the handle
  std::string initializer;  // "v/Assign"
  Output snapshot;          // "v/read:0", "v/Read/ReadVariableOp:0"
  Output initial_value;     // invalid where a meta graph does not say
  bool is_resource = false;
  bool trainable = true;
  std::optional<SliceInfo> slice;
  int synchronization = 0, aggregation = 0;  // as in the proto
};

// The values of a collection: variables, names of nodes or tensors, or another kind of value as its encoded
// CollectionDef.
struct Collection {
  enum class Kind { kVariables, kNodes, kOther };
  Kind kind = Kind::kNodes;
  std::vector<std::string> values;  // variables by node
  std::string encoded;
};

inline constexpr char kGlobalVariables[] = "variables";
inline constexpr char kTrainableVariables[] = "trainable_variables";
inline constexpr char kLocalVariables[] = "local_variables";
inline constexpr char kMovingAverageVariables[] = "moving_average_variables";
inline constexpr char kSaveableObjects[] = "saveable_objects";

class GraphState {
 public:
  // The first thing that went wrong; nothing is added to the graph after it.
  const absl::Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }
  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  const Graph& graph() const { return graph_; }
  void set_library(std::string encoded) { graph_.set_library(std::move(encoded)); }

  // A name that no node has, in the scopes of the moment: "x", "x_1". A name that ends in '/' is whole already.
  std::string UniqueName(absl::string_view name);
  // What UniqueName would give; the name stays free.
  std::string PeekName(absl::string_view name);

  struct NodeSpec {
    std::string op;
    std::string name;  // whole, from UniqueName
    std::vector<Output> inputs = {};
    std::vector<std::string> controls = {};  // besides those of the scopes
    std::vector<std::pair<std::string, AttrValue>> attrs = {};
    std::vector<std::string> colocate = {};  // nodes whose device it takes
  };
  // The node's index, or -1 where something went wrong.
  int AddNode(NodeSpec spec);
  // A node of another graph, as it is. Its inputs are in the graph already, but for those of a loop.
  absl::Status AddImported(Node node);
  // Where inputs of imported nodes were not there yet.
  void SetAttr(absl::string_view node, absl::string_view name, AttrValue value);

  // INVALID types where there is no such output.
  const OutputType& TypeOf(const Output& output) const;
  const NodeTypes& types(int index) const { return types_[static_cast<size_t>(index)]; }
  const Node* FindNode(absl::string_view name) const;

  std::vector<VariableInfo>& variables() { return variables_; }
  VariableInfo* FindVariable(absl::string_view node);
  void AddVariable(VariableInfo info, const std::vector<std::string>& collections);
  std::map<std::string, Collection>& collections() { return collections_; }
  std::vector<VariableInfo> VariablesIn(const std::string& collection);

  // Scopes. What a scope's maker changed, it puts back.
  std::string name_scope;  // "a/b/", or empty
  struct ControlScope {
    std::vector<std::string> controls;
    absl::flat_hash_set<std::string> seen;  // nodes made in it: what depends on one of them need not wait anew
  };
  std::vector<ControlScope> control_scopes;
  std::vector<DeviceSpec> device_scopes;
  std::string place_with;  // "_class" of new nodes: the variable that is being made

  std::optional<int64_t> seed;  // of the graph
  int64_t next_seed = 0;        // of the next random op without one of its own
  // For functions' names.
  int next_uid = 0;

 private:
  absl::Status Infer(const Node& node, NodeTypes* types) const;

  Graph graph_;
  std::vector<NodeTypes> types_;
  absl::flat_hash_map<std::string, int> names_in_use_;
  std::vector<VariableInfo> variables_;
  absl::flat_hash_map<std::string, size_t> variable_index_;
  std::map<std::string, Collection> collections_;
  absl::Status status_;
};

// While it lives, new nodes are made inside a scope of this name. The scope's own name serves as that of the node which
// the others are for.
class NodeScope {
 public:
  NodeScope(GraphState& graph, absl::string_view name) : graph_(graph), outer_(graph.name_scope) {
    name_ = graph.UniqueName(name);
    graph.name_scope = name_.empty() ? "" : name_ + "/";
  }
  ~NodeScope() { graph_.name_scope = outer_; }
  NodeScope(const NodeScope&) = delete;
  NodeScope& operator=(const NodeScope&) = delete;
  const std::string& name() const { return name_; }

 private:
  GraphState& graph_;
  std::string outer_;
  std::string name_;
};

// While it lives, new nodes wait for these.
class ControlsScope {
 public:
  ControlsScope(GraphState& graph, const std::vector<std::string>& controls);
  ~ControlsScope() { graph_.control_scopes.pop_back(); }
  ControlsScope(const ControlsScope&) = delete;
  ControlsScope& operator=(const ControlsScope&) = delete;

 private:
  GraphState& graph_;
};

// While it lives, new nodes are placed there.
class DeviceScope {
 public:
  DeviceScope(GraphState& graph, const std::string& device);
  ~DeviceScope() { graph_.device_scopes.pop_back(); }
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  GraphState& graph_;
};

// Helpers of all that puts nodes into a graph. A name is relative to the scopes.
Output AddConst(GraphState& graph, const Tensor& value, absl::string_view name);
// A NoOp that waits for these, one a device in between where they are on several.
Operation AddGroup(GraphState& graph, const std::vector<Operation>& operations, absl::string_view name);

}  // namespace floe

#endif  // FLOE_SESSION_GRAPH_STATE_H_
