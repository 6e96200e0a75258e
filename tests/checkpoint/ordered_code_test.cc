#include "checkpoint/ordered_code.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace floe {
namespace {

std::string Number(uint64_t value) {
  std::string out;
  AppendOrderedNumber(value, &out);
  return out;
}
std::string Signed(int64_t value) {
  std::string out;
  AppendOrderedSigned(value, &out);
  return out;
}
std::string Text(absl::string_view text) {
  std::string out;
  AppendOrderedString(text, &out);
  return out;
}

TEST(OrderedCodeTest, Bytes) {
  EXPECT_EQ(Number(0), std::string("\x00", 1));
  EXPECT_EQ(Number(2), "\x01\x02");
  EXPECT_EQ(Number(256), std::string("\x02\x01\x00", 3));
  EXPECT_EQ(Text(std::string("a\0\xff", 3)), std::string("a\x00\xff\xff\x00\x00\x01", 7));
  EXPECT_EQ(Signed(0), "\x80");
  EXPECT_EQ(Signed(-1), "\x7f");
  EXPECT_EQ(Signed(63), "\xbf");
  EXPECT_EQ(Signed(64), "\xc0\x40");
  EXPECT_EQ(Signed(-64), "\x40");
  EXPECT_EQ(Signed(-65), "\x3f\xbf");
  EXPECT_EQ(Signed(8191), "\xdf\xff");
  EXPECT_EQ(Signed(8192), std::string("\xe0\x20\x00", 3));
  EXPECT_EQ(Signed(std::numeric_limits<int64_t>::max()), "\xff\xc0\x7f\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(Signed(std::numeric_limits<int64_t>::min()), std::string("\x00\x3f\x80\x00\x00\x00\x00\x00\x00\x00", 10));
}

TEST(OrderedCodeTest, SortsAsTheNumbersDo) {
  std::vector<int64_t> numbers = {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  for (int bit = 0; bit < 63; ++bit) {
    for (const int64_t around : {-1, 0, 1}) {
      numbers.push_back((int64_t{1} << bit) + around);
      numbers.push_back(-(int64_t{1} << bit) + around);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (size_t i = 1; i < numbers.size(); ++i) {
    EXPECT_LT(Signed(numbers[i - 1]), Signed(numbers[i])) << numbers[i];
    if (numbers[i - 1] >= 0) {
      EXPECT_LT(Number(static_cast<uint64_t>(numbers[i - 1])), Number(static_cast<uint64_t>(numbers[i])));
    }
  }
}

// As TensorFlow keys emb[17:34, :] of [50,8].
TEST(OrderedCodeTest, SliceKey) {
  EXPECT_EQ(EncodeSliceKey("emb", {{17, 17}, {0, 8}}), std::string("\x00\x65mb\x00\x01\x01\x02\x91\x91\x80\x88", 12));
  EXPECT_EQ(EncodeSliceKey("emb", {{}, {0, 8}}), std::string("\x00\x65mb\x00\x01\x01\x02\x80\x7f\x80\x88", 12));
  EXPECT_TRUE(IsSliceKey(EncodeSliceKey("emb", {})));
  EXPECT_FALSE(IsSliceKey("emb"));
  EXPECT_FALSE(IsSliceKey(""));
}

}  // namespace
}  // namespace floe
