// Job: one run that was asked for, on its way through a queue to an instance and back.
//
// Whoever makes a Job owns it and keeps it alive until `done` has been called; in between it belongs to the queue or
// the instance that has it, except for `cancelled`, which any thread may set.
#ifndef FLOE_SERVER_BATCHING_JOB_H_
#define FLOE_SERVER_BATCHING_JOB_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "model/model.h"

namespace floe {

struct Job {
  std::vector<NamedTensor> inputs;  // let go once the run is over
  std::vector<std::string> fetches;
  absl::Time deadline = absl::InfiniteFuture();
  std::atomic<bool> cancelled = false;
  // Called once, on a completion thread, when what follows is set.
  std::function<void()> done;

  absl::StatusOr<std::vector<Tensor>> outputs = absl::UnknownError("not run");
  absl::Time queued_at;
  absl::Duration queue_time;
  absl::Duration compute_time;
};

}  // namespace floe

#endif  // FLOE_SERVER_BATCHING_JOB_H_
