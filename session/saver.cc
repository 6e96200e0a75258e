#include "session/saver.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/replacement.h"
#include "session/meta_graph_file.h"
#include "session/subgraph.h"

namespace floe {
namespace {

absl::Duration Hours(double hours) { return absl::Hours(1) * hours; }

// What is left of a checkpoint that could not be removed does no harm.
void RemoveCheckpoint(const std::string& prefix, const std::string& meta_graph_suffix, FileSystem& files) {
  std::vector<std::string> paths = {prefix + ".index"};
  for (const std::vector<std::string>& more : {DataFiles(prefix, files), V1Files(WithoutShard(prefix), files)}) {
    paths.insert(paths.end(), more.begin(), more.end());
  }
  paths.push_back(absl::StrCat(WithoutShard(prefix), ".", meta_graph_suffix));
  for (const std::string& path : paths) {
    if (files.Exists(path)) files.Remove(path).IgnoreError();
  }
}

// What the state file will list: of a V1 checkpoint in shards, all of their files.
std::string ListedPrefix(const GraphState& graph, const SaverDef& def, const std::string& prefix) {
  const Node* const save = graph.FindNode(NodeOfTensor(def.save_tensor));
  if (save == nullptr || save->op != "ShardedFilespec" || save->inputs.size() < 2) return prefix;
  const Tensor& shards = graph.TypeOf({NodeOfTensor(save->inputs[1]), 0}).value;
  if (shards.dtype() != DType::kInt32 || shards.num_elements() != 1) return prefix;
  return ShardedFilespec(prefix, shards.data<int32_t>()[0]);
}

}  // namespace

Saver::Saver(GraphBuilder& graph, const SaverOptions& options) : options_(options) {
  std::vector<Output> variables = graph.GlobalVariables();
  const std::vector<Output> others = graph.Collection(kSaveableObjects);
  variables.insert(variables.end(), others.begin(), others.end());
  Build(graph, SaveablesOf(*graph.state(), variables));
}

Saver::Saver(GraphBuilder& graph, const std::vector<Output>& variables, const SaverOptions& options)
    : options_(options) {
  Build(graph, SaveablesOf(*graph.state(), variables));
}

Saver::Saver(GraphBuilder& graph, const std::map<std::string, Output>& variables, const SaverOptions& options)
    : options_(options) {
  Build(graph, SaveablesOf(*graph.state(), variables));
}

Saver::Saver(SaverDef def, const SaverOptions& options) : options_(options), def_(std::move(def)) {
  options_.max_to_keep = def_.max_to_keep;
  options_.sharded = def_.sharded;
  options_.keep_checkpoint_every_n_hours = static_cast<double>(def_.keep_checkpoint_every_n_hours);
  options_.write_version = def_.version;
  next_kept_ = options_.now() + Hours(options_.keep_checkpoint_every_n_hours);
}

void Saver::Build(GraphBuilder& graph, absl::StatusOr<std::vector<Saveable>> saveables) {
  if (!saveables.ok()) {
    graph.state()->Fail(saveables.status());
    return;
  }
  empty_ = saveables->empty();
  if (empty_ && !options_.allow_empty) {
    graph.state()->Fail(absl::InvalidArgumentError("Saver: no variables to save"));
  }
  if (empty_) return;
  saveables_ = *std::move(saveables);
  def_ =
      AddSaver(*graph.state(), saveables_, options_.name, options_.sharded, options_.reshape, options_.write_version);
  def_.max_to_keep = options_.max_to_keep;
  def_.keep_checkpoint_every_n_hours = static_cast<float>(options_.keep_checkpoint_every_n_hours);
  next_kept_ = options_.now() + Hours(options_.keep_checkpoint_every_n_hours);
}

absl::Status Saver::CheckUsable() const {
  if (!def_.filename_tensor.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError("there is no saver: the meta graph has none, and no variables to make one for");
}

absl::StatusOr<std::string> Saver::Save(Session& session, const std::string& path, const SaveOptions& options) {
  FLOE_RETURN_IF_ERROR(session.graph().status());
  FileSystem& files = session.files();
  if (BaseName(options.latest_filename) != options.latest_filename) {
    return absl::InvalidArgumentError(
        absl::StrCat("latest_filename '", options.latest_filename, "' must be a name without a directory"));
  }
  std::string prefix = path;
  if (options.global_step.has_value()) {
    prefix = options_.pad_step_number ? absl::StrFormat("%s-%08d", path, *options.global_step)
                                      : absl::StrCat(path, "-", *options.global_step);
  } else if (BaseName(path) == options.latest_filename && !options_.sharded) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint '", path, "' would be called as the list of checkpoints beside it"));
  }
  const std::string directory = DirectoryOf(path);
  if (!empty_) FLOE_RETURN_IF_ERROR(CheckUsable());

  FLOE_RETURN_IF_ERROR(files.MakeDirectories(directory));
  FLOE_ASSIGN_OR_RETURN(KeptCheckpoint kept, KeptCheckpoint::Keep(ListedPrefix(*session.graph().state(), def_, prefix),
                                                                  files, options.latest_filename));
  std::string saved = prefix;
  if (!empty_) {
    FLOE_ASSIGN_OR_RETURN(
        const std::vector<Tensor> names,
        session.Run({{def_.filename_tensor, Tensor::Scalar<std::string>(prefix)}}, {def_.save_tensor}));
    if (names[0].dtype() != DType::kString || names[0].num_elements() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", def_.save_tensor, "' gives no name of a checkpoint: ", names[0].ToString()));
    }
    saved = names[0].data<std::string>()[0];
  }
  if (options.write_meta_graph) {
    ExportOptions meta;
    meta.saver = def_;
    FLOE_ASSIGN_OR_RETURN(const std::string bytes, ExportMetaGraph(session.graph(), meta));
    FLOE_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(prefix, ".", options.meta_graph_suffix), bytes, files));
  }
  std::vector<std::string> outdated;
  if (options.write_state && !empty_) {
    CheckpointState state;
    state.model_checkpoint_path = saved;
    if (options_.max_to_keep > 0) {
      std::erase_if(last_, [&](const auto& entry) { return entry.first == saved; });
      last_.emplace_back(saved, options_.now());
      while (last_.size() > static_cast<size_t>(options_.max_to_keep)) {
        // One that is old enough is kept for good, and the next one not before as long again.
        const auto [oldest, time] = last_.front();
        last_.erase(last_.begin());
        if (time > next_kept_) {
          next_kept_ += Hours(options_.keep_checkpoint_every_n_hours);
        } else {
          outdated.push_back(oldest);
        }
      }
    }
    state.all_model_checkpoint_paths = last_checkpoints();
    FLOE_RETURN_IF_ERROR(
        WriteCheckpointState(directory, state, {options.latest_filename, options_.save_relative_paths}, files));
  }
  FLOE_RETURN_IF_ERROR(kept.Release());
  for (const std::string& old : outdated) RemoveCheckpoint(old, options.meta_graph_suffix, files);
  return saved;
}

