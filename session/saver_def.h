// A Saver's nodes in a graph, and what a SaverDef says of them. Values.
#ifndef FLOE_SESSION_SAVER_DEF_H_
#define FLOE_SESSION_SAVER_DEF_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_path.h"
#include "session/graph_state.h"

namespace floe {

struct SaverDef {
  std::string filename_tensor;  // "save/Const:0", to feed with a checkpoint's prefix; empty: there is no saver
  std::string save_tensor;      // "save/control_dependency:0"
  std::string restore_op;       // "save/restore_all"
  int max_to_keep = 0;
  bool sharded = false;
  float keep_checkpoint_every_n_hours = 0;
  CheckpointFormat version = CheckpointFormat::kV2;
};

// A variable under the name that it has in checkpoints.
struct Saveable {
  std::string name;
  VariableInfo variable;
  bool as_slice = false;  // a part of the tensor of that name
};

// In the order of their names. ALREADY_EXISTS for two of one name, INVALID_ARGUMENT for what is no variable.
absl::StatusOr<std::vector<Saveable>> SaveablesOf(GraphState& graph, const std::vector<Output>& variables);
absl::StatusOr<std::vector<Saveable>> SaveablesOf(GraphState& graph, const std::map<std::string, Output>& variables);

// Adds the nodes that save and restore, in a scope of that name; node for node as TensorFlow's Saver. Errors are the
// graph's.
SaverDef AddSaver(GraphState& graph, const std::vector<Saveable>& saveables, const std::string& scope_name,
                  bool sharded, bool reshape, CheckpointFormat version);

}  // namespace floe

#endif  // FLOE_SESSION_SAVER_DEF_H_
