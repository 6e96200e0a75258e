#include "tensor/npy.h"

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Npy(const std::string& dict, const std::string& data) {
  std::string header = dict + "\n";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes.push_back(static_cast<char>(header.size()));
  bytes.push_back('\0');
  return bytes + header + data;
}

TEST(NpyTest, RoundTripsEveryDtype) {
  for (const DType dtype : {DType::kFloat, DType::kDouble, DType::kHalf, DType::kInt8, DType::kInt64, DType::kBool,
                            DType::kUint16, DType::kComplex64, DType::kComplex128}) {
    for (const Shape& shape : {Shape(), Shape({3}), Shape({2, 3}), Shape({0, 4})}) {
      Tensor tensor(dtype, shape);
      for (int64_t i = 0; i < tensor.byte_size(); ++i) static_cast<char*>(tensor.raw_mutable_data())[i] = i % 2;
      ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeNpy(tensor));
      EXPECT_EQ((bytes.size() - static_cast<size_t>(tensor.byte_size())) % 64, 0u);
      ASSERT_OK_AND_ASSIGN(const Tensor parsed, ParseNpy(bytes));
      EXPECT_EQ(parsed.dtype(), dtype);
      EXPECT_EQ(parsed.shape(), shape);
      EXPECT_EQ(parsed.bytes(), tensor.bytes());
    }
  }
}

TEST(NpyTest, ReadsFortranOrderAndBigEndian) {
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, ParseNpy(Npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }",
                                                         std::string("\0\1\0\4\0\2\0\5\0\3\0\6", 12))));
  EXPECT_THAT(tensor.flat<int16_t>(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(NpyTest, RefusesBadFiles) {
  EXPECT_THAT(ParseNpy(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a .npy")));
  const std::string good = Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", std::string(8, '\0'));
  ASSERT_OK(ParseNpy(good));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(ParseNpy(good.substr(0, size)).ok()) << size;
  EXPECT_FALSE(ParseNpy(good + "x").ok());
  EXPECT_FALSE(ParseNpy(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "")).ok());
  EXPECT_FALSE(ParseNpy(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "")).ok());
  EXPECT_THAT(ParseNpy(Npy("{'descr': '|O', 'fortran_order': False, 'shape': (), }", "12345678")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("|O")));
}

}  // namespace
}  // namespace floe
