#include "tensor/dtype.h"

#include <cmath>
#include <limits>

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

TEST(DTypeTest, NumbersAndNamesAreTensorFlows) {
  for (int number = 1; number <= 25; ++number) {
    ASSERT_OK_AND_ASSIGN(const DType dtype, DTypeFromNumber(number));
    ASSERT_OK_AND_ASSIGN(const DType by_name, DTypeFromName(DTypeName(dtype)));
    ASSERT_OK_AND_ASSIGN(const DType by_enum_name, DTypeFromName(DTypeEnumName(dtype)));
    EXPECT_EQ(by_name, dtype);
    EXPECT_EQ(by_enum_name, dtype);
    EXPECT_EQ(static_cast<int>(dtype), number);
  }
  EXPECT_EQ(DTypeName(DType::kHalf), "float16");
  EXPECT_EQ(*DTypeFromNumber(101), DType::kFloat);  // a reference type
  EXPECT_FALSE(DTypeFromNumber(0).ok());
  EXPECT_FALSE(DTypeFromNumber(99).ok());
  EXPECT_FALSE(DTypeFromNumber(-1).ok());
}

TEST(DTypeTest, EveryHalfSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    Half half;
    half.bits = static_cast<uint16_t>(bits);
    const float value = half;
    if (std::isnan(value)) continue;
    EXPECT_EQ(Half(value).bits, bits) << value;
  }
}

TEST(DTypeTest, HalfRoundsToNearestEven) {
  EXPECT_EQ(Half(1.0f + 0x1p-11f).bits, Half(1.0f).bits);                // a tie goes to even
  EXPECT_EQ(Half(1.0f + 3 * 0x1p-11f).bits, Half(1.0f + 0x1p-9f).bits);  // a tie goes up to even
  EXPECT_EQ(Half(65519.0f).bits, 0x7bff);
  EXPECT_EQ(Half(65520.0f).bits, 0x7c00);
  EXPECT_EQ(Half(0x1p-25f).bits, 0);
  EXPECT_EQ(Half(0x1.8p-25f).bits, 1);
  EXPECT_TRUE(std::isnan(static_cast<float>(Half(std::nanf("")))));
}

TEST(DTypeTest, Bfloat16RoundsToNearestEven) {
  EXPECT_EQ(Bfloat16(1.0f).bits, 0x3f80);
  EXPECT_EQ(Bfloat16(1.0f + 0x1p-8f).bits, 0x3f80);
  EXPECT_EQ(Bfloat16(1.0f + 0x1.8p-8f).bits, 0x3f81);
  EXPECT_TRUE(std::isnan(static_cast<float>(Bfloat16(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_EQ(static_cast<float>(Bfloat16(std::numeric_limits<float>::infinity())),
            std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace floe
