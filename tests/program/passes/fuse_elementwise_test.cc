#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/elementwise_program.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::floe::testing::OpMaking;
using ::testing::ElementsAre;

constexpr char kPass[] = "fuse_elementwise";
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
constexpr int64_t kAny = PartialShape::kUnknownDim;

std::vector<std::string> Functions(const Op& op) { return op.attrs.Strings("functions", {}).value(); }

// The program of `result` becomes one op of these functions.
Program ExpectFused(const GraphMaker& maker, const std::string& result, const std::vector<std::string>& functions) {
  absl::StatusOr<Program> program = maker.Lower({result});
  EXPECT_OK(program);
  Program after = ExpectChanged(kPass, *program);
  EXPECT_EQ(after.ops.size(), 1u) << after.ToString();
  EXPECT_EQ(Functions(after.ops[0]), functions);
  EXPECT_EQ(after.ops[0].name, result);
  ExpectUnchanged(kPass, after);
  return after;
}

void ExpectStays(const GraphMaker& maker, const std::vector<std::string>& results) {
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower(results));
  ExpectUnchanged(kPass, program);
}

// x [?,5,6,4], a scalar and a vector of channels.
GraphMaker Image() {
  GraphMaker maker;
  maker.Input("x", {kAny, 5, 6, 4});
  maker.Const("two", Tensor::Scalar<float>(2));
  maker.Weights("channels", Shape({4}));
  return maker;
}

TEST(FuseElementwiseTest, ALine) {
  GraphMaker maker = Image();
  maker.Op("Mul", "scaled", {"x", "channels"}, kFloat);
  maker.Op("AddV2", "moved", {"two", "scaled"}, kFloat);
  maker.Op("Tanh", "tanh", {"moved"}, kFloat);
  maker.Op("RealDiv", "y", {"tanh", "two"}, kFloat);
  const Program after = ExpectFused(maker, "y", {"Mul", "AddV2", "Tanh", "RealDiv"});
  // Each operand once.
  EXPECT_EQ(after.ops[0].inputs.size(), 3u);
}

TEST(FuseElementwiseTest, WhatIsReadTwiceInside) {
  GraphMaker maker = Image();
  maker.Op("AddV2", "moved", {"x", "two"}, kFloat);
  maker.Op("Sigmoid", "gate", {"moved"}, kFloat);
  maker.Op("Square", "square", {"moved"}, kFloat);
  maker.Op("Mul", "product", {"gate", "square"}, kFloat);
  maker.Op("Sub", "y", {"product", "moved"}, kFloat);
  ExpectFused(maker, "y", {"AddV2", "Sigmoid", "Square", "Mul", "Sub"});
}

TEST(FuseElementwiseTest, AChoiceWithItsCondition) {
  GraphMaker maker = Image();
  maker.Op("Greater", "positive", {"x", "two"}, kFloat);
  maker.Op("Less", "small", {"x", "channels"}, kFloat);
  maker.Op("LogicalOr", "either", {"positive", "small"});
  maker.Op("Exp", "exp", {"x"}, kFloat);
  maker.Op("SelectV2", "y", {"either", "exp", "two"}, kFloat);
  ExpectFused(maker, "y", {"Greater", "Less", "LogicalOr", "Exp", "SelectV2"});
  maker.Op("Select", "z", {"either", "exp", "x"}, kFloat);
  ExpectFused(maker, "z", {"Greater", "Less", "LogicalOr", "Exp", "SelectV2"});
}

TEST(FuseElementwiseTest, ABiasOfTheLastDimension) {
  GraphMaker maker = Image();
  maker.Op("BiasAdd", "biased", {"x", "channels"}, kFloat);
  maker.Op("LeakyRelu", "y", {"biased"}, {kFloat[0], {"alpha", AttrValue::Float(0.3f)}});
  const Program after = ExpectFused(maker, "y", {"AddV2", "LeakyRelu"});
  ASSERT_OK_AND_ASSIGN(const std::vector<float> parameters, after.ops[0].attrs.Floats("parameters"));
  EXPECT_THAT(parameters, ElementsAre(0, 0.3f));
}

