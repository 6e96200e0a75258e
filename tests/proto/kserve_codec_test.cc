#include "proto/kserve_codec.h"

#include <cstdint>
#include <string>
#include <vector>

#include "grpc_service.pb.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using inference::InferTensorContents;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<Tensor> OneOfEach() {
  return {Tensor::Of<bool>({true, false}),
          Tensor::Of<uint8_t>({0, 255}),
          Tensor::Of<uint16_t>({0, 65535}),
          Tensor::Of<uint32_t>({0, UINT32_MAX}),
          Tensor::Of<uint64_t>({0, UINT64_MAX}),
          Tensor::Of<int8_t>({-128, 127}),
          Tensor::Of<int16_t>({-32768, 32767}),
          Tensor::Of<int32_t>({INT32_MIN, INT32_MAX}),
          Tensor::Of<int64_t>({INT64_MIN, INT64_MAX}),
          Tensor::Of<Half>({Half(1.5f), Half(-2.0f)}),
          Tensor::Of<float>({1.25f, -3e38f}),
          Tensor::Of<double>({1e300, -0.5}),
          Tensor::Of<std::string>({"", std::string("a\0\xff", 3)}),
          Tensor::Of<Bfloat16>({Bfloat16(1.0f), Bfloat16(-2.0f)}),
          Tensor(DType::kFloat, Shape({0, 4})),
          Tensor(DType::kString, Shape({3, 0})),
          Tensor::Scalar<std::string>("one"),
          Tensor::Scalar<int64_t>(-1)};
}

void ExpectSame(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.dtype(), b.dtype());
  ASSERT_EQ(a.shape(), b.shape());
  if (a.dtype() == DType::kString) {
    EXPECT_EQ(a.flat<std::string>(), b.flat<std::string>());
  } else if (a.byte_size() > 0) {
    EXPECT_EQ(a.bytes(), b.bytes());
  }
}

TEST(KServeCodecTest, NamesGoBothWays) {
  for (const Tensor& tensor : OneOfEach()) {
    const absl::string_view name = KServeDataType(tensor.dtype());
    ASSERT_FALSE(name.empty()) << tensor.ToString();
    ASSERT_OK_AND_ASSIGN(const DType dtype, DTypeFromKServe(name));
    EXPECT_EQ(dtype, tensor.dtype());
  }
  EXPECT_EQ(KServeDataType(DType::kFloat), "FP32");
  EXPECT_EQ(KServeDataType(DType::kString), "BYTES");
  EXPECT_EQ(KServeDataType(DType::kBfloat16), "BF16");
  EXPECT_EQ(KServeDataType(DType::kComplex64), "");
  EXPECT_EQ(KServeDataType(DType::kQint8), "");
  EXPECT_THAT(DTypeFromKServe("float32"), StatusIs(kInvalid, AllOf(HasSubstr("'float32'"), HasSubstr("'FP32'"))));
  EXPECT_FALSE(DTypeFromKServe("").ok());
}

TEST(KServeCodecTest, RawGoesBothWays) {
  for (const Tensor& tensor : OneOfEach()) {
    std::string raw = "left over";
    ASSERT_OK(TensorToRaw(tensor, &raw));
    ASSERT_OK_AND_ASSIGN(const Tensor back, TensorFromRaw(tensor.dtype(), tensor.shape(), raw));
    ExpectSame(tensor, back);
  }
}

TEST(KServeCodecTest, RawBytesAreLittleEndianAndStringsHaveLengths) {
  std::string raw;
  ASSERT_OK(TensorToRaw(Tensor::Of<int32_t>({1, -2}), &raw));
  EXPECT_EQ(raw, std::string("\x01\0\0\0\xfe\xff\xff\xff", 8));
  ASSERT_OK(TensorToRaw(Tensor::Of<std::string>({"ab", ""}), &raw));
  EXPECT_EQ(raw, std::string("\x02\0\0\0ab\0\0\0\0", 10));
}

