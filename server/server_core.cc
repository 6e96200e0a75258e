#include "server/server_core.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/suggest.h"

namespace floe {

absl::Status ServerCore::Readiness() const {
  if (draining_) return absl::UnavailableError("the server is shutting down");
  if (!started_) return absl::UnavailableError("the models are loading");
  if (!options_.strict_readiness) return absl::OkStatus();
  std::vector<std::string> missing;
  std::string why;  // of the first
  for (const ServedModelStatus& model : models_->StatusOfAll()) {
    if (model.available()) continue;
    const absl::Status& problem = model.versions.empty() ? model.problem : model.versions[0].error;
    if (missing.empty() && !problem.ok()) why = absl::StrCat(": ", problem.message());
    missing.push_back(model.name);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no version is available of ", ListNames(missing), why));
}

bool ServerCore::Enter() {
  // Counted first and checked then, so that draining waits for every request that got past here.
  ++in_flight_;
  if (!draining_) return true;
  ++num_refused_;
  Leave();
  return false;
}

void ServerCore::Leave() {
  if (--in_flight_ > 0) return;
  // The lock orders this against the check in WaitUntilIdle; it is only taken when nothing else is in flight.
  const std::lock_guard lock(idle_mutex_);
  idle_.notify_all();
}

bool ServerCore::WaitUntilIdle(absl::Time deadline) {
  std::unique_lock lock(idle_mutex_);
  return idle_.wait_until(lock, absl::ToChronoTime(deadline), [&] { return in_flight_ == 0; });
}

}  // namespace floe
