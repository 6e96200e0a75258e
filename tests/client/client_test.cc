#include "client/client.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "tests/client/fake_server.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeServer;
using ::floe::testing::SourcePath;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Outputs = absl::StatusOr<std::vector<NamedTensor>>;

const auto kInvalid = absl::StatusCode::kInvalidArgument;
const auto kUnavailable = absl::StatusCode::kUnavailable;

Client Connect(const FakeServer& server, ClientOptions options = {}) {
  absl::StatusOr<Client> client = Client::Connect(server.address(), options);
  EXPECT_OK(client);
  return *std::move(client);
}

// Waits for what InferAsync gives.
Outputs InferAsync(const Client& client, const std::string& model, absl::Span<const NamedTensor> inputs) {
  Outputs outputs = absl::UnknownError("not called");
  absl::Notification called;
  client.InferAsync(model, inputs, {}, [&](Outputs result) {
    outputs = std::move(result);
    called.Notify();
  });
  called.WaitForNotification();
  return outputs;
}

// Fails the first `failures` calls with `code`, and every call for ever where that is negative.
FakeServer::Answers Failing(int failures, grpc::StatusCode code) {
  auto left = std::make_shared<std::atomic<int>>(failures);
  FakeServer::Answers answers;
  answers.infer = [=](const inference::ModelInferRequest&, inference::ModelInferResponse* response) {
    if (failures < 0 || left->fetch_sub(1) > 0) return grpc::Status(code, "not now");
    testing::AddRawOutput("y", "UINT8", {1}, "a", response);
    return grpc::Status::OK;
  };
  return answers;
}

