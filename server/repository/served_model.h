// ServedModel: one version of a model, loaded, warmed up, with its instances running. Immutable but for what runs in
// it; any thread. A shared_ptr to it is the handle that keeps it alive while it is in use.
#ifndef FLOE_SERVER_REPOSITORY_SERVED_MODEL_H_
#define FLOE_SERVER_REPOSITORY_SERVED_MODEL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/model.h"
#include "model_config.pb.h"
#include "server/batching/instance_pool.h"
#include "server/metrics.h"
#include "server/worker_pool.h"

namespace floe {

// How versions are loaded, the same for all models.
struct LoadOptions {
  // Model::Load, or what a test puts in its place.
  std::function<absl::StatusOr<std::shared_ptr<const Model>>(const std::string& path, const ModelOptions& options)>
      load = {};
  ModelOptions model = {};   // threads 0: the machine's processors shared out over the instances
  int instances = 1;         // where the model's config says nothing
  bool log_failures = true;  // false: whoever asked for the one model there is tells of it
  int64_t max_queue = 512;   // requests that may wait, a version
};

class ServedModel {
 public:
  // Loads, checks against `config`, makes the instances and runs each once. Takes as long as that takes. `completions`
  // is not owned and outlives the result.
  static absl::StatusOr<std::unique_ptr<ServedModel>> Load(
      const std::string& name, int64_t version, const std::string& path, const inference::ModelConfig& config,
      const LoadOptions& options, std::shared_ptr<ModelMetrics> metrics, WorkerPool* completions);

  // The same version as another of the signatures that its files have, with instances of its own; it lives as long as
  // this. INVALID_ARGUMENT with the nearest name (not NOT_FOUND: clients wait for a model that is not found; a wrong
  // signature never becomes right), or why that signature could not be loaded.
  absl::StatusOr<const ServedModel*> ForSignature(const std::string& signature) const;

  const std::string& name() const { return name_; }
  int64_t version() const { return version_; }
  const Model& model() const { return *model_; }
  const std::vector<TensorSpec>& inputs() const { return model_->inputs(); }
  const std::vector<TensorSpec>& outputs() const { return model_->outputs(); }
  // Complete: what the user wrote, and the model's own for the rest.
  const inference::ModelConfig& config() const { return config_; }
  ModelMetrics& metrics() const { return *metrics_; }
  absl::Status Submit(Job* job) const { return instances_->Submit(job); }

 private:
  ServedModel() = default;
  static absl::StatusOr<std::unique_ptr<ServedModel>> LoadSignature(
      const std::string& name, int64_t version, const std::string& path, const inference::ModelConfig& config,
      const LoadOptions& options, const std::string& signature, std::shared_ptr<ModelMetrics> metrics,
      WorkerPool* completions);

  std::string name_;
  int64_t version_ = 0;
  std::shared_ptr<const Model> model_;
  inference::ModelConfig config_;
  std::shared_ptr<ModelMetrics> metrics_;
  std::unique_ptr<InstancePool> instances_;
  std::map<std::string, absl::StatusOr<std::unique_ptr<ServedModel>>> other_signatures_;
};

// One input of zeros each, batch 1, to warm a model up with; INVALID_ARGUMENT, with the input that stands in the way,
// where the shapes leave more open than the first dimension.
absl::StatusOr<std::vector<NamedTensor>> WarmupInputs(const Model& model);

}  // namespace floe

#endif  // FLOE_SERVER_REPOSITORY_SERVED_MODEL_H_
