// Images that no file of their kind can hold, and what goes into files beside the pixels; the golden cases have the
// pixels.
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

absl::StatusOr<std::string> Encode(const std::string& op, const Shape& shape, const AttrMap& attrs = {}) {
  absl::StatusOr<std::vector<Tensor>> results = Evaluate(*FindOp(op), "node", attrs, {Tensor(DType::kUint8, shape)});
  if (!results.ok()) return results.status();
  return *results->front().data<std::string>();
}

TEST(EncodeImageTest, NoPixels) {
  for (const char* op : {"EncodePng", "EncodeJpeg"}) {
    EXPECT_THAT(Encode(op, Shape({0, 3, 1})), StatusIs(kInvalid, HasSubstr("0 x 3")));
    EXPECT_THAT(Encode(op, Shape({3, 0, 1})), StatusIs(kInvalid, HasSubstr("3 x 0")));
    EXPECT_THAT(Encode(op, Shape({int64_t{1} << 40, 0, 1})), StatusIs(kInvalid, HasSubstr("x 0")));
  }
}

TEST(EncodeImageTest, SidesPastWhatTheFormatCounts) {
  EXPECT_OK(Encode("EncodeJpeg", Shape({1, 65500, 1})));
  EXPECT_THAT(Encode("EncodeJpeg", Shape({1, 65501, 1})), StatusIs(kInvalid, HasSubstr("65500 at most")));
  EXPECT_THAT(Encode("EncodeJpeg", Shape({65501, 1, 1})), StatusIs(kInvalid, HasSubstr("65500 at most")));
  // libpng would refuse more than a million by itself.
  EXPECT_OK(Encode("EncodePng", Shape({1, 1'000'001, 1})));
}

TEST(EncodeImageTest, MetadataStandsInASegmentOfItsOwn) {
  AttrMap attrs;
  attrs.Set("xmp_metadata", AttrValue::String("hello"));
  ASSERT_OK_AND_ASSIGN(const std::string file, Encode("EncodeJpeg", Shape({2, 2, 3}), attrs));
  constexpr char kSegment[] = "\xff\xe1\x00$http://ns.adobe.com/xap/1.0/\0hello";
  EXPECT_THAT(file, HasSubstr(std::string(kSegment, sizeof(kSegment) - 1)));
  attrs.Set("xmp_metadata", AttrValue::String(std::string(70000, 'x')));
  EXPECT_THAT(Encode("EncodeJpeg", Shape({2, 2, 3}), attrs), StatusIs(kInvalid, HasSubstr("marker length")));
}

TEST(EncodeImageTest, DensityAsTheFileHasIt) {
  AttrMap attrs;
  attrs.Set("density_unit", AttrValue::String("cm"));
  attrs.Set("x_density", AttrValue::Int(0x102));
  attrs.Set("y_density", AttrValue::Int(0x10304));
  ASSERT_OK_AND_ASSIGN(const std::string file, Encode("EncodeJpeg", Shape({2, 2, 3}), attrs));
  constexpr char kHeader[] = "JFIF\x00\x01\x01\x02\x01\x02\x03\x04";
  EXPECT_THAT(file, HasSubstr(std::string(kHeader, sizeof(kHeader) - 1)));
  attrs.Set("density_unit", AttrValue::String("mm"));
  EXPECT_THAT(Encode("EncodeJpeg", Shape({2, 2, 3}), attrs), StatusIs(kInvalid, HasSubstr("density_unit")));
}

// More than one block of what the library hands over at a time.
TEST(EncodeImageTest, LargeFiles) {
  Tensor noise(DType::kUint8, Shape({300, 400, 3}));
  uint32_t state = 1;
  for (int64_t i = 0; i < noise.num_elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    noise.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(state >> 24);
  }
  for (const std::string format : {"Png", "Jpeg"}) {
    ASSERT_OK_AND_ASSIGN(const auto files, Evaluate(*FindOp("Encode" + format), "node", {}, {noise}));
    EXPECT_GT(files[0].data<std::string>()->size(), 100'000u);
    ASSERT_OK_AND_ASSIGN(const auto back, Evaluate(*FindOp("Decode" + format), "node", {}, files));
    EXPECT_EQ(back[0].shape(), noise.shape());
    if (format == "Png") {
      EXPECT_EQ(back[0].bytes(), noise.bytes());
    }
  }
}

}  // namespace
}  // namespace floe