TEST(FuseElementwiseTest, ASumOfTwo) {
  GraphMaker maker = Image();
  maker.Op("Square", "square", {"x"}, kFloat);
  maker.Op("AddN", "sum", {"square", "x"}, {kFloat[0], {"N", AttrValue::Int(2)}});
  maker.Op("Neg", "y", {"sum"}, kFloat);
  ExpectFused(maker, "y", {"Square", "AddV2", "Neg"});
}

TEST(FuseElementwiseTest, TheGatesOfACell) {
  GraphMaker maker;
  maker.Input("x", {5, 8});
  maker.Const("one", Tensor::Scalar<float>(1));
  maker.Op("Split", "gates", {maker.Const("axis", Tensor::Scalar<int32_t>(1)), "x"},
           {kFloat[0], {"num_split", AttrValue::Int(4)}});
  maker.Op("Sigmoid", "input", {"gates"}, kFloat);
  maker.Op("AddV2", "open", {"gates:1", "one"}, kFloat);
  maker.Op("Sigmoid", "forget", {"open"}, kFloat);
  maker.Op("Tanh", "new", {"gates:2"}, kFloat);
  maker.Op("Mul", "kept", {"forget", "gates:3"}, kFloat);
  maker.Op("Mul", "added", {"input", "new"}, kFloat);
  maker.Op("AddV2", "cell", {"kept", "added"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"cell"}));
  const Program after = ExpectChanged(kPass, program);
  EXPECT_EQ(CountOps(after), (std::map<std::string, int>{{"Split", 1}, {"_FusedElementwise", 1}}));
}

TEST(FuseElementwiseTest, HalvesRoundAfterEachStep) {
  for (const DType dtype : {DType::kHalf, DType::kBfloat16}) {
    const GraphMaker::Attrs type = {{"T", AttrValue::Type(dtype)}};
    GraphMaker maker;
    maker.Input("x", {kAny, 7}, dtype);
    maker.Weights("w", Shape({7}), dtype);
    maker.Op("Mul", "scaled", {"x", "w"}, type);
    maker.Op("Exp", "y", {"scaled"}, type);
    ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
    Program after = program;
    ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass(kPass, after));
    EXPECT_TRUE(changed);
    testing::ExpectSameResults(program, after, /*tolerance=*/0);
  }
}

TEST(FuseElementwiseTest, FunctionsOfOneOperandKeepAShapeThatNobodyKnows) {
  GraphMaker maker;
  maker.Input("x", PartialShape::UnknownRank());
  maker.Op("Abs", "magnitude", {"x"}, kFloat);
  maker.Op("Sqrt", "root", {"magnitude"}, kFloat);
  maker.Op("Neg", "y", {"root"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  Program after = program;
  ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass(kPass, after));
  EXPECT_TRUE(changed);
  EXPECT_EQ(after.ops.size(), 1u);
  maker.Op("AddV2", "sum", {"y", "x"}, kFloat);
  ASSERT_OK_AND_ASSIGN(Program sum, maker.Lower({"sum"}));
  ASSERT_OK(testing::RunPass(kPass, sum));
  EXPECT_EQ(CountOps(sum)["AddV2"], 1);
}

TEST(FuseElementwiseTest, NotWhatIsAnOutputOrReadElsewhere) {
  GraphMaker maker = Image();
  maker.Op("Exp", "exp", {"x"}, kFloat);
  maker.Op("AddV2", "y", {"exp", "two"}, kFloat);
  ExpectStays(maker, {"y", "exp"});
  maker.Op("Softmax", "other", {"exp"}, kFloat);
  ExpectStays(maker, {"y", "other"});
}

// The vector's root is taken once for each channel, not once for each pixel.
TEST(FuseElementwiseTest, NotWhatHasASmallerShape) {
  GraphMaker maker = Image();
  maker.Input("variance", {4});
  maker.Op("AddV2", "positive", {"variance", "two"}, kFloat);
  maker.Op("Mul", "y", {"x", "positive"}, kFloat);
  ExpectStays(maker, {"y"});
  maker.Op("Sqrt", "deviation", {"positive"}, kFloat);
  maker.Op("RealDiv", "z", {"x", "deviation"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"z"}));
  const Program after = ExpectChanged(kPass, program);
  EXPECT_THAT(Functions(OpMaking(after, "deviation")), ElementsAre("AddV2", "Sqrt"));
  EXPECT_EQ(CountOps(after)["RealDiv"], 1);
}

