// _FusedElementwise means what its steps mean one after the other; a graph may say anything in its attributes.
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/elementwise_program.h"
#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

AttrMap Attrs(const std::vector<std::string>& functions, const std::vector<int64_t>& operands,
              std::vector<float> parameters = {}) {
  parameters.resize(functions.size());
  AttrMap attrs;
  attrs.Set("functions", AttrValue::Strings(functions));
  attrs.Set("operands", AttrValue::Ints(operands));
  attrs.Set("parameters", AttrValue::Floats(parameters));
  return attrs;
}

absl::Status Infer(const AttrMap& attrs, const std::vector<TensorInfo>& inputs, TensorInfo* result = nullptr) {
  InferContext context("node", attrs, inputs);
  FLOE_RETURN_IF_ERROR(FindOp("_FusedElementwise")->infer(context));
  if (result != nullptr) *result = context.outputs()[0];
  return absl::OkStatus();
}

TensorInfo Floats(const PartialShape& shape) { return {DType::kFloat, shape}; }

absl::Status Refused(const AttrMap& attrs, int inputs) { return ParseElementwiseProgram(attrs, inputs).status(); }

auto IsRefused(const std::string& what) { return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what)); }

TEST(FusedElementwiseTest, IsWhatItsStepsGive) {
  const Tensor x =
      Tensor::Of<Half>(Shape({2, 3}), {Half(1.1f), Half(-2.3f), Half(0.7f), Half(3), Half(-1), Half(0.2f)});
  const Tensor w = Tensor::Of<Half>({Half(3.3f), Half(0.1f), Half(-7)});
  const std::vector<Tensor> inputs = {x, w};
  ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> fused,
      Evaluate(*FindOp("_FusedElementwise"), "node",
               Attrs({"Mul", "LeakyRelu", "Sigmoid", "Sub"}, {0, 1, 2, 3, 4, 3}, {0, 0.3f, 0, 0}), inputs));
  const auto run = [](const std::string& op, const std::vector<Tensor>& operands, const AttrMap& attrs = {}) {
    return (*Evaluate(*FindOp(op), "step", attrs, operands))[0];
  };
  AttrMap alpha;
  alpha.Set("alpha", AttrValue::Float(0.3f));
  const Tensor leaky = run("LeakyRelu", {run("Mul", inputs)}, alpha);
  const Tensor expected = run("Sub", {run("Sigmoid", {leaky}), leaky});
  EXPECT_EQ(fused[0].shape(), Shape({2, 3}));
  EXPECT_EQ(fused[0].bytes(), expected.bytes());
}

TEST(FusedElementwiseTest, TheShapeIsThatOfItsSteps) {
  constexpr int64_t kAny = PartialShape::kUnknownDim;
  TensorInfo result;
  const AttrMap attrs = Attrs({"Mul", "AddV2"}, {0, 1, 3, 2});
  ASSERT_OK(Infer(attrs, {Floats({kAny, 4}), Floats({4}), Floats({7, 1, 1})}, &result));
  EXPECT_EQ(result.shape, PartialShape({7, kAny, 4}));
  ASSERT_OK(Infer(attrs, {Floats(PartialShape::UnknownRank()), Floats({4}), Floats({4})}, &result));
  EXPECT_FALSE(result.shape.has_rank());
  EXPECT_THAT(Infer(attrs, {Floats({2, 3}), Floats({4}), Floats({4})}), IsRefused("step 0 (Mul)"));
  // The slopes do not make a result larger.
  EXPECT_THAT(Infer(Attrs({"Neg", "_Prelu"}, {0, 2, 1}), {Floats({3}), Floats({2, 3})}), IsRefused("step 1 (_Prelu)"));
}

TEST(FusedElementwiseTest, OneDTypeOutside) {
  const AttrMap sum = Attrs({"AddV2"}, {0, 1});
  EXPECT_THAT(Infer(sum, {Floats({3}), {DType::kHalf, Shape({3})}}), IsRefused("one dtype"));
  EXPECT_THAT(Infer(sum, {{DType::kInt32, Shape({3})}, {DType::kInt32, Shape({3})}}), IsRefused("int32"));
  EXPECT_THAT(Infer(Attrs({"Less"}, {0, 1}), {Floats({3}), Floats({3})}), IsRefused("the last step makes bool"));
  EXPECT_THAT(Infer(Attrs({"Less", "Neg"}, {0, 1, 2}), {Floats({3}), Floats({3})}), IsRefused("step 1 (Neg)"));
  EXPECT_THAT(Infer(Attrs({"SelectV2"}, {0, 1, 0}), {Floats({3}), Floats({3})}), IsRefused("step 0 (SelectV2)"));
  EXPECT_THAT(Infer(Attrs({"Neg"}, {}), {}), IsRefused("'operands'"));
}

