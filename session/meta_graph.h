// MetaGraph: a checkpoint's .meta file (MetaGraphDef), as far as freezing needs it. A value; reading is safe from any
// thread.
#ifndef FLOE_SESSION_META_GRAPH_H_
#define FLOE_SESSION_META_GRAPH_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"

namespace floe {

struct Signature {
  std::string name;
  std::vector<std::pair<std::string, std::string>> inputs, outputs;  // key and tensor ("x:0"), sorted by key
};

struct MetaGraph {
  Graph graph;
  std::vector<Signature> signatures;  // sorted by name
  // The tensor whose evaluation saves ("save/control_dependency:0"), from the SaverDef; empty where there is none.
  std::string save_tensor_name;

  // Without the nodes' `_output_shapes`, which TensorFlow adds to a meta graph and takes away when it imports one.
  // Tensors of the graph stay spans of `bytes`, which `owner` keeps alive. DATA_LOSS, INVALID_ARGUMENT.
  static absl::StatusOr<MetaGraph> Parse(absl::string_view bytes, const std::shared_ptr<const void>& owner);
  // Names the file in every error.
  static absl::StatusOr<MetaGraph> Load(const std::string& path);
};

}  // namespace floe

#endif  // FLOE_SESSION_META_GRAPH_H_
