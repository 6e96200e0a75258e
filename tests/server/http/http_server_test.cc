#include "server/http/http_server.h"

#include <unistd.h>

#include <thread>
#include <vector>

#include "server/listen.h"
#include "tests/server/test_server.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using ::testing::StartsWith;
using testing::StatusIs;
using testing::TestServer;

TEST(HttpServerTest, HealthReadinessAndMetrics) {
  TestServer server(MakeFakeModel());
  EXPECT_EQ(server.Get("/healthz"), "200 ok\n");
  EXPECT_EQ(server.Get("/readyz"), "200 ready\n");
  EXPECT_THAT(server.Get("/metrics"),
              AllOf(StartsWith("200 "), HasSubstr(R"(floe_model_state{model="m",version="1"} 30)"),
                    HasSubstr("# TYPE floe_request_duration_seconds histogram")));
  EXPECT_THAT(server.Get("/monitoring/prometheus/metrics?x=1"), StartsWith("200 "));
  EXPECT_EQ(server.Http("HEAD", "/healthz"), "200 ");
}

TEST(HttpServerTest, WrongPathsAndMethods) {
  TestServer server(MakeFakeModel());
  EXPECT_EQ(server.Get("/nothing"), "404 no such path\n");
  EXPECT_EQ(server.Http("POST", "/healthz", "a body"), "405 /healthz takes GET and HEAD\n");
  EXPECT_EQ(server.Get("/healthz"), "200 ok\n");
}

TEST(HttpServerTest, ManyConnectionsAtOnce) {
  TestServer server(MakeFakeModel());
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([&] {
      for (int k = 0; k < 10; ++k) EXPECT_EQ(server.Get("/healthz"), "200 ok\n");
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST(ListenTest, SaysWhy) {
  ASSERT_OK_AND_ASSIGN(const Listener listener, Listen("127.0.0.1", 0));
  int port = std::stoi(listener.address.substr(listener.address.rfind(':') + 1));
  EXPECT_THAT(Listen("127.0.0.1", port).status(),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       AllOf(HasSubstr(listener.address), HasSubstr("Address already in use"))));
  EXPECT_THAT(HttpServer::Start("127.0.0.1", port, {}).status(),
              StatusIs(absl::StatusCode::kAlreadyExists, ::testing::_));
  EXPECT_THAT(Listen("192.0.2.1", 0).status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("192.0.2.1")));
  EXPECT_THAT(Listen("no such host", 0).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no such host")));
  close(listener.fd);
  EXPECT_EQ(HostPort("::1", 80), "[::1]:80");
}

}  // namespace
}  // namespace floe
