#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::testing::ElementsAre;

constexpr char kPass[] = "dilate_convolutions";
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

struct Form {
  PartialShape image = {2, 7, 10, 4};
  std::vector<int32_t> block = {2, 3}, block_back = {2, 3};
  // What makes 7 x 10 multiples of the blocks, with a window of 3 x 3 that keeps the size.
  std::vector<int32_t> paddings = {2, 3, 3, 5}, crops = {0, 1, 0, 2};
  std::string conv = "Conv2D", padding = "VALID";
  GraphMaker::Attrs attrs;
};

// The image, in blocks, through the convolution: "conv". Ends with "y" by Back.
GraphMaker Blocked(const Form& form) {
  GraphMaker maker;
  maker.Input("x", form.image);
  maker.Const("block", Tensor::FromSpan<int32_t>(Shape({2}), form.block));
  maker.Const("paddings", Tensor::FromSpan<int32_t>(Shape({2, 2}), form.paddings));
  maker.Const("block_back", Tensor::FromSpan<int32_t>(Shape({2}), form.block_back));
  maker.Const("crops", Tensor::FromSpan<int32_t>(Shape({2, 2}), form.crops));
  maker.Op("SpaceToBatchND", "blocks", {"x", "block", "paddings"}, kFloat);
  maker.Conv("conv", "blocks", maker.Weights("w", Shape({3, 3, 4, 2})), form.padding, form.attrs, form.conv);
  return maker;
}
void Back(GraphMaker& maker, const std::string& from) {
  maker.Op("BatchToSpaceND", "y", {from, "block_back", "crops"}, kFloat);
}

Program Made(const GraphMaker& maker, const std::vector<std::string>& outputs = {"y"}) {
  absl::StatusOr<Program> program = maker.Lower(outputs);
  EXPECT_OK(program);
  return *std::move(program);
}

void ExpectStays(const Form& form) {
  GraphMaker maker = Blocked(form);
  Back(maker, "conv");
  ExpectUnchanged(kPass, Made(maker));
}

TEST(DilateConvolutionsTest, FullAndDepthwise) {
  for (const char* const conv : {"Conv2D", "DepthwiseConv2dNative"}) {
    Form form;
    form.conv = conv;
    GraphMaker maker = Blocked(form);
    Back(maker, "conv");
    const Program after = ExpectChanged(kPass, Made(maker));
    ASSERT_EQ(after.ops.size(), 1u);
    const Op& op = after.ops[0];
    EXPECT_THAT(op.attrs.Ints("dilations").value_or(std::vector<int64_t>()), ElementsAre(1, 2, 3, 1));
    EXPECT_THAT(op.attrs.Ints("explicit_paddings").value_or(std::vector<int64_t>()),
                ElementsAre(0, 0, 2, 2, 3, 3, 0, 0));
  }
}

TEST(DilateConvolutionsTest, AnOpWithoutInputsIsNoBlocks) {
  GraphMaker maker;
  maker.Op("PlaceholderV2", "x", {},
           {{"dtype", AttrValue::Type(DType::kFloat)}, {"shape", AttrValue::OfShape(PartialShape({1, 7, 10, 4}))}});
  maker.Conv("y", "x", maker.Weights("w", Shape({3, 3, 4, 2})));
  Program program = Made(maker);
  ASSERT_TRUE(program.ops[0].inputs.empty());
  const absl::StatusOr<bool> changed = testing::RunPass(kPass, program);
  ASSERT_OK(changed);
  EXPECT_FALSE(*changed);
}

TEST(DilateConvolutionsTest, CropsAtBothEnds) {
  Form form;
  form.crops = {2, 3, 0, 5};
  GraphMaker maker = Blocked(form);
  Back(maker, "conv");
  ExpectChanged(kPass, Made(maker));
}

TEST(DilateConvolutionsTest, WhatFollowsPixelByPixelStays) {
  GraphMaker maker = Blocked({});
  maker.Op("BiasAdd", "biased", {"conv", maker.Weights("b", Shape({2}))}, kFloat);
  maker.Op("Mul", "scaled", {"biased", maker.Weights("s", Shape({1, 1, 2}))}, kFloat);
  maker.Op("_Prelu", "bent", {"scaled", maker.Weights("alpha", Shape({2}))}, kFloat);
  maker.Op("Tanh", "tanh", {"bent"}, kFloat);
  Back(maker, "tanh");
  const Program after = ExpectChanged(kPass, Made(maker));
  EXPECT_EQ(after.ops.size(), 5u);
  for (const Op& op : after.ops) {
    EXPECT_EQ(after.values[op.outputs[0]].shape, PartialShape({2, 7, 10, 2})) << op.name;
  }
}

TEST(DilateConvolutionsTest, TheOlderForms) {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 6, 8, 4});
  maker.Const("paddings", Tensor::Of<int32_t>(Shape({2, 2}), {2, 2, 2, 2}));
  maker.Const("crops", Tensor::Of<int32_t>(Shape({2, 2}), {0, 0, 0, 0}));
  const std::pair<std::string, AttrValue> size = {"block_size", AttrValue::Int(2)};
  maker.Op("SpaceToBatch", "blocks", {"x", "paddings"}, {kFloat[0], size});
  maker.Conv("conv", "blocks", maker.Weights("w", Shape({3, 3, 4, 2})));
  maker.Op("BatchToSpace", "y", {"conv", "crops"}, {kFloat[0], size});
  EXPECT_EQ(ExpectChanged(kPass, Made(maker)).ops.size(), 1u);
}

TEST(DilateConvolutionsTest, NotWhereTheNumbersDoNotFit) {
  Form crops;  // more than was padded
  crops.crops = {3, 1, 0, 2};
  crops.paddings = {2, 3, 3, 5};
  ExpectStays(crops);
  Form blocks;  // other blocks are put back
  blocks.block_back = {3, 2};
  blocks.crops = {0, 0, 0, 0};
  ExpectStays(blocks);
  Form same;  // each block pads itself
  same.padding = "SAME";
  ExpectStays(same);
  Form strides;
  strides.attrs = {{"strides", AttrValue::Ints({1, 2, 2, 1})}};
  ExpectStays(strides);
  Form wide;  // windows that see nothing of the image
  wide.paddings = {9, 0, 9, 8};
  wide.crops = {0, 0, 0, 0};
  ExpectStays(wide);
}

TEST(DilateConvolutionsTest, NotWhatDiffersFromPixelToPixelOrIsUsedElsewhere) {
  GraphMaker pixels = Blocked({});
  pixels.Op("Mul", "scaled", {"conv", pixels.Weights("s", Shape({4, 1, 1}))}, kFloat);
  Back(pixels, "scaled");
  ExpectUnchanged(kPass, Made(pixels));
  GraphMaker fetched = Blocked({});
  Back(fetched, "conv");
  ExpectUnchanged(kPass, Made(fetched, {"y", "conv"}));
  ExpectUnchanged(kPass, Made(fetched, {"y", "blocks"}));
  GraphMaker open = Blocked({});
  open.Input("given", {2, 2}, DType::kInt32);
  open.Op("BatchToSpaceND", "z", {"conv", "block_back", "given"}, kFloat);
  absl::StatusOr<Program> program = open.Lower({"z"});
  ASSERT_OK(program);
  ExpectUnchanged(kPass, *program);
}

}  // namespace
}  // namespace floe
