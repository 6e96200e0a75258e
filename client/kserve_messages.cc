#include "client/kserve_messages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/answers.h"
#include "proto/kserve_codec.h"

namespace floe::client_internal {
namespace {

using inference::ModelInferResponse;

absl::StatusOr<Tensor> ReadOutput(const ModelInferResponse& response, int index) {
  const ModelInferResponse::InferOutputTensor& output = response.outputs(index);
  FLOE_ASSIGN_OR_RETURN(const DType dtype, DTypeFromKServe(output.datatype()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape,
                        Shape::Checked({output.shape().data(), static_cast<size_t>(output.shape_size())}));
  if (response.raw_output_contents_size() == 0) return TensorFromContents(dtype, shape, output.contents());
  if (output.has_contents()) return absl::InvalidArgumentError("both raw and typed contents");
  return TensorFromRaw(dtype, shape, response.raw_output_contents(index));
}

absl::Status ReadTensors(
    const google::protobuf::RepeatedPtrField<inference::ModelMetadataResponse::TensorMetadata>& tensors,
    std::vector<TensorMetadata>* result) {
  for (const auto& tensor : tensors) {
    const absl::StatusOr<DType> dtype = DTypeFromKServe(tensor.datatype());
    if (!dtype.ok()) return BadAnswer(absl::StrCat("tensor '", tensor.name(), "'"), dtype.status());
    Dims dims;
    for (const int64_t size : tensor.shape()) dims.push_back(std::max(size, PartialShape::kUnknownDim));
    result->push_back({tensor.name(), *dtype, PartialShape(std::move(dims))});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<inference::ModelInferRequest> MakeKServeRequest(const std::string& model,
                                                               absl::Span<const NamedTensor> inputs,
                                                               const InferOptions& options) {
  if (!options.signature.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("signature '", options.signature, "': KServe requests have none; use the TensorFlow Serving API"));
  }
  FLOE_RETURN_IF_ERROR(CheckInputs(inputs));
  inference::ModelInferRequest request;
  request.set_model_name(model);
  if (options.version.has_value()) request.set_model_version(absl::StrCat(*options.version));
  for (const auto& [name, tensor] : inputs) {
    FLOE_RETURN_IF_ERROR(
        Annotate(TensorToRaw(tensor, request.add_raw_input_contents()), absl::StrCat("input '", name, "'")));
    inference::ModelInferRequest::InferInputTensor* input = request.add_inputs();
    input->set_name(name);
    input->set_datatype(std::string(KServeDataType(tensor.dtype())));
    for (const int64_t size : tensor.shape().dims()) input->add_shape(size);
  }
  for (const std::string& name : options.outputs) request.add_outputs()->set_name(name);
  FLOE_RETURN_IF_ERROR(CheckRequestSize(request));
  return request;
}

absl::StatusOr<std::vector<NamedTensor>> ReadKServeResponse(const ModelInferResponse& response,
                                                            absl::Span<const std::string> wanted) {
  const int raw_count = response.raw_output_contents_size();
  if (raw_count != 0 && raw_count != response.outputs_size()) {
    return absl::InternalError(absl::StrCat("the server's answer contradicts itself: ", response.outputs_size(),
                                            " outputs, but ", raw_count, " raw_output_contents"));
  }
  std::vector<NamedTensor> outputs;
  for (int i = 0; i < response.outputs_size(); ++i) {
    const std::string& name = response.outputs(i).name();
    absl::StatusOr<Tensor> tensor = ReadOutput(response, i);
    if (!tensor.ok()) return BadAnswer(absl::StrCat("output '", name, "'"), tensor.status());
    outputs.emplace_back(name, *std::move(tensor));
  }
  return InOrder(std::move(outputs), wanted);
}

absl::StatusOr<ModelMetadata> ReadKServeMetadata(const inference::ModelMetadataResponse& response) {
  ModelMetadata metadata;
  metadata.name = response.name();
  metadata.versions.assign(response.versions().begin(), response.versions().end());
  metadata.platform = response.platform();
  FLOE_RETURN_IF_ERROR(ReadTensors(response.inputs(), &metadata.inputs));
  FLOE_RETURN_IF_ERROR(ReadTensors(response.outputs(), &metadata.outputs));
  return metadata;
}

}  // namespace floe::client_internal
