// tensorflow.serving.PredictionService: Predict and GetModelMetadata. gRPC's threads call it, any number at a time.
#ifndef FLOE_SERVER_SERVICE_PREDICTION_SERVICE_H_
#define FLOE_SERVER_SERVICE_PREDICTION_SERVICE_H_

#include "server/server_core.h"
#include "tensorflow_serving/apis/prediction_service.grpc.pb.h"

namespace floe {

class PredictionService final : public tensorflow::serving::PredictionService::CallbackService {
 public:
  // `core` is not owned.
  explicit PredictionService(ServerCore* core) : core_(core) {}

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context,
                                    const tensorflow::serving::PredictRequest* request,
                                    tensorflow::serving::PredictResponse* response) override;
  grpc::ServerUnaryReactor* GetModelMetadata(grpc::CallbackServerContext* context,
                                             const tensorflow::serving::GetModelMetadataRequest* request,
                                             tensorflow::serving::GetModelMetadataResponse* response) override;

 private:
  ServerCore* const core_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_PREDICTION_SERVICE_H_
