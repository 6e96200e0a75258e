#include "program/lower.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

// x -> relu -> split -> (split:0, split:1); a side branch that nobody asks for.
GraphMaker Splitting() {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 4});
  maker.Op("Relu", "relu", {"x"}, kFloat);
  maker.Const("axis", Tensor::Scalar<int32_t>(1));
  maker.Op("Split", "split", {"axis", "relu"}, {{"num_split", AttrValue::Int(2)}});
  maker.Op("Neg", "first", {"split"}, kFloat);
  maker.Op("Neg", "second", {"split:1"}, kFloat);
  return maker;
}

TEST(LowerTest, KeepsOnlyWhatTheOutputsNeed) {
  const GraphMaker maker = Splitting();
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"first"}));
  EXPECT_OK(program.Verify());
  std::vector<std::string> names;
  for (const Op& op : program.ops) names.push_back(op.name);
  EXPECT_THAT(names, ElementsAre("relu", "split", "first"));
  ASSERT_EQ(program.inputs.size(), 1u);
  const Value& result = program.values[program.outputs[0]];
  EXPECT_EQ(result.dtype, DType::kFloat);
  EXPECT_EQ(result.shape, PartialShape({PartialShape::kUnknownDim, 2}));
}

TEST(LowerTest, TakesOutputsByNumber) {
  const GraphMaker maker = Splitting();
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"split:1", "relu:0", "split:1"}));
  ASSERT_EQ(program.outputs.size(), 3u);
  EXPECT_EQ(program.values[program.outputs[0]].name, "split:1");
  EXPECT_EQ(program.values[program.outputs[1]].name, "relu");
  EXPECT_EQ(program.outputs[0], program.outputs[2]);
  EXPECT_THAT(maker.Lower({"split:2"}),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'split'"), HasSubstr("result 2"))));
  EXPECT_THAT(maker.Lower({"split:x"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("split:x")));
  EXPECT_THAT(maker.Lower({"splt"}),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("'splt'"), HasSubstr("did you mean 'split'"))));
}

TEST(LowerTest, FindsOutputsByItself) {
  GraphMaker maker = Splitting();
  ASSERT_OK_AND_ASSIGN(std::vector<std::string> outputs, DefaultOutputs(maker.graph()));
  EXPECT_THAT(outputs, ElementsAre("first", "second"));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> inputs, PlaceholdersNeededBy(maker.graph(), outputs));
  EXPECT_THAT(inputs, ElementsAre("x"));
  // All results of a node that nothing consumes.
  maker.Op("Split", "tail", {"axis", "first"}, {{"num_split", AttrValue::Int(2)}});
  ASSERT_OK_AND_ASSIGN(outputs, DefaultOutputs(maker.graph()));
  EXPECT_THAT(outputs, ElementsAre("second", "tail", "tail:1"));
  // What is only waited for is an output where nothing else is.
  GraphMaker waited;
  waited.Input("x", {1});
  waited.Op("Relu", "y", {"x"}, kFloat);
  waited.Op("NoOp", "done", {"^y"});
  ASSERT_OK_AND_ASSIGN(outputs, DefaultOutputs(waited.graph()));
  EXPECT_THAT(outputs, ElementsAre("y"));
}

