#include "tests/server/test_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "tests/testing/http_request.h"

namespace floe::testing {
namespace {

ServerOptions Serving(std::shared_ptr<const Model> model, ServerOptions options) {
  options.model_path = "fake";
  options.model_name = "m";
  options.load.load = [model](const std::string&, const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
    return model;
  };
  return options;
}

}  // namespace

TestServer::TestServer(std::shared_ptr<const Model> model, ServerOptions options)
    : TestServer(Serving(std::move(model), std::move(options))) {}

TestServer::TestServer(ServerOptions options) {
  options.grpc_port = 0;
  options.http_port = 0;
  auto server = Server::Start(std::move(options));
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  EXPECT_OK(server_->LoadModels());
}

std::shared_ptr<grpc::Channel> TestServer::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(server_->grpc_address(), grpc::InsecureChannelCredentials(), arguments);
}

std::string TestServer::Http(const std::string& method, const std::string& path, const std::string& body) const {
  return HttpRequest(server_->http_address(), method, path, body);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace floe::testing
