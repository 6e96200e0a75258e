#include "session/object_graph_keys.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tensorflow/core/protobuf/trackable_object_graph.pb.h"

namespace floe {

absl::StatusOr<absl::flat_hash_map<std::string, std::string>> KeysByFullName(const CheckpointReader& checkpoint) {
  constexpr char kObjectGraph[] = "_CHECKPOINTABLE_OBJECT_GRAPH";
  if (checkpoint.Find(kObjectGraph) == nullptr) {
    return absl::NotFoundError(absl::StrCat("checkpoint '", checkpoint.prefix(), "' has no object graph"));
  }
  FLOE_ASSIGN_OR_RETURN(const Tensor encoded, checkpoint.Read(kObjectGraph));
  tensorflow::TrackableObjectGraph graph;
  if (encoded.dtype() != DType::kString || encoded.num_elements() != 1 ||
      !graph.ParseFromString(encoded.data<std::string>()[0])) {
    return absl::DataLossError(absl::StrCat("checkpoint '", checkpoint.prefix(), "': malformed object graph"));
  }
  absl::flat_hash_map<std::string, std::string> keys;
  for (const auto& node : graph.nodes()) {
    for (const auto& attribute : node.attributes()) {
      if (!attribute.full_name().empty()) keys.emplace(attribute.full_name(), attribute.checkpoint_key());
    }
  }
  return keys;
}

}  // namespace floe
