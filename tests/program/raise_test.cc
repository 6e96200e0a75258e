// TensorFlow 1's control flow raised into regions, and what of it cannot be.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "program/lower.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::GraphMaker;
using ::floe::testing::RunProgram;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

const GraphMaker::Attrs kInt = {{"T", AttrValue::Type(DType::kInt32)}};
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

GraphMaker::Attrs FrameAttrs(const std::string& frame, bool is_constant) {
  return {{"frame_name", AttrValue::String(frame)},
          {"is_constant", AttrValue::Bool(is_constant)},
          {"T", AttrValue::Type(DType::kInt32)}};
}

// while (i < limit) i += step, as TensorFlow 1 writes it: nodes PREFIX/merge, /switch, /exit ...
std::string CountTo(GraphMaker& maker, const std::string& prefix, const std::string& first, const std::string& limit,
                    const std::string& frame, const std::string& step = "") {
  const auto name = [&](const char* part) { return absl::StrCat(prefix, "/", part); };
  maker.Op("Enter", name("enter"), {first}, FrameAttrs(frame, false));
  maker.Op("Enter", name("limit"), {limit}, FrameAttrs(frame, true));
  maker.Op("Merge", name("merge"), {name("enter"), name("next")}, kInt);
  maker.Op("Less", name("less"), {name("merge"), name("limit")}, kInt);
  maker.Op("LoopCond", name("loop_cond"), {name("less")});
  maker.Op("Switch", name("switch"), {name("merge"), name("loop_cond")}, kInt);
  maker.Op("Identity", name("inside"), {name("switch") + ":1"}, kInt);
  std::string by = step;
  if (step.empty()) {
    by = maker.Op(
        "Const", name("one"), {"^" + name("inside")},
        {{"dtype", AttrValue::Type(DType::kInt32)}, {"value", AttrValue::OfTensor(Tensor::Scalar<int32_t>(1))}});
  }
  maker.Op("AddV2", name("add"), {name("inside"), by}, kInt);
  maker.Op("NextIteration", name("next"), {name("add")}, kInt);
  return maker.Op("Exit", name("exit"), {name("switch")}, kInt);
}

GraphMaker Counting() {
  GraphMaker maker;
  maker.Input("n", PartialShape(Dims()), DType::kInt32);
  maker.Const("zero", Tensor::Scalar<int32_t>(0));
  CountTo(maker, "loop", "zero", "n", "frame");
  return maker;
}

std::string RunInts(const GraphMaker& maker, const std::vector<std::string>& outputs, std::vector<int32_t> inputs) {
  const absl::StatusOr<Program> program = maker.Lower(outputs);
  if (!program.ok()) return program.status().ToString();
  EXPECT_OK(program->Verify());
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool is_bool = program->values[program->inputs[i]].dtype == DType::kBool;
    tensors.push_back(is_bool ? Tensor::Scalar<bool>(inputs[i] != 0) : Tensor::Scalar<int32_t>(inputs[i]));
  }
  const absl::StatusOr<std::vector<Tensor>> results = RunProgram(*program, tensors);
  if (!results.ok()) return results.status().ToString();
  std::string text;
  for (const Tensor& result : *results) absl::StrAppend(&text, text.empty() ? "" : " ", result.Head(8));
  return text;
}

TEST(RaiseTest, ALoopBecomesAWhile) {
  GraphMaker maker = Counting();
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"loop/exit"}));
  ASSERT_EQ(program.ops.size(), 1u);
  const Op& loop = program.ops[0];
  EXPECT_TRUE(IsWhile(loop));
  // The counter, and the limit, which stays the same.
  EXPECT_EQ(loop.inputs.size(), 2u);
  EXPECT_EQ(loop.outputs.size(), 1u);
  EXPECT_EQ(RunInts(maker, {"loop/exit"}, {5}), "5");
  EXPECT_EQ(RunInts(maker, {"loop/exit"}, {-5}), "0");
}

TEST(RaiseTest, LoopsOfOneNameAreStillTwo) {
  GraphMaker maker = Counting();
  maker.Const("ten", Tensor::Scalar<int32_t>(10));
  CountTo(maker, "second", "loop/exit", "ten", "frame");
  CountTo(maker, "beside", "zero", "ten", "frame");
  EXPECT_EQ(RunInts(maker, {"loop/exit", "second/exit", "beside/exit"}, {13}), "13 13 10");
  EXPECT_EQ(RunInts(maker, {"second/exit"}, {3}), "10");
}

