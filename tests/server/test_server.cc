#include "tests/server/test_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

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
  const std::string& address = server_->http_address();
  int port;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  const std::string request = absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: floe\r\nConnection: close\r\n",
                                           "Content-Length: ", body.size(), "\r\n\r\n", body);
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) answer.append(buffer, static_cast<size_t>(got));
  close(fd);
  const size_t space = answer.find(' ');
  const size_t end_of_headers = answer.find("\r\n\r\n");
  if (space == std::string::npos || end_of_headers == std::string::npos) return answer;
  return absl::StrCat(answer.substr(space + 1, 4), answer.substr(end_of_headers + 4));
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace floe::testing
