#include "checkpoint/ordered_code.h"

#include <bit>

namespace floe {
namespace {

char ByteAt(uint64_t value, int index) { return static_cast<char>(value >> (8 * index) & 0xff); }

}  // namespace

void AppendOrderedNumber(uint64_t value, std::string* out) {
  const int bytes = (std::bit_width(value) + 7) / 8;
  out->push_back(static_cast<char>(bytes));
  for (int i = bytes - 1; i >= 0; --i) out->push_back(ByteAt(value, i));
}

void AppendOrderedString(absl::string_view text, std::string* out) {
  for (const char c : text) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
    if (c == '\xff') out->push_back('\0');
  }
  out->push_back('\0');
  out->push_back('\1');
}

void AppendOrderedSigned(int64_t value, std::string* out) {
  // n bytes hold 7n bits after the header, one of which is the sign.
  const auto magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  const int bytes = std::bit_width(magnitude) / 7 + 1;
  std::string code;
  for (int i = bytes - 1; i >= 0; --i)
    code.push_back(i < 8 ? ByteAt(static_cast<uint64_t>(value), i) : value < 0 ? '\xff' : '\0');
  // The header's n ones flip the sign's copies that fill the top bits.
  for (int bit = 0; bit < bytes; ++bit) code[static_cast<size_t>(bit / 8)] ^= static_cast<char>(0x80 >> bit % 8);
  *out += code;
}

std::string EncodeSliceKey(absl::string_view tensor_name, const TensorSlice& slice) {
  std::string key;
  AppendOrderedNumber(0, &key);
  AppendOrderedString(tensor_name, &key);
  AppendOrderedNumber(slice.size(), &key);
  for (const SliceExtent& extent : slice) {
    AppendOrderedSigned(extent.start, &key);
    AppendOrderedSigned(extent.length, &key);
  }
  return key;
}

}  // namespace floe
