// Varints: seven bits a byte, the lowest first, the top bit set in all bytes but the last. Source: protobuf's
// "Encoding" guide. Any thread.
#ifndef FLOE_BASE_VARINT_H_
#define FLOE_BASE_VARINT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace floe {

inline void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// Reads one varint off the front of `bytes`; false where there is none.
inline bool ReadVarint(absl::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < bytes->size() && i < 10; ++i) {
    const uint64_t byte = static_cast<uint8_t>((*bytes)[i]);
    if (i == 9 && byte > 1) return false;
    *value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes->remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace floe

#endif  // FLOE_BASE_VARINT_H_
