// A server of both APIs in this process, whose answers each test sets: right, late, wrong, or lies. By default it is
// live and ready, echoes its inputs as outputs, and has one model, "echo".
#ifndef FLOE_TESTS_CLIENT_FAKE_SERVER_H_
#define FLOE_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "grpc_service.pb.h"
#include "tensorflow_serving/apis/predict.pb.h"

namespace floe::testing {

class FakeServer {
 public:
  struct Answers {
    bool live = true;
    bool ready = true;
    bool has_repository_index = true;
    std::function<grpc::Status(const inference::ModelInferRequest&, inference::ModelInferResponse*)> infer = nullptr;
    std::function<grpc::Status(const tensorflow::serving::PredictRequest&, tensorflow::serving::PredictResponse*)>
        predict = nullptr;
  };

  // On 127.0.0.1; port 0: one that is free.
  explicit FakeServer(Answers answers,
                      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
                      int port = 0);
  FakeServer() : FakeServer(Answers()) {}
  ~FakeServer();

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // How often ModelInfer and Predict were called.
  int calls() const { return *calls_; }

 private:
  class KServe;
  class Prediction;
  class Models;

  const std::shared_ptr<std::atomic<int>> calls_ = std::make_shared<std::atomic<int>>(0);
  std::unique_ptr<KServe> kserve_;
  std::unique_ptr<Prediction> prediction_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// An output of `response` with raw contents.
void AddRawOutput(const std::string& name, const std::string& datatype, std::initializer_list<int64_t> shape,
                  const std::string& raw, inference::ModelInferResponse* response);

}  // namespace floe::testing

#endif  // FLOE_TESTS_CLIENT_FAKE_SERVER_H_
