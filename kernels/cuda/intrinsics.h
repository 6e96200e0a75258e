// What kernels ask of the processor beyond C++, each as a thin function. The forms for the host (tests/simt) mean the
// same, so that kernels know nothing of where they run.
#ifndef FLOE_KERNELS_CUDA_INTRINSICS_H_
#define FLOE_KERNELS_CUDA_INTRINSICS_H_

#include <cuda_runtime.h>

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_fp16.h>
#else
#include "simt/intrinsics.h"
#endif

namespace floe {

inline constexpr int kWarpThreads = 32;
inline constexpr uint32_t kWholeWarp = 0xffffffffu;

__device__ __forceinline__ uint32_t BitsOf(float x) {
#ifdef __CUDACC__
  return __float_as_uint(x);
#else
  return simt::BitsOf(x);
#endif
}
__device__ __forceinline__ float FloatOf(uint32_t bits) {
#ifdef __CUDACC__
  return __uint_as_float(bits);
#else
  return simt::FloatOf(bits);
#endif
}

// Rounded by itself, not as a part of a fused multiplication and addition: for places, where the last bit decides
// between neighbours.
__device__ __forceinline__ float Times(float a, float b) {
#ifdef __CUDACC__
  return __fmul_rn(a, b);
#else
  return simt::Times(a, b);
#endif
}

// IEEE binary16 as its bits; to nearest even.
__device__ __forceinline__ float HalfToFloat(uint16_t bits) {
#ifdef __CUDACC__
  return __half2float(__ushort_as_half(bits));
#else
  return simt::HalfToFloat(bits);
#endif
}
__device__ __forceinline__ uint16_t FloatToHalf(float x) {
#ifdef __CUDACC__
  return __half_as_ushort(__float2half_rn(x));
#else
  return simt::FloatToHalf(x);
#endif
}

// bfloat16 as its bits, on every target: a float's upper half, rounded to nearest even.
__device__ __forceinline__ float Bfloat16ToFloat(uint16_t bits) { return FloatOf(static_cast<uint32_t>(bits) << 16); }
__device__ __forceinline__ uint16_t FloatToBfloat16(float x) {
  const uint32_t word = BitsOf(x);
  if ((word & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((word >> 16) | 0x40u);
  return static_cast<uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_INTRINSICS_H_