// A batch that turns out to be 1 where the other is not is spread all the same.
TEST(FuseElementwiseTest, UnknownDimensionsThatDiffer) {
  GraphMaker maker;
  maker.Input("x", {kAny, 4});
  maker.Input("other", {kAny, 4});
  maker.Op("Exp", "exp", {"x"}, kFloat);
  maker.Op("Square", "square", {"other"}, kFloat);
  maker.Op("AddV2", "sum", {"exp", "square"}, kFloat);
  maker.Op("Sub", "y", {"sum", "x"}, kFloat);
  const Program after = ExpectFused(maker, "y", {"Exp", "Square", "AddV2", "Sub"});
  ASSERT_OK_AND_ASSIGN(const Program before, maker.Lower({"y"}));
  for (const int64_t rows : {1, 3}) {
    for (const int64_t other : {1, 3, 2}) {
      const std::vector<Tensor> inputs = {testing::RandomTensor(Shape({rows, 4}), 1),
                                          testing::RandomTensor(Shape({other, 4}), 2)};
      const absl::StatusOr<std::vector<Tensor>> expected = testing::RunProgram(before, inputs);
      const absl::StatusOr<std::vector<Tensor>> actual = testing::RunProgram(after, inputs);
      ASSERT_EQ(actual.status().code(), expected.status().code());
      if (expected.ok()) {
        EXPECT_EQ((*actual)[0].bytes(), (*expected)[0].bytes());
      }
    }
  }
}

TEST(FuseElementwiseTest, NotOtherTypes) {
  for (const DType dtype : {DType::kInt32, DType::kInt64, DType::kDouble}) {
    const GraphMaker::Attrs type = {{"T", AttrValue::Type(dtype)}};
    GraphMaker maker;
    maker.Input("a", {kAny, 3}, dtype);
    maker.Op("Square", "square", {"a"}, type);
    maker.Op("Neg", "y", {"square"}, type);
    ExpectStays(maker, {"y"});
  }
  // Truth values from outside, or as the result.
  GraphMaker maker = Image();
  maker.Input("choice", {kAny, 5, 6, 4}, DType::kBool);
  maker.Op("Exp", "exp", {"x"}, kFloat);
  maker.Op("SelectV2", "y", {"choice", "x", "two"}, kFloat);
  ExpectStays(maker, {"y"});
  maker.Op("Greater", "z", {"exp", "two"}, kFloat);
  ExpectStays(maker, {"z"});
}

TEST(FuseElementwiseTest, NotABiasOfOtherChannels) {
  GraphMaker maker;
  maker.Input("x", {2, 4, 4, 4});
  maker.Weights("b", Shape({4}));
  maker.Op("BiasAdd", "biased", {"x", "b"}, {{"data_format", AttrValue::String("NCHW")}});
  maker.Op("Exp", "y", {"biased"}, kFloat);
  ExpectStays(maker, {"y"});
  // One that may not fit is refused as a bias, and spread as a sum.
  GraphMaker unknown;
  unknown.Input("x", {2, kAny});
  unknown.Weights("b", Shape({4}));
  unknown.Op("BiasAdd", "biased", {"x", "b"}, kFloat);
  unknown.Op("Exp", "y", {"biased"}, kFloat);
  ExpectStays(unknown, {"y"});
}

