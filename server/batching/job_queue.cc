#include "server/batching/job_queue.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace floe {

JobQueue::JobQueue(int64_t capacity, std::function<void(int64_t)> report_depth)
    : capacity_(capacity), report_depth_(std::move(report_depth)) {}

absl::Status JobQueue::Push(Job* job) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return absl::UnavailableError("the model is being unloaded");
    const auto depth = static_cast<int64_t>(jobs_.size());
    if (depth >= capacity_) {
      // Both Triton and TensorFlow Serving answer UNAVAILABLE here: their clients try again on it.
      return absl::UnavailableError(absl::StrCat("the queue is full: ", depth, " requests wait already"));
    }
    jobs_.push_back(job);
    report_depth_(depth + 1);
  }
  pushed_.notify_one();
  return absl::OkStatus();
}

Job* JobQueue::Pop() {
  std::unique_lock lock(mutex_);
  pushed_.wait(lock, [&] { return closed_ || !jobs_.empty(); });
  if (jobs_.empty()) return nullptr;
  Job* const job = jobs_.front();
  jobs_.pop_front();
  report_depth_(static_cast<int64_t>(jobs_.size()));
  return job;
}

void JobQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  pushed_.notify_all();
}

}  // namespace floe
