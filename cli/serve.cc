// floe serve: a model server until SIGTERM or SIGINT.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/command.h"
#include "cli/model_args.h"
#include "server/log.h"
#include "server/server.h"

namespace floe::cli {
namespace {

constexpr int kMaxPort = 65535;
constexpr int kMaxInstances = 1024;
constexpr int64_t kMaxMessageBytes = 0x7fffffff;  // gRPC counts them in an int

struct ServeArgs {
  ServerOptions options;
  double poll_seconds = 1;
  double drain_seconds = 30;
  std::string log_format = "text";
};

// What the main thread waits for.
class Events {
 public:
  void SetLoaded(absl::Status status) {
    const std::lock_guard lock(mutex_);
    loaded_ = std::move(status);
    changed_.notify_all();
  }
  void SetSignalled(absl::Time when) {
    const std::lock_guard lock(mutex_);
    signalled_ = when;
    changed_.notify_all();
  }
  // When a signal came; nothing where loading has failed before.
  std::optional<absl::Time> Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return signalled_.has_value() || (loaded_.has_value() && !loaded_->ok()); });
    return signalled_;
  }
  std::optional<absl::Status> loaded() {
    const std::lock_guard lock(mutex_);
    return loaded_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<absl::Status> loaded_;
  std::optional<absl::Time> signalled_;
};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// The first signal is told to `events`; a second one ends the process, and so does the end of `drain`.
void WatchSignals(Events* events, absl::Duration drain) {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  const absl::Time deadline = absl::Now() + drain;
  events->SetSignalled(absl::Now());
  LogInfo(absl::StrCat(signal == SIGTERM ? "SIGTERM" : "SIGINT", ": finishing what is in flight"));
  while (true) {
    const timespec left = absl::ToTimespec(std::max(deadline - absl::Now(), absl::ZeroDuration()));
    if (sigtimedwait(&signals, nullptr, &left) > 0) _exit(1);
    if (errno == EAGAIN) _exit(0);
  }
}

// The file without its folder and its last suffix; a folder's own name.
std::string ModelNameOf(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string name = BaseName(path);
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

absl::Status Serve(const ServeArgs& args) {
  SetLogFormat(args.log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  ServerOptions options = args.options;
  options.poll_interval = absl::Seconds(std::max(0.0, args.poll_seconds));
  options.load.load = &Model::Load;
  options.load.log_failures = options.model_path.empty();
  if (options.model_name.empty()) {
    options.model_name = options.model_path.empty() ? "default" : ModelNameOf(options.model_path);
  }
  // Before the first thread: all of them inherit the mask, and the watching thread alone takes the signals.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Server::Start(std::move(options)));
  // Both live on in threads that nothing waits for when the process ends in the middle of a load.
  static Events events;
  const absl::Duration drain = absl::Seconds(args.drain_seconds);
  std::thread([drain] { WatchSignals(&events, drain); }).detach();
  std::thread loading([&server] {
    const absl::Status status = server->LoadModels();
    if (status.ok()) {
      std::printf("serving gRPC on %s, HTTP on %s\n", server->grpc_address().c_str(), server->http_address().c_str());
      std::fflush(stdout);
    }
    events.SetLoaded(status);
  });

  const std::optional<absl::Time> signalled = events.Wait();
  if (signalled.has_value()) {
    // What is left over is for the answers to what is cancelled at the end.
    server->Drain(*signalled + drain - std::min(absl::Seconds(1), drain / 10));
    // A load cannot be stopped half-way, and there is nothing left to do.
    if (!events.loaded().has_value()) _exit(0);
  }
  loading.join();
  server.reset();
  if (signalled.has_value()) return absl::OkStatus();
  return *events.loaded();
}

}  // namespace

void AddServe(CLI::App& app, absl::Status* result) {
  CLI::App* const command =
      app.add_subcommand("serve", "Serve models to TensorFlow Serving and Triton clients, on gRPC and HTTP");
  const auto args = std::make_shared<ServeArgs>();
  ServerOptions& options = args->options;

  CLI::App* const what = command->add_option_group("what to serve");
  CLI::Option* const model = what->add_option(
      "MODEL", options.model_path, "One model, as version 1: a frozen .pb or .pbtxt, or a checkpoint's prefix");
  CLI::Option* const repository =
      what->add_option("--model-repository,--model-store", options.model_repository,
                       "A folder of models: DIR/NAME/VERSION/model.pb, with an optional DIR/NAME/config.pbtxt");
  what->add_option("--model-base-path", options.model_base_path,
                   "One model's folder of versions: DIR/VERSION/model.pb");
  what->require_option(1);
  command
      ->add_option("--name,--model-name", options.model_name,
                   "What MODEL (else its file's name) or the model of --model-base-path (else 'default') is called")
      ->excludes(repository);

  command->add_option("--bind", options.bind, "The address to listen on")->capture_default_str();
  command->add_option("--grpc-port,--port", options.grpc_port, "The port of gRPC; 0: any free one")
      ->capture_default_str()
      ->check(CLI::Range(0, kMaxPort));
  command->add_option("--http-port,--rest-api-port", options.http_port, "The port of HTTP; 0: any free one")
      ->capture_default_str()
      ->check(CLI::Range(0, kMaxPort));
  command->add_option("--grpc-socket-path", options.grpc_socket_path, "A Unix socket for gRPC, besides the port");
  command->add_option("--max-request-bytes", options.service.max_request_bytes, "The largest request that is taken")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, kMaxMessageBytes));

  AddDeviceOptions(*command, &options.load.model);
  command->add_option("--instances", options.load.instances, "Requests of a model that run at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, kMaxInstances));
  command
      ->add_option("--threads", options.load.model.threads,
                   "An instance's; 0: the machine's processors shared out over the instances")
      ->capture_default_str()
      ->check(CLI::Range(0, kMaxInstances));
  command->add_option("--max-queue", options.load.max_queue, "Requests of a model that may wait")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--file-system-poll-wait-seconds,--repository-poll-secs", args->poll_seconds,
                   "Seconds between looks for new versions; 0: none after the start")
      ->capture_default_str()
      ->excludes(model);

  command
      ->add_option("--drain-seconds,--exit-timeout-secs", args->drain_seconds,
                   "Seconds that requests have to finish after SIGTERM")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--strict-readiness,!--no-strict-readiness", options.service.strict_readiness,
                    "Ready only while every model has an available version (the default)");
  command->add_flag("--enable-serialization-as-tensor-content", options.service.tensor_content,
                    "Predict answers in tensor_content, which is faster than typed values");
  command->add_option("--log-format", args->log_format, "text or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([args, result] { *result = Serve(*args); });
}

}  // namespace floe::cli
