// JobQueue: where jobs wait for an instance, first come first served. This is where batching has its place: an instance
// takes its work from here and nowhere else. Any thread may call anything.
#ifndef FLOE_SERVER_BATCHING_JOB_QUEUE_H_
#define FLOE_SERVER_BATCHING_JOB_QUEUE_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "server/batching/job.h"

namespace floe {

class JobQueue {
 public:
  // `capacity` jobs may wait. `report_depth` is told how many do, whenever that changes.
  JobQueue(int64_t capacity, std::function<void(int64_t)> report_depth);

  // UNAVAILABLE where the queue is full or closed; then the job's `done` is not called.
  absl::Status Push(Job* job);
  // Waits for a job; null once the queue is closed and empty.
  Job* Pop();
  void Close();

 private:
  const int64_t capacity_;
  const std::function<void(int64_t)> report_depth_;
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<Job*> jobs_;
  bool closed_ = false;
};

}  // namespace floe

#endif  // FLOE_SERVER_BATCHING_JOB_QUEUE_H_
