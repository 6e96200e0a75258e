// Lists of element types, and calling a template with the one that a tensor has.
#ifndef FLOE_OPS_TYPES_H_
#define FLOE_OPS_TYPES_H_

#include <complex>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tensor/dtype.h"

namespace floe {

template <typename... Ts>
struct TypeList {};

template <typename... Lists>
struct JoinTypes;
template <typename List>
struct JoinTypes<List> {
  using Type = List;
};
template <typename... As, typename... Bs, typename... Rest>
struct JoinTypes<TypeList<As...>, TypeList<Bs...>, Rest...> {
  using Type = typename JoinTypes<TypeList<As..., Bs...>, Rest...>::Type;
};
template <typename... Lists>
using Join = typename JoinTypes<Lists...>::Type;

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;
using FloatTypes = TypeList<Half, Bfloat16, float, double>;
using ComplexTypes = TypeList<Complex64, Complex128>;
using SignedTypes = TypeList<int8_t, int16_t, int32_t, int64_t>;
using UnsignedTypes = TypeList<uint8_t, uint16_t, uint32_t, uint64_t>;
using IntegerTypes = Join<SignedTypes, UnsignedTypes>;
using RealTypes = Join<FloatTypes, IntegerTypes>;
using NumberTypes = Join<RealTypes, ComplexTypes>;
using IndexTypes = TypeList<int32_t, int64_t>;

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>;
template <typename T>
inline constexpr bool kIsFloat = std::is_floating_point_v<T> || kIsHalf<T>;
template <typename T>
inline constexpr bool kIsComplex = std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>;
template <typename T>
inline constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

// What a function of T is computed in: float for the halves, else T itself.
template <typename T>
using Wide = std::conditional_t<kIsHalf<T>, float, T>;

// The integer that a quantized dtype is kept as; any other dtype as it is.
inline DType PlainDType(DType dtype) {
  switch (dtype) {
    case DType::kQint8:
      return DType::kInt8;
    case DType::kQuint8:
      return DType::kUint8;
    case DType::kQint16:
      return DType::kInt16;
    case DType::kQuint16:
      return DType::kUint16;
    case DType::kQint32:
      return DType::kInt32;
    default:
      return dtype;
  }
}

template <typename... Ts>
bool Contains(TypeList<Ts...>, DType dtype) {
  return ((DTypeOf<Ts>::kValue == dtype) || ...);
}

template <typename... Ts>
absl::Status WrongDType(TypeList<Ts...>, absl::string_view what, DType dtype) {
  std::string wanted;
  ((absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", DTypeName(DTypeOf<Ts>::kValue))), ...);
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": dtype ", DTypeName(dtype), " is not supported, wanted one of ", wanted));
}

// OK where `dtype` is in the list.
template <typename List>
absl::Status WantDTypeIn(List list, absl::string_view what, DType dtype) {
  return Contains(list, dtype) ? absl::OkStatus() : WrongDType(list, what, dtype);
}

// Calls `body.template operator()<T>()`, which returns a Status, with the C++ type of `dtype`.
template <typename... Ts, typename Body>
absl::Status OnDType(TypeList<Ts...> list, DType dtype, Body&& body) {
  absl::Status status;
  const bool known = DispatchDType<Ts...>(dtype, [&]<typename T>() { status = body.template operator()<T>(); });
  return known ? status : WrongDType(list, "tensor", dtype);
}

// For ops that move elements without looking at them: calls `body.template operator()<T>()` with a type of the same
// size (a string for strings), so that one instance serves all dtypes of that size.
struct Bytes16 {
  uint64_t low, high;
};
template <typename Body>
absl::Status OnElementSize(DType dtype, Body&& body) {
  if (dtype == DType::kString) return body.template operator()<std::string>();
  switch (ElementBytes(dtype)) {
    case 1:
      return body.template operator()<uint8_t>();
    case 2:
      return body.template operator()<uint16_t>();
    case 4:
      return body.template operator()<uint32_t>();
    case 8:
      return body.template operator()<uint64_t>();
    case 16:
      return body.template operator()<Bytes16>();
    default:
      return absl::InvalidArgumentError(absl::StrCat("tensor: dtype ", DTypeName(dtype), " has no elements to move"));
  }
}

// Sums, differences and products that wrap instead of overflowing; as they are for other types.
template <typename T>
T WrapAdd(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return static_cast<T>(a + b);
  }
}
template <typename T>
T WrapSub(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  } else {
    return static_cast<T>(a - b);
  }
}
template <typename T>
T WrapMul(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return static_cast<T>(a * b);
  }
}

}  // namespace floe

#endif  // FLOE_OPS_TYPES_H_
