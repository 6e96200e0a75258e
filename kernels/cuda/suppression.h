// Greedy suppression by one block, as ops/suppression.h means it: candidates as keys, their overlaps, the choice.
#ifndef FLOE_KERNELS_CUDA_SUPPRESSION_H_
#define FLOE_KERNELS_CUDA_SUPPRESSION_H_

#include <cstdint>

#include "kernels/cuda/element.h"
#include "kernels/cuda/intrinsics.h"

namespace floe {

inline constexpr int kSuppressionThreads = 512;
inline constexpr int kSuppressionWarps = kSuppressionThreads / kWarpThreads;

// A score in the upper half, and whose it is in the lower: the largest key is chosen next, the lower index among
// equals. 0 is nobody's. The score is not NaN.
__device__ inline uint64_t KeyOf(float score, int64_t index) {
  constexpr uint32_t kSign = 0x80000000u;
  const uint32_t bits = score == 0 ? 0 : BitsOf(score);  // both zeros are one
  const uint32_t order = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return static_cast<uint64_t>(order) << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}
__device__ inline int64_t IndexOf(uint64_t key) {
  return static_cast<int64_t>(0xffffffffu - static_cast<uint32_t>(key));
}
__device__ inline float ScoreOf(uint64_t key) {
  constexpr uint32_t kSign = 0x80000000u;
  const auto order = static_cast<uint32_t>(key >> 32);
  return FloatOf((order & kSign) != 0 ? order & ~kSign : ~order);
}

struct BestShared {
  uint64_t best[kSuppressionWarps];
};

// Every thread of the block calls, and gets the largest. What one wrote before, all may read behind.
__device__ inline uint64_t BlockMax(uint64_t key, BestShared& shared) {
  for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) {
    const uint64_t other = __shfl_xor_sync(kWholeWarp, key, lanes);
    key = key < other ? other : key;
  }
  if (threadIdx.x % kWarpThreads == 0) shared.best[threadIdx.x / kWarpThreads] = key;
  __syncthreads();
  uint64_t best = 0;
  for (int i = 0; i < kSuppressionWarps; ++i) best = best < shared.best[i] ? shared.best[i] : best;
  __syncthreads();
  return best;
}

template <typename T>
__device__ float Rounded(float x) {
  return ToFloat(FromFloat<T>(x));
}

template <typename T>
struct Box {
  float low[2], high[2], area;

  __device__ static Box Of(const T* corners) {
    Box box;
    for (int k = 0; k < 2; ++k) {
      const float a = ToFloat(corners[k]), b = ToFloat(corners[k + 2]);
      box.low[k] = b < a ? b : a;  // of NaNs the same one as on the host
      box.high[k] = a < b ? b : a;
    }
    box.area = Rounded<T>(Times(Rounded<T>(box.high[0] - box.low[0]), Rounded<T>(box.high[1] - box.low[1])));
    return box;
  }
  // Intersection over union, rounded to T at each step as on the host; 0 where one has no area.
  __device__ float Overlap(const Box& other) const {
    if (area <= 0 || other.area <= 0) return 0;
    float sides[2];
    for (int k = 0; k < 2; ++k) {
      const float least_high = other.high[k] < high[k] ? other.high[k] : high[k];
      const float most_low = low[k] < other.low[k] ? other.low[k] : low[k];
      const float length = Rounded<T>(least_high - most_low);
      sides[k] = length < 0 ? 0 : length;
    }
    const float shared = Rounded<T>(Times(sides[0], sides[1]));
    return Rounded<T>(shared / Rounded<T>(Rounded<T>(area + other.area) - shared));
  }
};

// What one block chooses from; strides in elements.
template <typename T>
struct Candidates {
  const T* boxes;
  const T* scores;
  uint64_t* keys;  // [count]: room for those that may still be chosen, 0 of others
  int64_t count, box_stride, score_stride;
  float score_threshold;

  // Thread t of the block has every 512th from the t'th on, and is the only one that looks at their keys. Sets those,
  // and returns the largest of the thread's.
  __device__ uint64_t SetKeys() const {
    uint64_t best = 0;
    for (int64_t i = threadIdx.x; i < count; i += kSuppressionThreads) {
      const float score = ToFloat(scores[i * score_stride]);
      const uint64_t key = score > score_threshold ? KeyOf(score, i) : 0;
      keys[i] = key;
      best = best < key ? key : best;
    }
    return best;
  }
  __device__ Box<T> BoxOf(int64_t i) const { return Box<T>::Of(boxes + i * box_stride); }
};

// Those that overlap a choice by more than `overlap_threshold` go. An overlap that is NaN, of boxes without bounds,
// takes the score away where `unknown_overlap_counts`, and what is left of it competes on; else it is none. Every
// thread of the block calls, and gets how many were chosen; thread 0 calls choose(which choice, index, score).
template <typename T, typename Choose>
__device__ int64_t Suppress(const Candidates<T>& from, int64_t most, float overlap_threshold,
                            bool unknown_overlap_counts, BestShared& shared, const Choose& choose) {
  uint64_t best = BlockMax(from.SetKeys(), shared);
  int64_t found = 0;
  while (found < most && best != 0) {
    const int64_t choice = IndexOf(best);
    if (threadIdx.x == 0) choose(found, choice, ScoreOf(best));
    ++found;
    const Box<T> box = from.BoxOf(choice);
    // One pass drops what overlaps the choice and finds the next.
    uint64_t next = 0;
    for (int64_t i = threadIdx.x; i < from.count; i += kSuppressionThreads) {
      uint64_t key = from.keys[i];
      if (key == 0) continue;
      const float overlap = from.BoxOf(i).Overlap(box);
      if (i == choice || overlap > overlap_threshold) {
        from.keys[i] = key = 0;
      } else if (unknown_overlap_counts && !(overlap <= overlap_threshold)) {
        const float score = ScoreOf(key) * 0.0f;
        from.keys[i] = key = score > from.score_threshold ? KeyOf(score, i) : 0;
      }
      next = next < key ? key : next;
    }
    best = BlockMax(next, shared);
  }
  return found;
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_SUPPRESSION_H_
