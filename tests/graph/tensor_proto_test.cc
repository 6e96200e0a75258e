#include "graph/tensor_proto.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "graph/wire.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Field numbers of tensor.proto.
constexpr int kDType = 1, kShape = 2, kContent = 4, kFloats = 5, kInts = 7, kStrings = 8;

std::string ShapeBytes(std::initializer_list<int64_t> dims) {
  std::string shape;
  for (const int64_t size : dims) {
    std::string dim;
    AppendVarintField(1, static_cast<uint64_t>(size), &dim);
    AppendBytesField(2, dim, &shape);
  }
  return shape;
}

std::string Header(DType dtype, std::initializer_list<int64_t> dims) {
  std::string bytes;
  AppendVarintField(kDType, static_cast<uint64_t>(dtype), &bytes);
  AppendBytesField(kShape, ShapeBytes(dims), &bytes);
  return bytes;
}

// The bytes at an address whose distance from alignment is `offset`.
absl::StatusOr<Tensor> Decode(const std::string& bytes, size_t offset = 0) {
  auto owner = std::make_shared<std::string>(std::string(offset, '\0') + bytes);
  const absl::string_view view = absl::string_view(*owner).substr(offset);
  return DecodeTensorProto(view, owner);
}

TEST(TensorProtoTest, ContentIsSharedWhereItLiesAlignedAndCopiedElsewhere) {
  const Tensor tensor = Tensor::Of<double>({1, 2, 3});
  const std::string bytes = EncodeTensorProto(tensor);
  int shared = 0;
  for (size_t offset = 0; offset < 8; ++offset) {
    auto owner = std::make_shared<std::string>(std::string(offset, '\0') + bytes);
    ASSERT_OK_AND_ASSIGN(const Tensor decoded, DecodeTensorProto(absl::string_view(*owner).substr(offset), owner));
    EXPECT_THAT(decoded.flat<double>(), ElementsAre(1, 2, 3));
    const char* const at = static_cast<const char*>(decoded.raw_data());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(at) % alignof(double), 0u);
    if (at >= owner->data() && at < owner->data() + owner->size()) ++shared;
  }
  EXPECT_EQ(shared, 1);
}

TEST(TensorProtoTest, FewerTypedElementsThanTheShapeHas) {
  std::string bytes = Header(DType::kFloat, {2, 3});
  AppendFloatField(kFloats, 1, &bytes);
  AppendFloatField(kFloats, 2, &bytes);
  ASSERT_OK_AND_ASSIGN(Tensor tensor, Decode(bytes));
  EXPECT_THAT(tensor.flat<float>(), ElementsAre(1, 2, 2, 2, 2, 2));
  ASSERT_OK_AND_ASSIGN(tensor, Decode(Header(DType::kInt64, {3})));
  EXPECT_THAT(tensor.flat<int64_t>(), Each(0));
  std::string strings = Header(DType::kString, {2});
  AppendBytesField(kStrings, "a", &strings);
  ASSERT_OK_AND_ASSIGN(tensor, Decode(strings));
  EXPECT_THAT(tensor.flat<std::string>(), ElementsAre("a", "a"));
}

TEST(TensorProtoTest, MoreTypedElementsThanTheShapeHas) {
  std::string bytes = Header(DType::kFloat, {1});
  AppendFloatField(kFloats, 1, &bytes);
  AppendFloatField(kFloats, 2, &bytes);
  EXPECT_THAT(Decode(bytes), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2")));
}

TEST(TensorProtoTest, ContentThatDoesNotFit) {
  for (const size_t size : {1u, 7u, 9u, 12u}) {
    for (size_t offset = 0; offset < 4; ++offset) {
      std::string bytes = Header(DType::kFloat, {2});
      AppendBytesField(kContent, std::string(size, 'x'), &bytes);
      EXPECT_THAT(Decode(bytes, offset), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("tensor_content")))
          << size;
    }
  }
}

TEST(TensorProtoTest, NoElementsAtAll) {
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, Decode(Header(DType::kFloat, {0, 5})));
  EXPECT_EQ(tensor.num_elements(), 0);
  EXPECT_EQ(tensor.shape(), Shape({0, 5}));
}

