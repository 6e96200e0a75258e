// drop_identities, drop_dead_values and merge_duplicates.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

TEST(DropIdentitiesTest, GoAway) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Identity", "a", {"x"}, kFloat);
  maker.Op("StopGradient", "b", {"a"}, kFloat);
  maker.Op("Relu", "y", {"b"}, kFloat);
  maker.Op("Identity", "z", {"y"}, kFloat);
  maker.Op("Identity", "input_again", {"x"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"z", "y", "input_again"}));
  const Program after = ExpectChanged("drop_identities", program);
  EXPECT_EQ(after.ops.size(), 1u);
  EXPECT_EQ(after.outputs[0], after.outputs[1]);
  EXPECT_EQ(after.outputs[2], after.inputs[0]);
}

TEST(DropIdentitiesTest, OpsWhoseConstantsMakeThemOne) {
  const auto ints = [](std::initializer_list<int32_t> values) { return Tensor::Of<int32_t>(values); };
  const auto number = [](float value) { return Tensor::Scalar<float>(value); };
  const Tensor none(Tensor::Of<int32_t>(Shape({2, 2}), {0, 0, 0, 0})),
      some(Tensor::Of<int32_t>(Shape({2, 2}), {0, 0, 1, 0}));
  struct Case {
    const char* op;
    Tensor same, other;
  };
  const Case kCases[] = {
      {"Transpose", ints({0, -1}), ints({1, 0})},
      {"Pad", none, some},
      {"Tile", ints({1, 1}), ints({1, 2})},
      {"Mul", number(1), number(2)},
      {"RealDiv", number(1), number(0)},
      {"Sub", number(0), number(1)},
      {"Mul", Tensor::Of<float>(Shape({1, 1}), {1}), Tensor::Of<float>(Shape({1, 1, 1}), {1})},
      {"Mul", Tensor::Of<float>(Shape({1}), {1}), Tensor::Of<float>({1, 1, 1})},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.op);
    for (const bool same : {true, false}) {
      GraphMaker maker;
      maker.Input("x", {2, 3});
      maker.Op(one.op, "y", {"x", maker.Const("c", same ? one.same : one.other)}, kFloat);
      maker.Op("Exp", "z", {"y"}, kFloat);
      ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"z"}));
      if (!same) {
        ExpectUnchanged("drop_identities", program);
        continue;
      }
      EXPECT_EQ(ExpectChanged("drop_identities", program).ops.size(), 1u);
    }
  }
}

TEST(DropIdentitiesTest, IdentityNAndOthersByTheirInputs) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Input("z", {2});
  maker.Op("IdentityN", "n", {"x", "z"}, {{"T", AttrValue::Types({DType::kFloat, DType::kFloat})}});
  maker.Op("Cast", "c", {"n:1"}, {{"SrcT", AttrValue::Type(DType::kFloat)}, {"DstT", AttrValue::Type(DType::kFloat)}});
  maker.Op("AddN", "sum", {"c"}, {kFloat[0], {"N", AttrValue::Int(1)}});
  maker.Op("ConcatV2", "joined", {"sum", maker.Const("axis", Tensor::Scalar<int32_t>(0))},
           {kFloat[0], {"N", AttrValue::Int(1)}});
  maker.Op("Sub", "y", {"n", "joined"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  EXPECT_EQ(ExpectChanged("drop_identities", program).ops.size(), 1u);
  GraphMaker other;
  other.Input("x", {2});
  other.Op("Cast", "c", {"x"}, {{"SrcT", AttrValue::Type(DType::kFloat)}, {"DstT", AttrValue::Type(DType::kInt32)}});
  ASSERT_OK_AND_ASSIGN(const Program cast, other.Lower({"c"}));
  ExpectUnchanged("drop_identities", cast);
}

TEST(DropIdentitiesTest, OtherOpsStay) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Relu", "y", {"x"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectUnchanged("drop_identities", program);
}

