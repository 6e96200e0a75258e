#include "server/service/rpc.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/status.h"

namespace floe {
namespace {

// gRPC's default limit for all headers together is 8 KiB, and bytes outside ASCII take three each.
constexpr size_t kMaxMessageBytes = 2000;

class InferReactor final : public grpc::ServerUnaryReactor {
 public:
  InferReactor(ServerCore* core, Api api, std::function<absl::Status(InferCall*)> encode)
      : call_(core, api), encode_(std::move(encode)) {}

  void Start(absl::Time deadline, const std::function<absl::Status(InferCall*)>& decode) {
    call_.job().deadline = deadline;
    absl::Status status = decode(&call_);
    if (status.ok()) {
      status = call_.Run([this] {
        absl::Status answer = call_.job().outputs.status();
        if (answer.ok()) answer = encode_(&call_);
        call_.job().outputs = absl::UnknownError("sent");  // their memory is free before the answer is on its way
        End(answer);
      });
    }
    if (!status.ok()) End(status);
  }

  void OnCancel() override { call_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  void End(const absl::Status& status) {
    call_.Finish(status);
    Finish(ToGrpc(status));  // OnDone may run at any time from here on
  }

  InferCall call_;
  const std::function<absl::Status(InferCall*)> encode_;
};

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message(status.message().substr(0, kMaxMessageBytes));
  for (char& c : message) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return {static_cast<grpc::StatusCode>(status.code()), message};
}

grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* ServeInfer(grpc::CallbackServerContext* context, ServerCore* core, Api api,
                                     const std::function<absl::Status(InferCall*)>& decode,
                                     std::function<absl::Status(InferCall*)> encode) {
  auto* const reactor = new InferReactor(core, api, std::move(encode));  // deletes itself in OnDone
  reactor->Start(absl::FromChrono(context->deadline()), decode);
  return reactor;
}

}  // namespace floe