TEST(RaiseTest, ALoopInALoop) {
  GraphMaker maker;
  maker.Input("n", PartialShape(Dims()), DType::kInt32);
  maker.Const("zero", Tensor::Scalar<int32_t>(0));
  // The step of the outer loop is what an inner one counts to: from where the outer one is, to twice that and one.
  maker.Op("AddV2", "twice", {"outer/inside", "outer/inside"}, kInt);
  maker.Const("one", Tensor::Scalar<int32_t>(1));
  maker.Op("AddV2", "end", {"twice", "one"}, kInt);
  CountTo(maker, "inner", "outer/inside", "end", "inner_frame");
  CountTo(maker, "outer", "zero", "n", "outer_frame", "inner/exit");
  // 0, 0 + 1, 1 + 3, 4 + 9, 13 + 27
  EXPECT_EQ(RunInts(maker, {"outer/exit"}, {14}), "40");
  EXPECT_EQ(RunInts(maker, {"outer/exit"}, {0}), "0");
}

TEST(RaiseTest, AMergeOfALoopSaysWhichInputCame) {
  GraphMaker maker;
  maker.Input("n", PartialShape(Dims()), DType::kInt32);
  maker.Const("zero", Tensor::Scalar<int32_t>(0));
  maker.Const("five", Tensor::Scalar<int32_t>(5));
  maker.Op("Mul", "by", {"loop/merge:1", "loop/five"}, kInt);
  maker.Op("Enter", "loop/five", {"five"}, FrameAttrs("frame", true));
  maker.Op("Enter", "loop/enter_one", {"one"}, FrameAttrs("frame", true));
  maker.Const("one", Tensor::Scalar<int32_t>(1));
  maker.Op("AddV2", "step", {"by", "loop/enter_one"}, kInt);
  CountTo(maker, "loop", "zero", "n", "frame", "step");
  // One step of 1, then steps of 6.
  EXPECT_EQ(RunInts(maker, {"loop/exit"}, {8}), "13");
}

// x doubled where p is, else x less one.
GraphMaker Choosing() {
  GraphMaker maker;
  maker.Input("p", PartialShape(Dims()), DType::kBool);
  maker.Input("x", PartialShape(Dims()), DType::kInt32);
  maker.Op("Identity", "pred", {"p"});
  maker.Op("Switch", "pivot", {"p", "p"});
  maker.Op("Identity", "if_false", {"pivot"});
  maker.Op("Switch", "switch", {"x", "pred"}, kInt);
  maker.Op("AddV2", "twice", {"switch:1", "switch:1"}, kInt);
  maker.Op("Const", "one", {"^if_false"},
           {{"dtype", AttrValue::Type(DType::kInt32)}, {"value", AttrValue::OfTensor(Tensor::Scalar<int32_t>(1))}});
  maker.Op("Sub", "less", {"switch", "one"}, kInt);
  maker.Op("Merge", "merge", {"less", "twice"}, kInt);
  return maker;
}

TEST(RaiseTest, ASwitchAndAMergeBecomeAnIf) {
  GraphMaker maker = Choosing();
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"merge"}));
  ASSERT_EQ(program.ops.size(), 1u);
  EXPECT_TRUE(IsIf(program.ops[0]));
  EXPECT_EQ(RunInts(maker, {"merge", "merge:1"}, {1, 21}), "42 1");
  EXPECT_EQ(RunInts(maker, {"merge", "merge:1"}, {0, 21}), "20 0");
}

TEST(RaiseTest, MergesOfOneConditionAreOneIf) {
  GraphMaker maker = Choosing();
  maker.Op("Merge", "constants", {"one", "twice"}, kInt);
  maker.Op("Merge", "back", {"switch:1", "switch"}, kInt);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"merge", "constants", "back", "back:1"}));
  EXPECT_EQ(CountOps(program)["If"], 1);
  EXPECT_EQ(RunInts(maker, {"merge", "constants", "back", "back:1"}, {1, 4}), "8 8 4 0");
  EXPECT_EQ(RunInts(maker, {"merge", "constants", "back", "back:1"}, {0, 4}), "3 1 4 1");
}

TEST(RaiseTest, AConditionalThatWaitsForAnotherIsItsOwn) {
  GraphMaker maker = Choosing();
  maker.Op("Neg", "negative", {"merge"}, kInt);
  maker.Op("Switch", "again", {"negative", "pred"}, kInt);
  maker.Op("Sub", "zero", {"again:1", "again:1"}, kInt);
  maker.Op("Merge", "second", {"zero", "again"}, kInt);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"second", "merge"}));
  EXPECT_EQ(CountOps(program)["If"], 2);
  EXPECT_EQ(RunInts(maker, {"second", "merge"}, {1, 4}), "0 8");
  EXPECT_EQ(RunInts(maker, {"second", "merge"}, {0, 4}), "-3 3");
}

// cond(total > 0, lambda: total + count, lambda: -total), where two loops gave them.
TEST(RaiseTest, AConditionalTakesWhatALoopGave) {
  GraphMaker maker = Counting();
  maker.Input("m", PartialShape(Dims()), DType::kInt32);
  CountTo(maker, "again", "loop/exit", "m", "again");
  maker.Op("Less", "pred", {"n", "again/exit"}, kInt);
  maker.Op("Switch", "count", {"loop/exit", "pred"}, kInt);
  maker.Op("Switch", "total", {"again/exit", "pred"}, kInt);
  maker.Op("AddV2", "sum", {"total:1", "count:1"}, kInt);
  maker.Op("Neg", "negative", {"total"}, kInt);
  maker.Op("Merge", "chosen", {"negative", "sum"}, kInt);
  EXPECT_EQ(RunInts(maker, {"chosen"}, {3, 5}), "8");
  EXPECT_EQ(RunInts(maker, {"chosen"}, {3, 2}), "-3");
}

