// ServerCore: what every service of a server shares: its models, its limits, and whether it takes requests. Any thread;
// lives as long as the server.
#ifndef FLOE_SERVER_SERVER_CORE_H_
#define FLOE_SERVER_SERVER_CORE_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/metrics.h"
#include "server/repository/model_manager.h"

namespace floe {

struct ServiceOptions {
  int64_t max_request_bytes = int64_t{256} << 20;  // of one message, and of the tensors decoded from it
  bool tensor_content = false;                     // Predict answers in tensor_content instead of typed fields
  bool strict_readiness = true;                    // ready only while every model has an available version
};

class ServerCore {
 public:
  // Neither is owned.
  ServerCore(ModelManager* models, Metrics* metrics, const ServiceOptions& options)
      : models_(models), metrics_(metrics), options_(options) {}

  ModelManager& models() const { return *models_; }
  Metrics& metrics() const { return *metrics_; }
  const ServiceOptions& options() const { return options_; }

  // The models that were there at the start have been loaded, or could not be.
  void SetStarted() { started_ = true; }
  // From now on new inference requests are refused with UNAVAILABLE.
  void StartDraining() { draining_ = true; }
  bool draining() const { return draining_; }
  // OK where requests should be sent here; else why not.
  absl::Status Readiness() const;

  // Around every inference request, until its answer is sent. False where the server drains: then without Leave.
  bool Enter();
  void Leave();
  // Whether nothing is in flight, at `deadline` at the latest.
  bool WaitUntilIdle(absl::Time deadline);
  // How many requests came while the server drained.
  int64_t num_refused() const { return num_refused_; }

 private:
  ModelManager* const models_;
  Metrics* const metrics_;
  const ServiceOptions options_;
  std::atomic<bool> started_ = false;
  std::atomic<bool> draining_ = false;
  std::atomic<int64_t> in_flight_ = 0;
  std::atomic<int64_t> num_refused_ = 0;
  std::mutex idle_mutex_;
  std::condition_variable idle_;
};

}  // namespace floe

#endif  // FLOE_SERVER_SERVER_CORE_H_
