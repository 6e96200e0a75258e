#include "plan/memory_layout.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;

// No two buffers that live at once overlap, all are aligned and inside the arena.
void CheckLayout(const std::vector<BufferLifetime>& buffers, const MemoryLayout& layout) {
  ASSERT_EQ(layout.offsets.size(), buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(layout.offsets[i] % 64, 0);
    EXPECT_GE(layout.offsets[i], 0);
    EXPECT_LE(layout.offsets[i] + buffers[i].bytes, layout.arena_bytes);
    for (size_t k = 0; k < i; ++k) {
      const bool together = buffers[i].first <= buffers[k].last && buffers[k].first <= buffers[i].last;
      const bool overlap = layout.offsets[i] < layout.offsets[k] + buffers[k].bytes &&
                           layout.offsets[k] < layout.offsets[i] + buffers[i].bytes;
      EXPECT_FALSE(together && overlap) << i << " and " << k;
    }
  }
}

TEST(MemoryLayoutTest, NothingAtAll) {
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory({}));
  EXPECT_EQ(layout.arena_bytes, 0);
}

TEST(MemoryLayoutTest, AChainNeedsItsTwoLargestNeighbours) {
  const std::vector<BufferLifetime> chain = {{1000, 0, 1}, {2000, 1, 2}, {500, 2, 3}, {100, 3, 4}};
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(chain));
  CheckLayout(chain, layout);
  EXPECT_EQ(layout.arena_bytes, 1024 + 2048);
}

TEST(MemoryLayoutTest, TheTightestGapIsTaken) {
  // Two that live throughout leave gaps where two others were.
  const std::vector<BufferLifetime> buffers = {{640, 0, 0}, {640, 0, 9}, {256, 0, 0}, {256, 0, 9}, {192, 5, 6}};
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(buffers));
  CheckLayout(buffers, layout);
  EXPECT_EQ(layout.offsets[4], layout.offsets[2]);
}

TEST(MemoryLayoutTest, EmptyBuffersTakeNothing) {
  const std::vector<BufferLifetime> buffers = {{0, 0, 3}, {0, 1, 2}};
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(buffers));
  EXPECT_EQ(layout.arena_bytes, 0);
}

TEST(MemoryLayoutTest, RandomLifetimesNeverOverlap) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<BufferLifetime> buffers(1 + random() % 60);
    int64_t total = 0;
    for (BufferLifetime& buffer : buffers) {
      buffer.bytes = random() % 5000;
      buffer.first = static_cast<int>(random() % 50);
      buffer.last = buffer.first + static_cast<int>(random() % 20);
      total += (buffer.bytes + 63) / 64 * 64;
    }
    ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(buffers));
    CheckLayout(buffers, layout);
    EXPECT_LE(layout.arena_bytes, total);
  }
}

// Too many at once for looking at all pairs.
std::vector<BufferLifetime> Crowd(int count, int64_t bytes) {
  std::mt19937 random(2);
  std::vector<BufferLifetime> buffers(count);
  for (int i = 0; i < count; ++i) {
    const int first = static_cast<int>(random() % count);
    buffers[i] = {bytes > 0 ? bytes : static_cast<int64_t>(random() % 500), first,
                  first + static_cast<int>(random() % count)};
  }
  return buffers;
}

TEST(MemoryLayoutTest, ACrowdIsLaidOutInTheOrderOfTime) {
  const std::vector<BufferLifetime> buffers = Crowd(5000, 0);
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(buffers));
  CheckLayout(buffers, layout);
  std::vector<int64_t> live(10001);
  for (const BufferLifetime& buffer : buffers) {
    for (int step = buffer.first; step <= buffer.last; ++step) live[step] += (buffer.bytes + 63) / 64 * 64;
  }
  const int64_t least = *std::max_element(live.begin(), live.end());
  EXPECT_GE(layout.arena_bytes, least);
  EXPECT_LE(layout.arena_bytes, least * 5 / 4);
}

TEST(MemoryLayoutTest, ACrowdOfOneSizeLeavesNoGaps) {
  std::vector<BufferLifetime> buffers;
  for (int i = 0; i < 100000; ++i) buffers.push_back({64, i / 2, i / 2 + 50000});
  ASSERT_OK_AND_ASSIGN(const MemoryLayout layout, LayOutMemory(buffers));
  EXPECT_EQ(layout.arena_bytes, int64_t{64} * 100000);
}

TEST(MemoryLayoutTest, ACrowdLargerThanAnyMemoryIsRefused) {
  EXPECT_THAT(LayOutMemory(Crowd(5000, int64_t{1} << 55)),
              StatusIs(absl::StatusCode::kResourceExhausted, ::testing::HasSubstr("arena")));
}

TEST(MemoryLayoutTest, MoreThanAnyMemoryIsRefused) {
  const std::vector<BufferLifetime> one = {{INT64_MAX - 10, 0, 1}};
  EXPECT_THAT(LayOutMemory(one), StatusIs(absl::StatusCode::kResourceExhausted, ::testing::HasSubstr("arena")));
  const std::vector<BufferLifetime> two = {{INT64_MAX / 2 + 100, 0, 1}, {INT64_MAX / 2 + 100, 0, 1}};
  EXPECT_THAT(LayOutMemory(two), StatusIs(absl::StatusCode::kResourceExhausted, ::testing::HasSubstr("arena")));
}

}  // namespace
}  // namespace floe
