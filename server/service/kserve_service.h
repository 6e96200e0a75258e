// inference.GRPCInferenceService: the KServe v2 / Triton API. gRPC's threads call it, any number at a time. RPCs that
// are not here answer UNIMPLEMENTED.
#ifndef FLOE_SERVER_SERVICE_KSERVE_SERVICE_H_
#define FLOE_SERVER_SERVICE_KSERVE_SERVICE_H_

#include "grpc_service.grpc.pb.h"
#include "server/server_core.h"

namespace floe {

class KServeService final : public inference::GRPCInferenceService::CallbackService {
 public:
  // `core` is not owned.
  explicit KServeService(ServerCore* core) : core_(core) {}

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* context,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override;
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryIndex(grpc::CallbackServerContext* context,
                                            const inference::RepositoryIndexRequest* request,
                                            inference::RepositoryIndexResponse* response) override;

 private:
  ServerCore* const core_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_KSERVE_SERVICE_H_
