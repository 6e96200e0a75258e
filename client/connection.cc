#include "client/connection.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"

namespace floe::client_internal {
namespace {

constexpr absl::Duration kLongestWait = absl::Seconds(2);
constexpr int kLargestPort = 65535;

// Names that gRPC's resolvers understand by themselves.
bool HasScheme(const std::string& server) {
  return absl::StrContains(server, "://") || absl::StartsWith(server, "unix:") || absl::StartsWith(server, "dns:") ||
         absl::StartsWith(server, "ipv4:") || absl::StartsWith(server, "ipv6:");
}

absl::Status CheckServer(const std::string& server) {
  if (HasScheme(server)) return absl::OkStatus();
  const size_t colon = server.rfind(':');
  int port;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(server.substr(colon + 1), &port) || port < 1 ||
      port > kLargestPort) {
    return absl::InvalidArgumentError(absl::StrCat("server '", server, "': wanted HOST:PORT or unix:PATH"));
  }
  return absl::OkStatus();
}

bool IsLoopback(const std::string& server) {
  return absl::StartsWith(server, "127.") || absl::StartsWith(server, "localhost:") ||
         absl::StartsWith(server, "[::1]:");
}

absl::Status ReadTlsFile(const std::string& path, std::string* pem) {
  if (path.empty()) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(*pem, ReadFile(path));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const std::optional<TlsFiles>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  if (tls->certificate.empty() != tls->key.empty()) {
    return absl::InvalidArgumentError("a client's TLS certificate and its key come together; one is missing");
  }
  grpc::SslCredentialsOptions pems;
  FLOE_RETURN_IF_ERROR(ReadTlsFile(tls->root, &pems.pem_root_certs));
  FLOE_RETURN_IF_ERROR(ReadTlsFile(tls->certificate, &pems.pem_cert_chain));
  FLOE_RETURN_IF_ERROR(ReadTlsFile(tls->key, &pems.pem_private_key));
  return grpc::SslCredentials(pems);
}

thread_local bool is_callback_thread = false;

// The last channel to go waits for gRPC's threads that call back, so it must not go on one of them.
void Destroy(const Connection* connection) {
  if (is_callback_thread) {
    std::thread([connection] { delete connection; }).detach();
  } else {
    delete connection;
  }
}

}  // namespace

void EnterCallback() { is_callback_thread = true; }

std::optional<absl::Duration> Backoff::Next(const grpc::Status& failure) {
  if (failure.error_code() != grpc::StatusCode::UNAVAILABLE || retries_left_ == 0) return std::nullopt;
  // Between half of the wait and all of it, so that clients that failed together do not come back together.
  thread_local absl::InsecureBitGen random;
  const absl::Duration wait = wait_ * absl::Uniform(random, 0.5, 1.0);
  if (absl::Now() + wait >= deadline_) return std::nullopt;
  --retries_left_;
  wait_ = std::min(wait_ * 2, kLongestWait);
  return wait;
}

absl::StatusOr<std::shared_ptr<const Connection>> Connection::Open(std::string server, const ClientOptions& options) {
  FLOE_RETURN_IF_ERROR(CheckServer(server));
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline ", absl::FormatDuration(options.deadline), ": wanted more than zero"));
  }
  if (options.retries < 0 || options.max_response_bytes <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("retries ", options.retries, ", max_response_bytes ",
                                                   options.max_response_bytes, ": wanted at least 0 and 1"));
  }
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, MakeCredentials(options.tls));
  constexpr int64_t kProtobufLimitBytes = std::numeric_limits<int>::max();
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(std::min(options.max_response_bytes, kProtobufLimitBytes)));
  // A Client is a connection of its own; else all clients of a process share one and its flow control.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // gRPC fails calls at once until its next attempt to connect; by default that comes after a second, and after up to
  // two minutes once a server was away for long, so that our retries would meet the same failure again.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // No proxy stands between a machine and itself, whatever the environment says (a container's health check).
  if (IsLoopback(server)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(server, credentials, arguments);
  return std::shared_ptr<const Connection>(new Connection(std::move(server), options, channel), &Destroy);
}

Connection::Connection(std::string server, const ClientOptions& options, const std::shared_ptr<grpc::Channel>& channel)
    : server_(std::move(server)),
      options_(options),
      kserve_(inference::GRPCInferenceService::NewStub(channel)),
      prediction_(tensorflow::serving::PredictionService::NewStub(channel)),
      models_(tensorflow::serving::ModelService::NewStub(channel)),
      health_(grpc::health::v1::Health::NewStub(channel)) {}

absl::Status Connection::ToStatus(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  // gRPC's codes are Abseil's. A code beyond them is a server's invention.
  const int code = status.error_code();
  const bool known = code > 0 && code <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  absl::Status result(known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown,
                      status.error_message().empty() ? "no message" : status.error_message());
  switch (result.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnimplemented:
      return Annotate(result, server_);
    case absl::StatusCode::kDeadlineExceeded:
      return Annotate(result, absl::StrCat(server_, ", within ", absl::FormatDuration(options_.deadline)));
    default:
      return result;
  }
}

}  // namespace floe::client_internal
