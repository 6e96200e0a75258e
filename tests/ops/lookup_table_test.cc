#include "ops/lookup_table.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

TEST(LookupTableTest, OneKeyWithTwoValues) {
  const Tensor keys = Tensor::Of<int64_t>({1, 2, 1});
  for (const auto repeated : {LookupTable::Repeated::kRefused, LookupTable::Repeated::kLastWins}) {
    EXPECT_OK(LookupTable::Create(keys, Tensor::Of<float>({5, 6, 5}), repeated));
  }
  EXPECT_THAT(LookupTable::Create(keys, Tensor::Of<float>({5, 6, 7}), LookupTable::Repeated::kRefused),
              StatusIs(Code::kInvalidArgument, HasSubstr("two values for the key 1")));
  ASSERT_OK_AND_ASSIGN(const auto table,
                       LookupTable::Create(keys, Tensor::Of<float>({5, 6, 7}), LookupTable::Repeated::kLastWins));
  Tensor found(DType::kFloat, Shape({2}));
  table->Find(Tensor::Of<int64_t>({1, 9}), Tensor::Scalar<float>(0), &found);
  EXPECT_THAT(found.flat<float>(), ElementsAre(7, 0));
  EXPECT_EQ(table->size(), 2);
}

TEST(LookupTableTest, KeysAndValuesThatDoNotFit) {
  constexpr auto kRefused = LookupTable::Repeated::kRefused;
  const Tensor three = Tensor::Of<int64_t>({1, 2, 3});
  EXPECT_THAT(LookupTable::Create(three, Tensor::Of<float>({1}), kRefused),
              StatusIs(Code::kInvalidArgument, HasSubstr("as many values")));
  EXPECT_THAT(LookupTable::Create(Tensor::Scalar<int64_t>(1), Tensor::Of<float>({1}), kRefused),
              StatusIs(Code::kInvalidArgument, HasSubstr("vector of keys")));
  EXPECT_THAT(LookupTable::Create(Tensor::Of<float>({1}), three, kRefused),
              StatusIs(Code::kInvalidArgument, HasSubstr("keys: dtype float32")));
}

TEST(VocabularyTest, LinesAndTheirNumbers) {
  VocabularyFormat format;
  format.offset = 5;
  for (const char* const text : {"a\nb\r\nc", "a\nb\nc\n"}) {
    ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, ParseVocabulary(text, format));
    EXPECT_THAT(vocabulary.keys.flat<std::string>(), ElementsAre("a", "b", "c"));
    EXPECT_THAT(vocabulary.values.flat<int64_t>(), ElementsAre(5, 6, 7));
  }
  format.vocab_size = 1;
  ASSERT_OK_AND_ASSIGN(const Vocabulary first, ParseVocabulary("a\rb\n\n", format));
  EXPECT_THAT(first.keys.flat<std::string>(), ElementsAre("a\rb"));
}

TEST(VocabularyTest, Columns) {
  VocabularyFormat format;
  format.key_dtype = DType::kInt64;
  format.value_dtype = DType::kFloat;
  format.key_index = 1;
  format.value_index = 0;
  format.delimiter = ",";
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, ParseVocabulary("1.5,7\n-2e1,-8,x\n", format));
  EXPECT_THAT(vocabulary.keys.flat<int64_t>(), ElementsAre(7, -8));
  EXPECT_THAT(vocabulary.values.flat<float>(), ElementsAre(1.5f, -20));
  EXPECT_THAT(ParseVocabulary("1,2\n1\n", format),
              StatusIs(Code::kInvalidArgument, HasSubstr("line 2: wanted column 1")));
  EXPECT_THAT(ParseVocabulary("1,2\nx,1\n", format),
              StatusIs(Code::kInvalidArgument, HasSubstr("line 2: 'x' is no float32")));
  format.delimiter = "";
  EXPECT_THAT(ParseVocabulary("1,2\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("delimiter")));
}

TEST(VocabularyTest, WhatTheFormatRefuses) {
  VocabularyFormat format;
  EXPECT_THAT(ParseVocabulary("a\n\nb\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("line 2 is empty")));
  format.vocab_size = 3;
  EXPECT_THAT(ParseVocabulary("a\nb\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("wanted 3 lines")));
  format.vocab_size = -1;
  format.value_dtype = DType::kString;
  EXPECT_THAT(ParseVocabulary("a\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("line numbers are int64")));
  format.value_index = VocabularyFormat::kWholeLine;
  ASSERT_OK_AND_ASSIGN(const Vocabulary same, ParseVocabulary("a\n", format));
  EXPECT_THAT(same.values.flat<std::string>(), ElementsAre("a"));
  format.value_dtype = DType::kFloat;
  EXPECT_THAT(ParseVocabulary("1\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("whole line")));
  format.value_index = -3;
  EXPECT_THAT(ParseVocabulary("1\n", format), StatusIs(Code::kInvalidArgument, HasSubstr("no column")));
}

}  // namespace
}  // namespace floe
