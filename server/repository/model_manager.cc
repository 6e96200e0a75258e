#include "server/repository/model_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/suggest.h"
#include "server/log.h"

namespace floe {
namespace {

// One model that takes long must not hold up the others; more at a time would only share the same processors.
constexpr int kLoaderThreads = 2;
// Versions that are gone are remembered this long, a model, for those who ask what became of them.
constexpr size_t kMaxEndedVersions = 16;

std::string Named(const std::string& name, int64_t version) {
  return absl::StrCat("model '", name, "' version ", version);
}

}  // namespace

bool ServedModelStatus::available() const {
  return std::any_of(versions.begin(), versions.end(), [](const VersionStatus& version) {
    return version.state == VersionState::kAvailable && version.error.ok();
  });
}

ModelManager::ModelManager(LoadOptions options, Metrics* metrics, WorkerPool* completions,
                           std::function<void(const std::string&, bool)> on_change)
    : options_(std::move(options)),
      metrics_(metrics),
      completions_(completions),
      on_change_(std::move(on_change)),
      loaders_("floe-loader", kLoaderThreads) {}

ModelManager::~ModelManager() {
  {
    const std::unique_lock lock(mutex_);
    stopping_ = true;
  }
  SetTargets({});
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return handles_ == 0 && loads_ == 0; });
}

void ModelManager::SetTargets(const ModelTargets& targets) {
  std::vector<std::string> names;
  {
    const std::unique_lock lock(mutex_);
    for (const auto& [name, target] : targets) SetVersionTargets(name, target, &models_[name]);
    for (auto& [name, entry] : models_) {
      if (targets.count(name) == 0) {
        entry.wanted = false;
        for (auto& [number, version] : entry.versions) version.wanted = false;
      }
      Retire(name, &entry);
      names.push_back(name);
    }
    std::erase_if(models_, [](const auto& item) { return !item.second.wanted && item.second.versions.empty(); });
  }
  for (const std::string& name : names) ReportChange(name);
}

void ModelManager::SetVersionTargets(const std::string& name, const ModelTarget& target, Entry* entry) {
  entry->wanted = true;
  if (entry->problem != target.problem && !target.problem.ok()) {
    LogError(absl::StrCat("model '", name, "': ", target.problem.message()));
  }
  entry->problem = target.problem;
  if (target.config == nullptr) return;
  entry->config = target.config;
  for (auto& [number, version] : entry->versions) version.wanted = target.versions.count(number) > 0;
  for (const auto& [number, version_target] : target.versions) {
    const auto found = entry->versions.find(number);
    if (found != entry->versions.end()) {
      Version& version = found->second;
      // A load that failed is tried again when the files are other ones, an unloaded version when it comes back.
      const bool retry = version.state == VersionState::kEnd &&
                         (version.error.ok() || version.target.fingerprint != version_target.fingerprint);
      if (!retry) continue;
    }
    Version& version = entry->versions[number];
    version = Version();
    version.target = version_target;
    version.metrics = metrics_->ForModel(name, number);
    SetState(&version, VersionState::kStart);
    ++loads_;
    loaders_.Post([this, model = name, number = number] { Load(model, number); });
  }
}

void ModelManager::SetState(Version* version, VersionState state) {
  version->state = state;
  version->metrics->SetState(static_cast<int>(state));
}

void ModelManager::Retire(const std::string& name, Entry* entry) {
  bool any_wanted = false;
  bool replaced = false;
  for (const auto& [number, version] : entry->versions) {
    if (!version.wanted) continue;
    any_wanted = true;
    // Another version is coming: who would be let go now may be all there is.
    if (version.state == VersionState::kStart || version.state == VersionState::kLoading) return;
    replaced |= version.state == VersionState::kAvailable;
  }
  if (any_wanted && !replaced) return;
  for (auto& [number, version] : entry->versions) {
    if (version.wanted || version.state != VersionState::kAvailable) continue;
    SetState(&version, VersionState::kUnloading);
    LogInfo(absl::StrCat("unloading ", Named(name, number)));
    version.served.reset();
  }
  std::vector<int64_t> ended;
  for (const auto& [number, version] : entry->versions) {
    if (!version.wanted && version.state == VersionState::kEnd) ended.push_back(number);
  }
  const size_t kept = entry->wanted ? kMaxEndedVersions : 0;
  for (size_t i = 0; i + kept < ended.size(); ++i) entry->versions.erase(ended[i]);
}

