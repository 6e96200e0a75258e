#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::FusedSteps;
using ::floe::testing::GraphMaker;
using ::floe::testing::OpMaking;
using ::floe::testing::RandomTensor;
using ::testing::ElementsAre;

constexpr char kPass[] = "fold_scales_into_weights";
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
const GraphMaker::Attrs kNchw = {{"data_format", AttrValue::String("NCHW")}};
constexpr int64_t kAny = PartialShape::kUnknownDim;

Tensor Positive(Tensor tensor) {
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    float& value = tensor.mutable_data<float>()[i];
    value = std::abs(value) + 0.5f;
  }
  return tensor;
}

// conv: x [?,5,6,2] by w [3,3,2,4], of padding VALID.
GraphMaker Convolution() {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 2});
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("conv", "x", "w");
  return maker;
}

std::string BatchNorm(GraphMaker* maker, const std::string& name, const std::string& input, int64_t channels,
                      GraphMaker::Attrs attrs = {}, const char* op = "FusedBatchNormV3") {
  maker->Weights(name + "/gamma", Shape({channels}));
  maker->Weights(name + "/beta", Shape({channels}));
  maker->Weights(name + "/mean", Shape({channels}));
  maker->Const(name + "/variance", Positive(RandomTensor(Shape({channels}), 7)));
  attrs.insert(attrs.begin(), {{"T", AttrValue::Type(DType::kFloat)},
                               {"epsilon", AttrValue::Float(1e-3f)},
                               {"is_training", AttrValue::Bool(false)}});
  return maker->Op(op, name, {input, name + "/gamma", name + "/beta", name + "/mean", name + "/variance"}, attrs);
}

// One op is left: the product with a bias.
void ExpectFolded(const GraphMaker& maker, const std::string& result, const char* fused = "_FusedConv2D") {
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({result}));
  const Program after = ExpectChanged(kPass, program);
  ASSERT_EQ(after.ops.size(), 1u) << after.ToString();
  EXPECT_STREQ(after.ops[0].info->name, fused);
  EXPECT_THAT(FusedSteps(after.ops[0]), ElementsAre("BiasAdd"));
}

TEST(FoldScalesTest, BatchNormOfEachVersion) {
  for (const char* const op : {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}) {
    GraphMaker maker = Convolution();
    BatchNorm(&maker, "y", "conv", 4, {}, op);
    ExpectFolded(maker, "y");
  }
}

TEST(FoldScalesTest, WhateverTheSequence) {
  GraphMaker maker = Convolution();
  maker.Weights("b", Shape({4}));
  maker.Weights("s", Shape({1, 1, 1, 4}));
  maker.Weights("t", Shape({4}));
  maker.Const("half", Tensor::Scalar<float>(0.5f));
  maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
  maker.Op("Mul", "scaled", {"s", "biased"}, kFloat);
  maker.Op("Sub", "shifted", {"scaled", "t"}, kFloat);
  maker.Op("RealDiv", "doubled", {"shifted", "half"}, kFloat);
  maker.Op("Sub", "flipped", {"half", "doubled"}, kFloat);
  maker.Op("Neg", "minus", {"flipped"}, kFloat);
  BatchNorm(&maker, "y", "minus", 4);
  ExpectFolded(maker, "y");
}

TEST(FoldScalesTest, DepthwiseWithAMultiplier) {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 2});
  maker.Weights("w", Shape({3, 3, 2, 3}));
  maker.Conv("conv", "x", "w", "SAME", {}, "DepthwiseConv2dNative");
  BatchNorm(&maker, "y", "conv", 6);
  ExpectFolded(maker, "y", "_FusedDepthwiseConv2dNative");
}

TEST(FoldScalesTest, MatMulInBothOrders) {
  for (const bool transposed : {false, true}) {
    GraphMaker maker;
    maker.Input("x", {kAny, 3});
    maker.Weights("before", Shape({3}));
    maker.Weights("w", transposed ? Shape({4, 3}) : Shape({3, 4}));
    maker.Weights("s", Shape({4}));
    maker.Weights("t", Shape({1, 4}));
    maker.Op("Mul", "in", {"x", "before"}, kFloat);
    maker.Op("Add", "in2", {"in", "before"}, kFloat);
    maker.Op("MatMul", "product", {"in2", "w"}, {kFloat[0], {"transpose_b", AttrValue::Bool(transposed)}});
    maker.Op("Mul", "scaled", {"product", "s"}, kFloat);
    maker.Op("AddV2", "y", {"scaled", "t"}, kFloat);
    ExpectFolded(maker, "y", "_FusedMatMul");
  }
}

