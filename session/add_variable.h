// The nodes of a variable, as TensorFlow's Variable classes make them.
#ifndef FLOE_SESSION_ADD_VARIABLE_H_
#define FLOE_SESSION_ADD_VARIABLE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "session/graph_state.h"

namespace floe {

// A variable is made outside the control dependencies of the moment: else it could not be initialised before them.
class OutsideControls {
 public:
  explicit OutsideControls(GraphState& graph) : graph_(graph) { graph.control_scopes.swap(scopes_); }
  ~OutsideControls() { graph_.control_scopes.swap(scopes_); }
  OutsideControls(const OutsideControls&) = delete;
  OutsideControls& operator=(const OutsideControls&) = delete;

 private:
  GraphState& graph_;
  std::vector<GraphState::ControlScope> scopes_;
};

struct VariableSpec {
  Output initial_value;
  // Makes what a reference variable's initializer assigns, after the variable's own node; the initial value where there
  // is none.
  std::function<Output()> assigned_value = nullptr;
  bool resource = false;
  bool trainable = true;
  std::vector<std::string> collections;
  std::optional<SliceInfo> slice = {};
  std::string placed_with = {};  // the variable it is placed with; empty: it is not said
  bool all_placed = false;       // of a resource variable: its reads too
};

// Adds the variable's nodes in the scope of the moment, whose name is the variable's, and the variable to its
// collections. Errors are the graph's.
Output AddVariable(GraphState& graph, const std::string& name, VariableSpec spec);

}  // namespace floe

#endif  // FLOE_SESSION_ADD_VARIABLE_H_
