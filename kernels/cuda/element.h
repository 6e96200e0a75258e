// Elements of tensors on the device: reading and writing them as what kernels compute in.
#ifndef FLOE_KERNELS_CUDA_ELEMENT_H_
#define FLOE_KERNELS_CUDA_ELEMENT_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "kernels/cuda/intrinsics.h"
#include "tensor/dtype.h"

namespace floe {

// Half and bfloat16 on the device; they are the bits of floe::Half and floe::Bfloat16.
struct DeviceHalf {
  uint16_t bits;
};
struct DeviceBfloat16 {
  uint16_t bits;
};

template <typename T>
__device__ __forceinline__ float ToFloat(T x) {
  if constexpr (std::is_same_v<T, DeviceHalf>) {
    return HalfToFloat(x.bits);
  } else if constexpr (std::is_same_v<T, DeviceBfloat16>) {
    return Bfloat16ToFloat(x.bits);
  } else {
    return static_cast<float>(x);
  }
}
template <typename T>
__device__ __forceinline__ T FromFloat(float x) {
  if constexpr (std::is_same_v<T, DeviceHalf>) {
    return {FloatToHalf(x)};
  } else if constexpr (std::is_same_v<T, DeviceBfloat16>) {
    return {FloatToBfloat16(x)};
  } else {
    return static_cast<T>(x);
  }
}

// `kCount` neighbours, read and written in one access; their address is a multiple of their size.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T values[kCount];
};
// Whether a Pack of so many bytes may be read and written there.
inline bool IsAligned(const void* data, int64_t bytes) {
  return reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(bytes) == 0;
}

// Calls `body.template operator()<T>()`, which returns a Status, with the device's type of a float dtype.
template <typename Body>
absl::Status OnFloatType(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kFloat:
      return body.template operator()<float>();
    case DType::kHalf:
      return body.template operator()<DeviceHalf>();
    case DType::kBfloat16:
      return body.template operator()<DeviceBfloat16>();
    default:
      return absl::InternalError("a dtype that no kernel computes in float");
  }
}

// The same with the device's type of any dtype that ops look at the elements of.
template <typename Body>
absl::Status OnNumberType(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kInt32:
      return body.template operator()<int32_t>();
    case DType::kInt64:
      return body.template operator()<int64_t>();
    case DType::kUint8:
      return body.template operator()<uint8_t>();
    default:
      return OnFloatType(dtype, std::forward<Body>(body));
  }
}

// The same with an unsigned integer of so many bytes, for ops that only move elements.
template <typename Body>
absl::Status OnBytes(int64_t bytes, Body&& body) {
  switch (bytes) {
    case 1:
      return body.template operator()<uint8_t>();
    case 2:
      return body.template operator()<uint16_t>();
    case 4:
      return body.template operator()<uint32_t>();
    case 8:
      return body.template operator()<uint64_t>();
    default:
      return absl::InternalError("elements of a size that no kernel moves");
  }
}
inline bool MovesBytes(DType dtype) {
  const int64_t bytes = ElementBytes(dtype);
  return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

// The same with the type of an index.
template <typename Body>
absl::Status OnIndexType(DType dtype, Body&& body) {
  return dtype == DType::kInt32 ? body.template operator()<int32_t>() : body.template operator()<int64_t>();
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_ELEMENT_H_
