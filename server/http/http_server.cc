#include "server/http/http_server.h"

#include <microhttpd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/listen.h"
#include "server/log.h"

namespace floe {
namespace {

constexpr unsigned kThreads = 2;
constexpr unsigned kIdleSeconds = 60;
constexpr rlim_t kMaxConnections = 8192;

// Half of the descriptors that the process may have: gRPC has its own connections.
unsigned ConnectionLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  return static_cast<unsigned>(std::clamp<rlim_t>(limit.rlim_cur / 2, kThreads, kMaxConnections));
}

__attribute__((format(printf, 2, 0))) void LogFromLibrary(void*, const char* format, va_list arguments) {
  char line[512];
  std::vsnprintf(line, sizeof(line), format, arguments);
  std::string message(line);
  while (!message.empty() && message.back() == '\n') message.pop_back();
  LogWarning(absl::StrCat("HTTP: ", message));
}

MHD_Result Send(MHD_Connection* connection, const HttpResponse& response) {
  MHD_Response* const message = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (message == nullptr) return MHD_NO;  // closes the connection
  MHD_add_response_header(message, MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  if (!response.allow.empty()) MHD_add_response_header(message, MHD_HTTP_HEADER_ALLOW, response.allow.c_str());
  const MHD_Result result = MHD_queue_response(connection, static_cast<unsigned>(response.status), message);
  MHD_destroy_response(message);
  return result;
}

// No route takes a body, so the answer goes out at the first call, before any of one is read.
MHD_Result OnRequest(void* server, MHD_Connection* connection, const char* path, const char* method, const char*,
                     const char*, size_t*, void**) {
  return Send(connection, static_cast<const HttpServer*>(server)->Answer(method, path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host, int port, Routes routes) {
  FLOE_ASSIGN_OR_RETURN(const Listener listener, Listen(host, port));
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(routes), listener.address));
  server->daemon_ =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, nullptr, nullptr, &OnRequest, server.get(),
                       MHD_OPTION_EXTERNAL_LOGGER, &LogFromLibrary, nullptr, MHD_OPTION_LISTEN_SOCKET, listener.fd,
                       MHD_OPTION_THREAD_POOL_SIZE, kThreads, MHD_OPTION_CONNECTION_LIMIT, ConnectionLimit(),
                       MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    close(listener.fd);
    return absl::UnavailableError(absl::StrCat("cannot serve HTTP on ", listener.address));
  }
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

HttpResponse HttpServer::Answer(const std::string& method, const std::string& path) const {
  const auto route = routes_.find(path);
  if (route == routes_.end()) return {.status = MHD_HTTP_NOT_FOUND, .body = "no such path\n"};
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
    return {.status = MHD_HTTP_METHOD_NOT_ALLOWED,
            .body = absl::StrCat(path, " takes GET and HEAD\n"),
            .allow = "GET, HEAD"};
  }
  return route->second();
}

}  // namespace floe
