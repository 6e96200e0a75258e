#include "server/server.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc_service.grpc.pb.h"
#include "tests/server/test_server.h"

namespace floe {
namespace {

using grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using testing::Gate;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;
using testing::TestServer;

// SERVING, NOT_SERVING, or the code of an error.
std::string Health(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  const auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub->Check(&context, request, &response);
  if (!status.ok()) return absl::StatusCodeToString(testing::FromGrpc(status).code());
  return HealthCheckResponse::ServingStatus_Name(response.status());
}

absl::Status Infer(const std::shared_ptr<grpc::Channel>& channel, const std::string& model,
                   std::string* version = nullptr) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  auto* const input = request.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(2);
  request.add_raw_input_contents("12345678");
  inference::ModelInferResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      inference::GRPCInferenceService::NewStub(channel)->ModelInfer(&context, request, &response);
  if (version != nullptr) *version = response.model_version();
  return testing::FromGrpc(status);
}

TEST(ServerTest, HealthOfTheServerAndOfEachModel) {
  TestServer server(MakeFakeModel());
  const auto channel = server.Connect();
  EXPECT_EQ(Health(channel, ""), "SERVING");
  EXPECT_EQ(Health(channel, "m"), "SERVING");
  EXPECT_EQ(Health(channel, "n"), "NOT_FOUND");
}

// A list of services as reflection gives it. Its messages are gRPC's own, with no header for them: the request is field
// 7 (list_services), empty; names stand in the answer as they are.
std::string ListServices(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const auto call =
      stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  void* tag;
  bool ok = false;
  const auto wait = [&] { return queue.Next(&tag, &ok) && ok; };
  call->StartCall(nullptr);
  EXPECT_TRUE(wait());
  const grpc::Slice bytes("\x3a\0", 2);
  call->WriteLast(grpc::ByteBuffer(&bytes, 1), grpc::WriteOptions(), nullptr);
  EXPECT_TRUE(wait());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  EXPECT_TRUE(wait());
  grpc::Status status;
  call->Finish(&status, nullptr);
  EXPECT_TRUE(wait());
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices).ok();
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

TEST(ServerTest, ReflectionListsTheServices) {
  TestServer server(MakeFakeModel());
  EXPECT_THAT(ListServices(server.Connect()),
              AllOf(HasSubstr("tensorflow.serving.PredictionService"), HasSubstr("tensorflow.serving.ModelService"),
                    HasSubstr("inference.GRPCInferenceService")));
}

TEST(ServerTest, AUnixSocketBesidesThePort) {
  const std::string path = testing::TempDir() + "/floe.sock";
  TestServer server(MakeFakeModel(), {.grpc_socket_path = path});
  EXPECT_OK(Infer(grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials()), "m"));
  EXPECT_OK(Infer(server.Connect(), "m"));
}

TEST(ServerTest, NotReadyUntilTheModelsAreLoaded) {
  Gate load;
  load.Close();
  ServerOptions options{.grpc_port = 0, .http_port = 0, .model_path = "fake", .model_name = "m"};
  options.load.load = [&](const std::string&, const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
    load.Pass({}).IgnoreError();
    return MakeFakeModel();
  };
  ASSERT_OK_AND_ASSIGN(const auto server, Server::Start(options));
  std::thread loading([&] { EXPECT_OK(server->LoadModels()); });
  load.WaitForArrivals(1);
  EXPECT_THAT(server->core().Readiness(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
  load.Open();
  loading.join();
  EXPECT_OK(server->core().Readiness());
}

TEST(ServerTest, AModelThatCannotBeLoadedIsAnError) {
  ServerOptions options{.grpc_port = 0, .http_port = 0, .model_path = "fake", .model_name = "m"};
  options.load.load = [&](const std::string& path,
                          const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
    return absl::UnimplementedError(absl::StrCat(path, ": no such op"));
  };
  ASSERT_OK_AND_ASSIGN(const auto server, Server::Start(options));
  EXPECT_THAT(server->LoadModels(), StatusIs(absl::StatusCode::kUnimplemented, "fake: no such op"));
  EXPECT_FALSE(server->core().Readiness().ok());
}

TEST(ServerTest, APortThatIsTaken) {
  TestServer first(MakeFakeModel());
  const auto port_of = [](const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); };
  ServerOptions options{.grpc_port = port_of(first.server().grpc_address()), .http_port = 0, .model_path = "fake"};
  EXPECT_THAT(Server::Start(options).status(),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(first.server().grpc_address())));
  options = {.grpc_port = 0, .http_port = port_of(first.server().http_address()), .model_path = "fake"};
  EXPECT_THAT(Server::Start(options).status(),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(first.server().http_address())));
}

