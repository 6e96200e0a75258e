#include "client/tfserving_messages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "client/answers.h"
#include "proto/tensor_codec.h"

namespace floe::client_internal {
namespace {

constexpr char kSignatureField[] = "signature_def";
constexpr char kDefaultSignature[] = "serving_default";

absl::StatusOr<std::vector<TensorMetadata>> ReadTensors(
    const google::protobuf::Map<std::string, tensorflow::TensorInfo>& tensors) {
  std::vector<TensorMetadata> result;
  for (const auto& [name, info] : tensors) {
    const absl::StatusOr<DType> dtype = DTypeFromNumber(info.dtype());
    if (!dtype.ok()) return BadAnswer(absl::StrCat("tensor '", name, "'"), dtype.status());
    result.push_back({name, *dtype, PartialShapeFromProto(info.tensor_shape())});
  }
  std::sort(result.begin(), result.end(),
            [](const TensorMetadata& a, const TensorMetadata& b) { return a.name < b.name; });
  return result;
}

}  // namespace

tensorflow::serving::ModelSpec MakeModelSpec(const std::string& model, std::optional<int64_t> version,
                                             const std::string& signature) {
  tensorflow::serving::ModelSpec spec;
  spec.set_name(model);
  spec.set_signature_name(signature);
  if (version.has_value()) spec.mutable_version()->set_value(*version);
  return spec;
}

absl::StatusOr<tensorflow::serving::PredictRequest> MakePredictRequest(const std::string& model,
                                                                       absl::Span<const NamedTensor> inputs,
                                                                       const InferOptions& options) {
  FLOE_RETURN_IF_ERROR(CheckInputs(inputs));
  tensorflow::serving::PredictRequest request;
  *request.mutable_model_spec() = MakeModelSpec(model, options.version, options.signature);
  for (const auto& [name, tensor] : inputs) {
    TensorToProto(tensor, /*as_content=*/true, &(*request.mutable_inputs())[name]);
  }
  for (const std::string& name : options.outputs) request.add_output_filter(name);
  FLOE_RETURN_IF_ERROR(CheckRequestSize(request));
  return request;
}

absl::StatusOr<std::vector<NamedTensor>> ReadPredictResponse(const tensorflow::serving::PredictResponse& response,
                                                             absl::Span<const std::string> wanted, int64_t max_bytes) {
  std::vector<NamedTensor> outputs;
  for (const auto& [name, proto] : response.outputs()) {
    absl::StatusOr<Tensor> tensor = TensorFromProto(proto, max_bytes);
    if (!tensor.ok()) return BadAnswer(absl::StrCat("output '", name, "'"), tensor.status());
    outputs.emplace_back(name, *std::move(tensor));
  }
  std::sort(outputs.begin(), outputs.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.first < b.first; });
  return InOrder(std::move(outputs), wanted);
}

absl::StatusOr<ModelMetadata> ReadSignature(const tensorflow::serving::GetModelMetadataResponse& response,
                                            std::string signature) {
  if (signature.empty()) signature = kDefaultSignature;
  const auto field = response.metadata().find(kSignatureField);
  tensorflow::serving::SignatureDefMap signatures;
  if (field == response.metadata().end() || !field->second.UnpackTo(&signatures)) {
    return BadAnswer("metadata", absl::InternalError(absl::StrCat("no ", kSignatureField, " in it")));
  }
  const auto found = signatures.signature_def().find(signature);
  if (found == signatures.signature_def().end()) {
    std::vector<std::string> names;
    for (const auto& [name, definition] : signatures.signature_def()) names.push_back(name);
    std::sort(names.begin(), names.end());
    return absl::NotFoundError(absl::StrCat("model '", response.model_spec().name(), "' has no signature '", signature,
                                            "'; it has ", ListNames(names), DidYouMean(signature, names)));
  }
  ModelMetadata metadata;
  metadata.name = response.model_spec().name();
  metadata.versions = {absl::StrCat(response.model_spec().version().value())};
  FLOE_ASSIGN_OR_RETURN(metadata.inputs, ReadTensors(found->second.inputs()));
  FLOE_ASSIGN_OR_RETURN(metadata.outputs, ReadTensors(found->second.outputs()));
  return metadata;
}

}  // namespace floe::client_internal
