// ImportGraphDef: a whole graph put into another one, as TensorFlow's import_graph_def does.
#ifndef FLOE_SESSION_IMPORT_GRAPH_H_
#define FLOE_SESSION_IMPORT_GRAPH_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "session/graph_builder.h"

namespace floe {

struct ImportOptions {
  // The nodes become NAME/node ("import" where it is not said; NAME_1 where that is taken). Empty: they keep their
  // names.
  std::optional<std::string> name;
  // In place of the tensors of these names, what the nodes consume.
  std::vector<std::pair<std::string, Output>> input_map;
  // Tensors ("add:0") or operations ("add", given as its output 0) whose counterparts are returned.
  std::vector<std::string> return_elements;
  bool clear_devices = false;
};

// One a return element. ALREADY_EXISTS for a node name that is taken, NOT_FOUND for a return element or a mapped input
// that is not there (with the nearest name), INVALID_ARGUMENT for inputs that do not fit, cycles, and functions that
// differ from one of the same name. Part of the graph may have been added after an error, which is then the graph's.
absl::StatusOr<std::vector<Output>> ImportGraphDef(GraphBuilder& graph, const GraphDef& imported,
                                                   const ImportOptions& options = {});

}  // namespace floe

#endif  // FLOE_SESSION_IMPORT_GRAPH_H_