// AddN refuses what AddV2 would spread.
TEST(FuseElementwiseTest, NotASumOfWhatMayDiffer) {
  GraphMaker maker = Image();
  maker.Input("other", {kAny, 5, 6, 4});
  maker.Op("AddN", "sum", {"x", "other"}, {kFloat[0], {"N", AttrValue::Int(2)}});
  maker.Op("Neg", "y", {"sum"}, kFloat);
  ExpectStays(maker, {"y"});
}

TEST(FuseElementwiseTest, NotAChoiceOfRowsOrOneWhoseConditionStays) {
  GraphMaker maker;
  maker.Input("x", {3, 3});
  maker.Input("v", {3});
  maker.Const("zero", Tensor::Scalar<float>(0));
  maker.Op("Greater", "rows", {"v", "zero"}, kFloat);
  maker.Op("Select", "y", {"rows", "x", "x"}, kFloat);
  ExpectStays(maker, {"y"});
  maker.Op("Greater", "each", {"x", "zero"}, kFloat);
  maker.Op("SelectV2", "z", {"each", "x", "zero"}, kFloat);
  ExpectStays(maker, {"z", "each"});
}

TEST(FuseElementwiseTest, WhatIsTooLongIsCut) {
  GraphMaker maker = Image();
  std::string last = "x";
  for (int i = 0; i < 2 * kMostElementwiseSteps; ++i) {
    last = maker.Op(i % 2 == 0 ? "Tanh" : "Neg", "y" + std::to_string(i), {last}, kFloat);
  }
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({last}));
  EXPECT_EQ(ExpectChanged(kPass, program).ops.size(), 2u);
  // Of too many operands the latest are taken.
  GraphMaker wide = Image();
  last = "x";
  for (int i = 0; i < 2 * kMostElementwiseInputs; ++i) {
    const std::string number = std::to_string(i);
    last = wide.Op("AddV2", "sum" + number, {last, wide.Weights("w" + number, Shape({4}))}, kFloat);
  }
  ASSERT_OK_AND_ASSIGN(const Program sums, wide.Lower({last}));
  const Program after = ExpectChanged(kPass, sums);
  EXPECT_EQ(CountOps(after)["_FusedElementwise"], 3) << after.ToString();
}

TEST(FuseElementwiseTest, InsideLoops) {
  GraphMaker maker;
  maker.Input("x", {kAny, 4});
  const GraphMaker::Attrs frame = {{"frame_name", AttrValue::String("loop")}};
  maker.Const("three", Tensor::Scalar<int32_t>(3));
  maker.Op("Enter", "enter", {maker.Const("zero", Tensor::Scalar<int32_t>(0))}, frame);
  maker.Op("Enter", "enter_x", {"x"}, frame);
  maker.Op("Merge", "count", {"enter", "next"});
  maker.Op("Merge", "state", {"enter_x", "next_x"});
  maker.Op("LoopCond", "goes_on", {maker.Op("Less", "less", {"count", "three"})});
  maker.Op("Switch", "switch", {"count", "goes_on"});
  maker.Op("Switch", "switch_x", {"state", "goes_on"});
  maker.Op("NextIteration", "next",
           {maker.Op("AddV2", "more", {"switch:1", maker.Const("one", Tensor::Scalar<int32_t>(1))})});
  maker.Op("Tanh", "tanh", {"switch_x:1"}, kFloat);
  maker.Op("NextIteration", "next_x", {maker.Op("Square", "square", {"tanh"}, kFloat)});
  maker.Op("Exit", "y", {"switch_x"});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_EQ(CountOps(ExpectChanged(kPass, program))["_FusedElementwise"], 1);
}

}  // namespace
}  // namespace floe