TEST(RaiseTest, ADecidedConditionLeavesNoIf) {
  GraphMaker maker;
  maker.Input("x", PartialShape({2}));
  maker.Const("training", Tensor::Scalar<bool>(false));
  maker.Op("Identity", "pred", {"training"});
  maker.Op("Switch", "switch", {"x", "pred"}, kFloat);
  maker.Op("TrainsInAWayNobodyKnows", "training_side", {"switch:1"}, kFloat);
  maker.Op("Relu", "other_side", {"switch"}, kFloat);
  maker.Op("Merge", "merge", {"other_side", "training_side"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"merge", "merge:1"}));
  ASSERT_EQ(program.ops.size(), 1u);
  EXPECT_EQ(program.ops[0].name, "other_side");
  EXPECT_EQ(program.ConstantOf(program.outputs[1])->Head(1), "0");
}

TEST(RaiseTest, WhatCannotBeRaisedIsNamed) {
  const auto refused = [](const char* node, const char* why) {
    return StatusIs(absl::StatusCode::kUnimplemented, AllOf(HasSubstr(node), HasSubstr(why)));
  };
  GraphMaker maker = Choosing();
  maker.Op("Merge", "unrelated", {"x", "x"}, kInt);
  maker.Op("Switch", "other", {"x", "q"}, kInt);
  maker.Input("q", PartialShape(Dims()), DType::kBool);
  maker.Op("Merge", "two_conditions", {"other", "switch:1"}, kInt);
  maker.Op("Exit", "exit", {"x"}, kInt);
  EXPECT_THAT(maker.Lower({"unrelated"}), refused("'unrelated' (Merge)", "not the two sides of one condition"));
  EXPECT_THAT(maker.Lower({"two_conditions"}), refused("'two_conditions'", "not the two sides"));
  EXPECT_THAT(maker.Lower({"twice"}), refused("'switch'", "is there only where 'p' is true"));
  EXPECT_THAT(maker.Lower({"exit"}), refused("'exit' (Exit)", "in none"));

  GraphMaker loops = Counting();
  loops.Op("Enter", "loop/once", {"zero"}, FrameAttrs("frame", false));
  loops.Op("AddV2", "loop/late", {"loop/inside", "loop/once"}, kInt);
  CountTo(loops, "other", "zero", "n", "other_frame");
  loops.Op("AddV2", "both", {"loop/inside", "other/inside"}, kInt);
  loops.Op("Exit", "other_exit", {"loop/switch:1"}, kInt);
  EXPECT_THAT(loops.Lower({"both"}), refused("'both' (AddV2)", "two loops, 'frame' and 'other_frame'"));
  EXPECT_THAT(loops.Lower({"other_exit"}), refused("'other_exit' (Exit)", "where its condition is false"));
  EXPECT_THAT(loops.Lower({"loop/inside"}), refused("'loop/merge'", "outside of the loop"));
  GraphMaker once;
  once.Input("n", PartialShape(Dims()), DType::kInt32);
  once.Const("zero", Tensor::Scalar<int32_t>(0));
  once.Op("Enter", "once", {"zero"}, FrameAttrs("frame", false));
  CountTo(once, "loop", "zero", "n", "frame", "once");
  EXPECT_THAT(once.Lower({"loop/exit"}), refused("'once' (Enter)", "first iteration only"));
}

TEST(RaiseTest, ACycleThatIsNoLoopIsNamed) {
  GraphMaker maker = Counting();
  maker.Op("AddV2", "a", {"loop/exit", "b"}, kInt);
  maker.Op("Neg", "b", {"a"}, kInt);
  EXPECT_THAT(maker.Lower({"b"}), StatusIs(absl::StatusCode::kInvalidArgument,
                                           AllOf(HasSubstr("cycle"), HasSubstr("'a'"), HasSubstr("'b'"))));
}

TEST(RaiseTest, NestingIsBounded) {
  GraphMaker maker;
  maker.Input("p", PartialShape(Dims()), DType::kBool);
  std::string x = maker.Input("x", PartialShape(Dims()), DType::kInt32);
  maker.Const("one", Tensor::Scalar<int32_t>(1));
  for (int i = 0; i < 100; ++i) {
    x = maker.Op("Enter", absl::StrCat("enter", i), {x}, FrameAttrs(absl::StrCat("f", i), true));
  }
  maker.Op("Neg", "y", {x}, kInt);
  EXPECT_THAT(maker.Lower({"y"}), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("64 loops deep")));
}

}  // namespace
}  // namespace floe
