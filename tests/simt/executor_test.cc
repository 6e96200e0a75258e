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

// Operands whose elements every form holds exactly, and sums that float32 does.
template <int kDepth>
struct Operands {
  float a[16][kDepth], b[kDepth][8], c[16][8];

  Operands() {
    for (int i = 0; i < 16 * kDepth; ++i) a[i / kDepth][i % kDepth] = static_cast<float>(i * 7 % 23 - 11);
    for (int i = 0; i < kDepth * 8; ++i) b[i / 8][i % 8] = static_cast<float>(i * 5 % 19 - 9);
    for (int i = 0; i < 16 * 8; ++i) c[i / 8][i % 8] = static_cast<float>(i - 60);
  }
  float Wanted(int row, int column) const {
    float sum = c[row][column];
    for (int k = 0; k < kDepth; ++k) sum += a[row][k] * b[k][column];
    return sum;
  }
};

uint32_t TwoBfloat16s(float low, float high) { return floe::TwoBfloat16s(low, high); }
uint32_t TwoHalves(float low, float high) { return floe::TwoHalves(low, high); }

// A lane's registers, spelt out as the tables of the PTX ISA have them: of the operands with two elements in a
// register, and of the sums.
template <int kDepth, typename Two, typename MultiplyThem>
void CheckPairs(const Two& two, const MultiplyThem& multiply) {
  const Operands<kDepth> from;
  float got[16][8];
  const std::string error = RunGrid(dim3(1), dim3(32), 0, [&] {
    const int group = Lane() / 4, in_group = Lane() % 4;
    uint32_t a[4] = {}, b[2] = {};
    for (int i = 0; i < kDepth / 4; ++i) {
      const int row = i % 2 == 0 ? group : group + 8, k = in_group * 2 + (i < 2 ? 0 : 8);
      a[i] = two(from.a[row][k], from.a[row][k + 1]);
    }
    for (int i = 0; i < kDepth / 8; ++i) {
      const int k = in_group * 2 + i * 8;
      b[i] = two(from.b[k][group], from.b[k + 1][group]);
    }
    float sums[4];
    for (int i = 0; i < 4; ++i) sums[i] = from.c[i < 2 ? group : group + 8][in_group * 2 + i % 2];
    multiply(sums, a, b);
    for (int i = 0; i < 4; ++i) got[i < 2 ? group : group + 8][in_group * 2 + i % 2] = sums[i];
  });
  EXPECT_EQ(error, "");
  for (int i = 0; i < 16 * 8; ++i) EXPECT_EQ(got[i / 8][i % 8], from.Wanted(i / 8, i % 8)) << i / 8 << "," << i % 8;
}

TEST(TensorCoreTest, FragmentsOfHalves) {
  CheckPairs<8>(TwoHalves, [](float(&sums)[4], const uint32_t(&a)[4], const uint32_t(&b)[2]) {
    floe::MultiplyHalvesDepth8(sums, a[0], a[1], b[0]);
  });
  CheckPairs<16>(TwoHalves, floe::MultiplyHalves);
}

TEST(TensorCoreTest, FragmentsOfBfloat16s) { CheckPairs<16>(TwoBfloat16s, floe::MultiplyBfloat16s); }

TEST(TensorCoreTest, FragmentsOfTf32s) {
  const Operands<8> from;
  float got[16][8];
  const std::string error = RunGrid(dim3(1), dim3(32), 0, [&] {
    const int group = Lane() / 4, in_group = Lane() % 4;
    uint32_t a[4], b[2];
    for (int i = 0; i < 4; ++i)
      a[i] = floe::FloatToTf32(from.a[i % 2 == 0 ? group : group + 8][i < 2 ? in_group : in_group + 4]);
    for (int i = 0; i < 2; ++i) b[i] = floe::FloatToTf32(from.b[in_group + 4 * i][group]);
    float sums[4];
    for (int i = 0; i < 4; ++i) sums[i] = from.c[i < 2 ? group : group + 8][in_group * 2 + i % 2];
    floe::MultiplyTf32s(sums, a, b);
    for (int i = 0; i < 4; ++i) got[i < 2 ? group : group + 8][in_group * 2 + i % 2] = sums[i];
  });
  EXPECT_EQ(error, "");
  for (int i = 0; i < 16 * 8; ++i) EXPECT_EQ(got[i / 8][i % 8], from.Wanted(i / 8, i % 8)) << i / 8 << "," << i % 8;
}

TEST(TensorCoreTest, RoundsToTf32AndLooksAtNoMore) {
  const auto rounded = [](float x) { return floe::FloatOf(floe::FloatToTf32(x)); };
  const float step = std::ldexp(1.0f, -10);
  EXPECT_EQ(rounded(1 + step), 1 + step);
  EXPECT_EQ(rounded(1 + step / 2), 1 + step);  // ties away from zero
  EXPECT_EQ(rounded(-1 - step / 2), -1 - step);
  EXPECT_EQ(rounded(1 + step * 0.49f), 1.0f);
  EXPECT_EQ(rounded(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(rounded(NAN)));
  // What was not rounded is cut off, as the device does: a missing rounding shows.
  float got = 0;
  EXPECT_EQ(RunGrid(dim3(1), dim3(32), 0,
                    [&] {
                      const uint32_t one = floe::BitsOf(1.0f), more = floe::BitsOf(1 + step * 0.99f);
                      const uint32_t first = Lane() == 0 ? one : 0;
                      float sums[4] = {};
                      floe::MultiplyTf32s(sums, {Lane() == 0 ? more : 0, 0, 0, 0}, {first, 0});
                      if (Lane() == 0) got = sums[0];
                    }),
            "");
  EXPECT_EQ(got, 1.0f);
}

TEST(TensorCoreTest, MatricesComeRowByRow) {
  constexpr int kRowBytes = 80;
  const std::string error = RunGrid(dim3(1), dim3(32), 32 * kRowBytes, [&] {
    auto* const rows = static_cast<unsigned char*>(SharedMemory(32 * kRowBytes));
    for (int i = 0; i < 16; ++i) rows[Lane() * kRowBytes + i] = static_cast<unsigned char>(Lane() * 8 + i / 4);
    __syncwarp();
    uint32_t words[4];
    floe::LoadMatrices(words, rows + Lane() * kRowBytes);
    for (uint32_t matrix = 0; matrix < 4; ++matrix) {
      const uint32_t row = matrix * 8 + static_cast<uint32_t>(Lane()) / 4;
      if (words[matrix] != (row * 8 + static_cast<uint32_t>(Lane()) % 4) * 0x01010101u) Fault("another lane's word");
    }
  });
  EXPECT_EQ(error, "");
  EXPECT_THAT(RunGrid(dim3(1), dim3(32), 1024,
                      [] {
                        uint32_t words[4];
                        floe::LoadMatrices(words, static_cast<char*>(SharedMemory(1024)) + Lane() * 8);
                      }),
              HasSubstr("not aligned"));
}

}  // namespace
}  // namespace simt
