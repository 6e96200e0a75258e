#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kPass[] = "expand_fused_pad";
const GraphMaker::Attrs kAttrs = {{"T", AttrValue::Type(DType::kFloat)},
                                  {"mode", AttrValue::String("REFLECT")},
                                  {"strides", AttrValue::Ints({1, 2, 2, 1})},
                                  {"padding", AttrValue::String("VALID")}};

std::string Paddings(GraphMaker& maker) {
  return maker.Const("paddings", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 1, 2, 2, 1, 0, 0}));
}

TEST(ExpandFusedPadTest, PadAndConvolution) {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 6, 5, 3});
  maker.Op("FusedPadConv2D", "y", {"x", Paddings(maker), maker.Weights("w", Shape({3, 3, 3, 4}))}, kAttrs);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_THAT(CountOps(ExpectChanged(kPass, program)), UnorderedElementsAre(Pair("MirrorPad", 1), Pair("Conv2D", 1)));
}

TEST(ExpandFusedPadTest, ResizeTooAndOfHalvesBackToHalves) {
  for (const DType dtype : {DType::kFloat, DType::kHalf}) {
    GraphMaker maker;
    maker.Input("x", {2, 6, 5, 3}, dtype);
    GraphMaker::Attrs attrs = kAttrs;
    attrs[0].second = AttrValue::Type(dtype);
    maker.Op("FusedResizeAndPadConv2D", "y",
             {"x", maker.Const("size", Tensor::Of<int32_t>({9, 11})), Paddings(maker),
              maker.Weights("w", Shape({3, 3, 3, 4}), dtype)},
             attrs);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    const auto counts = CountOps(ExpectChanged(kPass, program));
    EXPECT_EQ(counts.count("ResizeBilinear"), 1u);
    EXPECT_EQ(counts.count("Cast"), dtype == DType::kHalf ? 1u : 0u);
  }
}

TEST(ExpandFusedPadTest, NotWhatIsApartAlready) {
  GraphMaker maker;
  maker.Input("x", {2, 6, 5, 3});
  maker.Conv("y", "x", maker.Weights("w", Shape({3, 3, 3, 4})));
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

}  // namespace
}  // namespace floe