void ModelManager::WaitUntilLoaded() {
  std::shared_lock lock(mutex_);
  changed_.wait(lock, [&] {
    for (const auto& [name, entry] : models_) {
      for (const auto& [number, version] : entry.versions) {
        if (version.state == VersionState::kStart || version.state == VersionState::kLoading) return false;
      }
    }
    return true;
  });
}

void ModelManager::Load(const std::string& name, int64_t number) {
  VersionTarget target;
  std::shared_ptr<const inference::ModelConfig> config;
  std::shared_ptr<ModelMetrics> metrics;
  bool wanted;
  {
    const std::unique_lock lock(mutex_);
    Version& version = models_[name].versions[number];
    wanted = version.wanted && !stopping_;
    if (wanted) SetState(&version, VersionState::kLoading);
    target = version.target;
    config = models_[name].config;
    metrics = version.metrics;
  }
  const absl::Time begun = absl::Now();
  absl::StatusOr<std::unique_ptr<ServedModel>> loaded = absl::CancelledError("no longer wanted");
  if (wanted) {
    LogInfo(absl::StrCat("loading ", Named(name, number), " from '", target.path, "'"));
    if (target.problem.ok()) {
      loaded = ServedModel::Load(name, number, target.path, *config, options_, metrics, completions_);
    } else {
      loaded = target.problem;
    }
    metrics->ObserveLoad(absl::Now() - begun);
  }
  {
    const std::unique_lock lock(mutex_);
    Entry& entry = models_[name];
    Version& version = entry.versions[number];
    if (loaded.ok()) {
      version.served = MakeHandle(*std::move(loaded));
      SetState(&version, VersionState::kAvailable);
      LogInfo(absl::StrCat(Named(name, number), " is available; loading took ",
                           absl::FormatDuration(absl::Trunc(absl::Now() - begun, absl::Milliseconds(1)))));
    } else {
      if (wanted) {
        version.error = loaded.status();
        if (options_.log_failures)
          LogError(absl::StrCat("cannot load ", Named(name, number), ": ", version.error.message()));
      }
      SetState(&version, VersionState::kEnd);
    }
    Retire(name, &entry);
    if (!entry.wanted && entry.versions.empty()) models_.erase(name);
    --loads_;
    changed_.notify_all();
  }
  ReportChange(name);
}

std::shared_ptr<const ServedModel> ModelManager::MakeHandle(std::unique_ptr<ServedModel> served) {
  ++handles_;
  // Destroying joins threads and frees a lot: not for the request that happened to be the last.
  return std::shared_ptr<const ServedModel>(served.release(), [this](const ServedModel* unused) {
    loaders_.Post([this, unused] {
      const std::string name = unused->name();
      const int64_t number = unused->version();
      delete unused;
      FinishUnload(name, number);
    });
  });
}

void ModelManager::FinishUnload(const std::string& name, int64_t number) {
  LogInfo(absl::StrCat("unloaded ", Named(name, number)));
  {
    const std::unique_lock lock(mutex_);
    if (const auto entry = models_.find(name); entry != models_.end()) {
      if (const auto version = entry->second.versions.find(number); version != entry->second.versions.end()) {
        SetState(&version->second, VersionState::kEnd);
      }
      Retire(name, &entry->second);
      if (!entry->second.wanted && entry->second.versions.empty()) models_.erase(entry);
    }
    --handles_;
    changed_.notify_all();
  }
}

void ModelManager::ReportChange(const std::string& name) {
  // The lock is held across the call so that the last report is the last state.
  const std::lock_guard report(report_mutex_);
  bool known;
  bool available = false;
  {
    const std::shared_lock lock(mutex_);
    const auto entry = models_.find(name);
    known = entry != models_.end();
    if (known) available = StatusOf(name, entry->second).available();
  }
  const auto [reported, is_new] = reported_.emplace(name, false);
  if (is_new || reported->second != available) on_change_(name, available);
  reported->second = available;
  if (!known) reported_.erase(reported);
}

