#include <cmath>

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
using ::testing::ElementsAre;

constexpr char kPass[] = "fold_pad_into_conv";
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

// x [?,5,6,2] padded by these pairs, before whatever is added.
GraphMaker Padded(std::initializer_list<int32_t> pairs) {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 5, 6, 2});
  maker.Const("pairs", Tensor::Of<int32_t>(Shape({4, 2}), pairs));
  maker.Op("Pad", "pad", {"x", "pairs"}, kFloat);
  maker.Weights("w", Shape({3, 3, 2, 4}));
  return maker;
}

std::vector<int64_t> Pads(const Op& op) {
  return op.attrs.Ints("explicit_paddings", std::vector<int64_t>()).value_or(std::vector<int64_t>());
}

TEST(FoldPadIntoConvTest, BecomesExplicitPadding) {
  GraphMaker maker = Padded({0, 0, 0, 1, 2, 1, 0, 0});
  maker.Conv("y", "pad", "w", "VALID", {{"strides", AttrValue::Ints({1, 2, 2, 1})}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const Program after = ExpectChanged(kPass, program);
  const Op& conv = testing::OpMaking(after, "y");
  EXPECT_EQ(conv.inputs[0], after.inputs[0]);
  EXPECT_EQ(conv.attrs.String("padding").value_or(""), "EXPLICIT");
  EXPECT_THAT(Pads(conv), ElementsAre(0, 0, 0, 1, 2, 1, 0, 0));
}

TEST(FoldPadIntoConvTest, OfADepthwiseConvolutionToo) {
  GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
  maker.Conv("y", "pad", "w", "VALID", {}, "DepthwiseConv2dNative");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_THAT(Pads(testing::OpMaking(ExpectChanged(kPass, program), "y")), ElementsAre(0, 0, 1, 1, 1, 1, 0, 0));
}

TEST(FoldPadIntoConvTest, OfAFusedConvolutionToo) {
  GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
  maker.Weights("b", Shape({4}));
  maker.Op("_FusedConv2D", "y", {"pad", "w", "b"},
           {kFloat[0],
            {"strides", AttrValue::Ints({1, 1, 1, 1})},
            {"padding", AttrValue::String("VALID")},
            {"fused_ops", AttrValue::Strings({"BiasAdd"})}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectChanged(kPass, program);
}

TEST(FoldPadIntoConvTest, ChannelsFirst) {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 2, 5, 6});
  maker.Const("pairs", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 0, 0, 1, 0, 0, 2}));
  maker.Op("Pad", "pad", {"x", "pairs"}, kFloat);
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("y", "pad", "w", "VALID", {{"data_format", AttrValue::String("NCHW")}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_THAT(Pads(testing::OpMaking(ExpectChanged(kPass, program), "y")), ElementsAre(0, 0, 0, 0, 1, 0, 0, 2));
}

TEST(FoldPadIntoConvTest, AddsToPaddingThatIsExplicitAlready) {
  GraphMaker maker = Padded({0, 0, 1, 1, 0, 0, 0, 0});
  maker.Conv("y", "pad", "w", "EXPLICIT", {{"explicit_paddings", AttrValue::Ints({0, 0, 1, 0, 1, 1, 0, 0})}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_THAT(Pads(testing::OpMaking(ExpectChanged(kPass, program), "y")), ElementsAre(0, 0, 2, 1, 1, 1, 0, 0));
}

TEST(FoldPadIntoConvTest, OtherUsersKeepTheirPad) {
  GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
  maker.Conv("y", "pad", "w");
  maker.Op("Relu", "other", {"pad"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y", "other", "pad"}));
  const Program after = ExpectChanged(kPass, program);
  EXPECT_EQ(CountOps(after)["Pad"], 1);
  EXPECT_EQ(testing::OpMaking(after, "y").inputs[0], after.inputs[0]);
}

TEST(FoldPadIntoConvTest, PadV2WithZeroOnly) {
  for (const float value : {0.0f, 1.0f, std::nanf("")}) {
    GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
    maker.Const("value", Tensor::Scalar<float>(value));
    maker.Op("PadV2", "pad2", {"x", "pairs", "value"}, kFloat);
    maker.Conv("y", "pad2", "w");
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    if (value == 0) {
      ExpectChanged(kPass, program);
    } else {
      ExpectUnchanged(kPass, program);
    }
  }
}

TEST(FoldPadIntoConvTest, NotBatchOrChannels) {
  GraphMaker batch = Padded({1, 0, 1, 1, 1, 1, 0, 0});
  batch.Conv("y", "pad", "w");
  ASSERT_OK_AND_ASSIGN(Program program, batch.Lower({"y"}));
  ExpectUnchanged(kPass, program);
  GraphMaker channels = Padded({0, 0, 1, 1, 1, 1, 0, 2});
  channels.Weights("wide", Shape({3, 3, 4, 4}));
  channels.Conv("y", "pad", "wide");
  ASSERT_OK_AND_ASSIGN(program, channels.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

// SAME pads by the size of what it sees.
TEST(FoldPadIntoConvTest, NotInFrontOfSamePadding) {
  GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
  maker.Conv("y", "pad", "w", "SAME");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldPadIntoConvTest, NotWhereAWindowWouldSeeNothingOfTheImage) {
  GraphMaker maker = Padded({0, 0, 3, 0, 0, 0, 0, 0});
  maker.Conv("y", "pad", "w");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldPadIntoConvTest, NotPaddingsThatComeFromOutside) {
  GraphMaker maker;
  maker.Input("x", {1, 5, 6, 2});
  maker.Input("pairs", {4, 2}, DType::kInt32);
  maker.Op("Pad", "pad", {"x", "pairs"}, kFloat);
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("y", "pad", "w");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

// Padding is skipped by a convolution, and a padded zero times infinity is NaN.
TEST(FoldPadIntoConvTest, NotWithAFilterThatIsNotFinite) {
  GraphMaker maker = Padded({0, 0, 1, 1, 1, 1, 0, 0});
  Tensor filter = testing::RandomTensor(Shape({3, 3, 2, 4}), 1);
  filter.mutable_data<float>()[0] = INFINITY;
  maker.Const("infinite", filter);
  maker.Conv("y", "pad", "infinite");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

}  // namespace
}  // namespace floe
