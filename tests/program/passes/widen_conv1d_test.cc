#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectSameResults;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kPass[] = "widen_conv1d";
constexpr int64_t kChannels = 4;

// As exporters spell a convolution over [batch, time, channels]; the image's side of 1 is at `axis` (or behind it, from
// the end).
std::string Conv1D(GraphMaker& maker, const std::string& name, const std::string& x, int axis = 1, int taps = 3) {
  const std::string dim = maker.Const(name + "/dim", Tensor::Scalar<int32_t>(axis));
  const std::string image = maker.Op("ExpandDims", name + "/image", {x, dim});
  const bool row = axis == 1 || axis == -3;
  const Shape filter = row ? Shape({1, taps, kChannels, kChannels}) : Shape({taps, 1, kChannels, kChannels});
  const std::string conv = maker.Conv(name + "/conv", image, maker.Weights(name + "/w", filter), "VALID");
  return maker.Op("Squeeze", name, {conv}, {{"squeeze_dims", AttrValue::Ints({axis})}});
}

std::string Bias(GraphMaker& maker, const std::string& name, const std::string& x) {
  return maker.Op("BiasAdd", name, {x, maker.Weights(name + "/b", Shape({kChannels}))});
}

std::string Pad(GraphMaker& maker, const std::string& name, const std::string& x, int before, int after) {
  const Tensor paddings = Tensor::Of<int32_t>(Shape({3, 2}), {0, 0, before, after, 0, 0});
  return maker.Op("Pad", name, {x, maker.Const(name + "/paddings", paddings)});
}

Program Made(const GraphMaker& maker, const std::vector<std::string>& outputs) {
  absl::StatusOr<Program> program = maker.Lower(outputs);
  EXPECT_OK(program);
  return *std::move(program);
}

Program AllPasses(const Program& before) {
  Program after = before;
  EXPECT_OK(RunPasses(StandardPasses(), {}, after));
  ExpectSameResults(before, after);
  return after;
}

TEST(WidenConv1DTest, BiasAndActivationAreComputedOnTheImage) {
  for (const int axis : {1, -3, 2, -2}) {
    GraphMaker maker;
    maker.Input("x", {-1, 9, kChannels});
    maker.Op("Relu", "y", {Bias(maker, "bias", Conv1D(maker, "c", "x", axis))});
    const Program before = Made(maker, {"y"});
    const Program after = ExpectChanged(kPass, before);
    EXPECT_EQ(after.values[after.ops[1].outputs[0]].shape.rank(), 4);
    EXPECT_THAT(CountOps(AllPasses(before)),
                UnorderedElementsAre(Pair("ExpandDims", 1), Pair("_FusedConv2D", 1), Pair("Squeeze", 1)));
  }
}

TEST(WidenConv1DTest, PaddingInFrontIsTheConvolutions) {
  GraphMaker maker;
  maker.Input("x", {-1, 9, kChannels});
  const std::string padded = Pad(maker, "pad", "x", 2, 0);
  maker.Op("Tanh", "y", {Bias(maker, "bias", Conv1D(maker, "c", padded))});
  const Program before = Made(maker, {"y"});
  ExpectChanged(kPass, before);
  EXPECT_THAT(CountOps(AllPasses(before)),
              UnorderedElementsAre(Pair("ExpandDims", 1), Pair("_FusedConv2D", 1), Pair("Squeeze", 1)));
}

// What Keras makes of a dilation.
TEST(WidenConv1DTest, BlocksAroundItAreADilation) {
  GraphMaker maker;
  maker.Input("x", {-1, 12, kChannels});
  const std::string block = maker.Const("block", Tensor::Of<int32_t>({2}));
  const auto pairs = [&](const std::string& name, int a, int b) {
    return maker.Const(name, Tensor::Of<int32_t>(Shape({1, 2}), {a, b}));
  };
  maker.Op("SpaceToBatchND", "blocks", {"x", block, pairs("paddings", 4, 0)});
  maker.Op("BatchToSpaceND", "y", {Bias(maker, "bias", Conv1D(maker, "c", "blocks")), block, pairs("crops", 0, 0)});
  const Program before = Made(maker, {"y"});
  ExpectChanged(kPass, before);
  const Program after = AllPasses(before);
  EXPECT_THAT(CountOps(after),
              UnorderedElementsAre(Pair("ExpandDims", 1), Pair("_FusedConv2D", 1), Pair("Squeeze", 1)));
  EXPECT_THAT(after.ops[1].attrs.Ints("dilations").value_or(std::vector<int64_t>()), ElementsAre(1, 1, 2, 1));
}

TEST(WidenConv1DTest, ARowOfConvolutionsStaysAnImage) {
  GraphMaker maker;
  maker.Input("x", {-1, 9, kChannels});
  std::string last = "x";
  for (int i = 0; i < 3; ++i) {
    const std::string name = absl::StrCat("c", i);
    last = maker.Op("Relu", name + "/relu", {Bias(maker, name + "/bias", Conv1D(maker, name, last))});
  }
  const Program before = Made(maker, {last});
  ExpectChanged(kPass, before);
  EXPECT_THAT(CountOps(AllPasses(before)),
              UnorderedElementsAre(Pair("ExpandDims", 1), Pair("_FusedConv2D", 3), Pair("Squeeze", 1)));
}

TEST(WidenConv1DTest, ResidualsAndScalesByTheirRank) {
  GraphMaker maker;
  maker.Input("x", {-1, 9, kChannels});
  const std::string padded = Pad(maker, "pad", "x", 1, 1);
  maker.Op("AddV2", "sum", {Conv1D(maker, "c", padded), "x"});
  maker.Op("Mul", "by_channel", {maker.Weights("scale", Shape({kChannels})), "sum"});
  maker.Op("Mul", "by_time", {"by_channel", maker.Weights("times", Shape({9, 1}))});
  maker.Op("Sub", "y", {"by_time", maker.Weights("all", Shape({1, 9, kChannels}))});
  const Program before = Made(maker, {"y", "sum"});
  ExpectChanged(kPass, before);
  AllPasses(before);
  GraphMaker turned;
  turned.Input("x", {-1, 9, kChannels});
  turned.Op("AddV2", "y", {Conv1D(turned, "c", "x", 2), turned.Weights("all", Shape({7, kChannels}))});
  ExpectChanged(kPass, Made(turned, {"y"}));
}

TEST(WidenConv1DTest, WhatIsNoConvolutionStays) {
  GraphMaker maker;
  maker.Input("x", {-1, 1, 9, kChannels});
  maker.Op("Squeeze", "s", {"x"}, {{"squeeze_dims", AttrValue::Ints({1})}});
  maker.Op("Relu", "y", {"s"});
  ExpectUnchanged(kPass, Made(maker, {"y"}));

  GraphMaker lone;
  lone.Input("x", {-1, 9, kChannels});
  Conv1D(lone, "y", "x");
  ExpectUnchanged(kPass, Made(lone, {"y"}));

  GraphMaker open;
  open.Input("x", {-1, 9, kChannels});
  open.Input("paddings", PartialShape({3, 2}), DType::kInt32);
  open.Op("Pad", "pad", {"x", "paddings"});
  Conv1D(open, "y", "pad");
  ExpectUnchanged(kPass, Made(open, {"y"}));

  GraphMaker softmax;
  softmax.Input("x", {-1, 9, kChannels});
  softmax.Op("Softmax", "y", {Conv1D(softmax, "c", "x")});
  ExpectUnchanged(kPass, Made(softmax, {"y"}));
}

}  // namespace
}  // namespace floe
