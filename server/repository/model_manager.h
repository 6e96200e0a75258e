// ModelManager: decides what is loaded. It is told what is wanted (SetTargets), loads that on threads of its own, hands
// out handles to what is available, and lets go of what is wanted no longer, once something takes its place.
//
// A version goes through the states that TensorFlow Serving reports: START (known), LOADING, AVAILABLE, UNLOADING (no
// new requests; those in flight finish), END (gone, or failed: then with the reason). A version that fails to load
// leaves what served before.
//
// Any thread may call anything. All handles must be gone before the manager is destroyed.
#ifndef FLOE_SERVER_REPOSITORY_MODEL_MANAGER_H_
#define FLOE_SERVER_REPOSITORY_MODEL_MANAGER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics.h"
#include "server/repository/model_source.h"
#include "server/repository/served_model.h"
#include "server/worker_pool.h"

namespace floe {

// Numbered as ModelVersionStatus.State.
enum class VersionState { kStart = 10, kLoading = 20, kAvailable = 30, kUnloading = 40, kEnd = 50 };

struct VersionStatus {
  int64_t version;
  VersionState state;
  absl::Status error;  // why a load failed, or what has become of its device since
};

struct ServedModelStatus {
  std::string name;
  absl::Status problem;                 // why nothing of it could be tried
  std::vector<VersionStatus> versions;  // the newest first
  bool available() const;
};

class ModelManager {
 public:
  // `on_change` is told, one call at a time, when a model begins or ceases to have an available version. `metrics` and
  // `completions` are not owned and outlive the manager.
  ModelManager(LoadOptions options, Metrics* metrics, WorkerPool* completions,
               std::function<void(const std::string& model, bool available)> on_change);
  ~ModelManager();

  // Returns at once; loading goes on behind it.
  void SetTargets(const ModelTargets& targets);
  // Until nothing is about to load.
  void WaitUntilLoaded();

  // A handle to a version, or to the latest. NOT_FOUND for what is not known, UNAVAILABLE for what is not (yet)
  // available.
  absl::StatusOr<std::shared_ptr<const ServedModel>> Find(const std::string& name,
                                                          std::optional<int64_t> version) const;

  // To be called where a request to the model has failed: tells `on_change` if its device was lost.
  void CheckHealth(const std::string& name) { ReportChange(name); }

  // NOT_FOUND as for Find.
  absl::StatusOr<ServedModelStatus> Status(const std::string& name,
                                           std::optional<int64_t> version = std::nullopt) const;
  std::vector<ServedModelStatus> StatusOfAll() const;

 private:
  struct Version {
    VersionState state = VersionState::kStart;
    absl::Status error;
    bool wanted = true;
    VersionTarget target;
    std::shared_ptr<const ServedModel> served;  // while available
    std::shared_ptr<ModelMetrics> metrics;
  };
  struct Entry {
    bool wanted = true;
    absl::Status problem;
    std::shared_ptr<const inference::ModelConfig> config;
    std::map<int64_t, Version> versions;
  };

  // These expect mutex_ to be held for writing.
  void SetVersionTargets(const std::string& name, const ModelTarget& target, Entry* entry);
  void SetState(Version* version, VersionState state);
  // Lets go of what nobody wants, unless it is all there is.
  void Retire(const std::string& name, Entry* entry);

  void Load(const std::string& name, int64_t number);
  // The handle whose last copy's end unloads the version.
  std::shared_ptr<const ServedModel> MakeHandle(std::unique_ptr<ServedModel> served);
  void FinishUnload(const std::string& name, int64_t number);
  void ReportChange(const std::string& name);
  absl::Status NoSuchModel(const std::string& name) const;
  static ServedModelStatus StatusOf(const std::string& name, const Entry& entry);

  const LoadOptions options_;
  Metrics* const metrics_;         // not owned
  WorkerPool* const completions_;  // not owned
  const std::function<void(const std::string&, bool)> on_change_;

  mutable std::shared_mutex mutex_;  // requests take it for reading, for as long as a look-up takes
  std::condition_variable_any changed_;
  std::map<std::string, Entry> models_;
  int handles_ = 0;  // versions that are loaded and not yet destroyed
  int loads_ = 0;    // posted and not finished
  bool stopping_ = false;

  std::mutex report_mutex_;
  std::map<std::string, bool> reported_;
  WorkerPool loaders_;  // last: its threads use all of the above
};

}  // namespace floe

#endif  // FLOE_SERVER_REPOSITORY_MODEL_MANAGER_H_
