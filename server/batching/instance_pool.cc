#include "server/batching/instance_pool.h"

#include <pthread.h>

#include <future>
#include <utility>

#include "absl/time/clock.h"
#include "base/status.h"

namespace floe {
namespace {

absl::StatusOr<std::unique_ptr<ModelInstance>> MakeWarmInstance(const Model& model,
                                                                const std::vector<NamedTensor>& warmup) {
  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<ModelInstance> instance, model.CreateInstance());
  if (warmup.empty()) return instance;
  const absl::Status status = instance->Run(warmup, {}).status();
  // Zeros were made up, and may be what the model rightly refuses: a divisor, no picture.
  if (!status.ok() && !absl::IsInvalidArgument(status)) return Annotate(status, "the warm-up run failed");
  return instance;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InstancePool>> InstancePool::Create(std::shared_ptr<const Model> model, int instances,
                                                                   int64_t max_queue,
                                                                   const std::vector<NamedTensor>& warmup,
                                                                   std::shared_ptr<ModelMetrics> metrics,
                                                                   WorkerPool* completions) {
  std::unique_ptr<InstancePool> pool(new InstancePool(std::move(model), max_queue, std::move(metrics), completions));
  std::vector<std::promise<absl::Status>> started(static_cast<size_t>(instances));
  for (std::promise<absl::Status>& promise : started) {
    pool->threads_.emplace_back([&warmup, &promise, self = pool.get()] {
      // The promise and the warm-up inputs are Create's: not touched once the value is set.
      absl::StatusOr<std::unique_ptr<ModelInstance>> instance = MakeWarmInstance(*self->model_, warmup);
      promise.set_value(instance.status());
      if (instance.ok()) self->Serve(instance->get());
    });
    pthread_setname_np(pool->threads_.back().native_handle(), "floe-instance");
  }
  absl::Status status;
  for (std::promise<absl::Status>& promise : started) status.Update(promise.get_future().get());
  if (!status.ok()) return status;
  return pool;
}

InstancePool::InstancePool(std::shared_ptr<const Model> model, int64_t max_queue, std::shared_ptr<ModelMetrics> metrics,
                           WorkerPool* completions)
    : model_(std::move(model)),
      metrics_(std::move(metrics)),
      completions_(completions),
      queue_(max_queue, [counted = metrics_.get()](int64_t depth) { counted->SetQueueDepth(depth); }) {}

InstancePool::~InstancePool() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
}

absl::Status InstancePool::Submit(Job* job) {
  job->queued_at = absl::Now();
  const absl::Status status = queue_.Push(job);
  if (!status.ok()) metrics_->CountDropped(DropReason::kQueueFull);
  return status;
}

void InstancePool::Serve(ModelInstance* instance) {
  while (Job* job = queue_.Pop()) {
    RunJob(instance, job);
    // Moved out of the job, which may be gone as soon as this runs.
    completions_->Post(std::move(job->done));
  }
}

void InstancePool::RunJob(ModelInstance* instance, Job* job) {
  const absl::Time begun = absl::Now();
  job->queue_time = begun - job->queued_at;
  if (job->cancelled) {
    job->outputs = absl::CancelledError("the client gave up while the request waited");
  } else if (begun >= job->deadline) {
    job->outputs = absl::DeadlineExceededError("the deadline passed while the request waited");
  } else {
    job->outputs = instance->Run(job->inputs, job->fetches, {.deadline = job->deadline, .cancelled = &job->cancelled});
    job->compute_time = absl::Now() - begun;
  }
  job->inputs.clear();
  if (job->outputs.status().code() == absl::StatusCode::kDeadlineExceeded) {
    metrics_->CountDropped(DropReason::kDeadline);
  } else if (job->outputs.status().code() == absl::StatusCode::kCancelled) {
    metrics_->CountDropped(DropReason::kCancelled);
  }
}

}  // namespace floe