TEST(TensorProtoTest, DimensionsThatAreNone) {
  EXPECT_THAT(Decode(Header(DType::kFloat, {-1})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-1")));
  EXPECT_THAT(Decode(Header(DType::kFloat, {-5})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-5")));
  const int64_t large = int64_t{1} << 40;
  EXPECT_FALSE(Decode(Header(DType::kFloat, {large, large})).ok());
  EXPECT_FALSE(Decode(Header(DType::kFloat, {large, large, 0})).ok());
  // Fits 63 bits as a count, and not as bytes.
  EXPECT_FALSE(Decode(Header(DType::kDouble, {int64_t{1} << 61})).ok());
  std::string content = Header(DType::kDouble, {int64_t{1} << 61});
  AppendBytesField(kContent, "12345678", &content);
  for (size_t offset = 0; offset < 8; ++offset) EXPECT_FALSE(Decode(content, offset).ok());
}

// A few bytes must not take gigabytes.
TEST(TensorProtoTest, ALargeShapeWithoutElementsIsRefused) {
  EXPECT_THAT(Decode(Header(DType::kFloat, {int64_t{1} << 32})),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("4294967296")));
}

TEST(TensorProtoTest, UnknownRanksAndDTypes) {
  std::string unknown_rank, bytes;
  AppendVarintField(3, 1, &unknown_rank);
  AppendVarintField(kDType, static_cast<uint64_t>(DType::kFloat), &bytes);
  AppendBytesField(kShape, unknown_rank, &bytes);
  EXPECT_FALSE(Decode(bytes).ok());
  AppendBytesField(kContent, "1234", &bytes);
  for (size_t offset = 0; offset < 4; ++offset) EXPECT_FALSE(Decode(bytes, offset).ok());
  std::string odd;
  AppendVarintField(kDType, 77, &odd);
  EXPECT_THAT(Decode(odd), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("77")));
  EXPECT_FALSE(Decode("").ok());
}

TEST(TensorProtoTest, TruncatedAtEveryOffset) {
  std::string bytes = Header(DType::kInt32, {2});
  AppendVarintField(kInts, 300, &bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::StatusOr<Tensor> tensor = Decode(bytes.substr(0, size));
    // Whole fields are a message of their own.
    EXPECT_TRUE(!tensor.ok() || tensor->dtype() == DType::kInt32) << size;
  }
}

TEST(TensorProtoTest, WrittenAsTensorFlowWrites) {
  for (const DType dtype : {DType::kFloat, DType::kDouble, DType::kInt32, DType::kUint8, DType::kInt16, DType::kInt8,
                            DType::kComplex64, DType::kInt64, DType::kBool, DType::kBfloat16, DType::kUint16,
                            DType::kComplex128, DType::kHalf, DType::kUint32, DType::kUint64}) {
    for (const Shape& shape : {Shape(), Shape({1}), Shape({2, 3}), Shape({0})}) {
      Tensor tensor(dtype, shape);
      for (int64_t i = 0; i < tensor.byte_size(); ++i) {
        static_cast<char*>(tensor.raw_mutable_data())[i] = dtype == DType::kBool ? i % 2 : static_cast<char>(i);
      }
      ASSERT_OK_AND_ASSIGN(const Tensor decoded, Decode(EncodeTensorProto(tensor)));
      EXPECT_EQ(decoded.dtype(), dtype);
      EXPECT_EQ(decoded.shape(), shape);
      EXPECT_EQ(decoded.bytes(), tensor.bytes()) << DTypeName(dtype) << shape.ToString();
    }
  }
  ASSERT_OK_AND_ASSIGN(const Tensor strings, Decode(EncodeTensorProto(Tensor::Of<std::string>({"a", "", "bc"}))));
  EXPECT_THAT(strings.flat<std::string>(), ElementsAre("a", "", "bc"));
}

TEST(ShapeProtoTest, GoThereAndBack) {
  for (const PartialShape& shape :
       {PartialShape(Shape()), PartialShape({0}), PartialShape({2, -1, 1 << 30}), PartialShape::UnknownRank()}) {
    ASSERT_OK_AND_ASSIGN(const PartialShape decoded, DecodeShapeProto(EncodeShapeProto(shape)));
    EXPECT_EQ(decoded, shape);
  }
  EXPECT_THAT(DecodeShapeProto(ShapeBytes({-2})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-2")));
  std::string many;
  for (int i = 0; i < 255; ++i) many += ShapeBytes({1});
  EXPECT_THAT(DecodeShapeProto(many), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too many")));
  EXPECT_THAT(DecodeShapeProto("\x12\x05"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("shape")));
}

}  // namespace
}  // namespace floe
