#include "server/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "server/log.h"
#include "server/repository/directory_source.h"

namespace floe {
namespace {

// How long the start waits for files that are still being written.
constexpr absl::Duration kMaxSettleTime = absl::Seconds(10);
constexpr absl::Duration kSettleLook = absl::Milliseconds(200);
// For what is no inference in flight, once the server ends: short calls, and requests still arriving, to be refused.
constexpr absl::Duration kLingerTime = absl::Seconds(3);
// gRPC cancels a request that arrives in the moment it shuts down. Who was refused stops asking, so that moment waits
// for a time without requests.
constexpr absl::Duration kQuietTime = absl::Milliseconds(100);

int CompletionThreads() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4); }

std::unique_ptr<ModelSource> MakeSource(const ServerOptions& options) {
  if (!options.model_path.empty()) return std::make_unique<FileSource>(options.model_name, options.model_path);
  if (!options.model_base_path.empty()) {
    return std::make_unique<DirectorySource>(DirectorySource::SingleModel(options.model_name, options.model_base_path));
  }
  return std::make_unique<DirectorySource>(DirectorySource::Repository(options.model_repository));
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      source_(MakeSource(options_)),
      completions_("floe-complete", CompletionThreads()),
      models_(std::make_unique<ModelManager>(
          options_.load, &metrics_, &completions_,
          [this](const std::string& model, bool available) { UpdateHealth(model, available); })),
      core_(models_.get(), &metrics_, options_.service) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  std::unique_ptr<Server> server(new Server(std::move(options)));
  const ServerOptions& set = server->options_;
  const auto metrics = [self = server.get()] {
    return HttpResponse{.body = self->metrics_.Text(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  };
  FLOE_ASSIGN_OR_RETURN(server->http_,
                        HttpServer::Start(set.bind, set.http_port,
                                          {{"/healthz", [] { return HttpResponse{.body = "ok\n"}; }},
                                           {"/readyz", [self = server.get()] { return self->AnswerReadiness(); }},
                                           {"/metrics", metrics},
                                           {"/monitoring/prometheus/metrics", metrics}}));
  FLOE_ASSIGN_OR_RETURN(server->grpc_,
                        GrpcServer::Start(set.bind, set.grpc_port, set.grpc_socket_path, &server->core_));
  return server;
}

Server::~Server() {
  Drain(absl::Now());
  if (poller_.joinable()) poller_.join();
  models_.reset();  // while what it reports to is still there
}

absl::Status Server::LoadModels() {
  const absl::Time give_up = absl::Now() + kMaxSettleTime;
  while (true) {
    FLOE_ASSIGN_OR_RETURN(const bool settled, Look());
    if (settled || absl::Now() >= give_up) break;
    if (!Sleep(kSettleLook)) return absl::CancelledError("the server is shutting down");
  }
  models_->WaitUntilLoaded();
  if (!options_.model_path.empty()) {
    FLOE_ASSIGN_OR_RETURN(const ServedModelStatus status, models_->Status(options_.model_name));
    if (!status.available()) return status.versions[0].error;
  }
  core_.SetStarted();
  UpdateHealth("", false);
  if (options_.model_path.empty() && options_.poll_interval > absl::ZeroDuration()) {
    poller_ = std::thread([this] { Poll(); });
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Server::Look() {
  FLOE_ASSIGN_OR_RETURN(const ModelSource::Seen seen, source_->Look());
  models_->SetTargets(seen.models);
  return seen.settled;
}

void Server::Poll() {
  bool failed = false;
  while (Sleep(options_.poll_interval)) {
    const absl::Status status = Look().status();
    // Once, not at every look; what is served stays.
    if (!status.ok() && !failed) LogError(absl::StrCat("cannot look for models: ", status.message()));
    failed = !status.ok();
  }
}

bool Server::Sleep(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !stop_.wait_for(lock, absl::ToChronoNanoseconds(duration), [&] { return stopping_; });
}

void Server::UpdateHealth(const std::string& model, bool available) {
  const std::lock_guard lock(health_mutex_);
  if (grpc_ == nullptr) return;
  if (!model.empty()) grpc_->SetServing(model, available && !core_.draining());
  grpc_->SetServing("", core_.Readiness().ok());
}

HttpResponse Server::AnswerReadiness() const {
  const absl::Status readiness = core_.Readiness();
  if (readiness.ok()) return {.body = "ready\n"};
  return {.status = 503, .body = absl::StrCat("not ready: ", readiness.message(), "\n")};
}

void Server::Drain(absl::Time deadline) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  core_.StartDraining();
  if (grpc_ == nullptr) return;
  for (const ServedModelStatus& model : models_->StatusOfAll()) UpdateHealth(model.name, false);
  UpdateHealth("", false);
  if (!core_.WaitUntilIdle(deadline)) LogWarning("requests were still running when the time to drain was over");
  // Every inference is answered, or its time is over. The rest is short calls, and streams that only watch and would
  // stay.
  const absl::Time linger_until = std::min(deadline, absl::Now() + kLingerTime);
  for (int64_t refused = -1; refused != core_.num_refused() && absl::Now() + kQuietTime < linger_until;) {
    refused = core_.num_refused();
    absl::SleepFor(kQuietTime);
  }
  grpc_->Shutdown(linger_until);
}

}  // namespace floe
