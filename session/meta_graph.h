// MetaGraph: a MetaGraphDef, as a checkpoint's .meta file or a SavedModel holds it, as far as freezing needs it. A
// value; reading is safe from any thread.
#ifndef FLOE_SESSION_META_GRAPH_H_
#define FLOE_SESSION_META_GRAPH_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "tensor/shape.h"

namespace floe {

// What a signature calls a tensor. Where the signature says nothing of dtype or shape, they are unknown.
struct SignatureTensor {
  std::string key;     // what users call it
  std::string tensor;  // "x:0"; empty for one that is not a plain tensor (sparse, ragged)
  DType dtype = DType::kInvalid;
  PartialShape shape = PartialShape::UnknownRank();
};

struct Signature {
  std::string name;
  std::string method;                            // "tensorflow/serving/predict"
  std::vector<SignatureTensor> inputs, outputs;  // sorted by key
};

struct MetaGraph {
  Graph graph;
  std::vector<Signature> signatures;  // sorted by name, without those that only name an init op
  // The tensor whose evaluation saves ("save/control_dependency:0"), from the SaverDef; empty where there is none.
  std::string save_tensor_name;
  std::vector<std::string> tags;  // sorted; of a SavedModel's meta graph
  // Nodes that initialise what no checkpoint restores: tables, and variables that hold assets' paths.
  std::vector<std::string> init_ops;
  // Files of the SavedModel's assets folder, and the tensor ("Const:0") that stands for the path of each.
  std::vector<std::pair<std::string, std::string>> assets;
  // The variables in each collection of variables ("trainable_variables", "moving_average_variables", ...), by node.
  std::map<std::string, std::vector<std::string>> variable_collections;

  // Without the nodes' `_output_shapes`, which TensorFlow adds to a meta graph and takes away when it imports one.
  // Tensors of the graph stay spans of `bytes`, which `owner` keeps alive. DATA_LOSS, INVALID_ARGUMENT.
  static absl::StatusOr<MetaGraph> Parse(absl::string_view bytes, const std::shared_ptr<const void>& owner);
  // Names the file in every error.
  static absl::StatusOr<MetaGraph> Load(const std::string& path);
};

// The tags and the names of the signatures alone, without a look at the graph.
struct MetaGraphSummary {
  std::vector<std::string> tags;        // sorted
  std::vector<std::string> signatures;  // sorted
};
absl::StatusOr<MetaGraphSummary> SummarizeMetaGraph(absl::string_view bytes);

}  // namespace floe

#endif  // FLOE_SESSION_META_GRAPH_H_
