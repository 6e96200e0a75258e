#include "graph/wire.h"

#include <bit>
#include <cstring>

namespace floe {
namespace {

template <typename T>
uint64_t LittleEndian(absl::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  static_assert(std::endian::native == std::endian::little);
  return value;
}

}  // namespace

float WireField::AsFloat() const { return std::bit_cast<float>(static_cast<uint32_t>(value)); }
double WireField::AsDouble() const { return std::bit_cast<double>(value); }

bool WireReader::Fail() {
  ok_ = false;
  rest_ = absl::string_view();
  return false;
}

bool WireReader::Next(WireField* field) {
  if (rest_.empty()) return false;
  const absl::string_view start = rest_;
  uint64_t tag;
  if (!ReadVarint(&rest_, &tag) || (tag >> 3) == 0 || (tag >> 3) > 0x1fffffff) return Fail();
  field->number = static_cast<int>(tag >> 3);
  field->bytes = absl::string_view();
  field->value = 0;
  switch (tag & 7) {
    case 0:
      field->type = WireType::kVarint;
      if (!ReadVarint(&rest_, &field->value)) return Fail();
      break;
    case 1:
      field->type = WireType::kFixed64;
      if (rest_.size() < 8) return Fail();
      field->value = LittleEndian<uint64_t>(rest_);
      rest_.remove_prefix(8);
      break;
    case 2: {
      field->type = WireType::kBytes;
      uint64_t size;
      if (!ReadVarint(&rest_, &size) || size > rest_.size()) return Fail();
      field->bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
      break;
    }
    case 5:
      field->type = WireType::kFixed32;
      if (rest_.size() < 4) return Fail();
      field->value = LittleEndian<uint32_t>(rest_);
      rest_.remove_prefix(4);
      break;
    default:
      return Fail();
  }
  field->encoded = start.substr(0, start.size() - rest_.size());
  return true;
}

void AppendVarintField(int number, uint64_t value, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 3, out);
  AppendVarint(value, out);
}

void AppendFloatField(int number, float value, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 3 | 5, out);
  const uint32_t word = std::bit_cast<uint32_t>(value);
  out->append(reinterpret_cast<const char*>(&word), sizeof(word));
}

void AppendBytesField(int number, absl::string_view bytes, std::string* out) {
  AppendBytesHeader(number, bytes.size(), out);
  out->append(bytes.data(), bytes.size());
}

void AppendBytesHeader(int number, uint64_t size, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 3 | 2, out);
  AppendVarint(size, out);
}

}  // namespace floe
