#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

TEST(FoldConstantsTest, EvaluatesWhatDependsOnConstantsAlone) {
  GraphMaker maker;
  maker.Input("x", {2, 2});
  maker.Weights("w", Shape({2, 2}));
  maker.Op("Neg", "minus", {"w"}, kFloat);
  maker.Op("Exp", "folded", {"minus"}, kFloat);
  maker.Op("MatMul", "y", {"x", "folded"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y", "minus"}));
  const Program after = ExpectChanged("fold_constants", program);
  ASSERT_EQ(after.ops.size(), 1u);
  EXPECT_NE(after.ConstantOf(after.ops[0].inputs[1]), nullptr);
  EXPECT_NE(after.ConstantOf(after.outputs[1]), nullptr);
}

TEST(FoldConstantsTest, FoldsShapesThatAreKnown) {
  GraphMaker maker;
  maker.Input("known", {2, 3});
  maker.Input("open", {PartialShape::kUnknownDim, 3});
  const GraphMaker::Attrs shape = {kFloat[0], {"out_type", AttrValue::Type(DType::kInt32)}};
  maker.Op("Shape", "a", {"known"}, shape);
  maker.Op("Shape", "b", {"open"}, shape);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"a", "b"}));
  const Program after = ExpectChanged("fold_constants", program);
  ASSERT_EQ(after.ops.size(), 1u);
  EXPECT_EQ(after.ops[0].name, "b");
}

// Of a shape known in part, what is asked for may be known whole.
TEST(FoldConstantsTest, FoldsSizesThatAreKnown) {
  GraphMaker maker;
  maker.Input("open", {PartialShape::kUnknownDim, 3, 4});
  const GraphMaker::Attrs ints = {{"T", AttrValue::Type(DType::kInt32)}};
  maker.Op("Shape", "shape", {"open"}, kFloat);
  const auto at = [&](const std::string& name, int32_t i) { return maker.Const(name, Tensor::Of<int32_t>({i})); };
  const auto size = [&](const std::string& name, int32_t axis) {
    return maker.Op("StridedSlice", name,
                    {"shape", at(name + "_begin", axis), at(name + "_end", axis + 1), at(name + "_step", 1)},
                    {ints[0], {"Index", ints[0].second}, {"shrink_axis_mask", AttrValue::Int(1)}});
  };
  const std::string batch = size("batch", 0), known = size("known", 2);
  // As an exporter writes heads: batch and length as they come, and the rest of it known.
  maker.Op("Pack", "sizes", {batch, maker.Const("twelve", Tensor::Scalar<int32_t>(12))},
           {ints[0], {"N", AttrValue::Int(2)}});
  maker.Op("Reshape", "rows", {"open", "sizes"}, kFloat);
  maker.Op("Shape", "rows_shape", {"rows"}, kFloat);
  maker.Op(
      "GatherV2", "width",
      {"rows_shape", maker.Const("one", Tensor::Scalar<int32_t>(1)), maker.Const("zero", Tensor::Scalar<int32_t>(0))},
      {{"Tparams", ints[0].second}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"rows", batch, known, "width"}));
  const Program after = ExpectChanged("fold_constants", program);
  EXPECT_EQ(after.values[after.outputs[0]].shape, PartialShape({PartialShape::kUnknownDim, 12}));
  EXPECT_EQ(after.ConstantOf(after.outputs[1]), nullptr);
  for (const size_t output : {size_t{2}, size_t{3}}) ASSERT_NE(after.ConstantOf(after.outputs[output]), nullptr);
  EXPECT_EQ(*after.ConstantOf(after.outputs[2])->data<int32_t>(), 4);
  EXPECT_EQ(*after.ConstantOf(after.outputs[3])->data<int32_t>(), 12);
  Program again = after;
  ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass("fold_constants", again));
  EXPECT_FALSE(changed);
}

TEST(FoldConstantsTest, FoldsSizesOfEachOfSeveralShapes) {
  GraphMaker maker;
  maker.Input("a", {PartialShape::kUnknownDim, 3});
  maker.Input("any", {PartialShape::kUnknownDim, PartialShape::kUnknownDim});
  maker.Input("b", {PartialShape::kUnknownDim, 5});
  const AttrValue ints = AttrValue::Type(DType::kInt32);
  maker.Op("ShapeN", "shapes", {"a", "any", "b"}, {kFloat[0], {"N", AttrValue::Int(3)}, {"out_type", ints}});
  const std::string one = maker.Const("one", Tensor::Scalar<int32_t>(1));
  const std::string zero = maker.Const("zero", Tensor::Scalar<int32_t>(0));
  for (int i = 0; i < 3; ++i) {
    maker.Op("GatherV2", absl::StrCat("width", i), {absl::StrCat("shapes:", i), one, zero}, {{"Tparams", ints}});
  }
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"width0", "width1", "width2"}));
  const Program after = ExpectChanged("fold_constants", program);
  ASSERT_NE(after.ConstantOf(after.outputs[0]), nullptr);
  EXPECT_EQ(*after.ConstantOf(after.outputs[0])->data<int32_t>(), 3);
  EXPECT_EQ(after.ConstantOf(after.outputs[1]), nullptr);
  ASSERT_NE(after.ConstantOf(after.outputs[2]), nullptr);
  EXPECT_EQ(*after.ConstantOf(after.outputs[2])->data<int32_t>(), 5);
}

