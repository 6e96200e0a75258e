// What the server counts, in Prometheus's terms.
//
// Metrics owns the registry and outlives everything that counts. ModelMetrics holds the series of one version of one
// model, and takes them out of the registry when it is destroyed, so that their number follows what is loaded. Names
// that a client made up never become labels. Any thread may count.
#ifndef FLOE_SERVER_METRICS_H_
#define FLOE_SERVER_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace floe {

enum class Api { kTfServing, kKServe };
inline constexpr int kNumApis = 2;
// Of a request: waiting for an instance, decoding what came, running the model, encoding what goes, and all of it.
enum class Phase { kQueue, kInput, kCompute, kOutput, kTotal };
inline constexpr int kNumPhases = 5;
// Why a request was given up without running (or within a run, for the first two).
enum class DropReason { kDeadline, kCancelled, kQueueFull, kDraining };
inline constexpr int kNumDropReasons = 4;

class ModelMetrics;

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // All of it in Prometheus's text format.
  std::string Text() const;

  // The series of a version; who asks for the same one while it is there shares it.
  std::shared_ptr<ModelMetrics> ForModel(const std::string& name, int64_t version);
  // A request that named no model we have.
  void CountUnknown(Api api, absl::StatusCode code);
  // A request that came while the server was shutting down.
  void CountRefused();

 private:
  friend class ModelMetrics;
  using Key = std::pair<std::string, int64_t>;
  struct Shared {
    std::unique_ptr<ModelMetrics> metrics;
    int users = 0;
  };

  void Release(const Key& key);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Gauge>& in_flight_;
  prometheus::Family<prometheus::Gauge>& queue_depth_;
  prometheus::Family<prometheus::Gauge>& state_;
  prometheus::Family<prometheus::Histogram>& load_durations_;
  prometheus::Family<prometheus::Counter>& dropped_;
  prometheus::Family<prometheus::Gauge>& memory_;
  // Counted under a lock, not by weak pointers: a series must be out of the registry before it can be made again.
  std::mutex mutex_;
  std::map<Key, Shared> models_;
};

class ModelMetrics {
 public:
  ModelMetrics(Metrics* metrics, const std::string& name, int64_t version);
  ModelMetrics(const ModelMetrics&) = delete;
  ModelMetrics& operator=(const ModelMetrics&) = delete;
  ~ModelMetrics();

  void CountRequest(Api api, absl::StatusCode code);
  void Observe(Phase phase, absl::Duration duration);
  void CountDropped(DropReason reason) { dropped_[static_cast<size_t>(reason)]->Increment(); }
  void ObserveLoad(absl::Duration duration);
  void AddInFlight(int change) { in_flight_->Increment(change); }
  void SetQueueDepth(int64_t depth) { queue_depth_->Set(static_cast<double>(depth)); }
  void SetState(int state) { state_->Set(state); }
  void SetMemoryBytes(int64_t bytes) { memory_->Set(static_cast<double>(bytes)); }

 private:
  static constexpr size_t kNumCodes = 17;

  prometheus::Labels LabelsWith(const std::string& name, const std::string& value) const;

  Metrics* metrics_;  // not owned
  const prometheus::Labels labels_;
  // Made when first counted: most codes never come.
  std::array<std::array<std::atomic<prometheus::Counter*>, kNumCodes>, kNumApis> requests_ = {};
  std::array<prometheus::Histogram*, kNumPhases> phases_;
  std::array<prometheus::Counter*, kNumDropReasons> dropped_;
  prometheus::Gauge* in_flight_;
  prometheus::Gauge* queue_depth_;
  prometheus::Gauge* state_;
  prometheus::Gauge* memory_;
  prometheus::Histogram* load_;
};

}  // namespace floe

#endif  // FLOE_SERVER_METRICS_H_
