#include "server/service/prediction_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "proto/tensor_codec.h"
#include "server/bind_request.h"
#include "server/infer_call.h"
#include "server/service/model_spec.h"
#include "server/service/rpc.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"

namespace floe {
namespace {

using tensorflow::serving::PredictRequest;
using tensorflow::serving::PredictResponse;

constexpr char kSignatureField[] = "signature_def";

absl::Status DecodeInput(const std::string& name, const tensorflow::TensorProto& proto, InputBinder* binder,
                         int64_t* bytes_left) {
  if (proto.tensor_shape().unknown_rank()) {
    return absl::InvalidArgumentError(absl::StrCat("input '", name, "' has an unknown rank"));
  }
  absl::StatusOr<DType> dtype = DTypeFromNumber(proto.dtype());
  if (!dtype.ok()) return Annotate(dtype.status(), absl::StrCat("input '", name, "'"));
  Dims dims;
  for (const auto& dim : proto.tensor_shape().dim()) dims.push_back(dim.size());
  Shape shape;
  FLOE_ASSIGN_OR_RETURN(const size_t place, binder->Claim(name, *dtype, dims, &shape));
  absl::StatusOr<Tensor> tensor = TensorFromProto(proto, *bytes_left);
  if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("input '", name, "'"));
  *bytes_left -= tensor->num_elements() * ElementMemoryBytes(*dtype);  // at most what was left
  binder->Set(place, *std::move(tensor));
  return absl::OkStatus();
}

absl::Status DecodeRequest(const PredictRequest& request, InferCall* call, std::vector<std::string>* output_names) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> version, VersionOf(request.model_spec()));
  FLOE_RETURN_IF_ERROR(call->Begin(request.model_spec().name(), version));
  FLOE_RETURN_IF_ERROR(call->SelectSignature(request.model_spec().signature_name()));
  const ServedModel& model = call->model();

  const std::vector<std::string> wanted(request.output_filter().begin(), request.output_filter().end());
  FLOE_ASSIGN_OR_RETURN(const std::vector<size_t> places, BindOutputs(model, wanted));
  for (size_t i = 0; i < places.size(); ++i) {
    call->job().fetches.push_back(model.outputs()[places[i]].name);
    output_names->push_back(wanted.empty() ? model.outputs()[places[i]].name : wanted[i]);
  }
  InputBinder binder(&model, DTypeName);
  int64_t bytes_left = call->core().options().max_request_bytes;
  for (const auto& [name, proto] : request.inputs()) {
    FLOE_RETURN_IF_ERROR(DecodeInput(name, proto, &binder, &bytes_left));
  }
  FLOE_ASSIGN_OR_RETURN(call->job().inputs, binder.Take());
  return absl::OkStatus();
}

void FillTensorInfo(const TensorSpec& spec, tensorflow::TensorInfo* info) {
  info->set_name(spec.tensor_name);
  info->set_dtype(static_cast<tensorflow::DataType>(spec.dtype));
  ShapeToProto(spec.shape, info->mutable_tensor_shape());
}

void FillSignature(const ModelSignature& from, tensorflow::SignatureDef* signature) {
  signature->set_method_name(from.method);
  for (const TensorSpec& spec : from.inputs) FillTensorInfo(spec, &(*signature->mutable_inputs())[spec.name]);
  for (const TensorSpec& spec : from.outputs) FillTensorInfo(spec, &(*signature->mutable_outputs())[spec.name]);
}

absl::Status FillMetadata(const ServerCore& core, const tensorflow::serving::GetModelMetadataRequest& request,
                          tensorflow::serving::GetModelMetadataResponse* response) {
  if (request.metadata_field().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request names no metadata_field; there is '", kSignatureField, "'"));
  }
  for (const std::string& field : request.metadata_field()) {
    if (field == kSignatureField) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("no metadata_field '", field, "'; there is '", kSignatureField, "'"));
  }
  if (request.model_spec().name().empty()) return absl::InvalidArgumentError("the request names no model");
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> version, VersionOf(request.model_spec()));
  FLOE_ASSIGN_OR_RETURN(const auto model, core.models().Find(request.model_spec().name(), version));

  tensorflow::serving::SignatureDefMap signatures;
  for (const ModelSignature& signature : model->model().signatures()) {
    FillSignature(signature, &(*signatures.mutable_signature_def())[signature.name]);
  }
  if (signatures.signature_def().empty()) {
    const std::string& name = model->model().signature_name();
    FillSignature({name, "tensorflow/serving/predict", model->inputs(), model->outputs()},
                  &(*signatures.mutable_signature_def())[name]);
  }
  (*response->mutable_metadata())[kSignatureField].PackFrom(signatures);
  FillModelSpec(*model, /*with_signature=*/false, response->mutable_model_spec());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* PredictionService::Predict(grpc::CallbackServerContext* context,
                                                     const PredictRequest* request, PredictResponse* response) {
  auto output_names = std::make_shared<std::vector<std::string>>();
  return ServeInfer(
      context, core_, Api::kTfServing,
      [&](InferCall* call) { return DecodeRequest(*request, call, output_names.get()); },
      [output_names, response](InferCall* call) {
        const std::vector<Tensor>& outputs = *call->job().outputs;
        for (size_t i = 0; i < outputs.size(); ++i) {
          TensorToProto(outputs[i], call->core().options().tensor_content,
                        &(*response->mutable_outputs())[(*output_names)[i]]);
        }
        FillModelSpec(call->model(), /*with_signature=*/true, response->mutable_model_spec());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PredictionService::GetModelMetadata(
    grpc::CallbackServerContext* context, const tensorflow::serving::GetModelMetadataRequest* request,
    tensorflow::serving::GetModelMetadataResponse* response) {
  return Reply(context, FillMetadata(*core_, *request, response));
}

}  // namespace floe