TEST(FoldScalesTest, ChannelsFirst) {
  GraphMaker maker;
  maker.Input("x", {kAny, 2, 5, 6});
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("conv", "x", "w", "SAME", kNchw);
  maker.Weights("s", Shape({4, 1, 1}));
  maker.Weights("b", Shape({4}));
  maker.Op("Mul", "scaled", {"conv", "s"}, kFloat);
  maker.Op("BiasAdd", "biased", {"scaled", "b"}, kNchw);
  BatchNorm(&maker, "y", "biased", 4, kNchw);
  ExpectFolded(maker, "y");
}

// A vector lies along the last dimension: the width, here.
TEST(FoldScalesTest, NotAVectorThatIsNoChannels) {
  GraphMaker maker;
  maker.Input("x", {kAny, 2, 5, 4});
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("conv", "x", "w", "SAME", kNchw);
  maker.Weights("s", Shape({4}));
  maker.Op("Mul", "y", {"conv", "s"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, AScaleBeforeGoesInWhateverThePadding) {
  for (const char* const padding : {"VALID", "SAME"}) {
    GraphMaker maker;
    maker.Input("x", {kAny, 5, 6, 2});
    maker.Weights("s", Shape({2}));
    maker.Op("Mul", "in", {"x", "s"}, kFloat);
    maker.Weights("w", Shape({3, 3, 2, 4}));
    maker.Conv("y", "in", "w", padding);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    const Program after = ExpectChanged(kPass, program);
    ASSERT_EQ(after.ops.size(), 1u);
    EXPECT_STREQ(after.ops[0].info->name, "Conv2D");
  }
}

TEST(FoldScalesTest, AShiftBeforeOnlyWhereNothingIsPadded) {
  const auto shifted = [](const char* padding, GraphMaker::Attrs attrs, int64_t window) {
    GraphMaker maker;
    maker.Input("x", {kAny, 5, 6, 2});
    maker.Weights("t", Shape({2}));
    maker.Op("Add", "in", {"x", "t"}, kFloat);
    maker.Weights("w", Shape({window, window, 2, 4}));
    maker.Conv("y", "in", "w", padding, attrs);
    return maker;
  };
  ExpectFolded(shifted("VALID", {}, 3), "y");
  ExpectFolded(shifted("SAME", {}, 1), "y");
  ExpectFolded(shifted("EXPLICIT", {{"explicit_paddings", AttrValue::Ints({0, 0, 0, 0, 0, 0, 0, 0})}}, 3), "y");
  ASSERT_OK_AND_ASSIGN(Program program, shifted("SAME", {}, 3).Lower({"y"}));
  ExpectUnchanged(kPass, program);
  const GraphMaker::Attrs one_side = {{"explicit_paddings", AttrValue::Ints({0, 0, 0, 0, 0, 1, 0, 0})}};
  ASSERT_OK_AND_ASSIGN(program, shifted("EXPLICIT", one_side, 3).Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

// Of (x + t) * s in front of padding only the scale can go; the shift stays.
TEST(FoldScalesTest, TakesWhatItCanFromTheNearEnd) {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 2});
  maker.Weights("t", Shape({2}));
  maker.Weights("s", Shape({2}));
  maker.Op("Add", "added", {"x", "t"}, kFloat);
  maker.Op("Mul", "in", {"added", "s"}, kFloat);
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("y", "in", "w", "SAME");
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const auto counts = CountOps(ExpectChanged(kPass, program));
  EXPECT_EQ(counts, (std::map<std::string, int>{{"Add", 1}, {"Conv2D", 1}}));
}

TEST(FoldScalesTest, BothSidesAtOnceThroughGroupsAndMultipliers) {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 4});
  maker.Weights("s", Shape({4}));
  maker.Weights("t", Shape({4}));
  maker.Op("Mul", "scaled", {"x", "s"}, kFloat);
  maker.Op("Add", "in", {"scaled", "t"}, kFloat);
  maker.Weights("grouped", Shape({3, 2, 2, 6}));
  maker.Conv("conv", "in", "grouped");
  BatchNorm(&maker, "y", "conv", 6);
  ExpectFolded(maker, "y");
  maker.Weights("each", Shape({2, 3, 4, 2}));
  maker.Conv("depthwise", "in", "each", "VALID", {}, "DepthwiseConv2dNative");
  BatchNorm(&maker, "z", "depthwise", 8);
  ExpectFolded(maker, "z", "_FusedDepthwiseConv2dNative");
}

