#include "checkpoint/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace floe {
namespace {

// The vectors of RFC 3720, B.4, and the customary "123456789".
TEST(Crc32cTest, PublishedVectors) {
  std::string ascending, descending;
  for (int i = 0; i < 32; ++i) {
    ascending.push_back(static_cast<char>(i));
    descending.push_back(static_cast<char>(31 - i));
  }
  const std::string read_command(
      "\x01\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x14"
      "\x00\x00\x00\x18\x28\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00",
      48);
  const struct {
    std::string bytes;
    uint32_t crc;
  } cases[] = {{"", 0},
               {std::string(32, '\0'), 0x8a9136aa},
               {std::string(32, '\xff'), 0x62a8ab43},
               {ascending, 0x46dd794e},
               {descending, 0x113fdb5c},
               {read_command, 0xd9963a56},
               {"123456789", 0xe3069283}};
  for (const auto& [bytes, crc] : cases) {
    EXPECT_EQ(Crc32c(bytes), crc) << bytes.size();
    EXPECT_EQ(ExtendCrc32cPortable(0, bytes), crc) << bytes.size();
  }
}

std::string SomeBytes(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 12345;
  for (char& c : bytes) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

// Around the sizes at which three streams start, 256 and 8192 bytes each, and at every alignment.
TEST(Crc32cTest, InstructionAndTablesAgree) {
  const std::string bytes = SomeBytes(3 * 8192 * 2 + 3 * 256 + 64);
  for (const size_t around :
       {size_t{0}, size_t{3 * 256}, size_t{6 * 256}, size_t{3 * 8192}, size_t{6 * 8192 + 3 * 256}}) {
    for (size_t start = 0; start < 9; ++start) {
      for (size_t size = around > 9 ? around - 9 : 0; size < around + 9; ++size) {
        const absl::string_view part = absl::string_view(bytes).substr(start, size);
        ASSERT_EQ(Crc32c(part), ExtendCrc32cPortable(0, part)) << start << " " << size;
      }
    }
  }
}

TEST(Crc32cTest, ExtendsWhatCameBefore) {
  const std::string bytes = SomeBytes(100000);
  const absl::string_view all = bytes;
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{777}, size_t{50001}, bytes.size()}) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(all.substr(0, cut)), all.substr(cut)), Crc32c(all)) << cut;
    EXPECT_EQ(ExtendCrc32cPortable(Crc32c(all.substr(0, cut)), all.substr(cut)), Crc32c(all)) << cut;
  }
}

TEST(Crc32cTest, MaskOfNothing) { EXPECT_EQ(MaskCrc32c(Crc32c("")), 0xa282ead8u); }

}  // namespace
}  // namespace floe