TEST(DropDeadValuesTest, OpsAndConstantsThatNobodyUses) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Weights("w", Shape({2}));
  maker.Op("Mul", "unused", {"x", "w"}, kFloat);
  maker.Op("Relu", "y", {"x"}, kFloat);
  ASSERT_OK_AND_ASSIGN(Program program, maker.Lower({"y", "unused"}));
  ExpectUnchanged("drop_dead_values", program);
  program.outputs.pop_back();
  const Program after = ExpectChanged("drop_dead_values", program);
  EXPECT_EQ(after.ops.size(), 1u);
  for (const Value& value : after.values) EXPECT_FALSE(value.constant.has_value()) << value.name;
}

// Two ops of the same input that differ from call to call; nobody uses the second.
Program Stateful() {
  static constexpr OpInfo kNoise{"Noise",
                                 [](InferContext& context) {
                                   context.AddOutput(context.dtype(0), context.shape(0));
                                   return absl::OkStatus();
                                 },
                                 [](EvalContext& context) { return context.SetOutput(0, context.input(0)); },
                                 kStateful};
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Neg", "a", {"x"}, kFloat);
  maker.Op("Neg", "b", {"x"}, kFloat);
  absl::StatusOr<Program> program = maker.Lower({"a", "b"});
  EXPECT_OK(program);
  for (Op& op : program->ops) op.info = &kNoise;
  program->outputs.pop_back();
  return *std::move(program);
}

TEST(DropDeadValuesTest, StatefulOpsStay) { ExpectUnchanged("drop_dead_values", Stateful()); }
TEST(MergeDuplicatesTest, StatefulOpsStay) { ExpectUnchanged("merge_duplicates", Stateful()); }

// Two of the same seed are two streams that begin alike, and each goes on by itself.
TEST(MergeDuplicatesTest, NotRandomNumbersThatGoOn) {
  GraphMaker maker;
  maker.Input("shape", {1}, DType::kInt32);
  maker.Input("seed", {2}, DType::kInt32);
  const GraphMaker::Attrs attrs = {{"dtype", AttrValue::Type(DType::kFloat)}, {"seed", AttrValue::Int(1)}};
  for (const char* name : {"a", "b"}) maker.Op("RandomUniform", name, {"shape"}, attrs);
  ASSERT_OK_AND_ASSIGN(const Program going_on, maker.Lower({"a", "b"}));
  ExpectUnchanged("merge_duplicates", going_on);
  for (const char* name : {"c", "d"}) maker.Op("StatelessRandomUniform", name, {"shape", "seed"});
  ASSERT_OK_AND_ASSIGN(Program stateless, maker.Lower({"c", "d"}));
  ASSERT_OK_AND_ASSIGN(const bool changed, testing::RunPass("merge_duplicates", stateless));
  EXPECT_TRUE(changed);
  EXPECT_EQ(stateless.ops.size(), 1u);
}

TEST(MergeDuplicatesTest, TheSameOfTheSame) {
  GraphMaker maker;
  maker.Input("x", {2});
  maker.Op("Relu", "a", {"x"}, kFloat);
  maker.Op("Relu", "b", {"x"}, kFloat);
  maker.Op("Exp", "c", {"a"}, kFloat);
  maker.Op("Exp", "d", {"b"}, kFloat);
  maker.Op("Sub", "y", {"c", "d"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y", "c", "d"}));
  const Program after = ExpectChanged("merge_duplicates", program);
  EXPECT_EQ(after.ops.size(), 3u);
  EXPECT_EQ(after.outputs[1], after.outputs[2]);
}

TEST(MergeDuplicatesTest, NotWhatDiffersInOrderOrAttributes) {
  GraphMaker maker;
  maker.Input("x", {2, 2});
  maker.Input("z", {2, 2});
  maker.Op("Sub", "a", {"x", "z"}, kFloat);
  maker.Op("Sub", "b", {"z", "x"}, kFloat);
  maker.Op("LeakyRelu", "c", {"x"}, {kFloat[0], {"alpha", AttrValue::Float(0.1f)}});
  maker.Op("LeakyRelu", "d", {"x"}, {kFloat[0], {"alpha", AttrValue::Float(0.2f)}});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"a", "b", "c", "d"}));
  ExpectUnchanged("merge_duplicates", program);
}

}  // namespace
}  // namespace floe
