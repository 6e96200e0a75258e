// The executor that stands in for a GPU: what it runs, and what it does not let pass.
#include "executor.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/cuda/intrinsics.h"

namespace simt {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

TEST(ExecutorTest, RunsEveryThreadOfEveryBlock) {
  std::vector<int> seen(3 * 2 * 2 * 5 * 2, 0);
  const std::string error = RunGrid(dim3(3, 2, 2), dim3(5, 2), 0, [&] {
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    ++seen[block * 10 + threadIdx.y * blockDim.x + threadIdx.x];
  });
  EXPECT_EQ(error, "");
  EXPECT_THAT(seen, Each(1));
}

TEST(ExecutorTest, BarriersPartWritesFromReads) {
  constexpr int kThreads = 100;  // no multiple of a warp
  std::vector<int> sums(4, 0);
  const std::string error = RunGrid(dim3(4), dim3(kThreads), kThreads * sizeof(int), [&] {
    int* const shared = static_cast<int*>(SharedMemory(kThreads * sizeof(int)));
    for (int round = 0; round < 3; ++round) {
      shared[threadIdx.x] = static_cast<int>(threadIdx.x) + round;
      __syncthreads();
      const int other = shared[(threadIdx.x + 1) % kThreads];
      __syncthreads();
      if (other != (static_cast<int>(threadIdx.x) + 1) % kThreads + round) Fault("read before it was written");
      if (threadIdx.x == 0) sums[blockIdx.x] += other;
    }
  });
  EXPECT_EQ(error, "");
  EXPECT_THAT(sums, Each(1 + 2 + 3));
}

TEST(ExecutorTest, ShufflesAddUpWholeAndPartialWarps) {
  for (const unsigned threads : {1u, 31u, 32u, 33u, 64u, 100u}) {
    std::vector<float> sums(4, 0);
    const std::string error = RunGrid(dim3(1), dim3(threads), 0, [&] {
      const unsigned warp = threadIdx.x / 32, lanes = std::min(32u, threads - warp * 32);
      const uint32_t mask = lanes == 32 ? 0xffffffffu : (1u << lanes) - 1;
      float value = 1;
      for (unsigned step = 16; step > 0; step /= 2) {
        const float other = __shfl_down_sync(mask, value, threadIdx.x % 32 + step < lanes ? step : 0);
        if (threadIdx.x % 32 + step < lanes) value += other;
      }
      if (threadIdx.x % 32 == 0) sums[warp] = value;
      if (__ballot_sync(mask, 1) != mask) Fault("a vote was lost");
    });
    EXPECT_EQ(error, "") << threads;
    EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), 0.0f), static_cast<float>(threads));
  }
}

TEST(ExecutorTest, SaysWhoWaitsInADeadlock) {
  const std::string half = RunGrid(dim3(1), dim3(64), 0, [] {
    if (threadIdx.x < 32) __syncthreads();
  });
  EXPECT_THAT(half, HasSubstr("__syncthreads"));
  const std::string mask = RunGrid(dim3(1), dim3(32), 0, [] {
    if (threadIdx.x < 16) __shfl_sync(0xffffffffu, 1, 0);
    if (threadIdx.x >= 16) __syncwarp(0xffff0000u);
    if (threadIdx.x >= 16) __syncthreads();
  });
  EXPECT_THAT(mask, HasSubstr("deadlock"));
  EXPECT_THAT(mask, HasSubstr("__shfl_sync with mask ffffffff"));
  // And the next block runs as if nothing had been.
  EXPECT_EQ(RunGrid(dim3(1), dim3(64), 0, [] { __syncthreads(); }), "");
}

TEST(ExecutorTest, RefusesMasksThatAreNotTrue) {
  EXPECT_THAT(RunGrid(dim3(1), dim3(20), 0, [] { __shfl_sync(0xffffffffu, 1, 0); }),
              HasSubstr("a lane that the block does not have"));
  EXPECT_THAT(RunGrid(dim3(1), dim3(32), 0, [] { __shfl_sync(threadIdx.x < 16 ? 0xffffu : 0xffffu, 1, 0); }),
              HasSubstr("not in its own mask"));
  EXPECT_THAT(RunGrid(dim3(1), dim3(32), 0,
                      [] {
                        if (threadIdx.x < 16) __shfl_sync(0xffffu, 1, 20);
                      }),
              HasSubstr("outside its mask"));
}

TEST(ExecutorTest, SharedMemoryStartsAsGarbageAndEnds) {
  const std::string error = RunGrid(dim3(2), dim3(32), 128, [] {
    float* const shared = static_cast<float*>(SharedMemory(128));
    if (!std::isnan(shared[threadIdx.x])) Fault("somebody's old value");
    shared[threadIdx.x] = 1;
  });
  EXPECT_EQ(error, "");
  EXPECT_THAT(RunGrid(dim3(1), dim3(1), 64, [] { SharedMemory(65); }), HasSubstr("wants 65"));
}

TEST(ExecutorTest, AsynchronousCopiesArriveWhenWaitedFor) {
  const float from[4] = {1, 2, 3, 4};
  const std::string error = RunGrid(dim3(1), dim3(1), 64, [&] {
    alignas(16) float to[8] = {};
    CopyAsync(to, from, 16, 8);
    CommitCopies();
    CopyAsync(to + 4, from, 4, 4);
    CommitCopies();
    if (to[0] != 0) Fault("there before its wait");
    WaitForCopies(1);
    if (to[0] != 1 || to[1] != 2 || to[2] != 0 || to[4] != 0) Fault("the first group");
    WaitForCopies(0);
    if (to[4] != 1) Fault("the second group");
  });
  EXPECT_EQ(error, "");
  EXPECT_THAT(RunGrid(dim3(1), dim3(1), 64, [&] { CopyAsync(SharedMemory(16), from, 16, 16); }),
              HasSubstr("nobody waited for"));
}

}  // namespace
}  // namespace simt