// a relu(x) = relu(a x) for a above 0.
TEST(FoldScalesTest, APositiveScaleGoesThroughRelu) {
  for (const char* const activation : {"Relu", "LeakyRelu"}) {
    GraphMaker maker = Convolution();
    maker.Weights("b", Shape({4}));
    maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
    maker.Op(activation, "relu", {"biased"}, kFloat);
    maker.Const("s", Positive(RandomTensor(Shape({4}), 3)));
    maker.Weights("t", Shape({4}));
    maker.Op("Mul", "scaled", {"relu", "s"}, kFloat);
    maker.Op("Add", "y", {"scaled", "t"}, kFloat);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    const auto counts = CountOps(ExpectChanged(kPass, program));
    EXPECT_EQ(counts, (std::map<std::string, int>{{"_FusedConv2D", 1}, {activation, 1}, {"BiasAdd", 1}}));
  }
}

TEST(FoldScalesTest, ANegativeScaleDoesNotNorAnyThroughRelu6) {
  for (const bool negative : {false, true}) {
    GraphMaker maker = Convolution();
    maker.Weights("b", Shape({4}));
    maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
    maker.Op(negative ? "Relu" : "Relu6", "relu", {"biased"}, kFloat);
    maker.Const("s", Tensor::Of<float>({1, 2, negative ? -3.0f : 3.0f, 4}));
    maker.Op("Mul", "y", {"relu", "s"}, kFloat);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    ExpectUnchanged(kPass, program);
  }
}