TEST(KServeCodecTest, RawMustFitExactly) {
  const std::string bytes(24, '\0');
  EXPECT_THAT(TensorFromRaw(DType::kFloat, Shape({2, 3}), bytes.substr(1)),
              StatusIs(kInvalid, "FP32 [2,3] takes 24 raw bytes, got 23"));
  EXPECT_FALSE(TensorFromRaw(DType::kFloat, Shape({2, 3}), bytes + "x").ok());
  EXPECT_FALSE(TensorFromRaw(DType::kFloat, Shape({2, 3}), "").ok());
  EXPECT_FALSE(TensorFromRaw(DType::kFloat, Shape({0}), "x").ok());
  // Sizes whose product wraps around to what came.
  EXPECT_THAT(TensorFromRaw(DType::kDouble, Shape({int64_t{1} << 61}), ""), StatusIs(kInvalid, HasSubstr("63 bits")));
  EXPECT_FALSE(TensorFromRaw(DType::kComplex64, Shape({1}), bytes.substr(0, 8)).ok());
}

TEST(KServeCodecTest, RawBooleansAreTruthValues) {
  ASSERT_OK_AND_ASSIGN(const Tensor tensor,
                       TensorFromRaw(DType::kBool, Shape({3}), absl::string_view("\0\x02\xff", 3)));
  EXPECT_EQ(tensor.bytes(), absl::string_view("\0\1\1", 3));
}

TEST(KServeCodecTest, RawStringsAreBounded) {
  const auto parse = [](int64_t count, absl::string_view raw) {
    return TensorFromRaw(DType::kString, Shape({count}), raw);
  };
  const std::string two("\x02\0\0\0ab\x01\0\0\0c", 11);
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, parse(2, two));
  EXPECT_THAT(tensor.flat<std::string>(), ElementsAre("ab", "c"));
  for (size_t length = 0; length < two.size(); ++length) EXPECT_FALSE(parse(2, two.substr(0, length)).ok()) << length;
  EXPECT_THAT(parse(1, two), StatusIs(kInvalid, HasSubstr("5 bytes are left over")));
  EXPECT_THAT(parse(3, two), StatusIs(kInvalid, HasSubstr("string 2, at byte 11, is cut off")));
  EXPECT_FALSE(parse(1, absl::string_view("\xff\xff\xff\xff"
                                          "abc",
                                          7))
                   .ok());
  // A huge count needs no memory to be refused.
  EXPECT_FALSE(parse(INT64_MAX, two).ok());
  EXPECT_FALSE(parse(0, two).ok());
}

TEST(KServeCodecTest, ContentsGoBothWays) {
  for (const Tensor& tensor : OneOfEach()) {
    InferTensorContents contents;
    contents.add_fp32_contents(1);  // replaced
    if (tensor.dtype() == DType::kHalf || tensor.dtype() == DType::kBfloat16) {
      EXPECT_FALSE(TensorToContents(tensor, &contents).ok());
      EXPECT_THAT(TensorFromContents(tensor.dtype(), tensor.shape(), {}), StatusIs(kInvalid, HasSubstr("raw")));
      continue;
    }
    ASSERT_OK(TensorToContents(tensor, &contents));
    ASSERT_OK_AND_ASSIGN(const Tensor back, TensorFromContents(tensor.dtype(), tensor.shape(), contents));
    ExpectSame(tensor, back);
  }
}

TEST(KServeCodecTest, ContentsMustFitExactlyInTheRightField) {
  InferTensorContents contents;
  contents.add_fp32_contents(1);
  contents.add_fp32_contents(2);
  EXPECT_THAT(TensorFromContents(DType::kFloat, Shape({3}), contents),
              StatusIs(kInvalid, "FP32 [3] takes 3 values in fp32_contents, got 2"));
  EXPECT_FALSE(TensorFromContents(DType::kFloat, Shape({1}), contents).ok());
  EXPECT_THAT(TensorFromContents(DType::kDouble, Shape({2}), contents),
              StatusIs(kInvalid, "FP64 [2] takes its values in fp64_contents, got 2 in fp32_contents"));
  contents.add_int_contents(1);
  EXPECT_FALSE(TensorFromContents(DType::kFloat, Shape({2}), contents).ok());
}

TEST(KServeCodecTest, ContentsOutOfRangeAreRefused) {
  InferTensorContents contents;
  contents.add_int_contents(1);
  contents.add_int_contents(128);
  EXPECT_THAT(TensorFromContents(DType::kInt8, Shape({2}), contents),
              StatusIs(kInvalid, "value 128 (element 1) does not fit INT8"));
  EXPECT_OK(TensorFromContents(DType::kInt16, Shape({2}), contents));
  InferTensorContents unsigned_contents;
  unsigned_contents.add_uint_contents(256);
  EXPECT_FALSE(TensorFromContents(DType::kUint8, Shape({1}), unsigned_contents).ok());
}

}  // namespace
}  // namespace floe
