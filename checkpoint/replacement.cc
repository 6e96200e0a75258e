#include "checkpoint/replacement.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"

namespace floe {
namespace {

constexpr char kKeptSuffix[] = ".replaced";

std::string Normal(const std::string& path) {
  std::error_code error;
  return std::filesystem::absolute(path, error).lexically_normal().string();
}

// The files of a checkpoint. What makes it complete is last; removed in the other order, it is never seen in part.
std::vector<std::string> FilesOf(const std::string& prefix, FileSystem& files) {
  std::vector<std::string> found;
  const std::string meta = WithoutShard(prefix) + ".meta";
  if (files.Exists(meta)) found.push_back(meta);
  for (std::string& shard : DataFiles(prefix, files)) found.push_back(std::move(shard));
  for (std::string& file : V1Files(prefix, files)) found.push_back(std::move(file));
  if (files.Exists(prefix + ".index")) found.push_back(prefix + ".index");
  return found;
}

// "dir/m.replaced.index" for "dir/m.index".
std::string KeptName(const std::string& file, const std::string& prefix) {
  const std::string stem = WithoutShard(prefix);
  return absl::StrCat(stem, kKeptSuffix, file.substr(stem.size()));
}

absl::Status Copy(const std::string& from, const std::string& to, FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> source, files.Map(from));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> target, files.Create(to));
  FLOE_RETURN_IF_ERROR(target->Append(source->bytes()));
  FLOE_RETURN_IF_ERROR(target->Sync());
  return target->Close();
}

absl::Status RemoveCheckpoint(const std::string& prefix, FileSystem& files) {
  std::vector<std::string> all = FilesOf(prefix, files);
  if (all.empty()) return absl::OkStatus();
  std::reverse(all.begin(), all.end());
  for (const std::string& file : all) FLOE_RETURN_IF_ERROR(files.Remove(file));
  return files.SyncDirectory(DirectoryOf(prefix));
}

// The state file as it stands, or an empty state where there is none that can be read: such a one lists nothing.
CheckpointState StateOf(const std::string& path, FileSystem& files) {
  const absl::StatusOr<std::string> text = ReadFile(path, files);
  if (!text.ok()) return {};
  return ParseCheckpointState(*text).value_or(CheckpointState());
}

// Puts `to` in the place of `from` wherever that is listed; false where it is not.
bool Relist(const std::string& from, const std::string& to, const std::string& directory, CheckpointState* state) {
  const auto is = [&](const std::string& listed, const std::string& prefix) {
    return !listed.empty() && Normal(JoinPath(directory, listed)) == Normal(prefix);
  };
  // As relative or absolute as the other was.
  const auto renamed = [&](const std::string& listed) {
    const size_t slash = listed.rfind('/');
    return (slash == std::string::npos ? std::string() : listed.substr(0, slash + 1)) + BaseName(to);
  };
  bool found = false;
  if (is(state->model_checkpoint_path, from)) {
    state->model_checkpoint_path = renamed(state->model_checkpoint_path);
    found = true;
  }
  std::vector<std::string> paths;
  std::vector<double> timestamps;
  const bool timed = state->all_model_checkpoint_timestamps.size() == state->all_model_checkpoint_paths.size();
  for (size_t i = 0; i < state->all_model_checkpoint_paths.size(); ++i) {
    std::string path = state->all_model_checkpoint_paths[i];
    if (is(path, to)) continue;  // what was left of an earlier time
    if (is(path, from)) {
      path = renamed(path);
      found = true;
    }
    paths.push_back(std::move(path));
    if (timed) timestamps.push_back(state->all_model_checkpoint_timestamps[i]);
  }
  if (!found) return false;
  state->all_model_checkpoint_paths = std::move(paths);
  state->all_model_checkpoint_timestamps = std::move(timestamps);
  return true;
}

}  // namespace

std::string KeptPrefix(const std::string& prefix) { return KeptName(prefix, prefix); }

absl::StatusOr<KeptCheckpoint> KeptCheckpoint::Keep(const std::string& prefix, FileSystem& files,
                                                    const std::string& state_filename) {
  KeptCheckpoint kept(prefix, files, state_filename);
  const std::string directory = DirectoryOf(prefix), state_path = JoinPath(directory, state_filename);
  CheckpointState state = StateOf(state_path, files);
  const bool lists_prefix = Relist(prefix, KeptPrefix(prefix), directory, &state);
  CheckpointState other = state;
  if (!lists_prefix && Relist(KeptPrefix(prefix), prefix, directory, &other)) return kept;
  if (!CheckpointExists(prefix, files)) return kept;

  FLOE_RETURN_IF_ERROR(RemoveCheckpoint(KeptPrefix(prefix), files));
  const std::vector<std::string> all = FilesOf(prefix, files);
  for (const std::string& file : all) {
    if (&file == &all.back()) FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
    const std::string link = KeptName(file, prefix);
    // Not every file system has hard links.
    if (!files.Link(file, link).ok()) FLOE_RETURN_IF_ERROR(Copy(file, link, files));
  }
  FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
  kept.keeps_ = true;
  if (lists_prefix) FLOE_RETURN_IF_ERROR(WriteFileAtomically(state_path, FormatCheckpointState(state), files));
  return kept;
}

absl::Status KeptCheckpoint::Release() {
  const std::string directory = DirectoryOf(prefix_), state_path = JoinPath(directory, state_filename_);
  CheckpointState state = StateOf(state_path, *files_);
  if (Relist(KeptPrefix(prefix_), prefix_, directory, &state)) {
    if (!keeps_) return absl::OkStatus();
    FLOE_RETURN_IF_ERROR(WriteFileAtomically(state_path, FormatCheckpointState(state), *files_));
  }
  return RemoveCheckpoint(KeptPrefix(prefix_), *files_);
}

absl::Status ReplaceCheckpoint(const std::string& prefix, const std::vector<PendingFile>& pending, FileSystem& files,
                               const std::string& state_filename) {
  const std::string directory = DirectoryOf(prefix), index = prefix + ".index";
  std::vector<std::string> stale = DataFiles(prefix, files);
  if (pending.back().path != index) {
    // A V1 file replaces another in one step; a V2 checkpoint of that prefix is the one that is read until its index
    // goes.
    FLOE_RETURN_IF_ERROR(files.Rename(pending.back().temporary, pending.back().path));
    FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
    if (!files.Exists(index)) return absl::OkStatus();
    FLOE_RETURN_IF_ERROR(files.Remove(index));
    FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
    for (const std::string& file : stale) FLOE_RETURN_IF_ERROR(files.Remove(file));
    return files.SyncDirectory(directory);
  }

  FLOE_ASSIGN_OR_RETURN(KeptCheckpoint kept, KeptCheckpoint::Keep(prefix, files, state_filename));
  if (files.Exists(index)) {
    // An index is never beside data that it does not describe.
    FLOE_RETURN_IF_ERROR(files.Remove(index));
    FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
  }
  for (const PendingFile& file : pending) {
    if (&file == &pending.back()) FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));
    FLOE_RETURN_IF_ERROR(files.Rename(file.temporary, file.path));
  }
  FLOE_RETURN_IF_ERROR(files.SyncDirectory(directory));

  if (files.Exists(prefix) && !files.IsDirectory(prefix)) stale.push_back(prefix);  // a V1 file
  for (const std::string& file : stale) {
    const bool is_new =
        std::any_of(pending.begin(), pending.end(), [&](const PendingFile& each) { return each.path == file; });
    if (!is_new && files.Exists(file)) FLOE_RETURN_IF_ERROR(files.Remove(file));
  }
  return kept.Release();
}

}  // namespace floe
