#include "checkpoint/checkpoint_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "base/suggest.h"
#include "checkpoint/checkpoint_state.h"

namespace floe {
namespace {

// In the place of a shard's number: every shard.
constexpr char kEveryShard[] = "?????";

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "model.ckpt" for "model.ckpt" + `separator` + "00000-of-00002", or with question marks for the shard, else nothing.
std::string StemOfShard(absl::string_view name, absl::string_view separator) {
  constexpr size_t kSuffixBytes = 14;  // 00000-of-00002
  if (name.size() <= kSuffixBytes + separator.size()) return "";
  const absl::string_view suffix = name.substr(name.size() - kSuffixBytes);
  name.remove_suffix(kSuffixBytes);
  if (!absl::EndsWith(name, separator) || suffix.substr(5, 4) != "-of-" || !AllDigits(suffix.substr(9)) ||
      (!AllDigits(suffix.substr(0, 5)) && suffix.substr(0, 5) != kEveryShard)) {
    return "";
  }
  name.remove_suffix(separator.size());
  return std::string(name);
}

// The prefix, where `path` is one of the files of a checkpoint.
std::string WithoutFileSuffix(const std::string& path) {
  for (const char* suffix : {".index", ".meta"}) {
    if (absl::EndsWith(path, suffix)) return std::string(absl::StripSuffix(path, suffix));
  }
  const std::string stem = StemOfShard(path, ".data-");
  return stem.empty() ? path : stem;
}

// A file in the prefix's directory, written as the prefix is: "m.index" beside "m", not "./m.index".
std::string Beside(const std::string& prefix, const std::string& name) {
  return prefix.substr(0, prefix.size() - BaseName(prefix).size()) + name;
}

std::vector<std::string> PrefixesIn(const std::string& directory, FileSystem& files) {
  std::vector<std::string> prefixes;
  const absl::StatusOr<std::vector<std::string>> names = files.List(directory);
  if (!names.ok()) return prefixes;
  for (const std::string& name : *names) {
    if (absl::EndsWith(name, ".index")) prefixes.emplace_back(absl::StripSuffix(name, ".index"));
  }
  return prefixes;
}

absl::StatusOr<CheckpointPath> ResolvePrefix(const std::string& path, FileSystem& files) {
  CheckpointPath found;
  for (const std::string& prefix : {path, WithoutFileSuffix(path)}) {
    found.prefix = prefix;
    if (files.Exists(prefix + ".index")) return found;
  }
  found.v1_files = V1Files(found.prefix, files);
  if (!found.v1_files.empty()) {
    found.format = CheckpointFormat::kV1;
    return found;
  }
  const std::string directory = DirectoryOf(found.prefix);
  const std::vector<std::string> others = PrefixesIn(directory, files);
  return absl::NotFoundError(absl::StrCat("no checkpoint '", found.prefix, "': there is no '", found.prefix, ".index'",
                                          others.empty() ? "" : "; '" + directory + "' has " + ListNames(others)));
}

}  // namespace

std::vector<std::string> V1Files(const std::string& prefix, FileSystem& files) {
  if (files.Exists(prefix) && !files.IsDirectory(prefix)) return {prefix};
  const size_t wildcard = prefix.rfind(absl::StrCat("-", kEveryShard, "-of-"));
  const std::string stem = BaseName(prefix.substr(0, wildcard));
  std::vector<std::string> shards;
  const absl::StatusOr<std::vector<std::string>> names = files.List(DirectoryOf(prefix));
  if (!names.ok()) return shards;
  for (const std::string& name : *names) {
    if (StemOfShard(name, "-") == stem &&
        (wildcard == std::string::npos || absl::EndsWith(name, prefix.substr(wildcard + 6)))) {
      shards.push_back(Beside(prefix, name));
    }
  }
  return shards;
}

std::vector<std::string> DataFiles(const std::string& prefix, FileSystem& files) {
  std::vector<std::string> found;
  const absl::StatusOr<std::vector<std::string>> names = files.List(DirectoryOf(prefix));
  if (!names.ok()) return found;
  for (const std::string& name : *names) {
    if (StemOfShard(name, ".data-") == BaseName(prefix)) found.push_back(Beside(prefix, name));
  }
  return found;
}

std::string WithoutShard(const std::string& prefix) {
  const std::string stem = StemOfShard(prefix, "-");
  return stem.empty() ? prefix : stem;
}

std::string ShardedFilename(const std::string& prefix, int shard, int num_shards) {
  return absl::StrFormat("%s-%05d-of-%05d", prefix, shard, num_shards);
}

std::string ShardedFilespec(const std::string& prefix, int num_shards) {
  return absl::StrFormat("%s-%s-of-%05d", prefix, kEveryShard, num_shards);
}

std::string DataFile(const std::string& prefix, int shard, int num_shards) {
  return ShardedFilename(prefix + ".data", shard, num_shards);
}

absl::StatusOr<CheckpointPath> ResolveCheckpoint(const std::string& path, FileSystem& files) {
  if (path.empty()) return absl::InvalidArgumentError("the name of a checkpoint is empty");
  if (!files.IsDirectory(path)) return ResolvePrefix(path, files);
  const std::string variables = JoinPath(path, "variables/variables");
  if (files.Exists(variables + ".index")) return ResolvePrefix(variables, files);
  const std::string state_path = JoinPath(path, kStateFilename);
  if (!files.Exists(state_path)) {
    const std::vector<std::string> others = PrefixesIn(path, files);
    return absl::NotFoundError(absl::StrCat("no checkpoint in directory '", path, "': it has no file 'checkpoint'",
                                            others.empty() ? "" : "; name one of " + ListNames(others)));
  }
  FLOE_ASSIGN_OR_RETURN(const std::string text, ReadFile(state_path, files));
  absl::StatusOr<CheckpointState> state = ParseCheckpointState(text);
  if (!state.ok()) return Annotate(state.status(), absl::StrCat("'", state_path, "'"));
  if (state->model_checkpoint_path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", state_path, "': it names no model_checkpoint_path"));
  }
  absl::StatusOr<CheckpointPath> found = ResolvePrefix(JoinPath(path, state->model_checkpoint_path), files);
  if (!found.ok()) return Annotate(found.status(), absl::StrCat("'", state_path, "'"));
  return found;
}

}  // namespace floe
