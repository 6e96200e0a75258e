// Which of the elements that a condition holds for comes how many'th: what results are made of whose size depends on
// data. Chunks are counted, the counts summed, and then each element that counts is handed over with its rank, in
// order.
#ifndef FLOE_KERNELS_CUDA_RANKS_H_
#define FLOE_KERNELS_CUDA_RANKS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "base/status.h"
#include "kernels/cuda/intrinsics.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/stream.h"

namespace floe {

inline constexpr int kRankThreads = 256;
inline constexpr int kRankWarps = kRankThreads / kWarpThreads;
inline constexpr int64_t kRankChunk = 4096;
inline constexpr int64_t kMostRankBlocks = 1 << 16;

struct RankShared {
  int64_t warps[kRankWarps];
};

// How many threads of the block before this one hold something, and how many of all. The whole block calls.
__device__ inline int64_t BlockRank(bool holds, RankShared& shared, int64_t* all) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads, warp = static_cast<int>(threadIdx.x) / kWarpThreads;
  const uint32_t votes = __ballot_sync(kWholeWarp, holds);
  if (lane == 0) shared.warps[warp] = __popc(votes);
  __syncthreads();
  int64_t before = __popc(votes & ((1u << lane) - 1));
  *all = 0;
  for (int w = 0; w < kRankWarps; ++w) {
    if (w < warp) before += shared.warps[w];
    *all += shared.warps[w];
  }
  __syncthreads();
  return before;
}

// counts[chunk]: for how many of its elements holds(i).
template <typename Holds>
__global__ void __launch_bounds__(kRankThreads)
    CountKernel(Holds holds, int64_t size, int64_t chunks, int64_t* counts) {
  auto& shared = SharedMemory<RankShared>();
  for (int64_t chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    int64_t count = 0;
    for (int64_t k = 0; k < kRankChunk; k += kRankThreads) {
      const int64_t i = chunk * kRankChunk + k + threadIdx.x;
      int64_t some;
      BlockRank(i < size && holds(i), shared, &some);
      count += some;
    }
    if (threadIdx.x == 0) counts[chunk] = count;
  }
}

// counts[chunk] becomes the sum of those before it, counts[chunks] that of all. One warp.
template <typename Count>
__global__ void __launch_bounds__(kWarpThreads) SumCountsKernel(int64_t chunks, Count* counts) {
  const int lane = static_cast<int>(threadIdx.x);
  Count running = 0;
  for (int64_t first = 0; first < chunks; first += kWarpThreads) {
    const int64_t chunk = first + lane;
    const Count own = chunk < chunks ? counts[chunk] : 0;
    Count sum = own;
    for (int lanes = 1; lanes < kWarpThreads; lanes *= 2) {
      const Count before = __shfl_up_sync(kWholeWarp, sum, lanes);
      if (lane >= lanes) sum += before;
    }
    if (chunk < chunks) counts[chunk] = running + sum - own;
    running += __shfl_sync(kWholeWarp, sum, kWarpThreads - 1);
  }
  if (lane == 0) counts[chunks] = running;
}

// take(i, rank) for every element that holds(i).
template <typename Holds, typename Take>
__global__ void __launch_bounds__(kRankThreads)
    TakeKernel(Holds holds, Take take, int64_t size, int64_t chunks, const int64_t* counts) {
  auto& shared = SharedMemory<RankShared>();
  for (int64_t chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    int64_t rank = counts[chunk];
    for (int64_t k = 0; k < kRankChunk; k += kRankThreads) {
      const int64_t i = chunk * kRankChunk + k + threadIdx.x;
      const bool own = i < size && holds(i);
      int64_t some;
      const int64_t before = BlockRank(own, shared, &some);
      if (own) take(i, rank + before);
      rank += some;
    }
  }
}

// What a launch needs scratch memory for: the chunks' counts, then that of all.
inline int64_t RankScratchBytes(int64_t size) {
  return (CeilDiv(size, kRankChunk) + 1) * static_cast<int64_t>(sizeof(int64_t));
}

inline dim3 RankGrid(int64_t chunks) {
  return dim3(static_cast<unsigned>(chunks < kMostRankBlocks ? chunks : kMostRankBlocks));
}

// For `size` of 1 or more. Afterwards the count of all is *CountOfAll(size, counts), on the device.
template <typename Holds>
absl::Status LaunchCounts(CudaStream& stream, const Holds& holds, int64_t size, int64_t* counts) {
  const int64_t chunks = CeilDiv(size, kRankChunk);
  FLOE_RETURN_IF_ERROR(Launch(CountKernel<Holds>, RankGrid(chunks), dim3(kRankThreads), sizeof(RankShared), stream,
                              holds, size, chunks, counts));
  return Launch(SumCountsKernel<int64_t>, dim3(1), dim3(kWarpThreads), 0, stream, chunks, counts);
}
inline const int64_t* CountOfAll(int64_t size, const int64_t* counts) { return counts + CeilDiv(size, kRankChunk); }

template <typename Holds, typename Take>
absl::Status LaunchTakes(CudaStream& stream, const Holds& holds, const Take& take, int64_t size,
                         const int64_t* counts) {
  const int64_t chunks = CeilDiv(size, kRankChunk);
  return Launch(TakeKernel<Holds, Take>, RankGrid(chunks), dim3(kRankThreads), sizeof(RankShared), stream, holds, take,
                size, chunks, counts);
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_RANKS_H_
