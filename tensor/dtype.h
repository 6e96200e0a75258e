// The element types of TensorFlow tensors, with TensorFlow's own numbers (DataType in types.proto), and the C++ types
// behind them.
#ifndef FLOE_TENSOR_DTYPE_H_
#define FLOE_TENSOR_DTYPE_H_

#include <bit>
#include <complex>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace floe {

enum class DType : uint8_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
  kFloat8E5M2 = 24,
  kFloat8E4M3 = 25,
};

// Bytes of one element; 0 for types without a fixed size (string, resource, variant, invalid).
int64_t ElementBytes(DType dtype);
// What an element takes in a tensor's own memory: as ElementBytes, and for a string the object without its text.
int64_t ElementMemoryBytes(DType dtype);
// TensorFlow's Python name: "float32", "int64", "bool", "string", ...; "invalid" for what is none.
absl::string_view DTypeName(DType dtype);
// The enum's name in types.proto: "DT_FLOAT", ...
absl::string_view DTypeEnumName(DType dtype);
// From a DataType number of a file; a reference type (number + 100) gives its base type. INVALID_ARGUMENT for unknown
// numbers.
absl::StatusOr<DType> DTypeFromNumber(int64_t number);
// From either of the names above.
absl::StatusOr<DType> DTypeFromName(absl::string_view name);

bool IsFloating(DType dtype);  // half, bfloat16, float, double
bool IsInteger(DType dtype);   // signed or unsigned, not quantized, not bool
bool IsComplex(DType dtype);

// IEEE binary16, kept as its bits. Converts through float with round-to-nearest-even.
struct Half {
  Half() = default;
  Half(float value);       // NOLINT(google-explicit-constructor): arithmetic in templates reads as for float
  operator float() const;  // NOLINT(google-explicit-constructor)
  uint16_t bits = 0;
};

// The upper half of a float, rounded to nearest even.
struct Bfloat16 {
  Bfloat16() = default;
  Bfloat16(float value) {  // NOLINT(google-explicit-constructor)
    const uint32_t word = std::bit_cast<uint32_t>(value);
    const bool is_nan = (word & 0x7fffffffu) > 0x7f800000u;
    bits = is_nan ? static_cast<uint16_t>((word >> 16) | 0x40u)
                  : static_cast<uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
  }
  operator float() const {  // NOLINT(google-explicit-constructor)
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }
  uint16_t bits = 0;
};

template <typename T>
struct DTypeOf;
#define FLOE_DTYPE_OF(type, value)                \
  template <>                                     \
  struct DTypeOf<type> {                          \
    static constexpr DType kValue = DType::value; \
  }
FLOE_DTYPE_OF(float, kFloat);
FLOE_DTYPE_OF(double, kDouble);
FLOE_DTYPE_OF(int32_t, kInt32);
FLOE_DTYPE_OF(uint8_t, kUint8);
FLOE_DTYPE_OF(int16_t, kInt16);
FLOE_DTYPE_OF(int8_t, kInt8);
FLOE_DTYPE_OF(std::string, kString);
FLOE_DTYPE_OF(std::complex<float>, kComplex64);
FLOE_DTYPE_OF(int64_t, kInt64);
FLOE_DTYPE_OF(bool, kBool);
FLOE_DTYPE_OF(Bfloat16, kBfloat16);
FLOE_DTYPE_OF(uint16_t, kUint16);
FLOE_DTYPE_OF(std::complex<double>, kComplex128);
FLOE_DTYPE_OF(Half, kHalf);
FLOE_DTYPE_OF(uint32_t, kUint32);
FLOE_DTYPE_OF(uint64_t, kUint64);
#undef FLOE_DTYPE_OF

// Calls `body.template operator()<T>()` with the C++ type of `dtype`, if it is one of Types; returns false otherwise.
template <typename... Types, typename Body>
bool DispatchDType(DType dtype, Body&& body) {
  return ((DTypeOf<Types>::kValue == dtype ? (body.template operator()<Types>(), true) : false) || ...);
}

}  // namespace floe

#endif  // FLOE_TENSOR_DTYPE_H_
