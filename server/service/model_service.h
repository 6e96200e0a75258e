// tensorflow.serving.ModelService. gRPC's threads call it, any number at a time.
#ifndef FLOE_SERVER_SERVICE_MODEL_SERVICE_H_
#define FLOE_SERVER_SERVICE_MODEL_SERVICE_H_

#include "server/server_core.h"
#include "tensorflow_serving/apis/model_service.grpc.pb.h"

namespace floe {

class ModelService final : public tensorflow::serving::ModelService::CallbackService {
 public:
  // `core` is not owned.
  explicit ModelService(ServerCore* core) : core_(core) {}

  grpc::ServerUnaryReactor* GetModelStatus(grpc::CallbackServerContext* context,
                                           const tensorflow::serving::GetModelStatusRequest* request,
                                           tensorflow::serving::GetModelStatusResponse* response) override;
  grpc::ServerUnaryReactor* HandleReloadConfigRequest(grpc::CallbackServerContext* context,
                                                      const tensorflow::serving::ReloadConfigRequest* request,
                                                      tensorflow::serving::ReloadConfigResponse* response) override;

 private:
  ServerCore* const core_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_MODEL_SERVICE_H_
