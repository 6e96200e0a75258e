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
using ::floe::testing::FusedSteps;
using ::floe::testing::GraphMaker;
using ::floe::testing::OpMaking;
using ::testing::ElementsAre;

constexpr char kPass[] = "fuse_epilogues";
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
const GraphMaker::Attrs kNchw = {{"data_format", AttrValue::String("NCHW")}};
constexpr int64_t kAny = PartialShape::kUnknownDim;

// conv [?,5,6,4] of x [?,5,6,4].
GraphMaker Convolution() {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 4});
  maker.Weights("w", Shape({3, 3, 4, 4}));
  maker.Weights("b", Shape({4}));
  maker.Conv("conv", "x", "w", "SAME");
  return maker;
}

// The program of `result` becomes one op with these steps.
void ExpectFused(const GraphMaker& maker, const std::string& result, const std::vector<std::string>& steps) {
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({result}));
  const Program after = ExpectChanged(kPass, program);
  ASSERT_EQ(after.ops.size(), 1u) << after.ToString();
  EXPECT_EQ(FusedSteps(after.ops[0]), steps);
  ExpectUnchanged(kPass, after);
}

void ExpectStays(const GraphMaker& maker, const std::vector<std::string>& results) {
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower(results));
  ExpectUnchanged(kPass, program);
}

TEST(FuseEpiloguesTest, BiasAndEachActivation) {
  for (const char* const activation : {"Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid"}) {
    GraphMaker maker = Convolution();
    maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
    maker.Op(activation, "y", {"biased"}, kFloat);
    ExpectFused(maker, "y", {"BiasAdd", activation});
  }
  const std::pair<const char*, const char*> kOwn[] = {
      {"_Swish", "Swish"}, {"_HardSwish", "HardSwish"}, {"_Gelu", "Gelu"}, {"_GeluTanh", "GeluApproximate"}};
  for (const auto& [op, step] : kOwn) {
    GraphMaker maker = Convolution();
    maker.Op(op, "y", {"conv"}, kFloat);
    ExpectFused(maker, "y", {step});
  }
}

TEST(FuseEpiloguesTest, EveryProduct) {
  GraphMaker depthwise;
  depthwise.Input("x", {kAny, 5, 6, 4});
  depthwise.Weights("w", Shape({3, 3, 4, 2}));
  depthwise.Weights("b", Shape({8}));
  depthwise.Conv("conv", "x", "w", "SAME", {}, "DepthwiseConv2dNative");
  depthwise.Op("BiasAdd", "y", {"conv", "b"}, kFloat);
  ExpectFused(depthwise, "y", {"BiasAdd"});
  // Neither factor of a product needs to be constant, nor its bias.
  GraphMaker matmul;
  matmul.Input("a", {kAny, 3});
  matmul.Input("c", {5, 3});
  matmul.Input("b", {5});
  matmul.Op("MatMul", "product", {"a", "c"}, {kFloat[0], {"transpose_b", AttrValue::Bool(true)}});
  matmul.Op("BiasAdd", "biased", {"product", "b"}, kFloat);
  matmul.Op("Tanh", "y", {"biased"}, kFloat);
  ExpectFused(matmul, "y", {"BiasAdd", "Tanh"});
}

TEST(FuseEpiloguesTest, ConstantsOfEachChannel) {
  GraphMaker maker = Convolution();
  maker.Weights("t", Shape({1, 1, 4}));
  maker.Weights("s", Shape({4}));
  maker.Const("two", Tensor::Scalar<float>(2));
  maker.Op("AddV2", "biased", {"t", "conv"}, kFloat);
  maker.Op("Relu", "relu", {"biased"}, kFloat);
  maker.Op("Mul", "scaled", {"relu", "s"}, kFloat);
  maker.Op("Sub", "y", {"scaled", "two"}, kFloat);
  ExpectFused(maker, "y", {"BiasAdd", "Relu", "Mul", "BiasAdd"});
}

TEST(FuseEpiloguesTest, ABatchNormBehindAnActivation) {
  for (const bool channels_first : {false, true}) {
    const GraphMaker::Attrs format = channels_first ? kNchw : GraphMaker::Attrs{};
    GraphMaker maker;
    maker.Input("x", channels_first ? PartialShape{kAny, 4, 5, 6} : PartialShape{kAny, 5, 6, 4});
    maker.Weights("w", Shape({3, 3, 4, 4}));
    maker.Weights("v", Shape({4}));
    maker.Const("variance", Tensor::Of<float>({1, 2, 3, 4}));
    maker.Conv("conv", "x", "w", "SAME", format);
    maker.Op("Relu", "relu", {"conv"}, kFloat);
    GraphMaker::Attrs attrs = {kFloat[0], {"is_training", AttrValue::Bool(false)}};
    attrs.insert(attrs.end(), format.begin(), format.end());
    maker.Op("FusedBatchNormV3", "y", {"relu", "v", "v", "v", "variance"}, attrs);
    ExpectFused(maker, "y", {"Relu", "Mul", "BiasAdd"});
  }
}

