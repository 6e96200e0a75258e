#include "graph/attr_value.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "graph/wire.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AttrValue Encoded(const std::string& bytes) {
  auto owner = std::make_shared<std::string>(bytes);
  const absl::string_view view = *owner;
  return AttrValue(view, std::move(owner));
}

TEST(AttrValueTest, EachKindGoesThereAndBack) {
  EXPECT_EQ(AttrValue::Int(-5).AsInt().value(), -5);
  EXPECT_EQ(AttrValue::Float(0.25f).AsFloat().value(), 0.25f);
  EXPECT_TRUE(AttrValue::Bool(true).AsBool().value());
  EXPECT_FALSE(AttrValue::Bool(false).AsBool().value());
  EXPECT_EQ(AttrValue::String("SAME").AsString().value(), "SAME");
  EXPECT_EQ(AttrValue::Type(DType::kHalf).AsType().value(), DType::kHalf);
  const PartialShape shape({3, PartialShape::kUnknownDim, 0});
  EXPECT_EQ(AttrValue::OfShape(shape).AsShape().value(), shape);
  EXPECT_FALSE(AttrValue::OfShape(PartialShape::UnknownRank()).AsShape().value().has_rank());
  EXPECT_EQ(AttrValue::OfShape(Shape()).AsShape().value(), PartialShape(Shape()));
  EXPECT_THAT(AttrValue::Ints({1, -2, int64_t{1} << 40}).AsInts().value(), ElementsAre(1, -2, int64_t{1} << 40));
  EXPECT_THAT(AttrValue::Floats({1.5f, -2}).AsFloats().value(), ElementsAre(1.5f, -2));
  EXPECT_THAT(AttrValue::Strings({"a", ""}).AsStrings().value(), ElementsAre("a", ""));
  EXPECT_THAT(AttrValue::Types({DType::kFloat, DType::kString}).AsTypes().value(),
              ElementsAre(DType::kFloat, DType::kString));
  EXPECT_EQ(AttrValue::Function("body").AsFunctionName().value(), "body");
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, AttrValue::OfTensor(Tensor::Of<float>({1, 2, 3})).AsTensor());
  EXPECT_THAT(tensor.flat<float>(), ElementsAre(1, 2, 3));
}

TEST(AttrValueTest, AnotherKindIsNamed) {
  EXPECT_THAT(AttrValue::String("x").AsInt(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted int, got string")));
  EXPECT_THAT(AttrValue::Int(1).AsInts(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted list(int), got int")));
  EXPECT_THAT(AttrValue::Ints({1}).AsStrings(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted list(string), got list(int)")));
  EXPECT_THAT(AttrValue().AsFloat(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted float, got nothing")));
  EXPECT_THAT(AttrValue::Function("f").AsTensor(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted tensor, got func")));
}

// An empty list has no kind of its own.
TEST(AttrValueTest, AnEmptyListIsOfAnyKind) {
  EXPECT_THAT(AttrValue::Ints({}).AsInts().value(), IsEmpty());
  EXPECT_THAT(AttrValue::Ints({}).AsStrings().value(), IsEmpty());
  EXPECT_THAT(AttrValue::Strings({}).AsTypes().value(), IsEmpty());
}

// TensorFlow writes packed lists; older writers one field a number.
TEST(AttrValueTest, ListsPackedOrNot) {
  std::string list, encoded;
  for (const uint64_t value : {7u, 300u}) AppendVarintField(3, value, &list);
  AppendBytesField(1, list, &encoded);
  EXPECT_THAT(Encoded(encoded).AsInts().value(), ElementsAre(7, 300));
  std::string packed("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);
  list.clear();
  encoded.clear();
  AppendBytesField(4, packed, &list);
  AppendBytesField(1, list, &encoded);
  EXPECT_THAT(Encoded(encoded).AsFloats().value(), ElementsAre(1, 2));
}

TEST(AttrValueTest, TheLastFieldSetCounts) {
  std::string encoded(AttrValue::String("old").encoded());
  encoded += std::string(AttrValue::Int(3).encoded());
  EXPECT_EQ(Encoded(encoded).AsInt().value(), 3);
}

TEST(AttrValueTest, MalformedBytesAreSaidToBe) {
  const std::string cut = std::string(AttrValue::Strings({"abc"}).encoded());
  for (size_t size = 1; size < cut.size(); ++size) {
    EXPECT_FALSE(Encoded(cut.substr(0, size)).AsStrings().ok()) << size;
  }
  std::string list, encoded;
  AppendBytesField(4, "abc", &list);  // floats of three bytes
  AppendBytesField(1, list, &encoded);
  EXPECT_THAT(Encoded(encoded).AsFloats(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("malformed")));
  list.clear();
  encoded.clear();
  AppendBytesField(3, "\xff", &list);  // a packed varint without an end
  AppendBytesField(1, list, &encoded);
  EXPECT_THAT(Encoded(encoded).AsInts(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("malformed")));
  EXPECT_EQ(Encoded("\xff").KindName(), "malformed bytes");
}

TEST(AttrMapTest, IsSortedAndNamesWhatIsMissing) {
  AttrMap attrs;
  attrs.Set("b", AttrValue::Int(2));
  attrs.Set("a", AttrValue::Int(1));
  attrs.Set("b", AttrValue::Int(3));
  ASSERT_EQ(attrs.entries().size(), 2u);
  EXPECT_EQ(attrs.entries()[0].first, "a");
  EXPECT_EQ(attrs.Int("b").value(), 3);
  EXPECT_EQ(attrs.Int("c", 7).value(), 7);
  EXPECT_THAT(attrs.Int("c"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("attribute 'c' is missing")));
  EXPECT_THAT(attrs.String("b"), StatusIs(absl::StatusCode::kInvalidArgument,
                                          AllOf(HasSubstr("attribute 'b'"), HasSubstr("wanted string, got int"))));
  // A default is for what is missing, not for what is wrong.
  EXPECT_FALSE(attrs.Float("b", 1.0f).ok());
  AttrMap other = attrs;
  EXPECT_TRUE(other == attrs);
  other.Erase("a");
  EXPECT_FALSE(other == attrs);
  other.Set("a", AttrValue::Int(2));
  EXPECT_FALSE(other == attrs);
}

TEST(AttrMapTest, FunctionsCarryAttributes) {
  std::string entry, function, encoded;
  AppendBytesField(1, "T", &entry);
  AppendBytesField(2, AttrValue::Type(DType::kInt8).encoded(), &entry);
  AppendBytesField(1, "body", &function);
  AppendBytesField(2, entry, &function);
  AppendBytesField(10, function, &encoded);
  ASSERT_OK_AND_ASSIGN(const AttrMap attrs, Encoded(encoded).AsFunctionAttrs());
  EXPECT_EQ(attrs.Type("T").value(), DType::kInt8);
}

}  // namespace
}  // namespace floe
