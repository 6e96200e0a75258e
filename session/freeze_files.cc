// Freezing what lies in files: checkpoints, graphs, SavedModels.
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"
#include "session/freeze.h"
#include "session/saved_model.h"

namespace floe {
namespace {

absl::StatusOr<MetaGraph> LoadGraph(const std::string& path) {
  if (absl::EndsWith(path, ".meta")) return MetaGraph::Load(path);
  MetaGraph meta;
  FLOE_ASSIGN_OR_RETURN(meta.graph, Graph::Load(path));
  return meta;
}

// Each asset's tensor becomes the constant path of its file.
absl::Status PutAssetPaths(const std::string& folder, MetaGraph* meta) {
  for (const auto& [file, tensor] : meta->assets) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
    const int index = meta->graph.Find(ref.node);
    if (index < 0 || ref.control || ref.output != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("asset '", file, "': its tensor '", tensor, "' is not in the graph"));
    }
    // A name with ".." could mean any file of the machine.
    if (absl::StrContains(file, "..") || absl::StartsWith(file, "/")) {
      return absl::InvalidArgumentError(absl::StrCat("asset '", file, "': wanted a file of the folder 'assets'"));
    }
    Node* const node = meta->graph.mutable_node(index);
    node->op = "Const";
    node->inputs.clear();
    node->attrs = AttrMap();
    node->attrs.Set("dtype", AttrValue::Type(DType::kString));
    const std::string path = JoinPath(JoinPath(folder, "assets"), file);
    node->attrs.Set("value", AttrValue::OfTensor(Tensor::Scalar<std::string>(path)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FrozenGraph> FreezeCheckpoint(const std::string& prefix, const FreezeOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(prefix));
  const std::string meta_path = WithoutShard(checkpoint->prefix()) + ".meta";
  if (!FileSystem::Posix().Exists(meta_path)) {
    return absl::NotFoundError(
        absl::StrCat("checkpoint '", checkpoint->prefix(), "' has no '", meta_path, "' beside it: give its graph"));
  }
  FLOE_ASSIGN_OR_RETURN(const MetaGraph meta, MetaGraph::Load(meta_path));
  return Freeze(meta, checkpoint.get(), options, DirectoryOf(meta_path));
}

absl::StatusOr<FrozenGraph> FreezeGraphFile(const std::string& graph_path, const std::string& checkpoint_prefix,
                                            const FreezeOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(checkpoint_prefix));
  FLOE_ASSIGN_OR_RETURN(const MetaGraph meta, LoadGraph(graph_path));
  return Freeze(meta, checkpoint.get(), options, DirectoryOf(graph_path));
}

absl::StatusOr<FrozenSavedModel> FreezeSavedModel(const std::string& folder, const FreezeOptions& options) {
  FLOE_ASSIGN_OR_RETURN(SavedModel model, LoadSavedModel(folder, options.tags));
  FLOE_RETURN_IF_ERROR(PutAssetPaths(folder, &model.meta));
  std::unique_ptr<CheckpointReader> checkpoint;
  if (!model.variables.empty()) {
    FLOE_ASSIGN_OR_RETURN(checkpoint, CheckpointReader::Open(model.variables));
  }
  FrozenSavedModel result;
  FLOE_ASSIGN_OR_RETURN(result.frozen, Freeze(model.meta, checkpoint.get(), options, JoinPath(folder, "assets")));
  result.signatures = std::move(model.meta.signatures);
  return result;
}

}  // namespace floe
