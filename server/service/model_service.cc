#include "server/service/model_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/service/model_spec.h"
#include "server/service/rpc.h"

namespace floe {
namespace {

absl::Status FillStatus(const ServerCore& core, const tensorflow::serving::GetModelStatusRequest& request,
                        tensorflow::serving::GetModelStatusResponse* response) {
  if (request.model_spec().name().empty()) return absl::InvalidArgumentError("the request names no model");
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> version, VersionOf(request.model_spec()));
  FLOE_ASSIGN_OR_RETURN(const ServedModelStatus model, core.models().Status(request.model_spec().name(), version));
  if (model.versions.empty()) {
    return absl::NotFoundError(absl::StrCat("model '", model.name, "' has no version", model.problem.ok() ? "" : ": ",
                                            model.problem.message()));
  }
  for (const VersionStatus& known : model.versions) {
    tensorflow::serving::ModelVersionStatus* const status = response->add_model_version_status();
    status->set_version(known.version);
    status->set_state(static_cast<tensorflow::serving::ModelVersionStatus::State>(known.state));
    status->mutable_status()->set_error_code(static_cast<tensorflow::error::Code>(known.error.code()));
    status->mutable_status()->set_error_message(std::string(known.error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* ModelService::GetModelStatus(grpc::CallbackServerContext* context,
                                                       const tensorflow::serving::GetModelStatusRequest* request,
                                                       tensorflow::serving::GetModelStatusResponse* response) {
  return Reply(context, FillStatus(*core_, *request, response));
}

grpc::ServerUnaryReactor* ModelService::HandleReloadConfigRequest(grpc::CallbackServerContext* context,
                                                                  const tensorflow::serving::ReloadConfigRequest*,
                                                                  tensorflow::serving::ReloadConfigResponse*) {
  return Reply(context, absl::UnimplementedError("what this server serves is set when it starts, and by its model "
                                                 "repository; it takes no other configuration while it runs"));
}

}  // namespace floe