TEST(ClientTest, OptionsAreChecked) {
  EXPECT_THAT(Client::Connect(""), StatusIs(kInvalid, HasSubstr("HOST:PORT")));
  for (const std::string server : {"host", ":80", "host:", "host:0", "host:65536", "host:http"}) {
    EXPECT_THAT(Client::Connect(server), StatusIs(kInvalid, HasSubstr("'" + server + "'")));
  }
  EXPECT_OK(Client::Connect("host:1"));
  EXPECT_OK(Client::Connect("[::1]:8500"));
  EXPECT_OK(Client::Connect("unix:/tmp/socket"));
  EXPECT_THAT(Client::Connect("host:1", {.deadline = absl::ZeroDuration()}), StatusIs(kInvalid, HasSubstr("deadline")));
  EXPECT_THAT(Client::Connect("host:1", {.retries = -1}), StatusIs(kInvalid, HasSubstr("retries")));
  EXPECT_THAT(Client::Connect("host:1", {.tls = TlsFiles{.root = "/nowhere.pem"}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere.pem")));
  EXPECT_THAT(Client::Connect("host:1", {.tls = TlsFiles{.key = "k"}}), StatusIs(kInvalid, HasSubstr("together")));
}

TEST(ClientTest, InfersThroughBothApis) {
  const FakeServer server;
  const Tensor x = Tensor::Of<float>(Shape({1, 2}), {1, 2});
  const Tensor s = Tensor::Of<std::string>({"", "b"});
  for (const ClientApi api : {ClientApi::kKServe, ClientApi::kTfServing}) {
    const Client client = Connect(server, {.api = api});
    ASSERT_OK_AND_ASSIGN(const std::vector<NamedTensor> one, client.Infer("echo", {{"x", x}}));
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].first, "x");
    EXPECT_EQ(one[0].second.shape(), Shape({1, 2}));
    EXPECT_THAT(one[0].second.flat<float>(), ElementsAre(1, 2));
    ASSERT_OK_AND_ASSIGN(const std::vector<NamedTensor> two,
                         client.Infer("echo", {{"s", s}, {"x", x}}, {.outputs = {"s"}}));
    ASSERT_EQ(two.size(), 1u);
    EXPECT_THAT(two[0].second.flat<std::string>(), ElementsAre("", "b"));
    ASSERT_OK_AND_ASSIGN(const std::vector<NamedTensor> later, InferAsync(client, "echo", {{"x", x}}));
    EXPECT_THAT(later[0].second.flat<float>(), ElementsAre(1, 2));
    EXPECT_THAT(client.Infer("ecko", {{"x", x}}), StatusIs(absl::StatusCode::kNotFound, "unknown model 'ecko'"));
    EXPECT_THAT(InferAsync(client, "ecko", {{"x", x}}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'ecko'")));
  }
}

TEST(ClientTest, WhatCannotBeSentNeverLeaves) {
  const FakeServer server;
  const NamedTensor x = {"x", Tensor::Scalar<float>(1)};
  const Client client = Connect(server);
  EXPECT_THAT(client.Infer("echo", {x, x}), StatusIs(kInvalid, HasSubstr("twice")));
  EXPECT_THAT(InferAsync(client, "echo", {x, x}), StatusIs(kInvalid, HasSubstr("twice")));
  EXPECT_EQ(server.calls(), 0);
}

TEST(ClientTest, LargeTensorsPass) {
  const FakeServer server;
  Tensor large(DType::kUint8, Shape({16 << 20}));  // gRPC's own default stops at 4 MiB
  std::fill_n(large.mutable_data<uint8_t>(), large.num_elements(), uint8_t{7});
  for (const ClientApi api : {ClientApi::kKServe, ClientApi::kTfServing}) {
    ASSERT_OK_AND_ASSIGN(const auto outputs, Connect(server, {.api = api}).Infer("echo", {{"x", large}}));
    EXPECT_EQ(outputs[0].second.bytes(), large.bytes());
    EXPECT_THAT(Connect(server, {.api = api, .max_response_bytes = 1 << 20}).Infer("echo", {{"x", large}}),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("larger than max")));
  }
}

TEST(ClientTest, LyingServersGiveErrors) {
  FakeServer::Answers answers;
  answers.infer = [](const inference::ModelInferRequest&, inference::ModelInferResponse* response) {
    testing::AddRawOutput("y", "FP64", {int64_t{1} << 40}, "12345678", response);
    return grpc::Status::OK;
  };
  answers.predict = [](const tensorflow::serving::PredictRequest&, tensorflow::serving::PredictResponse* response) {
    auto& y = (*response->mutable_outputs())["y"];
    y.set_dtype(tensorflow::DT_DOUBLE);
    y.set_tensor_content("1234567");
    return grpc::Status::OK;
  };
  const FakeServer server(answers);
  for (const ClientApi api : {ClientApi::kKServe, ClientApi::kTfServing}) {
    const Client client = Connect(server, {.api = api});
    EXPECT_THAT(client.Infer("echo", {}), StatusIs(absl::StatusCode::kInternal, HasSubstr("output 'y'")));
    EXPECT_THAT(InferAsync(client, "echo", {}), StatusIs(absl::StatusCode::kInternal, HasSubstr("output 'y'")));
  }
}

TEST(ClientTest, OnlyUnavailableIsTriedAgain) {
  {
    const FakeServer server(Failing(2, grpc::StatusCode::UNAVAILABLE));
    EXPECT_OK(Connect(server, {.retries = 2}).Infer("echo", {}));
    EXPECT_EQ(server.calls(), 3);
  }
  {
    const FakeServer server(Failing(2, grpc::StatusCode::UNAVAILABLE));
    EXPECT_OK(InferAsync(Connect(server, {.retries = 2}), "echo", {}));
    EXPECT_EQ(server.calls(), 3);
  }
  {
    const FakeServer server(Failing(2, grpc::StatusCode::UNAVAILABLE));
    EXPECT_THAT(Connect(server, {.retries = 1}).Infer("echo", {}),
                StatusIs(kUnavailable, AllOf(HasSubstr(server.address()), HasSubstr("not now"))));
    EXPECT_EQ(server.calls(), 2);
  }
  {
    const FakeServer server(Failing(2, grpc::StatusCode::INTERNAL));
    EXPECT_THAT(Connect(server, {.retries = 5}).Infer("echo", {}), StatusIs(absl::StatusCode::kInternal, "not now"));
    EXPECT_EQ(server.calls(), 1);
  }
}

TEST(ClientTest, RetriesEndWithinTheDeadline) {
  const FakeServer server(Failing(-1, grpc::StatusCode::UNAVAILABLE));
  const Client client = Connect(server, {.deadline = absl::Milliseconds(400), .retries = 1000});
  for (const bool async : {false, true}) {
    const absl::Time start = absl::Now();
    EXPECT_THAT(async ? InferAsync(client, "echo", {}) : client.Infer("echo", {}),
                StatusIs(kUnavailable, HasSubstr("not now")));
    EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  }
  EXPECT_GT(server.calls(), 4);
}

TEST(ClientTest, ASlowServerMeetsTheDeadline) {
  FakeServer::Answers answers;
  answers.infer = [](const inference::ModelInferRequest&, inference::ModelInferResponse*) {
    absl::SleepFor(absl::Milliseconds(500));
    return grpc::Status::OK;
  };
  const FakeServer server(answers);
  const Client client = Connect(server, {.deadline = absl::Milliseconds(50), .retries = 3});
  EXPECT_THAT(client.Infer("echo", {}),
              StatusIs(absl::StatusCode::kDeadlineExceeded, AllOf(HasSubstr(server.address()), HasSubstr("50ms"))));
}

TEST(ClientTest, AServerThatComesLateIsReachedByRetries) {
  // Takes a port and gives it back, to start there later.
  int port = 0;
  {
    const FakeServer earlier;
    port = earlier.port();
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  ASSERT_OK_AND_ASSIGN(const Client client, Client::Connect(address, {.deadline = absl::Seconds(20), .retries = 100}));
  std::unique_ptr<FakeServer> server;
  std::thread starter([&] {
    absl::SleepFor(absl::Milliseconds(300));
    server = std::make_unique<FakeServer>(FakeServer::Answers(), grpc::InsecureServerCredentials(), port);
  });
  const absl::Time start = absl::Now();
  EXPECT_OK(client.Infer("echo", {}));
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  starter.join();
}

TEST(ClientTest, NobodyThere) {
  ASSERT_OK_AND_ASSIGN(const Client client, Client::Connect("127.0.0.1:1"));
  EXPECT_THAT(client.Status(), StatusIs(kUnavailable, HasSubstr("127.0.0.1:1")));
  EXPECT_THAT(InferAsync(client, "echo", {}), StatusIs(kUnavailable, HasSubstr("127.0.0.1:1")));
}

TEST(ClientTest, AnAsyncCallOutlivesItsClient) {
  const FakeServer server(Failing(1, grpc::StatusCode::UNAVAILABLE));
  absl::Notification called;
  Connect(server, {.retries = 1}).InferAsync("echo", {}, {}, [&](Outputs result) {
    EXPECT_OK(result);
    called.Notify();
  });
  called.WaitForNotification();
}

TEST(ClientTest, ManyThreadsShareAClient) {
  const FakeServer server;
  const Client client = Connect(server);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&client, t] {
      for (int i = 0; i < 50; ++i) {
        const Outputs outputs = client.Infer("echo", {{"x", Tensor::Scalar<int32_t>(t * 1000 + i)}});
        ASSERT_OK(outputs);
        EXPECT_EQ((*outputs)[0].second.scalar<int32_t>(), t * 1000 + i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ClientTest, MetadataOfBothApis) {
  const FakeServer server;
  ASSERT_OK_AND_ASSIGN(const ModelMetadata kserve, Connect(server).Metadata("echo"));
  EXPECT_EQ(kserve.name, "echo");
  EXPECT_THAT(kserve.versions, ElementsAre("1"));
  EXPECT_EQ(kserve.platform, "fake_graph");
  ASSERT_EQ(kserve.inputs.size(), 2u);
  EXPECT_EQ(kserve.inputs[0].shape, PartialShape({-1, 3}));
  EXPECT_EQ(kserve.outputs[0].dtype, DType::kInt64);
  EXPECT_THAT(Connect(server).Metadata("m"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'m'")));

  const Client client = Connect(server, {.api = ClientApi::kTfServing});
  ASSERT_OK_AND_ASSIGN(const ModelMetadata tfserving, client.Metadata("echo"));
  EXPECT_THAT(tfserving.versions, ElementsAre("1"));
  EXPECT_EQ(tfserving.inputs[0].name, "x");
  EXPECT_EQ(tfserving.inputs[0].shape, PartialShape({-1}));
  EXPECT_FALSE(tfserving.outputs[0].shape.has_rank());
  EXPECT_THAT(client.Metadata("echo", {.signature = "s"}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'s'")));
}

TEST(ClientTest, ReadinessOfBothApis) {
  const FakeServer server;
  for (const ClientApi api : {ClientApi::kKServe, ClientApi::kTfServing}) {
    const Client client = Connect(server, {.api = api});
    EXPECT_EQ(*client.ModelReady("echo"), true);
    EXPECT_THAT(client.ModelReady("m"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'m'")));
    ASSERT_OK_AND_ASSIGN(const ServerStatus status, client.Status());
    EXPECT_TRUE(status.live && status.ready);
  }
  EXPECT_EQ(*Connect(server).ModelReady("echo", 2), false);
  EXPECT_EQ(*Connect(server, {.api = ClientApi::kTfServing}).ModelReady("echo", 1), false);
  ASSERT_OK_AND_ASSIGN(const ServerStatus status, Connect(server).Status());
  EXPECT_EQ(status.name, "fake");
  ASSERT_EQ(status.models.size(), 1u);
  EXPECT_EQ(status.models[0].state, "READY");
}

TEST(ClientTest, AServerWithoutARepositoryIndexHasAStatus) {
  const FakeServer server(FakeServer::Answers{.ready = false, .has_repository_index = false});
  ASSERT_OK_AND_ASSIGN(const ServerStatus status, Connect(server).Status());
  EXPECT_TRUE(status.live);
  EXPECT_FALSE(status.ready);
  EXPECT_TRUE(status.models.empty());
}

TEST(ClientTest, TlsWithAndWithoutTheClientsOwnCertificate) {
  const std::string certificate = SourcePath("tests/client/testdata/localhost.crt");
  const std::string key = SourcePath("tests/client/testdata/localhost.key");
  for (const bool mutual : {false, true}) {
    grpc::SslServerCredentialsOptions ssl(mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                 : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    ASSERT_OK_AND_ASSIGN(ssl.pem_root_certs, ReadFile(certificate));
    ssl.pem_key_cert_pairs.push_back({*ReadFile(key), *ReadFile(certificate)});
    const FakeServer server(FakeServer::Answers(), grpc::SslServerCredentials(ssl));
    const auto live = [&](std::optional<TlsFiles> tls) {
      return Connect(server, {.deadline = absl::Seconds(5), .tls = std::move(tls)}).Status().status();
    };
    EXPECT_OK(live(TlsFiles{.root = certificate, .certificate = certificate, .key = key}));
    if (mutual) {
      EXPECT_FALSE(live(TlsFiles{.root = certificate}).ok());
    } else {
      EXPECT_OK(live(TlsFiles{.root = certificate}));
    }
    EXPECT_FALSE(live(TlsFiles{}).ok());  // no authority of the system signed it
    EXPECT_FALSE(live(std::nullopt).ok());
  }
}

}  // namespace
}  // namespace floe
