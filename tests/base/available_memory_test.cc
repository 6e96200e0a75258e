#include "base/available_memory.h"

#include <limits>

#include "gtest/gtest.h"

namespace floe {
namespace {

TEST(AvailableMemoryTest, IsSomeAndNotEndless) {
  EXPECT_GT(AvailableMemoryBytes(), 0);
  EXPECT_LT(AvailableMemoryBytes(), int64_t{1} << 50);
}

TEST(AvailableMemoryTest, WhatIsSmallFitsAndWhatNoMachineHasDoesNot) {
  EXPECT_TRUE(FitsInMemory(0));
  EXPECT_TRUE(FitsInMemory(1 << 20));
  EXPECT_FALSE(FitsInMemory(int64_t{1} << 50));
  EXPECT_FALSE(FitsInMemory(std::numeric_limits<int64_t>::max()));
}

}  // namespace
}  // namespace floe
