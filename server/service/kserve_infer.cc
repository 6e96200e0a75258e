#include "server/service/kserve_infer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "grpc_service.pb.h"
#include "proto/kserve_codec.h"
#include "server/bind_request.h"

namespace floe {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

// Fields that an input may use only one of.
absl::Status CheckContents(const ModelInferRequest& request) {
  const int raw = request.raw_input_contents_size();
  if (raw == 0) return absl::OkStatus();
  for (const auto& input : request.inputs()) {
    if (input.has_contents()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", input.name(), "' has contents, but the request has raw_input_contents; use one of them"));
    }
  }
  if (raw != request.inputs_size()) {
    return absl::InvalidArgumentError(absl::StrCat("raw_input_contents has ", raw, " entries for ",
                                                   request.inputs_size(), " inputs; each input takes one"));
  }
  return absl::OkStatus();
}

absl::Status RefuseSharedMemory(absl::string_view kind, const std::string& name, const Parameters& parameters) {
  if (parameters.count("shared_memory_region") == 0) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat(kind, " '", name, "' lies in shared memory, which this server does not take"));
}

absl::Status DecodeInput(const ModelInferRequest::InferInputTensor& input, const std::string* raw,
                         InputBinder* binder) {
  FLOE_RETURN_IF_ERROR(RefuseSharedMemory("input", input.name(), input.parameters()));
  const std::string prefix = absl::StrCat("input '", input.name(), "'");
  absl::StatusOr<DType> dtype = DTypeFromKServe(input.datatype());
  if (!dtype.ok()) return Annotate(dtype.status(), prefix);
  Shape shape;
  FLOE_ASSIGN_OR_RETURN(const size_t place, binder->Claim(input.name(), *dtype, input.shape(), &shape));
  absl::StatusOr<Tensor> tensor =
      raw != nullptr ? TensorFromRaw(*dtype, shape, *raw) : TensorFromContents(*dtype, shape, input.contents());
  if (!tensor.ok()) return Annotate(tensor.status(), prefix);
  binder->Set(place, *std::move(tensor));
  return absl::OkStatus();
}

// Microseconds, of the whole request.
void ApplyTimeout(const Parameters& parameters, Job* job) {
  const auto timeout = parameters.find("timeout");
  if (timeout == parameters.end()) return;
  int64_t micros = timeout->second.int64_param();
  if (timeout->second.has_uint64_param()) {
    micros = static_cast<int64_t>(std::min<uint64_t>(timeout->second.uint64_param(), INT64_MAX));
  }
  if (micros > 0) job->deadline = std::min(job->deadline, absl::Now() + absl::Microseconds(micros));
}

bool AsksForRaw(const Parameters& parameters) {
  const auto binary = parameters.find("binary_data");
  return binary != parameters.end() && binary->second.bool_param();
}

bool TravelsRawOnly(DType dtype) { return dtype == DType::kHalf || dtype == DType::kBfloat16; }

}  // namespace

absl::string_view KServeName(DType dtype) {
  const absl::string_view name = KServeDataType(dtype);
  return name.empty() ? DTypeName(dtype) : name;
}

absl::StatusOr<std::optional<int64_t>> ParseKServeVersion(const std::string& model_name, const std::string& version) {
  if (version.empty()) return std::nullopt;
  int64_t number;
  if (absl::SimpleAtoi(version, &number)) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("the version of model '", model_name, "' must be a number, got '", version, "'"));
}

absl::Status DecodeModelInfer(const ModelInferRequest& request, InferCall* call, KServeAnswer* answer) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> version,
                        ParseKServeVersion(request.model_name(), request.model_version()));
  FLOE_RETURN_IF_ERROR(call->Begin(request.model_name(), version));
  const ServedModel& model = call->model();
  FLOE_RETURN_IF_ERROR(CheckContents(request));
  ApplyTimeout(request.parameters(), &call->job());

  answer->raw = request.raw_input_contents_size() > 0;
  std::vector<std::string> wanted;
  for (const auto& output : request.outputs()) {
    FLOE_RETURN_IF_ERROR(RefuseSharedMemory("output", output.name(), output.parameters()));
    wanted.push_back(output.name());
    answer->raw |= AsksForRaw(output.parameters());
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<size_t> places, BindOutputs(model, wanted));
  for (size_t i = 0; i < places.size(); ++i) {
    const TensorSpec& spec = model.outputs()[places[i]];
    if (KServeDataType(spec.dtype).empty()) {
      return absl::InvalidArgumentError(absl::StrCat("output '", spec.name, "' is ", DTypeName(spec.dtype),
                                                     ", which KServe has no datatype for; ask for others, or use the "
                                                     "TensorFlow Serving API"));
    }
    answer->raw |= TravelsRawOnly(spec.dtype);
    call->job().fetches.push_back(spec.name);
    answer->output_names.push_back(wanted.empty() ? spec.name : wanted[i]);
  }

  InputBinder binder(&model, KServeName);
  for (int i = 0; i < request.inputs_size(); ++i) {
    const std::string* raw = request.raw_input_contents_size() > 0 ? &request.raw_input_contents(i) : nullptr;
    FLOE_RETURN_IF_ERROR(DecodeInput(request.inputs(i), raw, &binder));
  }
  FLOE_ASSIGN_OR_RETURN(call->job().inputs, binder.Take());
  return absl::OkStatus();
}

absl::Status EncodeModelInfer(const ModelInferRequest& request, const KServeAnswer& answer, InferCall* call,
                              ModelInferResponse* response) {
  response->set_model_name(call->model().name());
  response->set_model_version(absl::StrCat(call->model().version()));
  response->set_id(request.id());
  const std::vector<Tensor>& outputs = *call->job().outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    ModelInferResponse::InferOutputTensor* const output = response->add_outputs();
    output->set_name(answer.output_names[i]);
    output->set_datatype(std::string(KServeName(outputs[i].dtype())));
    for (const int64_t size : outputs[i].shape().dims()) output->add_shape(size);
    if (answer.raw) {
      FLOE_RETURN_IF_ERROR(TensorToRaw(outputs[i], response->add_raw_output_contents()));
    } else {
      FLOE_RETURN_IF_ERROR(TensorToContents(outputs[i], output->mutable_contents()));
    }
  }
  return absl::OkStatus();
}

}  // namespace floe
