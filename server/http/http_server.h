// HttpServer: the HTTP port: health, readiness and metrics. Handlers run on the server's own threads, any number at a
// time. Destroying it closes all connections.
#ifndef FLOE_SERVER_HTTP_HTTP_SERVER_H_
#define FLOE_SERVER_HTTP_HTTP_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

struct MHD_Daemon;

namespace floe {

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  std::string allow = {};  // the methods there are, where the one that came is not
};

class HttpServer {
 public:
  // By path; each answers GET and HEAD.
  using Routes = std::map<std::string, std::function<HttpResponse()>>;

  // Port 0: any free one.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& host, int port, Routes routes);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // "HOST:PORT"
  const std::string& address() const { return address_; }
  // What a method on a path answers.
  HttpResponse Answer(const std::string& method, const std::string& path) const;

 private:
  HttpServer(Routes routes, std::string address) : routes_(std::move(routes)), address_(std::move(address)) {}

  const Routes routes_;
  const std::string address_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace floe

#endif  // FLOE_SERVER_HTTP_HTTP_SERVER_H_
