// Connection: a gRPC channel, the stubs on it, and how a call is made: deadline, retries, a Status for whatever comes.
// Any thread may call. Private to client/.
#ifndef FLOE_CLIENT_CONNECTION_H_
#define FLOE_CLIENT_CONNECTION_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc_service.grpc.pb.h"
#include "tensorflow_serving/apis/model_service.grpc.pb.h"
#include "tensorflow_serving/apis/prediction_service.grpc.pb.h"

namespace floe::client_internal {

// How long to wait before a failed attempt is made again; one object a call, one thread at a time.
class Backoff {
 public:
  Backoff(int retries, absl::Time deadline) : retries_left_(retries), deadline_(deadline) {}
  // Nothing where the failure is final: its code, no retries left, or a wait past the deadline.
  std::optional<absl::Duration> Next(const grpc::Status& failure);
  absl::Time deadline() const { return deadline_; }

 private:
  int retries_left_;
  absl::Time deadline_;
  absl::Duration wait_ = absl::Milliseconds(50);
};

class Connection {
 public:
  static absl::StatusOr<std::shared_ptr<const Connection>> Open(std::string server, const ClientOptions& options);

  const ClientOptions& options() const { return options_; }
  inference::GRPCInferenceService::Stub& kserve() const { return *kserve_; }
  tensorflow::serving::PredictionService::Stub& prediction() const { return *prediction_; }
  tensorflow::serving::ModelService::Stub& models() const { return *models_; }
  grpc::health::v1::Health::Stub& health() const { return *health_; }

  Backoff StartCall() const { return Backoff(options_.retries, absl::Now() + options_.deadline); }
  // OK, or the failure under its own code; what is the network's and not the server's names the server.
  absl::Status ToStatus(const grpc::Status& status) const;

  // Connection::Call(kserve(), &Stub::ServerLive, request, &response)
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) const {
    for (Backoff backoff = StartCall();;) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(backoff.deadline()));
      const grpc::Status status = (stub.*method)(&context, request, response);
      const std::optional<absl::Duration> wait = backoff.Next(status);
      if (!wait.has_value()) return ToStatus(status);
      absl::SleepFor(*wait);
    }
  }

 private:
  Connection(std::string server, const ClientOptions& options, const std::shared_ptr<grpc::Channel>& channel);

  const std::string server_;
  const ClientOptions options_;
  const std::unique_ptr<inference::GRPCInferenceService::Stub> kserve_;
  const std::unique_ptr<tensorflow::serving::PredictionService::Stub> prediction_;
  const std::unique_ptr<tensorflow::serving::ModelService::Stub> models_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

// What gRPC calls back says this first: its threads are marked, since a connection must not be destroyed on them.
void EnterCallback();

// A call that nobody waits for. It owns itself through the callbacks that gRPC holds, and keeps the connection.
template <typename Request, typename Response>
class AsyncCall : public std::enable_shared_from_this<AsyncCall<Request, Response>> {
 public:
  using StartFunction =
      std::function<void(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>)>;
  using DoneFunction = std::function<void(const absl::Status&, const Response&)>;

  AsyncCall(std::shared_ptr<const Connection> connection, StartFunction start, Request request, DoneFunction done)
      : connection_(std::move(connection)),
        start_(std::move(start)),
        request_(std::move(request)),
        done_(std::move(done)),
        backoff_(connection_->StartCall()) {}

  void Start() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(backoff_.deadline()));
    start_(context_.get(), &request_, &response_, [self = this->shared_from_this()](const grpc::Status& status) {
      EnterCallback();
      self->Finished(status);
    });
  }

 private:
  void Finished(const grpc::Status& status) {
    const std::optional<absl::Duration> wait = backoff_.Next(status);
    if (!wait.has_value()) {
      done_(connection_->ToStatus(status), response_);
      return;
    }
    response_.Clear();
    // A new alarm each time: the last one's callback may still be on its way out.
    alarm_ = std::make_unique<grpc::Alarm>();
    // The alarm keeps its callback after calling it, and we keep the alarm: the reference has to be taken out.
    alarm_->Set(absl::ToChronoTime(absl::Now() + *wait), [self = this->shared_from_this()](bool) mutable {
      EnterCallback();
      std::exchange(self, nullptr)->Start();
    });
  }

  const std::shared_ptr<const Connection> connection_;
  const StartFunction start_;
  const Request request_;
  const DoneFunction done_;
  Backoff backoff_;
  Response response_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace floe::client_internal

#endif  // FLOE_CLIENT_CONNECTION_H_
