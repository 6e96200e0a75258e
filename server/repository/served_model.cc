#include "server/repository/served_model.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "server/log.h"
#include "server/repository/model_config.h"

namespace floe {

absl::StatusOr<std::vector<NamedTensor>> WarmupInputs(const Model& model) {
  std::vector<NamedTensor> inputs;
  for (const TensorSpec& spec : model.inputs()) {
    const auto unknown = [&] {
      return absl::InvalidArgumentError(absl::StrCat("the shape ", spec.shape.ToString(), " of input '", spec.name,
                                                     "' leaves more open than a batch"));
    };
    if (!spec.shape.has_rank()) return unknown();
    Shape shape;
    for (int axis = 0; axis < spec.shape.rank(); ++axis) {
      const bool open = spec.shape.dim(axis) == PartialShape::kUnknownDim;
      if (open && axis > 0) return unknown();
      shape.Append(open ? 1 : spec.shape.dim(axis));
    }
    FLOE_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(spec.dtype, shape));
    if (zeros.byte_size() > 0) std::memset(zeros.raw_mutable_data(), 0, static_cast<size_t>(zeros.byte_size()));
    inputs.emplace_back(spec.name, std::move(zeros));
  }
  return inputs;
}

absl::StatusOr<std::unique_ptr<ServedModel>> ServedModel::Load(
    const std::string& name, int64_t version, const std::string& path, const inference::ModelConfig& config,
    const LoadOptions& options, std::shared_ptr<ModelMetrics> metrics, WorkerPool* completions) {
  FLOE_ASSIGN_OR_RETURN(
      std::unique_ptr<ServedModel> served,
      LoadSignature(name, version, path, config, options, options.model.signature, metrics, completions));
  int64_t memory_bytes = served->model_->weight_bytes();
  for (const ModelSignature& signature : served->model_->signatures()) {
    if (signature.name == served->model_->signature_name()) continue;
    // What config.pbtxt says of inputs and outputs is meant for the default.
    absl::StatusOr<std::unique_ptr<ServedModel>> other =
        LoadSignature(name, version, path, {}, options, signature.name, metrics, completions);
    if (other.ok()) {
      memory_bytes += (*other)->model_->weight_bytes();
    } else {
      LogWarning(absl::StrCat("model '", name, "' version ", version, " is served without its signature '",
                              signature.name, "': ", other.status().message()));
    }
    served->other_signatures_.emplace(signature.name, std::move(other));
  }
  served->metrics_->SetMemoryBytes(memory_bytes);
  return served;
}

absl::StatusOr<const ServedModel*> ServedModel::ForSignature(const std::string& signature) const {
  if (signature.empty() || signature == model_->signature_name()) return this;
  if (const auto found = other_signatures_.find(signature); found != other_signatures_.end()) {
    if (found->second.ok()) return found->second->get();
    return Annotate(found->second.status(), absl::StrCat("model '", name_, "', signature '", signature, "'"));
  }
  std::vector<std::string> names = {model_->signature_name()};
  for (const auto& [other, served] : other_signatures_) names.push_back(other);
  return absl::InvalidArgumentError(absl::StrCat("model '", name_, "' has no signature '", signature, "'; it has ",
                                                 ListNames(names), DidYouMean(signature, names)));
}

absl::StatusOr<std::unique_ptr<ServedModel>> ServedModel::LoadSignature(
    const std::string& name, int64_t version, const std::string& path, const inference::ModelConfig& config,
    const LoadOptions& options, const std::string& signature, std::shared_ptr<ModelMetrics> metrics,
    WorkerPool* completions) {
  const int configured = InstanceCount(config);
  const int instances = configured > 0 ? configured : options.instances;
  ModelOptions model_options = options.model;
  model_options.signature = signature;
  if (model_options.threads == 0) {
    model_options.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / instances);
  }
  std::unique_ptr<ServedModel> served(new ServedModel);
  served->name_ = name;
  served->version_ = version;
  FLOE_ASSIGN_OR_RETURN(served->model_, options.load(path, model_options));
  const Model& model = *served->model_;
  FLOE_RETURN_IF_ERROR(CheckModelConfig(config, model));
  served->config_ = CompleteModelConfig(config, name, model, instances);
  served->metrics_ = metrics;

  std::vector<NamedTensor> warmup;
  if (absl::StatusOr<std::vector<NamedTensor>> inputs = WarmupInputs(model); inputs.ok()) {
    warmup = *std::move(inputs);
  } else {
    LogWarning(absl::StrCat("model '", name, "' version ", version,
                            " starts without a warm-up run: ", inputs.status().message()));
  }
  FLOE_ASSIGN_OR_RETURN(served->instances_, InstancePool::Create(served->model_, instances, options.max_queue, warmup,
                                                                 std::move(metrics), completions));
  model.Restart();
  return served;
}

}  // namespace floe