absl::Status ModelManager::NoSuchModel(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, entry] : models_) names.push_back(known);
  return absl::NotFoundError(
      absl::StrCat("no model '", name, "'; there is ", ListNames(names), DidYouMean(name, names)));
}

absl::StatusOr<std::shared_ptr<const ServedModel>> ModelManager::Find(const std::string& name,
                                                                      std::optional<int64_t> version) const {
  const std::shared_lock lock(mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return NoSuchModel(name);
  const Entry& entry = found->second;
  if (version.has_value()) {
    const auto exact = entry.versions.find(*version);
    if (exact == entry.versions.end() || (exact->second.state == VersionState::kEnd && exact->second.error.ok())) {
      std::vector<std::string> numbers;
      for (const auto& [number, known] : entry.versions) {
        if (known.state == VersionState::kAvailable) numbers.push_back(absl::StrCat(number));
      }
      return absl::NotFoundError(
          absl::StrCat("model '", name, "' has no version ", *version, "; there is ", ListNames(numbers)));
    }
    if (exact->second.served != nullptr) return exact->second.served;
    if (!exact->second.error.ok()) {
      return absl::UnavailableError(
          absl::StrCat(Named(name, *version), " could not be loaded: ", exact->second.error.message()));
    }
    return absl::UnavailableError(absl::StrCat(
        Named(name, *version), exact->second.state == VersionState::kUnloading ? " is being unloaded" : " is loading"));
  }
  for (auto latest = entry.versions.rbegin(); latest != entry.versions.rend(); ++latest) {
    if (latest->second.served != nullptr) return latest->second.served;
  }
  for (auto latest = entry.versions.rbegin(); latest != entry.versions.rend(); ++latest) {
    if (latest->second.state == VersionState::kStart || latest->second.state == VersionState::kLoading) {
      return absl::UnavailableError(absl::StrCat(Named(name, latest->first), " is loading"));
    }
    if (!latest->second.error.ok()) {
      return absl::UnavailableError(
          absl::StrCat(Named(name, latest->first), " could not be loaded: ", latest->second.error.message()));
    }
  }
  return absl::UnavailableError(absl::StrCat("model '", name, "' has no version to serve",
                                             entry.problem.ok() ? "" : ": ", entry.problem.message()));
}

ServedModelStatus ModelManager::StatusOf(const std::string& name, const Entry& entry) {
  ServedModelStatus status{.name = name, .problem = entry.problem, .versions = {}};
  for (auto version = entry.versions.rbegin(); version != entry.versions.rend(); ++version) {
    const Version& known = version->second;
    // A version whose device was lost is still there, and of no more use.
    absl::Status error = known.served != nullptr ? known.served->model().Health() : known.error;
    status.versions.push_back({version->first, known.state, std::move(error)});
  }
  return status;
}

absl::StatusOr<ServedModelStatus> ModelManager::Status(const std::string& name, std::optional<int64_t> version) const {
  const std::shared_lock lock(mutex_);
  const auto entry = models_.find(name);
  if (entry == models_.end()) return NoSuchModel(name);
  ServedModelStatus status = StatusOf(name, entry->second);
  if (!version.has_value()) return status;
  std::vector<std::string> numbers;
  for (const VersionStatus& known : status.versions) numbers.push_back(absl::StrCat(known.version));
  std::erase_if(status.versions, [&](const VersionStatus& known) { return known.version != *version; });
  if (!status.versions.empty()) return status;
  return absl::NotFoundError(
      absl::StrCat("model '", name, "' has no version ", *version, "; there is ", ListNames(numbers)));
}

std::vector<ServedModelStatus> ModelManager::StatusOfAll() const {
  const std::shared_lock lock(mutex_);
  std::vector<ServedModelStatus> statuses;
  for (const auto& [name, entry] : models_) statuses.push_back(StatusOf(name, entry));
  return statuses;
}

}  // namespace floe
