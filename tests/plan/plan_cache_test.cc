#include "plan/plan_cache.h"

#include <thread>

#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

std::shared_ptr<const CompiledProgram> Relu() {
  testing::GraphMaker graph;
  graph.Input("x", PartialShape({-1, -1}));
  graph.Op("Relu", "y", {"x"});
  return *CompiledProgram::Compile(*graph.Lower({"y"}), {&ReferenceBackend()});
}

TEST(PlanCacheTest, OnePlanAShape) {
  PlanCache cache(Relu(), 8);
  ASSERT_OK_AND_ASSIGN(const auto a, cache.Get({Shape({1, 2})}));
  ASSERT_OK_AND_ASSIGN(const auto b, cache.Get({Shape({2, 1})}));
  ASSERT_OK_AND_ASSIGN(const auto again, cache.Get({Shape({1, 2})}));
  EXPECT_EQ(a, again);
  EXPECT_NE(a, b);
  EXPECT_EQ(cache.num_plans(), 2u);
}

TEST(PlanCacheTest, KeepsTheLastUsed) {
  PlanCache cache(Relu(), 3);
  ASSERT_OK_AND_ASSIGN(const auto usual, cache.Get({Shape({1, 1})}));
  for (int64_t odd = 2; odd < 50; ++odd) {
    ASSERT_OK(cache.Get({Shape({odd, 1})}));
    ASSERT_OK_AND_ASSIGN(const auto again, cache.Get({Shape({1, 1})}));
    EXPECT_EQ(usual, again);
    EXPECT_LE(cache.num_plans(), 3u);
  }
}

TEST(PlanCacheTest, ManyThreadsGetOnePlan) {
  PlanCache cache(Relu(), 64);
  std::vector<std::thread> threads;
  std::vector<std::vector<const Plan*>> seen(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, &mine = seen[t]] {
      for (int64_t batch = 1; batch <= 30; ++batch) mine.push_back(cache.Get({Shape({batch, 3})})->get());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 1; t < 4; ++t) EXPECT_EQ(seen[t], seen[0]);
  EXPECT_EQ(cache.num_plans(), 30u);
}

}  // namespace
}  // namespace floe
