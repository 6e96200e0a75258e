// The host's forms of kernels/cuda/intrinsics.h.
#ifndef FLOE_TESTS_SIMT_INCLUDE_SIMT_INTRINSICS_H_
#define FLOE_TESTS_SIMT_INCLUDE_SIMT_INTRINSICS_H_

#include <bit>
#include <cstdint>

#include "simt/device.h"
#include "tensor/dtype.h"

namespace simt {

inline uint32_t BitsOf(float x) { return std::bit_cast<uint32_t>(x); }
inline float FloatOf(uint32_t bits) { return std::bit_cast<float>(bits); }
// Through memory, so that no compiler fuses it with what follows.
inline float Times(float a, float b) {
  const volatile float product = a * b;
  return product;
}
inline float HalfToFloat(uint16_t bits) {
  floe::Half half;
  half.bits = bits;
  return half;
}
inline uint16_t FloatToHalf(float x) { return floe::Half(x).bits; }

}  // namespace simt

#endif  // FLOE_TESTS_SIMT_INCLUDE_SIMT_INTRINSICS_H_
