// What passes do to loops and branches, and that they do their work inside.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "program/pass.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;

const GraphMaker::Attrs kFrame = {{"frame_name", AttrValue::String("loop")}};
const GraphMaker::Attrs kConstant = {{"frame_name", AttrValue::String("loop")}, {"is_constant", AttrValue::Bool(true)}};

// Three iterations of a loop of float vectors: NAME for a variable's value inside, NAME_last for its last.
class LoopMaker : public GraphMaker {
 public:
  LoopMaker() {
    Input("x", {2});
    Const("zero", Tensor::Scalar<int32_t>(0));
    Const("three", Tensor::Scalar<int32_t>(3));
    Const("one", Tensor::Scalar<int32_t>(1));
    Const("half", Tensor::Of<float>({0.5f, 0.25f}));
    Op("Less", "less", {"i_merge", "three"});
    Op("LoopCond", "goes_on", {"less"});
    Variable("i", "zero", "more");
    Op("AddV2", "more", {"i", "one"});
  }
  void Variable(const std::string& name, const std::string& first, const std::string& next) {
    Op("Enter", name + "_enter", {first}, kFrame);
    Op("Merge", name + "_merge", {name + "_enter", name + "_next"});
    Op("Switch", name + "_switch", {name + "_merge", "goes_on"});
    Op("Identity", name, {name + "_switch:1"});
    Op("NextIteration", name + "_next", {next});
    Op("Exit", name + "_last", {name + "_switch"});
  }
  Program Make(const std::vector<std::string>& outputs) {
    absl::StatusOr<Program> program = Lower(outputs);
    EXPECT_OK(program);
    return *std::move(program);
  }
};

const floe::Op& LoopOf(const Program& program) {
  for (const floe::Op& op : program.ops) {
    if (IsWhile(op)) return op;
  }
  ADD_FAILURE() << "no loop in\n" << program.ToString();
  static const floe::Op none;
  return none;
}

TEST(RegionPassesTest, AVariableThatStaysTheSameIsNone) {
  LoopMaker maker;
  maker.Variable("h", "x", "sum");
  maker.Variable("w", "half", "w");
  maker.Op("AddV2", "sum", {"h", "w"});
  const Program lowered = ExpectChanged("drop_identities", maker.Make({"h_last", "w_last"}));
  EXPECT_EQ(LoopOf(lowered).outputs.size(), 3u);
  const Program simple = ExpectChanged("simplify_loops", lowered);
  EXPECT_EQ(LoopOf(simple).outputs.size(), 2u);
  EXPECT_EQ(LoopOf(simple).inputs.size(), 3u);
  ExpectUnchanged("simplify_loops", simple);
  // And since it is constant, the loop has it as its own.
  const Program folded = ExpectChanged("fold_constants", simple);
  EXPECT_EQ(LoopOf(folded).inputs.size(), 2u);
}

TEST(RegionPassesTest, AVariableThatGoesThroughAnIdentityStaysTheSame) {
  LoopMaker maker;
  maker.Variable("h", "x", "sum");
  maker.Variable("w", "half", "again");
  maker.Op("AddV2", "sum", {"h", "w"});
  maker.Op("Identity", "again", {"w"});
  const Program lowered = maker.Make({"h_last", "w_last"});
  const Program simple = ExpectChanged("simplify_loops", lowered);
  EXPECT_EQ(LoopOf(simple).outputs.size(), LoopOf(lowered).outputs.size() - 1);
}

TEST(RegionPassesTest, AVariableThatNobodyNeedsIsDropped) {
  LoopMaker maker;
  maker.Variable("h", "x", "sum");
  maker.Variable("unused", "x", "longer");
  maker.Variable("feeds_h", "x", "twice");
  maker.Op("AddV2", "sum", {"h", "feeds_h"});
  maker.Op("AddV2", "twice", {"feeds_h", "feeds_h"});
  maker.Op("Exp", "longer", {"unused"});
  const Program all = maker.Make({"h_last"});
  EXPECT_EQ(LoopOf(all).outputs.size(), 3u);  // `unused` was not even lowered
  // With its last value, and then without.
  LoopMaker both = maker;
  Program program = both.Make({"h_last", "unused_last"});
  EXPECT_EQ(LoopOf(program).outputs.size(), 4u);
  ExpectUnchanged("drop_dead_values", ExpectChanged("drop_identities", program));
  program.outputs.pop_back();
  const Program dropped = ExpectChanged("drop_dead_values", program);
  EXPECT_EQ(LoopOf(dropped).outputs.size(), 3u);
  EXPECT_EQ(CountOps(dropped)["Exp"], 0);
  // The whole loop, where nobody takes anything from it.
  program.outputs = {program.inputs[0]};
  EXPECT_EQ(ExpectChanged("drop_dead_values", program).ops.size(), 0u);
}

TEST(RegionPassesTest, FoldAndFuseInsideOfLoops) {
  LoopMaker maker;
  maker.Input("image", {1, 4, 4, 2});
  maker.Weights("filter", Shape({1, 1, 2, 2}));
  maker.Op("Enter", "filter_in", {"filter"}, kConstant);
  maker.Op("Neg", "minus", {"filter_in"});
  maker.Op("Conv2D", "conv", {"h", "minus"},
           {{"strides", AttrValue::Ints({1, 1, 1, 1})}, {"padding", AttrValue::String("SAME")}});
  maker.Op("Relu", "relu", {"conv"});
  maker.Variable("h", "image", "relu");
  Program program = maker.Make({"h_last"});
  const Program before = program;
  ASSERT_OK(RunPasses(StandardPasses(), {}, program));
  testing::ExpectSameResults(before, program);
  EXPECT_EQ(CountOps(program)["Neg"], 0);
  EXPECT_EQ(CountOps(program)["_FusedConv2D"], 1);
  EXPECT_EQ(CountOps(program)["Relu"], 0);
}

TEST(RegionPassesTest, ABranchGivesOnlyWhatIsTaken) {
  GraphMaker maker;
  maker.Input("p", PartialShape(Dims()), DType::kBool);
  maker.Input("x", {2});
  maker.Input("z", {2});
  maker.Op("Switch", "sx", {"x", "p"});
  maker.Op("Switch", "sz", {"z", "p"});
  maker.Op("Exp", "exp", {"sx:1"});
  maker.Op("Merge", "taken", {"sx", "exp"});
  maker.Op("Tanh", "tanh", {"sz"});
  maker.Op("Merge", "left", {"tanh", "sz:1"});
  absl::StatusOr<Program> program = maker.Lower({"taken", "left"});
  ASSERT_OK(program);
  EXPECT_EQ(program->ops[0].inputs.size(), 3u);
  program->outputs.pop_back();
  const absl::StatusOr<bool> changed = testing::RunPass("drop_dead_values", *program);
  EXPECT_TRUE(changed.value_or(false));
  EXPECT_EQ(program->ops[0].inputs.size(), 2u);
  EXPECT_EQ(program->ops[0].outputs.size(), 1u);
  EXPECT_EQ(CountOps(*program), (std::map<std::string, int>{{"If", 1}, {"Exp", 1}}));
}

}  // namespace
}  // namespace floe