TEST(ServerTest, DrainingFinishesWhatIsInFlightAndRefusesTheRest) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate));
  const auto channel = server.Connect();
  gate->Close();
  std::thread in_flight([&] { EXPECT_OK(Infer(channel, "m")); });
  gate->WaitForArrivals(2);
  std::thread draining([&] { server.server().Drain(absl::Now() + absl::Seconds(20)); });
  while (!server.server().core().draining()) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_THAT(Infer(channel, "m"), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
  EXPECT_EQ(server.Get("/readyz"), "503 not ready: the server is shutting down\n");
  EXPECT_EQ(server.Get("/healthz"), "200 ok\n");
  for (int i = 0; i < 400 && Health(channel, "") == "SERVING"; ++i) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Health(channel, ""), "NOT_SERVING");
  EXPECT_EQ(Health(channel, "m"), "NOT_SERVING");
  gate->Open();
  in_flight.join();
  draining.join();
  EXPECT_EQ(Infer(server.Connect(), "m").code(), absl::StatusCode::kUnavailable);
}

TEST(ServerTest, DrainingEndsWhatTakesTooLong) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate));
  gate->Close();
  std::thread in_flight([&] { EXPECT_FALSE(Infer(server.Connect(), "m").ok()); });
  gate->WaitForArrivals(2);
  const absl::Time begun = absl::Now();
  server.server().Drain(begun + absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - begun, absl::Seconds(10));
  in_flight.join();
}

TEST(ServerTest, ARepositoryIsFollowed) {
  const std::string root = testing::TempDir();
  const auto write = [&](const std::string& path, const std::string& text) {
    ASSERT_OK(FileSystem::Posix().MakeDirectories(DirectoryOf(root + "/" + path)));
    std::ofstream(root + "/" + path) << text;
  };
  write("a/1/model.pb", "good");
  write("b/1/model.pb", "bad");
  ServerOptions options{.model_repository = root, .poll_interval = absl::Milliseconds(50)};
  options.load.load = [](const std::string& path, const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
    if (*ReadFile(path) == "bad") return absl::DataLossError(absl::StrCat(path, " is truncated"));
    return MakeFakeModel();
  };
  TestServer server(options);
  const auto channel = server.Connect();
  std::string version;
  EXPECT_OK(Infer(channel, "a", &version));
  EXPECT_EQ(version, "1");
  EXPECT_THAT(Infer(channel, "b"), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("is truncated")));
  EXPECT_THAT(server.Get("/readyz"), AllOf(HasSubstr("503"), HasSubstr("'b'")));
  EXPECT_EQ(Health(channel, "a"), "SERVING");
  EXPECT_EQ(Health(channel, "b"), "NOT_SERVING");

  write("a/2/model.pb", "good");
  write("b/1/model.pb", "good");
  write("c/5/model.pb", "good");
  const auto wait = [&](const std::string& model, const std::string& wanted) {
    for (int i = 0; i < 1000 && version != wanted; ++i) {
      version.clear();
      Infer(channel, model, &version).IgnoreError();
      absl::SleepFor(absl::Milliseconds(5));
    }
    EXPECT_EQ(version, wanted) << model;
    version.clear();
  };
  wait("a", "2");
  wait("b", "1");
  wait("c", "5");
  EXPECT_EQ(server.Get("/readyz"), "200 ready\n");
  std::filesystem::remove_all(root + "/c");
  for (int i = 0; i < 1000 && Health(channel, "c") == "SERVING"; ++i) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Health(channel, "c"), "NOT_SERVING");
  EXPECT_OK(Infer(channel, "a"));
}

TEST(ServerTest, AFolderThatIsNotThere) {
  ServerOptions options{.grpc_port = 0, .http_port = 0, .model_repository = "/nowhere/models"};
  ASSERT_OK_AND_ASSIGN(const auto server, Server::Start(options));
  EXPECT_THAT(server->LoadModels(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/models")));
}

}  // namespace
}  // namespace floe
