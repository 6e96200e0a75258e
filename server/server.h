// Server: a model server in this process: ports, models, and a thread that looks for new versions. What the `floe
// serve` command runs.
//
// The owner calls Start, then LoadModels, then Drain when it should end, from one thread at a time; Drain may be called
// while LoadModels runs.
#ifndef FLOE_SERVER_SERVER_H_
#define FLOE_SERVER_SERVER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/http/http_server.h"
#include "server/metrics.h"
#include "server/repository/model_manager.h"
#include "server/server_core.h"
#include "server/service/grpc_server.h"
#include "server/worker_pool.h"

namespace floe {

struct ServerOptions {
  std::string bind = "127.0.0.1";
  int grpc_port = 8500;  // 0: any free one
  int http_port = 8501;
  std::string grpc_socket_path = {};  // empty: none

  // What is served: one of these.
  std::string model_path = {};        // a file or folder that Model::Load takes, as version 1 of `model_name`
  std::string model_repository = {};  // DIR/NAME/VERSION/...
  std::string model_base_path = {};   // DIR/VERSION/..., as `model_name`
  std::string model_name = {};
  absl::Duration poll_interval = absl::Seconds(1);  // between looks for new versions; zero: none after the start

  LoadOptions load = {};
  ServiceOptions service = {};
};

class Server {
 public:
  // Listens. ALREADY_EXISTS where a port is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Loads what is there and returns when that is done; from then on the server may be ready. An error where the folder
  // cannot be read, or where the one model that was named cannot be loaded.
  absl::Status LoadModels();

  const std::string& grpc_address() const { return grpc_->address(); }
  const std::string& http_address() const { return http_->address(); }
  ServerCore& core() { return core_; }

  // Not ready from now on; finishes what is in flight, refuses the rest, and returns when nothing is left, by
  // `deadline` at the latest (what runs then is cancelled).
  void Drain(absl::Time deadline);

 private:
  explicit Server(ServerOptions options);
  // Looks, and asks the manager for what is seen. Whether all that is there has settled.
  absl::StatusOr<bool> Look();
  void Poll();
  // Whether the server goes on after that time.
  bool Sleep(absl::Duration duration);
  void UpdateHealth(const std::string& model, bool available);
  HttpResponse AnswerReadiness() const;

  const ServerOptions options_;
  const std::unique_ptr<ModelSource> source_;
  Metrics metrics_;
  WorkerPool completions_;
  std::unique_ptr<ModelManager> models_;
  ServerCore core_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcServer> grpc_;
  std::mutex health_mutex_;  // so that the last report is the last state

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread poller_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVER_H_
