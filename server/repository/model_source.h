// ModelSource: sees what there is to serve: models, their versions and where they lie. DirectorySource looks into
// folders (directory_source.h); FileSource is one file.
#ifndef FLOE_SERVER_REPOSITORY_MODEL_SOURCE_H_
#define FLOE_SERVER_REPOSITORY_MODEL_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model_config.pb.h"

namespace floe {

struct VersionTarget {
  absl::Status problem = {};     // why there is nothing to load; else OK
  std::string path = {};         // what Model::Load takes
  std::string fingerprint = {};  // changes with the files, so that a version that failed to load is tried again
};

struct ModelTarget {
  absl::Status problem;  // why there is no version to serve; else OK
  // Null where the model cannot be read at all: then what is served of it stays. Empty where it has no config.pbtxt.
  std::shared_ptr<const inference::ModelConfig> config;
  std::map<int64_t, VersionTarget> versions;
};

using ModelTargets = std::map<std::string, ModelTarget>;

// One thread uses it.
class ModelSource {
 public:
  struct Seen {
    ModelTargets models;
    bool settled = true;  // false: some files changed so lately that they may not be complete; they are left out
  };
  virtual ~ModelSource() = default;
  virtual absl::StatusOr<Seen> Look() = 0;
};

// One model, version 1, at a path that Model::Load takes.
class FileSource final : public ModelSource {
 public:
  FileSource(std::string name, std::string path) : name_(std::move(name)), path_(std::move(path)) {}
  absl::StatusOr<Seen> Look() override;

 private:
  const std::string name_;
  const std::string path_;
};

}  // namespace floe

#endif  // FLOE_SERVER_REPOSITORY_MODEL_SOURCE_H_
