// InstancePool: the threads that run one model version. Each makes its own ModelInstance, warms it up, and then takes
// jobs from the queue; an instance never leaves its thread. Any thread may Submit. Destroying it finishes the jobs that
// wait and joins.
#ifndef FLOE_SERVER_BATCHING_INSTANCE_POOL_H_
#define FLOE_SERVER_BATCHING_INSTANCE_POOL_H_

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "model/model.h"
#include "server/batching/job.h"
#include "server/batching/job_queue.h"
#include "server/metrics.h"
#include "server/worker_pool.h"

namespace floe {

class InstancePool {
 public:
  // Returns when every instance has run once on `warmup` (no run where it is empty), or with the first failure;
  // that the model refuses these very values is none.
  // `completions` (not owned) is where jobs' `done` is called: an instance is for running, not for encoding answers.
  static absl::StatusOr<std::unique_ptr<InstancePool>> Create(std::shared_ptr<const Model> model, int instances,
                                                              int64_t max_queue, const std::vector<NamedTensor>& warmup,
                                                              std::shared_ptr<ModelMetrics> metrics,
                                                              WorkerPool* completions);
  InstancePool(const InstancePool&) = delete;
  InstancePool& operator=(const InstancePool&) = delete;
  ~InstancePool();

  // As JobQueue::Push.
  absl::Status Submit(Job* job);

 private:
  InstancePool(std::shared_ptr<const Model> model, int64_t max_queue, std::shared_ptr<ModelMetrics> metrics,
               WorkerPool* completions);
  void Serve(ModelInstance* instance);
  void RunJob(ModelInstance* instance, Job* job);

  const std::shared_ptr<const Model> model_;
  const std::shared_ptr<ModelMetrics> metrics_;
  WorkerPool* const completions_;  // not owned
  JobQueue queue_;
  std::vector<std::thread> threads_;
};

}  // namespace floe

#endif  // FLOE_SERVER_BATCHING_INSTANCE_POOL_H_
