#include "client/client.h"

#include <utility>

#include "base/status.h"
#include "client/connection.h"
#include "client/kserve_messages.h"
#include "client/tfserving_messages.h"

namespace floe {

using client_internal::AsyncCall;
using client_internal::Connection;
using inference::GRPCInferenceService;
using tensorflow::serving::ModelService;
using tensorflow::serving::PredictionService;

namespace {

// A service that the server lacks is no failure of the server.
absl::Status Optional(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnimplemented ? absl::OkStatus() : status;
}

absl::StatusOr<ServerStatus> KServeStatus(const Connection& connection) {
  using Stub = GRPCInferenceService::Stub;
  Stub& stub = connection.kserve();
  ServerStatus status;
  inference::ServerLiveResponse live;
  FLOE_RETURN_IF_ERROR(connection.Call(stub, &Stub::ServerLive, inference::ServerLiveRequest(), &live));
  status.live = live.live();
  inference::ServerReadyResponse ready;
  FLOE_RETURN_IF_ERROR(connection.Call(stub, &Stub::ServerReady, inference::ServerReadyRequest(), &ready));
  status.ready = ready.ready();
  inference::ServerMetadataResponse metadata;
  FLOE_RETURN_IF_ERROR(
      Optional(connection.Call(stub, &Stub::ServerMetadata, inference::ServerMetadataRequest(), &metadata)));
  status.name = metadata.name();
  status.version = metadata.version();
  inference::RepositoryIndexResponse index;
  FLOE_RETURN_IF_ERROR(
      Optional(connection.Call(stub, &Stub::RepositoryIndex, inference::RepositoryIndexRequest(), &index)));
  for (const auto& model : index.models()) {
    status.models.push_back({model.name(), model.version(), model.state(), model.reason()});
  }
  return status;
}

// TensorFlow Serving's API has no word for the server as a whole; gRPC's health service has.
absl::StatusOr<ServerStatus> HealthStatus(const Connection& connection) {
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckResponse response;
  FLOE_RETURN_IF_ERROR(connection.Call(connection.health(), &grpc::health::v1::Health::Stub::Check,
                                       grpc::health::v1::HealthCheckRequest(), &response));
  ServerStatus status;
  status.live = true;
  status.ready = response.status() == HealthCheckResponse::SERVING;
  return status;
}

// Sends `request` without waiting; `read` makes the outputs of a response.
template <typename Request, typename Response, typename StartFunction, typename ReadFunction>
void StartInfer(std::shared_ptr<const Connection> connection, absl::StatusOr<Request> request, StartFunction start,
                ReadFunction read, Client::InferCallback done) {
  if (!request.ok()) return done(std::move(request).status());
  std::make_shared<AsyncCall<Request, Response>>(
      std::move(connection), std::move(start), *std::move(request),
      [read = std::move(read), done = std::move(done)](const absl::Status& status, const Response& response) {
        if (!status.ok()) return done(status);
        done(read(response));
      })
      ->Start();
}

}  // namespace

Client::Client(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {}

absl::StatusOr<Client> Client::Connect(std::string server, const ClientOptions& options) {
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const Connection> connection, Connection::Open(std::move(server), options));
  return Client(std::move(connection));
}

absl::StatusOr<std::vector<NamedTensor>> Client::Infer(const std::string& model, absl::Span<const NamedTensor> inputs,
                                                       const InferOptions& options) const {
  if (connection_->options().api == ClientApi::kTfServing) {
    FLOE_ASSIGN_OR_RETURN(const auto request, client_internal::MakePredictRequest(model, inputs, options));
    tensorflow::serving::PredictResponse response;
    FLOE_RETURN_IF_ERROR(
        connection_->Call(connection_->prediction(), &PredictionService::Stub::Predict, request, &response));
    return client_internal::ReadPredictResponse(response, options.outputs, connection_->options().max_response_bytes);
  }
  FLOE_ASSIGN_OR_RETURN(const auto request, client_internal::MakeKServeRequest(model, inputs, options));
  inference::ModelInferResponse response;
  FLOE_RETURN_IF_ERROR(
      connection_->Call(connection_->kserve(), &GRPCInferenceService::Stub::ModelInfer, request, &response));
  return client_internal::ReadKServeResponse(response, options.outputs);
}

void Client::InferAsync(const std::string& model, absl::Span<const NamedTensor> inputs, const InferOptions& options,
                        InferCallback done) const {
  const Connection* connection = connection_.get();  // the call keeps it
  if (connection_->options().api == ClientApi::kTfServing) {
    using tensorflow::serving::PredictRequest;
    using tensorflow::serving::PredictResponse;
    StartInfer<PredictRequest, PredictResponse>(
        connection_, client_internal::MakePredictRequest(model, inputs, options),
        [connection](grpc::ClientContext* context, const PredictRequest* request, PredictResponse* response,
                     std::function<void(grpc::Status)> finished) {
          connection->prediction().async()->Predict(context, request, response, std::move(finished));
        },
        [connection, wanted = options.outputs](const PredictResponse& response) {
          return client_internal::ReadPredictResponse(response, wanted, connection->options().max_response_bytes);
        },
        std::move(done));
    return;
  }
  using inference::ModelInferRequest;
  using inference::ModelInferResponse;
  StartInfer<ModelInferRequest, ModelInferResponse>(
      connection_, client_internal::MakeKServeRequest(model, inputs, options),
      [connection](grpc::ClientContext* context, const ModelInferRequest* request, ModelInferResponse* response,
                   std::function<void(grpc::Status)> finished) {
        connection->kserve().async()->ModelInfer(context, request, response, std::move(finished));
      },
      [wanted = options.outputs](const ModelInferResponse& response) {
        return client_internal::ReadKServeResponse(response, wanted);
      },
      std::move(done));
}

absl::StatusOr<ModelMetadata> Client::Metadata(const std::string& model, const InferOptions& options) const {
  if (connection_->options().api == ClientApi::kTfServing) {
    tensorflow::serving::GetModelMetadataRequest request;
    *request.mutable_model_spec() = client_internal::MakeModelSpec(model, options.version, "");
    request.add_metadata_field("signature_def");
    tensorflow::serving::GetModelMetadataResponse response;
    FLOE_RETURN_IF_ERROR(
        connection_->Call(connection_->prediction(), &PredictionService::Stub::GetModelMetadata, request, &response));
    return client_internal::ReadSignature(response, options.signature);
  }
  inference::ModelMetadataRequest request;
  request.set_name(model);
  if (options.version.has_value()) request.set_version(absl::StrCat(*options.version));
  inference::ModelMetadataResponse response;
  FLOE_RETURN_IF_ERROR(
      connection_->Call(connection_->kserve(), &GRPCInferenceService::Stub::ModelMetadata, request, &response));
  return client_internal::ReadKServeMetadata(response);
}

absl::StatusOr<bool> Client::ModelReady(const std::string& model, std::optional<int64_t> version) const {
  if (connection_->options().api == ClientApi::kTfServing) {
    tensorflow::serving::GetModelStatusRequest request;
    *request.mutable_model_spec() = client_internal::MakeModelSpec(model, version, "");
    tensorflow::serving::GetModelStatusResponse response;
    FLOE_RETURN_IF_ERROR(
        connection_->Call(connection_->models(), &ModelService::Stub::GetModelStatus, request, &response));
    for (const auto& status : response.model_version_status()) {
      if (status.state() == tensorflow::serving::ModelVersionStatus::AVAILABLE) return true;
    }
    return false;
  }
  inference::ModelReadyRequest request;
  request.set_name(model);
  if (version.has_value()) request.set_version(absl::StrCat(*version));
  inference::ModelReadyResponse response;
  FLOE_RETURN_IF_ERROR(
      connection_->Call(connection_->kserve(), &GRPCInferenceService::Stub::ModelReady, request, &response));
  return response.ready();
}

absl::StatusOr<ServerStatus> Client::Status() const {
  return connection_->options().api == ClientApi::kTfServing ? HealthStatus(*connection_) : KServeStatus(*connection_);
}

}  // namespace floe
