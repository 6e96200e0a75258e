#include "server/service/kserve_service.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/repository/model_config.h"
#include "server/service/kserve_infer.h"
#include "server/service/rpc.h"

namespace floe {
namespace {

absl::StatusOr<std::shared_ptr<const ServedModel>> FindModel(const ServerCore& core, const std::string& name,
                                                             const std::string& version) {
  if (name.empty()) return absl::InvalidArgumentError("the request names no model");
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> number, ParseKServeVersion(name, version));
  return core.models().Find(name, number);
}

void FillTensor(const TensorSpec& spec, inference::ModelMetadataResponse::TensorMetadata* tensor) {
  tensor->set_name(spec.name);
  tensor->set_datatype(std::string(KServeName(spec.dtype)));
  if (!spec.shape.has_rank()) {
    tensor->add_shape(PartialShape::kUnknownDim);
    return;
  }
  for (const int64_t size : spec.shape.dims()) tensor->add_shape(size);
}

absl::Status FillMetadata(const ServerCore& core, const inference::ModelMetadataRequest& request,
                          inference::ModelMetadataResponse* response) {
  FLOE_ASSIGN_OR_RETURN(const auto model, FindModel(core, request.name(), request.version()));
  response->set_name(model->name());
  FLOE_ASSIGN_OR_RETURN(const ServedModelStatus status, core.models().Status(request.name()));
  for (auto version = status.versions.rbegin(); version != status.versions.rend(); ++version) {
    if (version->state == VersionState::kAvailable) response->add_versions(absl::StrCat(version->version));
  }
  response->set_platform(model->config().platform());
  for (const TensorSpec& spec : model->inputs()) FillTensor(spec, response->add_inputs());
  for (const TensorSpec& spec : model->outputs()) FillTensor(spec, response->add_outputs());
  return absl::OkStatus();
}

absl::Status FillConfig(const ServerCore& core, const inference::ModelConfigRequest& request,
                        inference::ModelConfigResponse* response) {
  FLOE_ASSIGN_OR_RETURN(const auto model, FindModel(core, request.name(), request.version()));
  *response->mutable_config() = model->config();
  return absl::OkStatus();
}

const char* IndexState(VersionState state) {
  switch (state) {
    case VersionState::kStart:
    case VersionState::kLoading:
      return "LOADING";
    case VersionState::kAvailable:
      return "READY";
    case VersionState::kUnloading:
      return "UNLOADING";
    case VersionState::kEnd:
      break;
  }
  return "UNAVAILABLE";
}

}  // namespace

grpc::ServerUnaryReactor* KServeService::ServerLive(grpc::CallbackServerContext* context,
                                                    const inference::ServerLiveRequest*,
                                                    inference::ServerLiveResponse* response) {
  response->set_live(true);
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* KServeService::ServerReady(grpc::CallbackServerContext* context,
                                                     const inference::ServerReadyRequest*,
                                                     inference::ServerReadyResponse* response) {
  response->set_ready(core_->Readiness().ok());
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* KServeService::ModelReady(grpc::CallbackServerContext* context,
                                                    const inference::ModelReadyRequest* request,
                                                    inference::ModelReadyResponse* response) {
  const auto model = FindModel(*core_, request->name(), request->version());
  response->set_ready(model.ok() && (*model)->model().Health().ok() && !core_->draining());
  // A model that is not known is one that is not ready, as for Triton; only a malformed question is an error.
  const bool malformed = model.status().code() == absl::StatusCode::kInvalidArgument;
  return Reply(context, malformed ? model.status() : absl::OkStatus());
}

grpc::ServerUnaryReactor* KServeService::ServerMetadata(grpc::CallbackServerContext* context,
                                                        const inference::ServerMetadataRequest*,
                                                        inference::ServerMetadataResponse* response) {
  response->set_name("floe");
  response->set_version(FLOE_VERSION);
  response->add_extensions("model_configuration");
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* KServeService::ModelMetadata(grpc::CallbackServerContext* context,
                                                       const inference::ModelMetadataRequest* request,
                                                       inference::ModelMetadataResponse* response) {
  return Reply(context, FillMetadata(*core_, *request, response));
}

grpc::ServerUnaryReactor* KServeService::ModelConfig(grpc::CallbackServerContext* context,
                                                     const inference::ModelConfigRequest* request,
                                                     inference::ModelConfigResponse* response) {
  return Reply(context, FillConfig(*core_, *request, response));
}

grpc::ServerUnaryReactor* KServeService::ModelInfer(grpc::CallbackServerContext* context,
                                                    const inference::ModelInferRequest* request,
                                                    inference::ModelInferResponse* response) {
  auto answer = std::make_shared<KServeAnswer>();
  // gRPC keeps request and response until the answer is sent.
  return ServeInfer(
      context, core_, Api::kKServe, [&](InferCall* call) { return DecodeModelInfer(*request, call, answer.get()); },
      [answer, request, response](InferCall* call) { return EncodeModelInfer(*request, *answer, call, response); });
}

grpc::ServerUnaryReactor* KServeService::RepositoryIndex(grpc::CallbackServerContext* context,
                                                         const inference::RepositoryIndexRequest* request,
                                                         inference::RepositoryIndexResponse* response) {
  for (const ServedModelStatus& model : core_->models().StatusOfAll()) {
    for (const VersionStatus& version : model.versions) {
      if (request->ready() && version.state != VersionState::kAvailable) continue;
      inference::RepositoryIndexResponse::ModelIndex* const index = response->add_models();
      index->set_name(model.name);
      index->set_version(absl::StrCat(version.version));
      index->set_state(IndexState(version.state));
      index->set_reason(std::string(version.error.message()));
    }
    if (model.versions.empty() && !request->ready()) {
      inference::RepositoryIndexResponse::ModelIndex* const index = response->add_models();
      index->set_name(model.name);
      index->set_state("UNAVAILABLE");
      index->set_reason(std::string(model.problem.message()));
    }
  }
  return Reply(context, absl::OkStatus());
}

}  // namespace floe
