#include "server/batching/instance_pool.h"

#include <deque>
#include <future>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/server/fake_model.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::Gate;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;

// A job for MakeFakeModel's input, and a way to wait for it.
class TestJob {
 public:
  explicit TestJob(float value = 1) {
    job_.inputs = {{"x", Tensor::Of<float>(Shape({1, 2}), {value, value})}};
    job_.done = [this] { done_.set_value(); };
  }
  Job* get() { return &job_; }
  Job* operator->() { return &job_; }
  absl::StatusOr<std::vector<Tensor>>& Wait() {
    done_.get_future().wait();
    return job_.outputs;
  }

 private:
  Job job_;
  std::promise<void> done_;
};

class InstancePoolTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<InstancePool>> Make(std::shared_ptr<const Model> model, int instances = 1,
                                                     int64_t max_queue = 8, std::vector<NamedTensor> warmup = {}) {
    return InstancePool::Create(std::move(model), instances, max_queue, warmup, model_metrics_, &completions_);
  }

  Metrics metrics_;
  std::shared_ptr<ModelMetrics> model_metrics_ = metrics_.ForModel("m", 1);
  WorkerPool completions_{"completions", 2};
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

TEST_F(InstancePoolTest, RunsEachJobOnAnInstanceOfItsOwnThread) {
  ASSERT_OK_AND_ASSIGN(const auto pool, Make(MakeFakeModel(), 3, 100));
  std::deque<TestJob> jobs;
  for (int i = 0; i < 50; ++i) {
    jobs.emplace_back(static_cast<float>(i));
    ASSERT_OK(pool->Submit(jobs.back().get()));
  }
  for (int i = 0; i < 50; ++i) {
    ASSERT_OK(jobs[i].Wait());
    EXPECT_EQ(jobs[i]->outputs->at(0).flat<float>()[0], static_cast<float>(i));
    EXPECT_TRUE(jobs[i]->inputs.empty());
  }
}

TEST_F(InstancePoolTest, EveryInstanceRunsOnceBeforeItIsReady) {
  ASSERT_OK(Make(MakeFakeModel(DType::kFloat, gate_), 3, 8, {{"x", Tensor::Of<float>(Shape({1, 2}), {0, 0})}}));
  EXPECT_EQ(gate_->arrivals(), 3);
}

TEST_F(InstancePoolTest, AWarmUpThatFailsIsTheReason) {
  const auto model = MakeFakeModel();
  model->run_error = absl::ResourceExhaustedError("no memory");
  EXPECT_THAT(Make(model, 2, 8, {{"x", Tensor::Of<float>(Shape({1, 2}), {0, 0})}}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("warm-up run failed: no memory")));
}

TEST_F(InstancePoolTest, AModelThatRefusesTheMadeUpValuesServesAllTheSame) {
  const auto model = MakeFakeModel();
  model->run_error = absl::InvalidArgumentError("division by zero");
  EXPECT_OK(Make(model, 2, 8, {{"x", Tensor::Of<float>(Shape({1, 2}), {0, 0})}}));
}

TEST_F(InstancePoolTest, AnInstanceThatCannotBeMadeIsTheReason) {
  const auto model = MakeFakeModel();
  model->instance_error = absl::UnavailableError("no device");
  EXPECT_THAT(Make(model), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no device")));
}

TEST_F(InstancePoolTest, DropsWhatExpiredOrWasCancelledWhileItWaited) {
  gate_->Close();
  ASSERT_OK_AND_ASSIGN(const auto pool, Make(MakeFakeModel(DType::kFloat, gate_)));
  TestJob running, expired, cancelled, good;
  ASSERT_OK(pool->Submit(running.get()));
  gate_->WaitForArrivals(1);
  expired->deadline = absl::Now() + absl::Milliseconds(1);
  ASSERT_OK(pool->Submit(expired.get()));
  ASSERT_OK(pool->Submit(cancelled.get()));
  ASSERT_OK(pool->Submit(good.get()));
  cancelled->cancelled = true;
  absl::SleepFor(absl::Milliseconds(5));
  gate_->Open();
  EXPECT_OK(running.Wait());
  EXPECT_THAT(expired.Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("while the request waited")));
  EXPECT_THAT(cancelled.Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("while the request waited")));
  EXPECT_OK(good.Wait());
  EXPECT_EQ(gate_->arrivals(), 2);  // the two that were dropped never reached the model
}

TEST_F(InstancePoolTest, DeadlineAndCancellationReachTheRun) {
  gate_->Close();
  ASSERT_OK_AND_ASSIGN(const auto pool, Make(MakeFakeModel(DType::kFloat, gate_)));
  TestJob late, cancelled;
  late->deadline = absl::Now() + absl::Milliseconds(20);
  ASSERT_OK(pool->Submit(late.get()));
  EXPECT_THAT(late.Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("the run took too long")));
  ASSERT_OK(pool->Submit(cancelled.get()));
  gate_->WaitForArrivals(2);
  cancelled->cancelled = true;
  EXPECT_THAT(cancelled.Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("the run was cancelled")));
}

TEST_F(InstancePoolTest, RefusesWhenTheQueueIsFullAndCountsIt) {
  gate_->Close();
  ASSERT_OK_AND_ASSIGN(auto pool, Make(MakeFakeModel(DType::kFloat, gate_), 1, 1));
  TestJob running, waiting, refused;
  ASSERT_OK(pool->Submit(running.get()));
  gate_->WaitForArrivals(1);
  ASSERT_OK(pool->Submit(waiting.get()));
  EXPECT_THAT(pool->Submit(refused.get()), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("queue is full")));
  EXPECT_TRUE(absl::StrContains(metrics_.Text(), R"(floe_dropped_total{model="m",reason="queue_full",version="1"} 1)"));
  EXPECT_TRUE(absl::StrContains(metrics_.Text(), R"(floe_queue_depth{model="m",version="1"} 1)"));
  gate_->Open();
  pool.reset();  // finishes what waits
  EXPECT_OK(running.Wait());
  EXPECT_OK(waiting.Wait());
}

}  // namespace
}  // namespace floe
