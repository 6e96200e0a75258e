// Numbers in the bytes of checkpoints: little-endian words.
#ifndef FLOE_CHECKPOINT_CODING_H_
#define FLOE_CHECKPOINT_CODING_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace floe {

static_assert(std::endian::native == std::endian::little);

inline uint32_t LoadUint32(const char* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

inline uint64_t LoadUint64(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CODING_H_
