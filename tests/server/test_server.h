// A real server on free ports of this process, with fake models, and stubs to it.
#ifndef FLOE_TESTS_SERVER_TEST_SERVER_H_
#define FLOE_TESTS_SERVER_TEST_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>

#include "server/server.h"
#include "tests/server/fake_model.h"
#include "tests/testing/shared_data.h"

namespace floe::testing {

class TestServer {
 public:
  // Serves `model` as version 1 of "m".
  explicit TestServer(std::shared_ptr<const Model> model, ServerOptions options = {});
  // Serves whatever `options` say; `options.load.load` must be set.
  explicit TestServer(ServerOptions options);

  Server& server() { return *server_; }
  // A new connection each time.
  std::shared_ptr<grpc::Channel> Connect() const;
  // The body of GET http://.../path, after "STATUS ".
  std::string Get(const std::string& path) const { return Http("GET", path); }
  std::string Http(const std::string& method, const std::string& path, const std::string& body = "") const;

 private:
  std::unique_ptr<Server> server_;
};

// gRPC's code and message as a Status, for StatusIs.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace floe::testing

#endif  // FLOE_TESTS_SERVER_TEST_SERVER_H_
