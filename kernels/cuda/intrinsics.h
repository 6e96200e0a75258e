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
#include "simt/tensor_core.h"
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

// In one access, which the compiler does not always make of an assignment. Word: uint2 or uint4.
template <typename Word>
__device__ __forceinline__ void StoreTogether(Word* to, const Word& words) {
#ifdef __CUDACC__
  __stwb(to, words);
#else
  *to = words;
#endif
}

// Two floats as the halves of a word, the first in its lower half.
__device__ __forceinline__ uint32_t TwoHalves(float low, float high) {
  return FloatToHalf(low) | static_cast<uint32_t>(FloatToHalf(high)) << 16;
}
__device__ __forceinline__ uint32_t TwoBfloat16s(float low, float high) {
  return FloatToBfloat16(low) | static_cast<uint32_t>(FloatToBfloat16(high)) << 16;
}

// A float for Tensor Cores: ten bits of fraction, to nearest with ties away from zero. sm_80 and later.
__device__ __forceinline__ uint32_t FloatToTf32(float x) {
#if !defined(__CUDACC__)
  return simt::FloatToTf32(x);
#elif __CUDA_ARCH__ >= 800
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  __trap();
  return 0;
#endif
}

// What a whole warp does together: sums[16, 8] += a[16, depth] * b[depth, 8], in registers of its lanes. With
// g = lane / 4 and t = lane % 4, a lane holds of the sums (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1); and of
// words of the operands, one tf32 or two halves that are neighbours along the depth, a's (g, t), (g + 8, t), (g, t +
// 4), (g + 8, t + 4) and b's (t, g), (t + 4, g). Products are exact and summed in float32.

// Depth 8, of which the words with t + 4 are none. Every target.
__device__ __forceinline__ void MultiplyHalvesDepth8(float (&sums)[4], uint32_t a0, uint32_t a1, uint32_t b) {
#if !defined(__CUDACC__)
  const uint32_t a[2] = {a0, a1};
  simt::MultiplyHalvesDepth8(sums, a, &b);
#else
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(a0), "r"(a1), "r"(b));
#endif
}

// Depth 16 of halves or of bfloat16, depth 8 of tf32: sm_80 and later.
#if !defined(__CUDACC__)
#define FLOE_MULTIPLY(name, instruction) simt::name(sums, a, b)
#elif __CUDA_ARCH__ >= 800
#define FLOE_MULTIPLY(name, instruction)                                                                          \
  asm volatile("mma.sync.aligned." instruction " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                                       \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))
#else
#define FLOE_MULTIPLY(name, instruction) __trap()
#endif
__device__ __forceinline__ void MultiplyHalves(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  FLOE_MULTIPLY(MultiplyHalves, "m16n8k16.row.col.f32.f16.f16.f32");
}
__device__ __forceinline__ void MultiplyBfloat16s(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  FLOE_MULTIPLY(MultiplyBfloat16s, "m16n8k16.row.col.f32.bf16.bf16.f32");
}
__device__ __forceinline__ void MultiplyTf32s(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  FLOE_MULTIPLY(MultiplyTf32s, "m16n8k8.row.col.f32.tf32.tf32.f32");
}
#undef FLOE_MULTIPLY

// Four matrices of 8 rows of 16 bytes out of shared memory: lane 8 m + r hands in where row r of matrix m begins,
// 16-byte aligned, and gets of each matrix word lane % 4 of row lane / 4. A whole warp together.
__device__ __forceinline__ void LoadMatrices(uint32_t (&words)[4], const void* row) {
#ifdef __CUDACC__
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
#else
  simt::LoadMatrices(words, row);
#endif
}

// Copies 16 bytes from global into shared memory, both 16-byte aligned, or zeros where `inside` is false; they are
// there once the thread has waited for their group, and for other threads after a barrier behind that. sm_80 and later.
__device__ __forceinline__ void CopyAsync(void* shared, const void* global, bool inside) {
#if !defined(__CUDACC__)
  simt::CopyAsync(shared, global, 16, inside ? 16 : 0);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(shared))), "l"(__cvta_generic_to_global(global)),
                 "r"(inside ? 16 : 0)
               : "memory");
#else
  __trap();
#endif
}
// Ends a group of the thread's copies.
__device__ __forceinline__ void CommitCopies() {
#if !defined(__CUDACC__)
  simt::CommitCopies();
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  __trap();
#endif
}
// Until at most so many of the thread's groups are under way.
template <int kPending>
__device__ __forceinline__ void WaitForCopies() {
#if !defined(__CUDACC__)
  simt::WaitForCopies(kPending);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" : : "n"(kPending) : "memory");
#else
  __trap();
#endif
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_INTRINSICS_H_
