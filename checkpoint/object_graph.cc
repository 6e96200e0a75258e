#include "checkpoint/object_graph.h"

#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tensorflow/core/protobuf/trackable_object_graph.pb.h"

namespace floe {

namespace {

absl::StatusOr<tensorflow::TrackableObjectGraph> ReadGraph(const CheckpointReader& checkpoint,
                                                           const CheckpointTensor& stored) {
  const auto damaged = [&](absl::string_view what) {
    return absl::DataLossError(
        absl::StrCat("tensor '", kObjectGraphKey, "' of checkpoint '", checkpoint.prefix(), "': ", what));
  };
  if (stored.dtype != DType::kString || stored.shape != Shape()) {
    return damaged(absl::StrCat("wanted one string, got ", stored.dtype_name, " ", stored.shape.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, checkpoint.Read(kObjectGraphKey));
  const std::string& bytes = *tensor.data<std::string>();
  tensorflow::TrackableObjectGraph graph;
  if (bytes.size() > std::numeric_limits<int>::max() || !graph.ParseFromString(bytes)) {
    return damaged("not a graph of objects");
  }
  return graph;
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> ObjectKeysByName(const CheckpointReader& checkpoint) {
  std::map<std::string, std::string> keys;
  const CheckpointTensor* const stored = checkpoint.Find(kObjectGraphKey);
  if (stored == nullptr) return keys;
  FLOE_ASSIGN_OR_RETURN(const tensorflow::TrackableObjectGraph graph, ReadGraph(checkpoint, *stored));
  std::set<std::string> shared;
  for (const tensorflow::TrackableObjectGraph::TrackableObject& node : graph.nodes()) {
    for (const auto& attribute : node.attributes()) {
      if (attribute.full_name().empty() || checkpoint.Find(attribute.checkpoint_key()) == nullptr) continue;
      const auto [found, is_new] = keys.emplace(attribute.full_name(), attribute.checkpoint_key());
      if (!is_new && found->second != attribute.checkpoint_key()) shared.insert(attribute.full_name());
    }
  }
  for (const std::string& name : shared) keys.erase(name);
  return keys;
}

absl::StatusOr<Tensor> RenamedObjectGraph(const CheckpointReader& checkpoint,
                                          const std::map<std::string, std::string>& new_keys) {
  FLOE_ASSIGN_OR_RETURN(tensorflow::TrackableObjectGraph graph,
                        ReadGraph(checkpoint, *checkpoint.Find(kObjectGraphKey)));
  for (tensorflow::TrackableObjectGraph::TrackableObject& node : *graph.mutable_nodes()) {
    for (auto& attribute : *node.mutable_attributes()) {
      const auto found = new_keys.find(attribute.checkpoint_key());
      if (found != new_keys.end()) attribute.set_checkpoint_key(found->second);
    }
  }
  return Tensor::Scalar<std::string>(graph.SerializeAsString());
}

}  // namespace floe
