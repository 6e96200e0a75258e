#include "tensor/dtype.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace floe {
namespace {

struct Row {
  DType dtype;
  int64_t bytes;
  const char* name;
  const char* enum_name;
};

constexpr Row kRows[] = {
    {DType::kFloat, 4, "float32", "DT_FLOAT"},
    {DType::kDouble, 8, "float64", "DT_DOUBLE"},
    {DType::kInt32, 4, "int32", "DT_INT32"},
    {DType::kUint8, 1, "uint8", "DT_UINT8"},
    {DType::kInt16, 2, "int16", "DT_INT16"},
    {DType::kInt8, 1, "int8", "DT_INT8"},
    {DType::kString, 0, "string", "DT_STRING"},
    {DType::kComplex64, 8, "complex64", "DT_COMPLEX64"},
    {DType::kInt64, 8, "int64", "DT_INT64"},
    {DType::kBool, 1, "bool", "DT_BOOL"},
    {DType::kQint8, 1, "qint8", "DT_QINT8"},
    {DType::kQuint8, 1, "quint8", "DT_QUINT8"},
    {DType::kQint32, 4, "qint32", "DT_QINT32"},
    {DType::kBfloat16, 2, "bfloat16", "DT_BFLOAT16"},
    {DType::kQint16, 2, "qint16", "DT_QINT16"},
    {DType::kQuint16, 2, "quint16", "DT_QUINT16"},
    {DType::kUint16, 2, "uint16", "DT_UINT16"},
    {DType::kComplex128, 16, "complex128", "DT_COMPLEX128"},
    {DType::kHalf, 2, "float16", "DT_HALF"},
    {DType::kResource, 0, "resource", "DT_RESOURCE"},
    {DType::kVariant, 0, "variant", "DT_VARIANT"},
    {DType::kUint32, 4, "uint32", "DT_UINT32"},
    {DType::kUint64, 8, "uint64", "DT_UINT64"},
    {DType::kFloat8E5M2, 1, "float8_e5m2", "DT_FLOAT8_E5M2"},
    {DType::kFloat8E4M3, 1, "float8_e4m3fn", "DT_FLOAT8_E4M3FN"},
};
constexpr Row kInvalidRow = {DType::kInvalid, 0, "invalid", "DT_INVALID"};
constexpr int64_t kRefOffset = 100;

const Row& RowOf(DType dtype) {
  const size_t number = static_cast<size_t>(dtype);
  return number >= 1 && number <= std::size(kRows) ? kRows[number - 1] : kInvalidRow;
}

}  // namespace

int64_t ElementBytes(DType dtype) { return RowOf(dtype).bytes; }
int64_t ElementMemoryBytes(DType dtype) {
  return dtype == DType::kString ? static_cast<int64_t>(sizeof(std::string)) : ElementBytes(dtype);
}
absl::string_view DTypeName(DType dtype) { return RowOf(dtype).name; }
absl::string_view DTypeEnumName(DType dtype) { return RowOf(dtype).enum_name; }

absl::StatusOr<DType> DTypeFromNumber(int64_t number) {
  if (number > kRefOffset) number -= kRefOffset;
  if (number < 1 || number > static_cast<int64_t>(std::size(kRows))) {
    return absl::InvalidArgumentError(absl::StrCat("unknown data type number ", number));
  }
  return static_cast<DType>(number);
}

absl::StatusOr<DType> DTypeFromName(absl::string_view name) {
  for (const Row& row : kRows) {
    if (name == row.name || name == row.enum_name) return row.dtype;
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown data type '", name, "'"));
}

bool IsFloating(DType dtype) {
  return dtype == DType::kFloat || dtype == DType::kDouble || dtype == DType::kHalf || dtype == DType::kBfloat16;
}

bool IsInteger(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
    case DType::kUint64:
      return true;
    default:
      return false;
  }
}

bool IsComplex(DType dtype) { return dtype == DType::kComplex64 || dtype == DType::kComplex128; }

Half::Half(float value) {
  const uint32_t word = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (word >> 16) & 0x8000u;
  const uint32_t magnitude = word & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN: keep the top of its payload, quieten it
    bits = static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  } else if (magnitude >= 0x47800000u) {  // 65536 and more, infinity
    bits = static_cast<uint16_t>(sign | 0x7c00u);
  } else if (magnitude < 0x38800000u) {  // below the smallest normal: adding 0.5 aligns the mantissa and rounds it
    const float aligned = std::bit_cast<float>(magnitude) + 0.5f;
    bits = static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(aligned) - std::bit_cast<uint32_t>(0.5f)));
  } else {
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u;
    bits = static_cast<uint16_t>(sign | (rounded >> 13));
  }
}

Half::operator float() const {
  const uint32_t sign = (bits & 0x8000u) << 16;
  const uint32_t magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13));
  if (magnitude >= 0x400u) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000u));
  const float value = static_cast<float>(magnitude) * 0x1p-24f;  // subnormal: exact in float
  return sign != 0 ? -value : value;
}

}  // namespace floe