TEST(LowerTest, SaysWhenThereIsNothingToCompute) {
  GraphMaker maker;
  maker.Input("x", {1});
  maker.Op("NoOp", "init", {});
  EXPECT_THAT(DefaultOutputs(maker.graph()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no outputs")));
}

TEST(LowerTest, LeavesControlInputsAlone) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("SomethingNobodyKnows", "check", {"x"});
  maker.Op("Relu", "y", {"x", "^check"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_EQ(program.ops.size(), 1u);
  EXPECT_EQ(program.ops[0].inputs.size(), 1u);
}

TEST(LowerTest, NamesAMissingInput) {
  GraphMaker maker;
  maker.Input("image", {2});
  maker.Op("Relu", "y", {"imge"}, kFloat);
  const auto missing = StatusIs(absl::StatusCode::kInvalidArgument,
                                AllOf(HasSubstr("'y'"), HasSubstr("'imge'"), HasSubstr("did you mean 'image'")));
  EXPECT_THAT(Lower(maker.graph(), {{"image"}, {"y"}}), missing);
  EXPECT_THAT(DefaultOutputs(maker.graph()), missing);
}

TEST(LowerTest, NamesACycle) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Add", "before", {"x", "third"}, kFloat);
  maker.Op("Relu", "second", {"before"}, kFloat);
  maker.Op("Relu", "third", {"second"}, kFloat);
  maker.Op("Relu", "y", {"third"}, kFloat);
  EXPECT_THAT(maker.Lower({"y"}), StatusIs(absl::StatusCode::kInvalidArgument,
                                           AllOf(HasSubstr("cycle"), HasSubstr("'before'"), HasSubstr("'second'"),
                                                 HasSubstr("'third'"), Not(HasSubstr("'y'")))));
  GraphMaker itself;
  itself.Op("Relu", "loop", {"loop"}, kFloat);
  EXPECT_THAT(itself.Lower({"loop"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cycle: 'loop'")));
}

TEST(LowerTest, ListsAllUnknownOpsAtOnce) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Relou", "a", {"x"}, kFloat);
  maker.Op("Frobnicate", "b", {"a"});
  maker.Op("Frobnicate", "c", {"b"});
  maker.Op("NeverAskedFor", "d", {"c"});
  EXPECT_THAT(maker.Lower({"c"}),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("2 ops"), HasSubstr("Frobnicate ('b', 'c')"), HasSubstr("Relou ('a'"),
                             HasSubstr("did you mean 'Relu'"), Not(HasSubstr("NeverAskedFor")))));
}

TEST(LowerTest, NamesTheNodeWhoseTypesOrShapesAreWrong) {
  GraphMaker maker;
  maker.Input("x", {2, 3});
  maker.Weights("w", Shape({4, 5}));
  maker.Op("MatMul", "product", {"x", "w"}, kFloat);
  EXPECT_THAT(maker.Lower({"product"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("node 'product' (MatMul)"), HasSubstr("3"), HasSubstr("4"))));
  GraphMaker constant;
  constant.Op("Const", "c", {}, {{"dtype", AttrValue::Type(DType::kFloat)}});
  EXPECT_THAT(constant.Lower({"c"}), StatusIs(absl::StatusCode::kInvalidArgument,
                                              AllOf(HasSubstr("node 'c' (Const)"), HasSubstr("'value' is missing"))));
}

TEST(LowerTest, FeedsATensorFromInside) {
  const GraphMaker maker = Splitting();
  ASSERT_OK_AND_ASSIGN(const Program program, Lower(GraphMaker(maker).graph(), {{"split:1"}, {"second"}}));
  ASSERT_EQ(program.ops.size(), 1u);
  EXPECT_EQ(program.values[program.inputs[0]].name, "split:1");
  EXPECT_EQ(program.values[program.inputs[0]].shape, PartialShape({PartialShape::kUnknownDim, 2}));
  // The other results of its node are computed.
  ASSERT_OK_AND_ASSIGN(const Program other, Lower(GraphMaker(maker).graph(), {{"x", "split:1"}, {"first", "second"}}));
  EXPECT_EQ(other.ops.size(), 4u);
  for (const Op& op : other.ops) {
    if (op.name != "second") continue;
    EXPECT_EQ(op.inputs, std::vector<ValueId>{other.inputs[1]});
  }
  EXPECT_THAT(Lower(GraphMaker(maker).graph(), {{"split:1"}, {"first"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'x'")));
}

// A comparison says the type of what it compares, and is itself boolean.
TEST(LowerTest, TypesATensorFromInsideAsComputed) {
  GraphMaker maker;
  maker.Input("x", {3});
  maker.Const("zero", Tensor::Scalar<float>(0));
  maker.Op("Greater", "positive", {"x", "zero"}, kFloat);
  maker.Op("LogicalNot", "y", {"positive"});
  ASSERT_OK_AND_ASSIGN(const Program program, Lower(maker.graph(), {{"positive"}, {"y"}}));
  EXPECT_EQ(program.values[program.inputs[0]].dtype, DType::kBool);
  EXPECT_EQ(program.values[program.inputs[0]].shape, PartialShape({3}));
}

TEST(LowerTest, CutsAwayWhatNobodyKnowsByFeedingBehindIt) {
  GraphMaker maker;
  maker.Op("ReadFromTheMoon", "moon", {});
  maker.Op("Cast", "cast", {"moon"},
           {{"SrcT", AttrValue::Type(DType::kUint8)}, {"DstT", AttrValue::Type(DType::kFloat)}});
  maker.Op("Relu", "y", {"cast"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, Lower(maker.graph(), {{"cast"}, {"y"}}));
  EXPECT_EQ(program.values[program.inputs[0]].dtype, DType::kFloat);
  EXPECT_FALSE(program.values[program.inputs[0]].shape.has_rank());
  EXPECT_THAT(Lower(maker.graph(), {{"moon"}, {"y"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'moon'"), HasSubstr("dtype"))));
}

TEST(LowerTest, SaysWhichInputIsNotNamed) {
  GraphMaker maker;
  maker.Input("a", {2});
  maker.Input("b", {2});
  maker.Op("Add", "y", {"a", "b"}, kFloat);
  EXPECT_THAT(Lower(maker.graph(), {{"a"}, {"y"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("node 'b' (Placeholder)")));
  EXPECT_THAT(Lower(maker.graph(), {{"a", "a:0", "b"}, {"y"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'a' is named twice")));
  EXPECT_THAT(Lower(maker.graph(), {{"c", "b"}, {"y"}}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'c'")));
}

TEST(LowerTest, AnInputMayBeAnOutput) {
  GraphMaker maker;
  maker.Input("x", {2});
  ASSERT_OK_AND_ASSIGN(const Program program, Lower(maker.graph(), {{"x"}, {"x"}}));
  EXPECT_TRUE(program.ops.empty());
  EXPECT_EQ(program.inputs, program.outputs);
}

}  // namespace
}  // namespace floe