TEST(FoldScalesTest, StepsOfAnExportersFusedForm) {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 2});
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Weights("b", Shape({4}));
  maker.Weights("gamma", Shape({4}));
  maker.Const("variance", Positive(RandomTensor(Shape({4}), 5)));
  maker.Op("_FusedConv2D", "y", {"x", "w", "gamma", "b", "b", "variance"},
           {kFloat[0],
            {"strides", AttrValue::Ints({1, 1, 1, 1})},
            {"padding", AttrValue::String("SAME")},
            {"num_args", AttrValue::Int(4)},
            {"epsilon", AttrValue::Float(1e-3f)},
            {"fused_ops", AttrValue::Strings({"FusedBatchNorm", "Relu"})}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const Program after = ExpectChanged(kPass, program);
  EXPECT_THAT(FusedSteps(after.ops[0]), ElementsAre("BiasAdd", "Relu"));
  EXPECT_FALSE(after.ops[0].attrs.Has("num_args"));
  ExpectUnchanged(kPass, after);
}

TEST(FoldScalesTest, ABiasAloneStaysAsItIs) {
  GraphMaker maker = Convolution();
  maker.Weights("b", Shape({4}));
  maker.Op("BiasAdd", "y", {"conv", "b"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, NotWhereSomeoneElseWantsWhatIsBetween) {
  GraphMaker maker = Convolution();
  maker.Weights("s", Shape({4}));
  maker.Op("Mul", "y", {"conv", "s"}, kFloat);
  maker.Op("Relu", "other", {"conv"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program user, maker.Lower({"y", "other"}));
  ExpectUnchanged(kPass, user);
  ASSERT_OK_AND_ASSIGN(const Program output, maker.Lower({"y", "conv"}));
  ExpectUnchanged(kPass, output);
  // The same in front of a convolution.
  GraphMaker before;
  before.Input("x", {kAny, 5, 6, 2});
  before.Weights("s", Shape({2}));
  before.Op("Mul", "in", {"x", "s"}, kFloat);
  before.Weights("w", Shape({3, 3, 2, 4}));
  before.Conv("a", "in", "w");
  before.Conv("b", "in", "w", "SAME");
  ASSERT_OK_AND_ASSIGN(const Program shared, before.Lower({"a", "b"}));
  ExpectUnchanged(kPass, shared);
  ASSERT_OK_AND_ASSIGN(const Program shown, before.Lower({"a", "in"}));
  ExpectUnchanged(kPass, shown);
}

TEST(FoldScalesTest, WeightsOfTwoConvolutionsAreNotScaledForBoth) {
  GraphMaker maker = Convolution();
  maker.Conv("plain", "x", "w", "SAME");
  maker.Weights("s", Shape({4}));
  maker.Op("Mul", "y", {"conv", "s"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y", "plain"}));
  const Program after = ExpectChanged(kPass, program);
  EXPECT_NE(OpMaking(after, "y").inputs[1], OpMaking(after, "plain").inputs[1]);
}

TEST(FoldScalesTest, NotByWhatIsNotConstant) {
  GraphMaker maker = Convolution();
  maker.Input("s", {4});
  maker.Op("Mul", "y", {"conv", "s"}, kFloat);
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
  GraphMaker filter;
  filter.Input("x", {kAny, 5, 6, 2});
  filter.Input("w", {3, 3, 2, 4});
  filter.Conv("conv", "x", "w");
  filter.Weights("s", Shape({4}));
  filter.Op("Mul", "y", {"conv", "s"}, kFloat);
  ASSERT_OK_AND_ASSIGN(program, filter.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, NotByWhatIsNotFinite) {
  for (const float odd : {std::nanf(""), std::numeric_limits<float>::infinity(), 3e38f}) {
    GraphMaker maker = Convolution();
    maker.Const("s", Tensor::Of<float>({1, odd, 1, 1}));
    maker.Const("large", Tensor::Scalar<float>(100));
    maker.Op("Mul", "scaled", {"conv", "s"}, kFloat);
    maker.Op("Mul", "y", {"scaled", "large"}, kFloat);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    ExpectUnchanged(kPass, program);
  }
  GraphMaker division = Convolution();
  division.Const("zero", Tensor::Scalar<float>(0));
  division.Op("RealDiv", "y", {"conv", "zero"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, division.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, NotAConstantThatSpreadsTheResult) {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 2});
  maker.Weights("w", Shape({3, 3, 2, 1}));
  maker.Conv("conv", "x", "w");
  maker.Weights("wide", Shape({4}));
  maker.Weights("rank5", Shape({1, 1, 1, 1, 1}));
  maker.Op("Mul", "y", {"conv", "wide"}, kFloat);
  maker.Op("Mul", "z", {"conv", "rank5"}, kFloat);
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
  ASSERT_OK_AND_ASSIGN(program, maker.Lower({"z"}));
  ExpectUnchanged(kPass, program);
  // And in front: x has one channel, which the constant makes two.
  GraphMaker before;
  before.Input("x", {kAny, 5, 6, 1});
  before.Weights("s", Shape({2}));
  before.Op("Mul", "in", {"x", "s"}, kFloat);
  before.Weights("w", Shape({3, 3, 2, 4}));
  before.Conv("y", "in", "w");
  ASSERT_OK_AND_ASSIGN(program, before.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, NotABatchNormInTrainingOrWhoseOtherResultsAreUsed) {
  GraphMaker maker = Convolution();
  BatchNorm(&maker, "y", "conv", 4);
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y", "y:1"}));
  ExpectUnchanged(kPass, program);
  GraphMaker training = Convolution();
  BatchNorm(&training, "y", "conv", 4, {{"is_training", AttrValue::Bool(true)}});
  ASSERT_OK_AND_ASSIGN(program, training.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, NotTheBiasOfTheProductBefore) {
  GraphMaker maker;
  maker.Input("x", {kAny, 3});
  maker.Input("w", {3, 3});
  maker.Weights("b", Shape({3}));
  maker.Op("MatMul", "first", {"x", "w"}, kFloat);
  maker.Op("BiasAdd", "biased", {"first", "b"}, kFloat);
  maker.Weights("w2", Shape({3, 4}));
  maker.Op("MatMul", "y", {"biased", "w2"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, IntegersStay) {
  GraphMaker maker;
  maker.Input("x", {2, 3}, DType::kInt32);
  maker.Weights("w", Shape({3, 4}), DType::kInt32);
  maker.Weights("s", Shape({4}), DType::kInt32);
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kInt32)}};
  maker.Op("MatMul", "product", {"x", "w"}, t);
  maker.Op("Mul", "y", {"product", "s"}, t);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged(kPass, program);
}

TEST(FoldScalesTest, HalvesAreFoldedWithinTheirPrecision) {
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kHalf)}};
  GraphMaker maker;
  maker.Input("x", {2, 3}, DType::kHalf);
  maker.Weights("w", Shape({3, 4}), DType::kHalf);
  maker.Weights("s", Shape({4}), DType::kHalf);
  maker.Op("MatMul", "product", {"x", "w"}, t);
  maker.Op("Mul", "y", {"product", "s"}, t);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  Program after = program;
  ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass(kPass, after));
  EXPECT_TRUE(changed);
  testing::ExpectSameResults(program, after, 3e-3);
}

}  // namespace
}  // namespace floe
