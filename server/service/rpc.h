// What the RPC classes share: statuses on the wire, and the way of an inference request through gRPC's callback API.
#ifndef FLOE_SERVER_SERVICE_RPC_H_
#define FLOE_SERVER_SERVICE_RPC_H_

#include <functional>

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "server/infer_call.h"
#include "server/server_core.h"

namespace floe {

// The one place where a Status becomes gRPC's: the same code, the message as one line that fits into a header.
grpc::Status ToGrpc(const absl::Status& status);

// Answers an RPC that needs no waiting.
grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, const absl::Status& status);

// `decode` runs at once, on gRPC's thread: it calls Begin and fills in the job. `encode` runs on a completion thread
// when the outputs are there. The instance's thread does neither. The RPC's deadline and cancellation reach the run.
grpc::ServerUnaryReactor* ServeInfer(grpc::CallbackServerContext* context, ServerCore* core, Api api,
                                     const std::function<absl::Status(InferCall*)>& decode,
                                     std::function<absl::Status(InferCall*)> encode);

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_RPC_H_
