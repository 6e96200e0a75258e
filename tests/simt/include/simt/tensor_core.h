// The host's forms of what a warp does with Tensor Cores (kernels/cuda/intrinsics.h), register by register as the PTX
// ISA lays fragments out.
#ifndef FLOE_TESTS_SIMT_INCLUDE_SIMT_TENSOR_CORE_H_
#define FLOE_TESTS_SIMT_INCLUDE_SIMT_TENSOR_CORE_H_

#include <bit>
#include <cstdint>
#include <cstring>

#include "simt/device.h"
#include "tensor/dtype.h"

namespace simt {

inline uint32_t FloatToTf32(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  constexpr uint32_t kInfinity = 0x7f800000u, kDropped = 0x1fffu;
  if ((bits & kInfinity) == kInfinity) return bits;
  return (bits + (kDropped + 1) / 2) & ~kDropped;
}

// What a lane hands in: `a` and `b` as words; the sums are its result too.
struct FragmentWords {
  const float* sums;
  const uint32_t* a;
  const uint32_t* b;
};

// The elements in a word of an operand, by the number of the first along the depth.
struct HalfWords {
  static constexpr int kPerWord = 2;
  static float Decode(uint32_t word, int i) {
    floe::Half half;
    half.bits = static_cast<uint16_t>(word >> (16 * i));
    return half;
  }
};
struct Bfloat16Words {
  static constexpr int kPerWord = 2;
  static float Decode(uint32_t word, int i) { return std::bit_cast<float>(i == 0 ? word << 16 : word & 0xffff0000u); }
};
struct Tf32Words {
  static constexpr int kPerWord = 1;
  // The device does not look at the bits that the format lacks.
  static float Decode(uint32_t word, int) { return std::bit_cast<float>(word & 0xffffe000u); }
};

template <typename Words, int kDepth>
void MultiplyFragments(const void* const* inputs, void* const* outputs, uint32_t) {
  constexpr int kRows = 16, kColumns = 8, kPerWord = Words::kPerWord, kHalves = kDepth / (4 * kPerWord);
  float a[kRows][kDepth], b[kDepth][kColumns], sums[kRows][kColumns];
  for (int lane = 0; lane < 32; ++lane) {
    const auto& from = *static_cast<const FragmentWords*>(inputs[lane]);
    const int g = lane / 4, t = lane % 4;
    for (int half = 0; half < kHalves; ++half) {
      for (int i = 0; i < kPerWord; ++i) {
        const int k = (t + 4 * half) * kPerWord + i;
        a[g][k] = Words::Decode(from.a[2 * half], i);
        a[g + 8][k] = Words::Decode(from.a[2 * half + 1], i);
        b[k][g] = Words::Decode(from.b[half], i);
      }
    }
  }
  const auto for_each_sum = [&](const auto& body) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4; ++i) body(lane, i, &sums[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2]);
    }
  };
  for_each_sum([&](int lane, int i, float* sum) { *sum = static_cast<const FragmentWords*>(inputs[lane])->sums[i]; });
  for (int row = 0; row < kRows; ++row) {
    for (int k = 0; k < kDepth; ++k) {
      for (int column = 0; column < kColumns; ++column) sums[row][column] += a[row][k] * b[k][column];
    }
  }
  for_each_sum([&](int lane, int i, const float* sum) { static_cast<float*>(outputs[lane])[i] = *sum; });
}

template <typename Words, int kDepth>
void Multiply(float* sums, const uint32_t* a, const uint32_t* b, const char* kind) {
  const FragmentWords words = {sums, a, b};
  float result[4];
  WarpCollective(0xffffffffu, kind, &words, result, MultiplyFragments<Words, kDepth>);
  std::memcpy(sums, result, sizeof result);
}
inline void MultiplyHalvesDepth8(float* sums, const uint32_t* a, const uint32_t* b) {
  Multiply<HalfWords, 8>(sums, a, b, "mma.m16n8k8.f16");
}
inline void MultiplyHalves(float* sums, const uint32_t* a, const uint32_t* b) {
  Multiply<HalfWords, 16>(sums, a, b, "mma.m16n8k16.f16");
}
inline void MultiplyBfloat16s(float* sums, const uint32_t* a, const uint32_t* b) {
  Multiply<Bfloat16Words, 16>(sums, a, b, "mma.m16n8k16.bf16");
}
inline void MultiplyTf32s(float* sums, const uint32_t* a, const uint32_t* b) {
  Multiply<Tf32Words, 8>(sums, a, b, "mma.m16n8k8.tf32");
}

inline void LoadMatrices(uint32_t* words, const void* row) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) Fault("ldmatrix of a row that is not aligned");
  WarpCollective(0xffffffffu, "ldmatrix", row, words, [](const void* const* rows, void* const* outputs, uint32_t) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int matrix = 0; matrix < 4; ++matrix) {
        std::memcpy(static_cast<uint32_t*>(outputs[lane]) + matrix,
                    static_cast<const char*>(rows[8 * matrix + lane / 4]) + lane % 4 * 4, 4);
      }
    }
  });
}

}  // namespace simt

#endif  // FLOE_TESTS_SIMT_INCLUDE_SIMT_TENSOR_CORE_H_
