// GrpcServer: the gRPC port: both API families, health and reflection. gRPC stays behind this header. Any thread.
#ifndef FLOE_SERVER_SERVICE_GRPC_SERVER_H_
#define FLOE_SERVER_SERVICE_GRPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/server_core.h"

namespace floe {

class GrpcServer {
 public:
  // Port 0: any free one. `socket_path`: a Unix socket besides, or none where it is empty. `core` is not owned.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const std::string& host, int port,
                                                           const std::string& socket_path, ServerCore* core);
  ~GrpcServer();

  // "HOST:PORT"
  const std::string& address() const { return address_; }
  // What grpc.health.v1 answers for a service; "": the server.
  void SetServing(const std::string& service, bool serving);
  // Takes no more calls; those in flight have until `deadline`, then they are cancelled. Returns when all are over.
  void Shutdown(absl::Time deadline);

 private:
  struct Parts;
  GrpcServer(std::unique_ptr<Parts> parts, std::string address);

  const std::unique_ptr<Parts> parts_;
  const std::string address_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_GRPC_SERVER_H_
