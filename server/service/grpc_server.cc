#include "server/service/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/listen.h"
#include "server/log.h"
#include "server/service/kserve_service.h"
#include "server/service/model_service.h"
#include "server/service/prediction_service.h"

namespace floe {
namespace {

// A client may keep its connection alive by pings this often; gRPC's own default would cut it off.
constexpr int kMinPingIntervalMillis = 10000;

void LogFromLibrary(gpr_log_func_args* arguments) {
  if (arguments->severity != GPR_LOG_SEVERITY_ERROR) return;
  LogWarning(absl::StrCat("gRPC: ", arguments->message));
}

void SetUpLibrary() {
  // Once a process: all of these are global.
  static const bool done = [] {
    gpr_set_log_function(&LogFromLibrary);
    // protobuf would write a line to stderr for every message with broken UTF-8 that a client sends.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)done;
}

}  // namespace

struct GrpcServer::Parts {
  explicit Parts(ServerCore* core) : prediction(core), model(core), kserve(core) {}
  PredictionService prediction;
  ModelService model;
  KServeService kserve;
  std::unique_ptr<grpc::Server> server;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const std::string& host, int port,
                                                              const std::string& socket_path, ServerCore* core) {
  SetUpLibrary();
  // gRPC says only that it failed; this says why.
  FLOE_ASSIGN_OR_RETURN(const Listener probe, Listen(host, port));
  close(probe.fd);

  auto parts = std::make_unique<Parts>(core);
  grpc::ServerBuilder builder;
  int bound_port = 0;
  builder.AddListeningPort(HostPort(host, port), grpc::InsecureServerCredentials(), &bound_port);
  int bound_socket = 1;
  if (!socket_path.empty()) {
    builder.AddListeningPort(absl::StrCat("unix:", socket_path), grpc::InsecureServerCredentials(), &bound_socket);
  }
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second server on the port is an error
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMillis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<int64_t>(core->options().max_request_bytes, std::numeric_limits<int>::max())));
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&parts->prediction);
  builder.RegisterService(&parts->model);
  builder.RegisterService(&parts->kserve);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || bound_port == 0 || bound_socket == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve gRPC on ", HostPort(host, port), socket_path.empty() ? "" : " and ", socket_path));
  }
  // Until the models are loaded.
  parts->server->GetHealthCheckService()->SetServingStatus("", false);
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(parts), HostPort(host, bound_port)));
}

GrpcServer::GrpcServer(std::unique_ptr<Parts> parts, std::string address)
    : parts_(std::move(parts)), address_(std::move(address)) {}

GrpcServer::~GrpcServer() { Shutdown(absl::InfinitePast()); }

void GrpcServer::SetServing(const std::string& service, bool serving) {
  parts_->server->GetHealthCheckService()->SetServingStatus(service, serving);
}

void GrpcServer::Shutdown(absl::Time deadline) {
  parts_->server->Shutdown(absl::ToChronoTime(deadline));
  parts_->server->Wait();
}

}  // namespace floe
