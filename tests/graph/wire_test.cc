#include "graph/wire.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace floe {
namespace {

bool ReadsAll(absl::string_view message) {
  WireReader reader(message);
  WireField field;
  while (reader.Next(&field)) {
  }
  return reader.ok();
}

TEST(WireTest, VarintsGoThereAndBack) {
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{127}, uint64_t{128}, uint64_t{1} << 35, ~uint64_t{0}}) {
    std::string bytes;
    AppendVarint(value, &bytes);
    absl::string_view rest = bytes;
    uint64_t read;
    ASSERT_TRUE(ReadVarint(&rest, &read));
    EXPECT_EQ(read, value);
    EXPECT_TRUE(rest.empty());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      rest = absl::string_view(bytes).substr(0, cut);
      EXPECT_FALSE(ReadVarint(&rest, &read)) << value << " cut at " << cut;
    }
  }
}

TEST(WireTest, VarintsOfMoreThan64BitsAreNone) {
  uint64_t value;
  absl::string_view eleven("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11);
  EXPECT_FALSE(ReadVarint(&eleven, &value));
  absl::string_view bit65("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
  EXPECT_FALSE(ReadVarint(&bit65, &value));
}

TEST(WireTest, FieldsGoThereAndBack) {
  std::string message;
  AppendVarintField(1, 300, &message);
  AppendBytesField(2, "abc", &message);
  AppendFloatField(536870911, -1.5f, &message);
  WireReader reader(message);
  WireField field;
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 1);
  EXPECT_EQ(field.type, WireType::kVarint);
  EXPECT_EQ(field.value, 300u);
  std::string copy(field.encoded);
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 2);
  EXPECT_EQ(field.bytes, "abc");
  copy.append(field.encoded.data(), field.encoded.size());
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 536870911);
  EXPECT_EQ(field.AsFloat(), -1.5f);
  copy.append(field.encoded.data(), field.encoded.size());
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(copy, message);
}

TEST(WireTest, MalformedMessagesEndTheWalk) {
  const absl::string_view kMalformed[] = {
      absl::string_view("\x00", 1),                                           // field number 0
      absl::string_view("\x08", 1),                                           // a varint that is not there
      absl::string_view("\x0a\x05hi", 4),                                     // three bytes too few
      absl::string_view("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11),  // a length of 2^64 - 1
      absl::string_view("\x09\x01\x02\x03", 4),                               // eight bytes that are three
      absl::string_view("\x0d\x01", 2),                                       // four that are one
      absl::string_view("\x0b\x0c", 2),                                       // a group
      absl::string_view("\x0e\x00", 2),                                       // type 6
      absl::string_view("\xff\xff\xff\xff\xff\x0f\x00", 7),                   // a field number past 29 bits
  };
  for (const absl::string_view message : kMalformed) EXPECT_FALSE(ReadsAll(message)) << message.size();
  EXPECT_TRUE(ReadsAll(""));
}

}  // namespace
}  // namespace floe