absl::Status Saver::Restore(Session& session, const std::string& path) {
  FLOE_RETURN_IF_ERROR(session.graph().status());
  if (empty_) return absl::OkStatus();
  FLOE_RETURN_IF_ERROR(CheckUsable());
  if (!CheckpointExists(path, session.files())) {
    // Says what there is instead.
    const absl::Status resolved = ResolveCheckpoint(path, session.files()).status();
    return resolved.ok() ? absl::NotFoundError(absl::StrCat("'", path, "' is no checkpoint's prefix")) : resolved;
  }
  const absl::Status restored =
      session.Run({{def_.filename_tensor, Tensor::Scalar<std::string>(path)}}, {}, {def_.restore_op}).status();
  if (absl::IsNotFound(restored)) {
    const absl::StatusOr<bool> by_keys = RestoreByFullNames(session, path);
    if (!by_keys.ok()) return Annotate(by_keys.status(), absl::StrCat("restore from '", path, "'"));
    if (*by_keys) return absl::OkStatus();
  }
  return Annotate(restored, absl::StrCat("restore from '", path, "'"));
}

absl::StatusOr<bool> Saver::RestoreByFullNames(Session& session, const std::string& path) const {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader, CheckpointReader::Open(path, session.files()));
  FLOE_ASSIGN_OR_RETURN(const auto keys, ObjectKeysByName(*reader));
  Feeds feeds;
  std::vector<GraphElement> initializers;
  for (const Saveable& saveable : saveables_) {
    const auto key = keys.find(saveable.name);
    if (key == keys.end() || saveable.as_slice || !saveable.variable.initial_value.valid()) return false;
    FLOE_ASSIGN_OR_RETURN(Tensor value, reader->Read(key->second));
    // A variable takes what its initializer is fed.
    feeds.emplace_back(saveable.variable.initial_value, std::move(value));
    initializers.emplace_back(saveable.variable.initializer);
  }
  if (initializers.empty()) return false;
  FLOE_RETURN_IF_ERROR(session.Run(feeds, {}, initializers).status());
  return true;
}

std::vector<std::string> Saver::last_checkpoints() const {
  std::vector<std::string> prefixes;
  for (const auto& [prefix, time] : last_) prefixes.push_back(prefix);
  return prefixes;
}

void Saver::SetLastCheckpoints(const std::vector<std::string>& prefixes) {
  last_.clear();
  for (const std::string& prefix : prefixes) last_.emplace_back(prefix, absl::InfiniteFuture());
}

absl::Status Saver::RecoverLastCheckpoints(const std::string& directory, FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const CheckpointState state, ReadCheckpointState(directory, files));
  last_.clear();
  for (size_t i = 0; i < state.all_model_checkpoint_paths.size(); ++i) {
    const std::string& prefix = state.all_model_checkpoint_paths[i];
    if (!CheckpointExists(prefix, files)) continue;
    const bool known = i < state.all_model_checkpoint_timestamps.size();
    last_.emplace_back(
        prefix, known ? absl::UnixEpoch() + absl::Seconds(state.all_model_checkpoint_timestamps[i]) : options_.now());
  }
  return absl::OkStatus();
}

}  // namespace floe
