#include "server/batching/job_queue.h"

#include <thread>

#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(JobQueueTest, FirstComeFirstServedAndItsDepthIsReported) {
  std::vector<int64_t> depths;
  JobQueue queue(8, [&](int64_t depth) { depths.push_back(depth); });
  Job a, b;
  ASSERT_OK(queue.Push(&a));
  ASSERT_OK(queue.Push(&b));
  EXPECT_EQ(queue.Pop(), &a);
  EXPECT_EQ(queue.Pop(), &b);
  EXPECT_EQ(depths, (std::vector<int64_t>{1, 2, 1, 0}));
}

TEST(JobQueueTest, RefusesWhenFull) {
  JobQueue queue(1, [](int64_t) {});
  Job a, b;
  ASSERT_OK(queue.Push(&a));
  EXPECT_THAT(queue.Push(&b), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("1 requests wait already")));
  EXPECT_EQ(queue.Pop(), &a);
  EXPECT_OK(queue.Push(&b));
}

TEST(JobQueueTest, ClosedItRefusesButHandsOutWhatItHas) {
  JobQueue queue(2, [](int64_t) {});
  Job a, b;
  ASSERT_OK(queue.Push(&a));
  queue.Close();
  EXPECT_THAT(queue.Push(&b), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("unloaded")));
  EXPECT_EQ(queue.Pop(), &a);
  EXPECT_EQ(queue.Pop(), nullptr);
}

TEST(JobQueueTest, ClosingWakesThoseThatWait) {
  JobQueue queue(1, [](int64_t) {});
  std::thread waiting([&] { EXPECT_EQ(queue.Pop(), nullptr); });
  queue.Close();
  waiting.join();
}

}  // namespace
}  // namespace floe
