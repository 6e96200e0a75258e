#include "server/worker_pool.h"

#include <atomic>

#include "gtest/gtest.h"

namespace floe {
namespace {

TEST(WorkerPoolTest, RunsEverythingThatWasPostedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool("test", 3);
    for (int i = 0; i < 100; ++i) pool.Post([&] { ++ran; });
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPoolTest, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    WorkerPool pool("test", 1);
    for (int i = 0; i < 10; ++i) pool.Post([&order, i] { order.push_back(i); });
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace floe
