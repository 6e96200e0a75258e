// The words of CUDA C++ that kernels use, for a C++ compiler of the host.
#ifndef FLOE_TESTS_SIMT_INCLUDE_CUDA_RUNTIME_H_
#define FLOE_TESTS_SIMT_INCLUDE_CUDA_RUNTIME_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "cuda_runtime_api.h"

#define __global__ static
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __restrict__ __restrict

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1)  // NOLINT(google-explicit-constructor): as CUDA's
      : x(x), y(y), z(z) {}
};

struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

#include "simt/device.h"

#define threadIdx (::simt::current.thread)
#define blockIdx (::simt::current.block)
#define blockDim (::simt::current.block_dim)
#define gridDim (::simt::current.grid_dim)

inline void __syncthreads() { ::simt::BlockBarrier(); }

inline int max(int a, int b) { return a < b ? b : a; }
inline int min(int a, int b) { return b < a ? b : a; }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

#endif  // FLOE_TESTS_SIMT_INCLUDE_CUDA_RUNTIME_H_
