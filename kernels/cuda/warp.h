// Sums and the like over the lanes of a whole warp, all of which call.
#ifndef FLOE_KERNELS_CUDA_WARP_H_
#define FLOE_KERNELS_CUDA_WARP_H_

#include "kernels/cuda/intrinsics.h"

namespace floe {

__device__ inline float WarpMax(float x) {
  for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) x = fmaxf(x, __shfl_xor_sync(kWholeWarp, x, lanes));
  return x;
}

__device__ inline float WarpSum(float x) {
  for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) x += __shfl_xor_sync(kWholeWarp, x, lanes);
  return x;
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_WARP_H_
