#include "tensor/json_tensor.h"

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

TEST(JsonTensorTest, ArraysAreRowMajor) {
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, ParseJsonTensor(R"([["a", "b", ""], ["c", {"b64": "AP8="}, "\u00e9"]])"));
  EXPECT_EQ(tensor.dtype(), DType::kString);
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
  EXPECT_THAT(tensor.flat<std::string>(),
              ::testing::ElementsAre("a", "b", "", "c", std::string("\0\xff", 2), "\xc3\xa9"));
}

TEST(JsonTensorTest, ScalarsAndEmptyArrays) {
  ASSERT_OK_AND_ASSIGN(const Tensor scalar, ParseJsonTensor(R"("text")"));
  EXPECT_EQ(scalar.ToString(), "string [] \"text\"");
  ASSERT_OK_AND_ASSIGN(const Tensor none, ParseJsonTensor("[]"));
  EXPECT_EQ(none.shape(), Shape({0}));
  ASSERT_OK_AND_ASSIGN(const Tensor rows, ParseJsonTensor("[[], []]"));
  EXPECT_EQ(rows.shape(), Shape({2, 0}));
}

TEST(JsonTensorTest, WhatIsNoTensorSaysWhy) {
  const auto expect = [](const char* text, const char* message) {
    EXPECT_THAT(ParseJsonTensor(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message))) << text;
  };
  expect("", "not JSON");
  expect("[\"a\"", "not JSON");
  expect("[1]", ".npy");
  expect("[null]", "got null");
  expect(R"([["a"], ["b", "c"]])", "ragged");
  expect(R"([["a"], "b"])", "ragged");
  expect(R"(["a", ["b"]])", "got array");
  expect(R"([{"b64": "*"}])", "base64");
  expect(R"([{"b64": "AA==", "x": 1}])", "got object");
  expect(std::string(300, '[').append(300, ']').c_str(), "too deep");
}

TEST(JsonTensorTest, WritesWhatItReads) {
  const Tensor tensor = Tensor::Of<std::string>(
      Shape({2, 1, 3}), {"plain", "caf\xc3\xa9", std::string("\0\x01", 2), "\xff", "\xed\xa0\x80", "\xf0\x9f\x98\x80"});
  ASSERT_OK_AND_ASSIGN(const std::string json, SerializeJsonTensor(tensor));
  EXPECT_THAT(json, HasSubstr(R"({"b64":"/w=="})"));
  // A lone surrogate is no UTF-8.
  EXPECT_THAT(json, HasSubstr(R"({"b64":"7aCA"})"));
  ASSERT_OK_AND_ASSIGN(const Tensor back, ParseJsonTensor(json));
  EXPECT_EQ(back.shape(), tensor.shape());
  EXPECT_EQ(back.flat<std::string>(), tensor.flat<std::string>());
}

TEST(JsonTensorTest, NumbersTravelElsewhere) {
  EXPECT_THAT(SerializeJsonTensor(Tensor::Of<float>({1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("float32")));
}

}  // namespace
}  // namespace floe