TEST(FuseEpiloguesTest, ABiasOfOtherChannelsStays) {
  GraphMaker maker;
  maker.Input("x", {kAny, 4, 4, 4});
  maker.Weights("w", Shape({3, 3, 4, 4}));
  maker.Weights("b", Shape({4}));
  maker.Conv("conv", "x", "w", "SAME", kNchw);
  maker.Op("BiasAdd", "y", {"conv", "b"}, kFloat);
  ExpectStays(maker, {"y"});
  maker.Op("BiasAdd", "z", {"conv", "b"}, kNchw);
  ExpectFused(maker, "z", {"BiasAdd"});
}

TEST(FuseEpiloguesTest, AResidualOfTheSameUnknownBatch) {
  GraphMaker maker = Convolution();
  maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
  maker.Op("AddV2", "sum", {"x", "biased"}, kFloat);
  maker.Op("Relu", "y", {"sum"}, kFloat);
  ExpectFused(maker, "y", {"BiasAdd", "Add", "Relu"});
}

TEST(FuseEpiloguesTest, AResidualThatIsSpreadOverTheResult) {
  GraphMaker maker = Convolution();
  maker.Input("position", {1, 5, 1, 4});
  maker.Op("AddV2", "y", {"conv", "position"}, kFloat);
  ExpectFused(maker, "y", {"Add"});
}

// One of them may be 1 where the other is not: then the sum is larger than the convolution.
TEST(FuseEpiloguesTest, NotAResidualWhoseBatchMayBeAnother) {
  GraphMaker maker = Convolution();
  maker.Input("other", {kAny, 5, 6, 4});
  maker.Op("AddV2", "y", {"conv", "other"}, kFloat);
  ExpectStays(maker, {"y"});
  GraphMaker wider;
  wider.Input("x", {1, 5, 6, 4});
  wider.Input("other", {3, 5, 6, 4});
  wider.Weights("w", Shape({3, 3, 4, 4}));
  wider.Conv("conv", "x", "w", "SAME");
  wider.Op("AddV2", "y", {"conv", "other"}, kFloat);
  ExpectStays(wider, {"y"});
}

// Sizes that are not known come out equal where the windows are.
TEST(FuseEpiloguesTest, AResidualOfUnknownSize) {
  for (const bool other_stride : {false, true}) {
    GraphMaker maker;
    maker.Input("x", {kAny, kAny, kAny, 4});
    maker.Weights("w1", Shape({1, 1, 4, 4}));
    maker.Weights("w3", Shape({3, 3, 4, 4}));
    const GraphMaker::Attrs two = {{"strides", AttrValue::Ints({1, 2, 2, 1})}};
    maker.Conv("a", "x", "w3", "SAME", two);
    maker.Conv("b", "x", "w1", "SAME", other_stride ? GraphMaker::Attrs{} : two);
    maker.Op("Relu", "ra", {"a"}, kFloat);
    maker.Op("AddV2", "y", {"ra", "b"}, kFloat);
    ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y"}));
    ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass(kPass, program));
    EXPECT_TRUE(changed);
    EXPECT_EQ(CountOps(program)["AddV2"], other_stride ? 1 : 0) << program.ToString();
  }
}