TEST(ElementwiseProgramTest, WhatIsWrongIsSaid) {
  EXPECT_OK(Refused(Attrs({"Neg"}, {0}), 1));
  EXPECT_THAT(Refused(AttrMap(), 1), IsRefused("functions"));
  EXPECT_THAT(Refused(Attrs({}, {}), 0), IsRefused("wanted a step"));
  EXPECT_THAT(Refused(Attrs({"Sigmoidd"}, {0}), 1), IsRefused("did you mean 'Sigmoid'"));
  EXPECT_THAT(Refused(Attrs({"MatMul"}, {0, 0}), 1), IsRefused("nobody knows 'MatMul'"));
  EXPECT_THAT(Refused(Attrs({"Neg", "Neg"}, {0, 2}), 1), IsRefused("step 1 (Neg) reads operand 2"));
  EXPECT_THAT(Refused(Attrs({"Neg"}, {1}), 1), IsRefused("step 0 (Neg) reads operand 1"));
  EXPECT_THAT(Refused(Attrs({"Neg"}, {-1}), 1), IsRefused("step 0 (Neg) reads"));
  EXPECT_THAT(Refused(Attrs({"Neg"}, {int64_t{1} << 32}), 1), IsRefused("step 0 (Neg) reads"));
  EXPECT_THAT(Refused(Attrs({"Mul"}, {0}), 1), IsRefused("'operands': its steps want 2, got 1"));
  EXPECT_THAT(Refused(Attrs({"Neg"}, {0, 0}), 1), IsRefused("'operands': its steps want 1, got 2"));
  EXPECT_THAT(Refused(Attrs({"Neg"}, {0}), 2), IsRefused("no step reads input 1"));
  EXPECT_THAT(Refused(Attrs({"Neg", "Abs"}, {0, 0}), 1), IsRefused("no step reads the result of step 0"));
  AttrMap parameters = Attrs({"Neg"}, {0});
  parameters.Set("parameters", AttrValue::Floats({1, 2}));
  EXPECT_THAT(Refused(parameters, 1), IsRefused("'parameters'"));
}

TEST(ElementwiseProgramTest, EverythingIsBounded) {
  std::vector<std::string> functions = {"AddV2"};
  std::vector<int64_t> operands = {0, 1};
  for (int i = 2; i <= kMostElementwiseInputs; ++i) {
    functions.emplace_back("AddV2");
    operands.insert(operands.end(), {i, kMostElementwiseInputs + 1 + i - 2});
  }
  EXPECT_THAT(Refused(Attrs(functions, operands), kMostElementwiseInputs + 1), IsRefused("at most 8 inputs, got 9"));
  functions.clear();
  operands.clear();
  for (int i = 0; i <= kMostElementwiseSteps; ++i) {
    functions.emplace_back("Neg");
    operands.push_back(i);
  }
  EXPECT_THAT(Refused(Attrs(functions, operands), 1), IsRefused("at most 16 steps, got 17"));
  // Results that are all kept for later.
  functions.assign(kMostElementwisePlaces + 1, "Neg");
  operands.assign(functions.size(), 0);
  for (int i = 0; i < kMostElementwisePlaces; ++i) {
    functions.emplace_back("AddV2");
    operands.insert(operands.end(), {i == 0 ? 1 : kMostElementwisePlaces + 1 + i, i + 2});
  }
  EXPECT_THAT(Refused(Attrs(functions, operands), 1), IsRefused("step 4 (Neg): more than 4 results"));
}

TEST(ElementwiseProgramTest, PlacesAreUsedAgain) {
  ASSERT_OK_AND_ASSIGN(const ElementwiseProgram program,
                       ParseElementwiseProgram(Attrs({"Neg", "Exp", "Mul", "Abs"}, {0, 1, 1, 2, 3}), 1));
  // The negative is read again with its exponential; their product takes one of their places.
  EXPECT_NE(program.steps[0].place, program.steps[1].place);
  EXPECT_EQ(program.steps[2].place, 0);
  EXPECT_EQ(program.steps[3].place, 0);
  AttrMap attrs;
  SetElementwiseProgram(program, &attrs);
  EXPECT_EQ(attrs, Attrs({"Neg", "Exp", "Mul", "Abs"}, {0, 1, 1, 2, 3}));
}

TEST(ElementwiseProgramTest, EveryFunctionIsAnElementwiseOp) {
  for (const ElementwiseFunction& function : ElementwiseFunctions()) {
    EXPECT_EQ(FindElementwiseFunction(function.op), &function) << "the table is sorted";
    ASSERT_NE(FindOp(function.op), nullptr) << function.op;
    EXPECT_TRUE(FindOp(function.op)->is_elementwise()) << function.op;
  }
  EXPECT_EQ(FindElementwiseFunction("A"), nullptr);
  EXPECT_EQ(FindElementwiseFunction("_Zzz"), nullptr);
}

}  // namespace
}  // namespace floe
