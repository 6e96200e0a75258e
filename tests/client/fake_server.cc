#include "tests/client/fake_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc_service.grpc.pb.h"
#include "tensorflow_serving/apis/model_service.grpc.pb.h"
#include "tensorflow_serving/apis/prediction_service.grpc.pb.h"

namespace floe::testing {
namespace {

using grpc::ServerContext;
using grpc::Status;

constexpr char kModel[] = "echo";

Status CheckModel(const std::string& name) {
  return name == kModel ? Status::OK : Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("unknown model '", name, "'"));
}

Status Echo(const inference::ModelInferRequest& request, inference::ModelInferResponse* response) {
  for (const auto& input : request.inputs()) {
    auto* output = response->add_outputs();
    output->set_name(input.name());
    output->set_datatype(input.datatype());
    *output->mutable_shape() = input.shape();
  }
  *response->mutable_raw_output_contents() = request.raw_input_contents();
  return Status::OK;
}

Status EchoPredict(const tensorflow::serving::PredictRequest& request, tensorflow::serving::PredictResponse* response) {
  *response->mutable_outputs() = request.inputs();
  return Status::OK;
}

}  // namespace

class FakeServer::KServe : public inference::GRPCInferenceService::Service {
 public:
  KServe(Answers answers, std::shared_ptr<std::atomic<int>> calls)
      : answers_(std::move(answers)), calls_(std::move(calls)) {
    if (!answers_.infer) answers_.infer = Echo;
  }

  Status ServerLive(ServerContext*, const inference::ServerLiveRequest*,
                    inference::ServerLiveResponse* response) override {
    response->set_live(answers_.live);
    return Status::OK;
  }
  Status ServerReady(ServerContext*, const inference::ServerReadyRequest*,
                     inference::ServerReadyResponse* response) override {
    response->set_ready(answers_.ready);
    return Status::OK;
  }
  Status ServerMetadata(ServerContext*, const inference::ServerMetadataRequest*,
                        inference::ServerMetadataResponse* response) override {
    response->set_name("fake");
    response->set_version("7");
    return Status::OK;
  }
  Status RepositoryIndex(ServerContext*, const inference::RepositoryIndexRequest*,
                         inference::RepositoryIndexResponse* response) override {
    if (!answers_.has_repository_index) return Status(grpc::StatusCode::UNIMPLEMENTED, "no such method");
    auto* model = response->add_models();
    model->set_name(kModel);
    model->set_version("1");
    model->set_state("READY");
    return Status::OK;
  }
  Status ModelReady(ServerContext*, const inference::ModelReadyRequest* request,
                    inference::ModelReadyResponse* response) override {
    response->set_ready(request->version().empty() || request->version() == "1");
    return CheckModel(request->name());
  }
  Status ModelMetadata(ServerContext*, const inference::ModelMetadataRequest* request,
                       inference::ModelMetadataResponse* response) override {
    response->set_name(request->name());
    response->add_versions("1");
    response->set_platform("fake_graph");
    auto* input = response->add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    input->add_shape(-1);
    input->add_shape(3);
    auto* bits = response->add_inputs();
    bits->set_name("bits");
    bits->set_datatype("BF16");
    bits->add_shape(2);
    auto* output = response->add_outputs();
    output->set_name("y");
    output->set_datatype("INT64");
    return CheckModel(request->name());
  }
  Status ModelInfer(ServerContext*, const inference::ModelInferRequest* request,
                    inference::ModelInferResponse* response) override {
    ++*calls_;
    if (const Status status = CheckModel(request->model_name()); !status.ok()) return status;
    return answers_.infer(*request, response);
  }

 private:
  Answers answers_;
  const std::shared_ptr<std::atomic<int>> calls_;
};

class FakeServer::Prediction : public tensorflow::serving::PredictionService::Service {
 public:
  Prediction(Answers answers, std::shared_ptr<std::atomic<int>> calls)
      : answers_(std::move(answers)), calls_(std::move(calls)) {
    if (!answers_.predict) answers_.predict = EchoPredict;
  }

  Status Predict(ServerContext*, const tensorflow::serving::PredictRequest* request,
                 tensorflow::serving::PredictResponse* response) override {
    ++*calls_;
    if (const Status status = CheckModel(request->model_spec().name()); !status.ok()) return status;
    return answers_.predict(*request, response);
  }
  Status GetModelMetadata(ServerContext*, const tensorflow::serving::GetModelMetadataRequest* request,
                          tensorflow::serving::GetModelMetadataResponse* response) override {
    response->mutable_model_spec()->set_name(request->model_spec().name());
    response->mutable_model_spec()->mutable_version()->set_value(1);
    tensorflow::serving::SignatureDefMap signatures;
    auto& signature = (*signatures.mutable_signature_def())["serving_default"];
    auto& x = (*signature.mutable_inputs())["x"];
    x.set_name("x:0");
    x.set_dtype(tensorflow::DT_FLOAT);
    x.mutable_tensor_shape()->add_dim()->set_size(-1);
    auto& y = (*signature.mutable_outputs())["y"];
    y.set_dtype(tensorflow::DT_STRING);
    y.mutable_tensor_shape()->set_unknown_rank(true);
    (*response->mutable_metadata())["signature_def"].PackFrom(signatures);
    return CheckModel(request->model_spec().name());
  }

 private:
  Answers answers_;
  const std::shared_ptr<std::atomic<int>> calls_;
};

class FakeServer::Models : public tensorflow::serving::ModelService::Service {
 public:
  Status GetModelStatus(ServerContext*, const tensorflow::serving::GetModelStatusRequest* request,
                        tensorflow::serving::GetModelStatusResponse* response) override {
    auto* old = response->add_model_version_status();
    old->set_version(1);
    old->set_state(tensorflow::serving::ModelVersionStatus::END);
    if (!request->model_spec().has_version()) {
      auto* current = response->add_model_version_status();
      current->set_version(2);
      current->set_state(tensorflow::serving::ModelVersionStatus::AVAILABLE);
    }
    return CheckModel(request->model_spec().name());
  }
};

FakeServer::FakeServer(Answers answers, std::shared_ptr<grpc::ServerCredentials> credentials, int port)
    : kserve_(std::make_unique<KServe>(answers, calls_)),
      prediction_(std::make_unique<Prediction>(answers, calls_)),
      models_(std::make_unique<Models>()) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), std::move(credentials), &port_);
  builder.RegisterService(kserve_.get());
  builder.RegisterService(prediction_.get());
  builder.RegisterService(models_.get());
  builder.SetMaxReceiveMessageSize(-1);
  server_ = builder.BuildAndStart();
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

void AddRawOutput(const std::string& name, const std::string& datatype, std::initializer_list<int64_t> shape,
                  const std::string& raw, inference::ModelInferResponse* response) {
  auto* output = response->add_outputs();
  output->set_name(name);
  output->set_datatype(datatype);
  for (const int64_t size : shape) output->add_shape(size);
  response->add_raw_output_contents(raw);
}

}  // namespace floe::testing