TEST(FuseEpiloguesTest, ASumOfTwoGoesToTheLater) {
  GraphMaker maker = Convolution();
  maker.Weights("w2", Shape({1, 1, 4, 4}));
  maker.Op("BiasAdd", "first", {"conv", "b"}, kFloat);
  maker.Conv("second", "x", "w2", "SAME");
  maker.Op("AddV2", "y", {"first", "second"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const Program after = ExpectChanged(kPass, program);
  ASSERT_EQ(after.ops.size(), 2u);
  EXPECT_THAT(FusedSteps(OpMaking(after, "first")), ElementsAre("BiasAdd"));
  EXPECT_THAT(FusedSteps(OpMaking(after, "y")), ElementsAre("Add"));
}

// The residual is computed after the convolution: the fused op moves to where both are there.
TEST(FuseEpiloguesTest, TakesItsPlaceWhereAllInputsAre) {
  GraphMaker maker = Convolution();
  maker.Op("Exp", "late", {"x"}, kFloat);
  maker.Op("AddV2", "y", {"conv", "late"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ASSERT_EQ(program.ops[0].name, "conv");
  const Program after = ExpectChanged(kPass, program);
  ASSERT_EQ(after.ops.size(), 2u);
  EXPECT_EQ(after.ops[0].name, "late");
}

TEST(FuseEpiloguesTest, PreluWithASlopeAChannel) {
  for (const Shape& shape : {Shape({4}), Shape({1, 1, 4}), Shape({1, 1, 1, 4})}) {
    GraphMaker maker = Convolution();
    maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
    maker.Op("_Prelu", "y", {"biased", maker.Weights("alpha", shape)}, kFloat);
    ExpectFused(maker, "y", {"BiasAdd", "Prelu"});
  }
  // A slope a pixel, and one that is not known.
  GraphMaker pixels = Convolution();
  pixels.Op("_Prelu", "y", {"conv", pixels.Weights("alpha", Shape({5, 6, 1}))}, kFloat);
  ExpectStays(pixels, {"y"});
  GraphMaker open = Convolution();
  open.Op("_Prelu", "y", {"conv", open.Input("alpha", {4})}, kFloat);
  ExpectStays(open, {"y"});
  // The slopes are computed, the input is constant.
  GraphMaker other = Convolution();
  other.Op("_Prelu", "y", {other.Weights("c", Shape({3, 5, 6, 4})), "conv"}, kFloat);
  ExpectStays(other, {"y"});
}

TEST(FuseEpiloguesTest, NotWhatOthersUseOrIsAnOutput) {
  GraphMaker maker = Convolution();
  maker.Op("Relu", "y", {"conv"}, kFloat);
  maker.Op("Exp", "other", {"conv"}, kFloat);
  ExpectStays(maker, {"y", "other"});
  ExpectStays(maker, {"y", "conv"});
  maker.Op("AddV2", "twice", {"conv", "conv"}, kFloat);
  ExpectStays(maker, {"twice"});
}

TEST(FuseEpiloguesTest, AddsToAnExportersFusedForm) {
  GraphMaker maker = Convolution();
  maker.Op("_FusedConv2D", "fused", {"x", "w", "b"},
           {kFloat[0],
            {"strides", AttrValue::Ints({1, 1, 1, 1})},
            {"padding", AttrValue::String("SAME")},
            {"num_args", AttrValue::Int(1)},
            {"fused_ops", AttrValue::Strings({"BiasAdd"})}});
  maker.Op("LeakyRelu", "y", {"fused"}, {kFloat[0], {"alpha", AttrValue::Float(0.3f)}});
  ExpectFused(maker, "y", {"BiasAdd", "LeakyRelu"});
}

// One attribute holds the slope of all.
TEST(FuseEpiloguesTest, ASecondLeakyReluOnlyOfTheSameSlope) {
  for (const float slope : {0.3f, 0.1f}) {
    GraphMaker maker = Convolution();
    maker.Op("LeakyRelu", "first", {"conv"}, {kFloat[0], {"alpha", AttrValue::Float(0.3f)}});
    maker.Op("Tanh", "tanh", {"first"}, kFloat);
    maker.Op("LeakyRelu", "y", {"tanh"}, {kFloat[0], {"alpha", AttrValue::Float(slope)}});
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    EXPECT_EQ(ExpectChanged(kPass, program).ops.size(), slope == 0.3f ? 1u : 2u);
  }
}

TEST(FuseEpiloguesTest, IntegersStay) {
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kInt32)}};
  GraphMaker maker;
  maker.Input("x", {2, 3}, DType::kInt32);
  maker.Weights("w", Shape({3, 4}), DType::kInt32);
  maker.Op("MatMul", "product", {"x", "w"}, t);
  maker.Op("Relu", "y", {"product"}, t);
  ExpectStays(maker, {"y"});
}

TEST(FuseEpiloguesTest, NaNsStayNaNs) {
  GraphMaker maker;
  maker.Input("x", {1, 2});
  maker.Weights("w", Shape({2, 2}));
  maker.Op("MatMul", "product", {"x", "w"}, kFloat);
  maker.Op("Relu", "y", {"product"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const Program after = ExpectChanged(kPass, program);
  const std::vector<Tensor> inputs = {Tensor::Of<float>(Shape({1, 2}), {std::nanf(""), 1})};
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> expected, testing::RunProgram(program, inputs));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> actual, testing::RunProgram(after, inputs));
  EXPECT_EQ(testing::RelativeDifference(expected[0], actual[0]), 0);
}

}  // namespace
}  // namespace floe
