// 64-bit arithmetic on numbers that come from a file or the wire: the result, or false where it does not fit.
#ifndef FLOE_BASE_CHECKED_MATH_H_
#define FLOE_BASE_CHECKED_MATH_H_

#include <cstdint>

namespace floe {

[[nodiscard]] inline bool CheckedAdd(int64_t a, int64_t b, int64_t* sum) { return !__builtin_add_overflow(a, b, sum); }
[[nodiscard]] inline bool CheckedMul(int64_t a, int64_t b, int64_t* product) {
  return !__builtin_mul_overflow(a, b, product);
}

}  // namespace floe

#endif  // FLOE_BASE_CHECKED_MATH_H_