TEST(FoldConstantsTest, NotRandomNumbersThatGoOn) {
  GraphMaker maker;
  maker.Const("shape", Tensor::Of<int32_t>({2, 3}));
  maker.Const("seed", Tensor::Of<int32_t>({4, 5}));
  maker.Const("rows", Tensor::Of<float>({1, 2, 3, 4}));
  const GraphMaker::Attrs attrs = {{"dtype", AttrValue::Type(DType::kFloat)}, {"seed", AttrValue::Int(1)}};
  for (const char* op : {"RandomUniform", "RandomStandardNormal", "TruncatedNormal"})
    maker.Op(op, op, {"shape"}, attrs);
  maker.Op("RandomShuffle", "RandomShuffle", {"rows"}, attrs);
  ASSERT_OK_AND_ASSIGN(const Program going_on,
                       maker.Lower({"RandomUniform", "RandomStandardNormal", "TruncatedNormal", "RandomShuffle"}));
  ExpectUnchanged("fold_constants", going_on);
  maker.Op("StatelessRandomNormal", "stateless", {"shape", "seed"});
  ASSERT_OK_AND_ASSIGN(const Program stateless, maker.Lower({"stateless"}));
  EXPECT_EQ(ExpectChanged("fold_constants", stateless).ops.size(), 0u);
}

TEST(FoldConstantsTest, LeavesWhatDependsOnInputs) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Weights("w", Shape({2}));
  maker.Op("Mul", "y", {"x", "w"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged("fold_constants", program);
}

TEST(FoldConstantsTest, LeavesWhatDiffersFromCallToCall) {
  const auto evaluate = [](EvalContext& context) { return context.SetOutput(0, context.input(0)); };
  const auto infer = [](InferContext& context) {
    context.AddOutput(context.dtype(0), context.shape(0));
    return absl::OkStatus();
  };
  const OpInfo noise{"Noise", infer, evaluate, kStateful};
  GraphMaker maker;
  maker.Weights("w", Shape({2}));
  maker.Op("Neg", "y", {"w"}, kFloat);
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y"}));
  program.ops[0].info = &noise;
  ExpectUnchanged("fold_constants", program);
}

// A quarter of a gigabyte out of two small vectors.
TEST(FoldConstantsTest, LeavesWhatWouldBeLarge) {
  GraphMaker maker;
  maker.Weights("column", Shape({8192, 1}));
  maker.Weights("row", Shape({1, 8192}));
  maker.Op("MatMul", "y", {"column", "row"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged("fold_constants", program);
}

// Each is below the limit for one, together they are not.
TEST(FoldConstantsTest, LeavesWhatWouldBeLargeInSum) {
  GraphMaker maker;
  maker.Weights("column", Shape({3000, 1}));
  std::vector<std::string> outputs;
  for (int i = 0; i < 12; ++i) {
    maker.Weights(absl::StrCat("row", i), Shape({1, 3000}));
    outputs.push_back(maker.Op("MatMul", absl::StrCat("y", i), {"column", absl::StrCat("row", i)}, kFloat));
  }
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower(outputs));
  ASSERT_OK(testing::RunPass("fold_constants", program));
  EXPECT_GT(program.ops.size(), 0u);
  EXPECT_LT(program.ops.size(), 12u);
}

// Small inputs and results, and hours between them.
TEST(FoldConstantsTest, LeavesWhatWouldTakeLong) {
  GraphMaker maker;
  maker.Weights("a", Shape({1000, 2000}));
  maker.Weights("b", Shape({2000, 1000}));
  maker.Op("MatMul", "y", {"a", "b"}, kFloat);
  maker.Weights("image", Shape({1, 8, 8, 1}));
  maker.Weights("w", Shape({3, 3, 1, 1}));
  maker.Conv("z", "image", "w");
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y", "z"}));
  ExpectUnchanged("fold_constants", program);
}

// The shape that a Reshape wants is computed from constants: once it is known, so is everything behind.
TEST(FoldConstantsTest, InfersAnewWhatIsBehind) {
  GraphMaker maker;
  maker.Input("x", {2, 6});
  maker.Const("half", Tensor::Of<int32_t>({1, 2}));
  maker.Op("Add", "sizes", {"half", "half"}, {{"T", AttrValue::Type(DType::kInt32)}});
  maker.Const("three", Tensor::Of<int32_t>({3}));
  maker.Const("axis", Tensor::Scalar<int32_t>(0));
  maker.Op("ConcatV2", "shape", {"sizes", "three", "axis"}, {{"T", AttrValue::Type(DType::kInt32)}});
  maker.Op("Reshape", "y", {"x", "shape"}, kFloat);
  maker.Op("Relu", "z", {"y"}, kFloat);
  absl::StatusOr<Program> program = maker.Lower({"z"});
  ASSERT_OK(program);
  EXPECT_FALSE(program->values[program->outputs[0]].shape.IsFullyDefined());
  // [2,4] and [3] make [2,4,3], which is not 12 elements.
  EXPECT_THAT(testing::RunPass("fold_constants", *program),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("node 'y' (Reshape)"), HasSubstr("[2,6]"), HasSubstr("[2,4,3]"))));
  maker.Input("w", {4, 6});
  maker.Op("Reshape", "u", {"w", "shape"}, kFloat);
  maker.Op("Relu", "v", {"u"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program fits, maker.Lower({"v"}));
  const Program after = ExpectChanged("fold_constants", fits);
  EXPECT_EQ(after.values[after.outputs[0]].shape, PartialShape({2, 4, 3}));
}

// 1 / 0 of integers is an error, but only where it is asked for.
TEST(FoldConstantsTest, WhatFailsIsLeftToFailWhenItRuns) {
  GraphMaker maker;
  maker.Const("one", Tensor::Scalar<int32_t>(1));
  maker.Const("zero", Tensor::Scalar<int32_t>(0));
  maker.Op("FloorDiv", "y", {"one", "zero"}, {{"T", AttrValue::Type(DType::kInt32)}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged("fold_constants", program);
  EXPECT_FALSE(testing::RunProgram(program, {}).ok());
}

}  // namespace
}  // namespace floe
