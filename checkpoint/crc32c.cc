#include "checkpoint/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace floe {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint32_t kReversedPolynomial = 0x82f63b78u;

uint64_t Load64(const char* data) {
  uint64_t value;
  std::memcpy(&value, data, sizeof(value));
  return value;
}

// tables[k][b]: the remainder of byte b followed by k zero bytes. Eight bytes are then eight independent look-ups.
using ByteTables = std::array<std::array<uint32_t, 256>, 8>;

constexpr ByteTables MakeByteTables() {
  ByteTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr ByteTables kByteTables = MakeByteTables();

#if defined(__x86_64__)

// The instruction takes three cycles and can start every cycle, so three streams run side by side. Their remainders
// are then put together: that of an earlier stream is moved over the bytes that follow it, which is linear, hence four
// look-ups.
class ZerosShift {
 public:
  __attribute__((target("sse4.2"))) explicit ZerosShift(size_t zero_bytes) {
    std::array<uint32_t, 32> moved;
    for (size_t bit = 0; bit < 32; ++bit) {
      uint64_t crc = uint64_t{1} << bit;
      for (size_t i = 0; i < zero_bytes; i += 8) crc = _mm_crc32_u64(crc, 0);
      moved[bit] = static_cast<uint32_t>(crc);
    }
    for (size_t part = 0; part < 4; ++part) {
      for (size_t byte = 0; byte < 256; ++byte) {
        uint32_t sum = 0;
        for (size_t bit = 0; bit < 8; ++bit) sum ^= (byte >> bit & 1) != 0 ? moved[8 * part + bit] : 0;
        table_[part][byte] = sum;
      }
    }
  }
  uint32_t operator()(uint32_t crc) const {
    return table_[0][crc & 0xff] ^ table_[1][crc >> 8 & 0xff] ^ table_[2][crc >> 16 & 0xff] ^ table_[3][crc >> 24];
  }

 private:
  std::array<std::array<uint32_t, 256>, 4> table_;
};

template <size_t kStreamBytes>
__attribute__((target("sse4.2"))) uint32_t ThreeStreams(uint32_t crc, const char** data, size_t* size) {
  static const ZerosShift shift(kStreamBytes);
  while (*size >= 3 * kStreamBytes) {
    uint64_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < kStreamBytes; i += 8) {
      a = _mm_crc32_u64(a, Load64(*data + i));
      b = _mm_crc32_u64(b, Load64(*data + kStreamBytes + i));
      c = _mm_crc32_u64(c, Load64(*data + 2 * kStreamBytes + i));
    }
    crc = shift(shift(static_cast<uint32_t>(a)) ^ static_cast<uint32_t>(b)) ^ static_cast<uint32_t>(c);
    *data += 3 * kStreamBytes;
    *size -= 3 * kStreamBytes;
  }
  return crc;
}

__attribute__((target("sse4.2"))) uint32_t ExtendWithInstruction(uint32_t crc, absl::string_view bytes) {
  const char* data = bytes.data();
  size_t size = bytes.size();
  crc = ~crc;
  crc = ThreeStreams<8192>(crc, &data, &size);
  crc = ThreeStreams<256>(crc, &data, &size);
  for (; size >= 8; size -= 8, data += 8) crc = static_cast<uint32_t>(_mm_crc32_u64(crc, Load64(data)));
  for (; size > 0; --size, ++data) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*data));
  return ~crc;
}

#endif  // __x86_64__

}  // namespace

uint32_t ExtendCrc32cPortable(uint32_t crc, absl::string_view bytes) {
  const char* data = bytes.data();
  size_t size = bytes.size();
  crc = ~crc;
  for (; size >= 8; size -= 8, data += 8) {
    const uint64_t word = Load64(data) ^ crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= kByteTables[7 - k][word >> (8 * k) & 0xff];
  }
  for (; size > 0; --size, ++data) crc = (crc >> 8) ^ kByteTables[0][(crc ^ static_cast<uint8_t>(*data)) & 0xff];
  return ~crc;
}

uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ExtendWithInstruction(crc, bytes);
#endif
  return ExtendCrc32cPortable(crc, bytes);
}

}  // namespace floe
