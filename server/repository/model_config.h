// Triton's ModelConfig: read from config.pbtxt, checked against a model, completed from it. Any thread.
#ifndef FLOE_SERVER_REPOSITORY_MODEL_CONFIG_H_
#define FLOE_SERVER_REPOSITORY_MODEL_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/model.h"
#include "model_config.pb.h"

namespace floe {

// INVALID_ARGUMENT, with line and column, where the file is no ModelConfig, or says something of `model_name` that
// cannot be; UNIMPLEMENTED for what would change the model's meaning and is not here (sequences, ensembles).
absl::StatusOr<inference::ModelConfig> ReadModelConfig(const std::string& path, const std::string& model_name);

// Which of `versions` (sorted) the config's version policy serves; the latest where it says nothing.
std::vector<int64_t> ChooseVersions(const inference::ModelConfig& config, const std::vector<int64_t>& versions);

// How many instances the config's groups ask for; 0 where it says nothing.
int InstanceCount(const inference::ModelConfig& config);

// Whether the inputs and outputs in `config` are the model's: every name known, dtypes equal, dims compatible.
absl::Status CheckModelConfig(const inference::ModelConfig& config, const Model& model);

// `config` with everything that it leaves open filled in from the model.
inference::ModelConfig CompleteModelConfig(inference::ModelConfig config, const std::string& name, const Model& model,
                                           int instances);

// The config's number for a dtype; TYPE_INVALID where it has none.
inference::DataType ConfigDataType(DType dtype);

}  // namespace floe

#endif  // FLOE_SERVER_REPOSITORY_MODEL_CONFIG_H_
