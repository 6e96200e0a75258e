#include "server/repository/directory_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "server/repository/model_config.h"

namespace floe {
namespace {

constexpr absl::Duration kSettleTime = absl::Seconds(1);
constexpr int kMaxDepth = 8;

// Adds names, sizes and times of everything at and below `path`.
void AddFingerprint(const std::string& path, int depth, std::string* fingerprint, absl::Time* newest_change) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    absl::StrAppend(fingerprint, path, "?", std::strerror(errno), "\n");
    return;
  }
  *newest_change = std::max(*newest_change, absl::TimeFromTimespec(info.st_mtim));
  absl::StrAppend(fingerprint, path, " ", info.st_ino, " ", S_ISDIR(info.st_mode) ? 0 : info.st_size, " ",
                  absl::ToUnixNanos(absl::TimeFromTimespec(info.st_mtim)), "\n");
  if (!S_ISDIR(info.st_mode) || depth == kMaxDepth) return;
  const auto names = FileSystem::Posix().List(path);
  if (!names.ok()) return;
  for (const std::string& name : *names) AddFingerprint(JoinPath(path, name), depth + 1, fingerprint, newest_change);
}

// What Model::Load takes of a version's folder.
absl::StatusOr<std::string> FindModel(const std::string& directory, const inference::ModelConfig& config) {
  FileSystem& files = FileSystem::Posix();
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (!config.default_model_filename().empty()) {
    const std::string& name = config.default_model_filename();
    if (has(name)) return JoinPath(directory, name);
    return absl::NotFoundError(absl::StrCat("no '", name, "' (default_model_filename of config.pbtxt) in '", directory,
                                            "'; there is ", ListNames(names), DidYouMean(name, names)));
  }
  for (const char* name : {"model.pb", "model.graphdef", "model.pbtxt", "model.savedmodel"}) {
    if (has(name)) return JoinPath(directory, name);
  }
  if (has("saved_model.pb") || has("saved_model.pbtxt")) return directory;
  std::vector<std::string> prefixes;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".meta")) prefixes.push_back(name.substr(0, name.size() - strlen(".meta")));
  }
  if (prefixes.size() == 1) return JoinPath(directory, prefixes[0]);
  if (prefixes.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", directory, "' holds several checkpoints: ", ListNames(prefixes), "; one is wanted"));
  }
  return absl::NotFoundError(absl::StrCat("no model in '", directory,
                                          "': wanted model.pb, model.graphdef, model.savedmodel, saved_model.pb or a "
                                          "checkpoint with its .meta; there is ",
                                          ListNames(names)));
}

}  // namespace

absl::StatusOr<ModelSource::Seen> FileSource::Look() {
  Seen seen;
  ModelTarget& model = seen.models[name_];
  model.config = std::make_shared<inference::ModelConfig>();
  model.versions[1] = {.path = path_};
  return seen;
}

DirectorySource::DirectorySource(std::string directory, std::string only_model)
    : directory_(std::move(directory)), only_model_(std::move(only_model)) {}

DirectorySource DirectorySource::Repository(std::string directory) { return {std::move(directory), ""}; }
DirectorySource DirectorySource::SingleModel(std::string name, std::string directory) {
  return {std::move(directory), std::move(name)};
}

absl::StatusOr<ModelSource::Seen> DirectorySource::Look() {
  Seen seen;
  last_sightings_ = std::exchange(sightings_, {});
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FileSystem::Posix().List(directory_));
  if (!only_model_.empty()) {
    seen.models[only_model_] = LookAtModel(only_model_, directory_, &seen.settled);
    return seen;
  }
  for (const std::string& name : names) {
    const std::string path = JoinPath(directory_, name);
    if (name[0] == '.' || !FileSystem::Posix().IsDirectory(path)) continue;
    seen.models[name] = LookAtModel(name, path, &seen.settled);
  }
  return seen;
}

ModelTarget DirectorySource::LookAtModel(const std::string& name, const std::string& directory, bool* settled) {
  ModelTarget model;
  inference::ModelConfig config;
  const std::string config_path = JoinPath(directory, "config.pbtxt");
  if (FileSystem::Posix().Exists(config_path)) {
    auto read = ReadModelConfig(config_path, name);
    if (!read.ok()) {
      model.problem = read.status();
      return model;
    }
    config = *std::move(read);
  }
  auto names = FileSystem::Posix().List(directory);
  if (!names.ok()) {
    model.problem = names.status();
    return model;
  }
  std::map<int64_t, std::string> fingerprints;
  std::map<int64_t, std::string> paths;
  for (const std::string& version_name : *names) {
    const std::string path = JoinPath(directory, version_name);
    int64_t version;
    // SimpleAtoi takes signs and spaces too; "01" is version 1 as it is for TensorFlow Serving.
    if (!std::all_of(version_name.begin(), version_name.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
        !absl::SimpleAtoi(version_name, &version) || !FileSystem::Posix().IsDirectory(path)) {
      continue;
    }
    bool stable;
    const Sighting& sighting = Note(path, &stable);
    if (!stable) *settled = false;
    if (sighting.taken.empty()) continue;
    fingerprints[version] = sighting.taken;
    paths[version] = path;
  }
  std::vector<int64_t> versions;
  for (const auto& [version, fingerprint] : fingerprints) versions.push_back(version);
  for (const int64_t version : ChooseVersions(config, versions)) {
    auto path = FindModel(paths[version], config);
    model.versions[version] = {.problem = path.status(),
                               .path = path.ok() ? *std::move(path) : paths[version],
                               .fingerprint = std::move(fingerprints[version])};
  }
  if (model.versions.empty() && *settled) {
    model.problem = absl::NotFoundError(absl::StrCat("no version of '", name, "' in '", directory,
                                                     "': wanted a folder named by a number that the version policy "
                                                     "serves; there is ",
                                                     ListNames(*names)));
  }
  model.config = std::make_shared<inference::ModelConfig>(std::move(config));
  return model;
}

const DirectorySource::Sighting& DirectorySource::Note(const std::string& path, bool* stable) {
  Sighting& sighting = sightings_[path];
  absl::Time newest_change = absl::InfinitePast();
  AddFingerprint(path, 0, &sighting.fingerprint, &newest_change);
  const absl::Time now = absl::Now();
  sighting.first_seen = now;
  if (const auto last = last_sightings_.find(path); last != last_sightings_.end()) {
    sighting.taken = last->second.taken;
    if (last->second.fingerprint == sighting.fingerprint) sighting.first_seen = last->second.first_seen;
  }
  *stable = now - newest_change >= kSettleTime || now - sighting.first_seen >= kSettleTime;
  if (*stable) sighting.taken = sighting.fingerprint;
  return sighting;
}

}  // namespace floe
