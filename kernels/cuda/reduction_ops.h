// What meets in scatters and segments: two numbers of one place become one.
#ifndef FLOE_KERNELS_CUDA_REDUCTION_OPS_H_
#define FLOE_KERNELS_CUDA_REDUCTION_OPS_H_

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/atomics.h"
#include "kernels/cuda/element.h"

namespace floe {

enum class Meeting : uint8_t { kAdd, kSubtract, kMultiply, kMax, kMin };

// In float for float dtypes; integers wrap. A NaN that comes loses to whatever is there in kMax and kMin.
template <typename T>
__device__ T Met(Meeting meeting, const T& there, const T& coming) {
  if constexpr (std::is_integral_v<T>) {
    const auto a = static_cast<uint64_t>(there), b = static_cast<uint64_t>(coming);
    switch (meeting) {
      case Meeting::kAdd:
        return static_cast<T>(a + b);
      case Meeting::kSubtract:
        return static_cast<T>(a - b);
      case Meeting::kMultiply:
        return static_cast<T>(a * b);
      case Meeting::kMax:
        return there < coming ? coming : there;
      default:
        return coming < there ? coming : there;
    }
  } else {
    const float a = ToFloat(there), b = ToFloat(coming);
    switch (meeting) {
      case Meeting::kAdd:
        return FromFloat<T>(a + b);
      case Meeting::kSubtract:
        return FromFloat<T>(a - b);
      case Meeting::kMultiply:
        return FromFloat<T>(a * b);
      case Meeting::kMax:
        return a < b ? coming : there;
      default:
        return b < a ? coming : there;
    }
  }
}

template <typename T>
__device__ void AtomicMeet(Meeting meeting, T* there, const T& coming) {
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, int32_t>) {
    if (meeting == Meeting::kAdd) {
      atomicAdd(there, coming);
      return;
    }
  }
  AtomicChange(there, [&](const T& now) { return Met(meeting, now, coming); });
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_REDUCTION_OPS_H_
