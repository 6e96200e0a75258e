#include "server/repository/model_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "proto/kserve_codec.h"
#include "proto/text_format.h"

namespace floe {
namespace {

// The shape without its first dimension, where the config counts the batch apart.
PartialShape WithoutBatch(const PartialShape& shape, bool batched) {
  if (!batched || !shape.has_rank() || shape.rank() == 0) return shape;
  return PartialShape(Dims(shape.dims().begin() + 1, shape.dims().end()));
}

template <typename Field>
PartialShape ShapeOf(const Field& dims) {
  return PartialShape(Dims(dims.begin(), dims.end()));
}

template <typename Tensors>
absl::Status CheckTensors(const char* kind, const Tensors& tensors, const std::vector<TensorSpec>& specs,
                          bool batched) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  for (const auto& tensor : tensors) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const TensorSpec& candidate) {
      return candidate.name == tensor.name() || candidate.tensor_name == tensor.name();
    });
    if (spec == specs.end()) {
      return absl::InvalidArgumentError(absl::StrCat("config.pbtxt names the ", kind, " '", tensor.name(),
                                                     "', which the model has not; it has ", ListNames(names),
                                                     DidYouMean(tensor.name(), names)));
    }
    if (tensor.data_type() != inference::TYPE_INVALID && tensor.data_type() != ConfigDataType(spec->dtype)) {
      return absl::InvalidArgumentError(absl::StrCat("config.pbtxt says ", inference::DataType_Name(tensor.data_type()),
                                                     " for the ", kind, " '", tensor.name(), "', the model has ",
                                                     DTypeName(spec->dtype)));
    }
    if (tensor.dims_size() == 0) continue;
    const PartialShape wanted = WithoutBatch(spec->shape, batched);
    const PartialShape said = ShapeOf(tensor.has_reshape() ? tensor.reshape().shape() : tensor.dims());
    if (!MergeShapes(wanted, said).ok()) {
      return absl::InvalidArgumentError(absl::StrCat("config.pbtxt says dims ", said.ToString(), " for the ", kind,
                                                     " '", tensor.name(), "', the model has ", wanted.ToString(),
                                                     batched ? " after the batch" : ""));
    }
  }
  return absl::OkStatus();
}

template <typename Tensor>
void CompleteTensor(const TensorSpec& spec, bool batched, Tensor* tensor) {
  tensor->set_data_type(ConfigDataType(spec.dtype));
  const PartialShape shape = WithoutBatch(spec.shape, batched);
  if (tensor->dims_size() > 0) return;
  if (!shape.has_rank()) {
    tensor->add_dims(PartialShape::kUnknownDim);
    return;
  }
  for (const int64_t size : shape.dims()) tensor->add_dims(size);
}

template <typename Tensors>
void CompleteTensors(const std::vector<TensorSpec>& specs, bool batched, Tensors* tensors) {
  for (const TensorSpec& spec : specs) {
    const auto found = std::find_if(tensors->begin(), tensors->end(), [&](const auto& tensor) {
      return tensor.name() == spec.name || tensor.name() == spec.tensor_name;
    });
    auto* tensor = found == tensors->end() ? tensors->Add() : &*found;
    if (tensor->name().empty()) tensor->set_name(spec.name);
    CompleteTensor(spec, batched, tensor);
  }
}

}  // namespace

absl::StatusOr<inference::ModelConfig> ReadModelConfig(const std::string& path, const std::string& model_name) {
  FLOE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  inference::ModelConfig config;
  FLOE_RETURN_IF_ERROR(Annotate(ParseTextFormat(text, &config), absl::StrCat("'", path, "' is no ModelConfig")));
  if (!config.name().empty() && config.name() != model_name) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "' is for a model '", config.name(),
                                                   "', but lies in the folder of '", model_name, "'"));
  }
  if (config.max_batch_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "': max_batch_size must not be negative, got ", config.max_batch_size()));
  }
  for (const inference::ModelInstanceGroup& group : config.instance_group()) {
    if (group.count() < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "': an instance_group's count must not be negative, got ", group.count()));
    }
  }
  if (config.has_sequence_batching() || config.has_ensemble_scheduling()) {
    return absl::UnimplementedError(absl::StrCat("'", path, "' asks for ",
                                                 config.has_ensemble_scheduling() ? "an ensemble" : "sequence batching",
                                                 "; Floe serves single, stateless models"));
  }
  return config;
}

std::vector<int64_t> ChooseVersions(const inference::ModelConfig& config, const std::vector<int64_t>& versions) {
  const inference::ModelVersionPolicy& policy = config.version_policy();
  if (policy.has_all()) return versions;
  if (policy.has_specific()) {
    std::vector<int64_t> chosen;
    for (const int64_t version : versions) {
      const auto& wanted = policy.specific().versions();
      if (std::find(wanted.begin(), wanted.end(), version) != wanted.end()) chosen.push_back(version);
    }
    return chosen;
  }
  const size_t latest = policy.latest().num_versions() == 0 ? 1 : policy.latest().num_versions();
  return {versions.end() - static_cast<std::ptrdiff_t>(std::min(latest, versions.size())), versions.end()};
}

int InstanceCount(const inference::ModelConfig& config) {
  constexpr int kMaxInstances = 1024;
  int64_t count = 0;
  // A group that gives no count has one instance, as in Triton.
  for (const inference::ModelInstanceGroup& group : config.instance_group()) count += std::max(group.count(), 1);
  return static_cast<int>(std::min<int64_t>(count, kMaxInstances));
}

absl::Status CheckModelConfig(const inference::ModelConfig& config, const Model& model) {
  const bool batched = config.max_batch_size() > 0;
  if (batched) {
    for (const TensorSpec& spec : model.inputs()) {
      if (spec.shape.has_rank() && (spec.shape.rank() == 0 || spec.shape.dim(0) != PartialShape::kUnknownDim)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "config.pbtxt says max_batch_size ", config.max_batch_size(), ", but the first dimension of the input '",
            spec.name, "' ", spec.shape.ToString(), " is no batch: it must be open; set max_batch_size to 0"));
      }
    }
  }
  FLOE_RETURN_IF_ERROR(CheckTensors("input", config.input(), model.inputs(), batched));
  return CheckTensors("output", config.output(), model.outputs(), batched);
}

inference::ModelConfig CompleteModelConfig(inference::ModelConfig config, const std::string& name, const Model& model,
                                           int instances) {
  const bool batched = config.max_batch_size() > 0;
  config.set_name(name);
  if (config.platform().empty()) config.set_platform("tensorflow_graphdef");
  if (config.backend().empty()) config.set_backend("tensorflow");
  if (!config.has_version_policy()) config.mutable_version_policy()->mutable_latest()->set_num_versions(1);
  CompleteTensors(model.inputs(), batched, config.mutable_input());
  CompleteTensors(model.outputs(), batched, config.mutable_output());
  if (config.instance_group().empty()) {
    inference::ModelInstanceGroup* group = config.add_instance_group();
    group->set_name(name);
    group->set_count(instances);
    group->set_kind(model.device().compare(0, 4, "cuda") == 0 ? inference::ModelInstanceGroup::KIND_GPU
                                                              : inference::ModelInstanceGroup::KIND_CPU);
  }
  return config;
}

inference::DataType ConfigDataType(DType dtype) {
  // The config's names are KServe's with "TYPE_" before them, except for strings.
  if (dtype == DType::kString) return inference::TYPE_STRING;
  inference::DataType type = inference::TYPE_INVALID;
  inference::DataType_Parse(absl::StrCat("TYPE_", KServeDataType(dtype)), &type);
  return type;
}

}  // namespace floe
