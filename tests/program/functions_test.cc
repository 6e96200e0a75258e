// Functions made part of their callers, and the functional If, Case and While.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "program/lower.h"
#include "program/pass.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::RunProgram;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

// x and a choice c are fed; `nodes` compute y; functions take a float and give one.
std::string GraphOf(const std::string& nodes, const std::string& functions) {
  return absl::StrCat(
      "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
      "attr { key: 'shape' value { shape { dim { size: 2 } } } } }\n"
      "node { name: 'c' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } } "
      "attr { key: 'shape' value { shape { } } } }\n",
      nodes, "library {\n", functions, "}\n");
}
std::string Function(const std::string& name, const std::string& body, const std::string& result) {
  return absl::StrCat("function { signature { name: '", name,
                      "' input_arg { name: 'a' type: DT_FLOAT } output_arg { name: 'b' type: DT_FLOAT } }\n", body,
                      "ret { key: 'b' value: '", result, "' } }\n");
}
std::string Unary(const std::string& name, const std::string& op) {
  return Function(name, absl::StrCat("node_def { name: 'n' op: '", op, "' input: 'a' }\n"), "n:y:0");
}
std::string Call(const std::string& op, const std::string& name, const std::string& input, const std::string& function,
                 const char* node = "node") {
  return absl::StrCat(node, " { name: '", name, "' op: '", op, "' input: '", input,
                      "' attr { key: 'Tout' value { list { type: DT_FLOAT } } } attr { key: 'f' value { func { name: '",
                      function, "' } } } }\n");
}

absl::StatusOr<Program> LowerText(const std::string& text, const std::vector<std::string>& outputs = {"y"}) {
  const absl::StatusOr<Graph> graph = Graph::ParseText(text);
  if (!graph.ok()) return graph.status();
  const absl::StatusOr<std::vector<std::string>> inputs = PlaceholdersNeededBy(*graph, outputs);
  if (!inputs.ok()) return inputs.status();
  return Lower(*graph, {*inputs, outputs});
}

std::string Answer(const absl::StatusOr<Program>& program, int32_t choice = 0) {
  if (!program.ok()) return program.status().ToString();
  EXPECT_OK(program->Verify());
  std::vector<Tensor> inputs;
  for (const ValueId id : program->inputs) {
    inputs.push_back(program->values[id].dtype == DType::kInt32 ? Tensor::Scalar<int32_t>(choice)
                                                                : Tensor::Of<float>({1, -4}));
  }
  const absl::StatusOr<std::vector<Tensor>> results = RunProgram(*program, inputs);
  return results.ok() ? (*results)[0].Head(4) : results.status().ToString();
}

TEST(FunctionsTest, CallsBecomeTheirBodies) {
  const std::string functions =
      Unary("negate", "Neg") + Function("twice",
                                        Call("PartitionedCall", "inner", "a", "negate", "node_def") +
                                            "node_def { name: 'again' op: 'negate' input: 'inner:output:0' }\n",
                                        "again:b:0");
  for (const char* const op : {"PartitionedCall", "StatefulPartitionedCall", "BatchFunction"}) {
    const auto program =
        LowerText(GraphOf(Call(op, "first", "x", "twice") + Call(op, "y", "first", "negate"), functions));
    EXPECT_EQ(Answer(program), "-1 4");
    ASSERT_OK(program);
    ASSERT_EQ(program->ops.size(), 3u);
    EXPECT_EQ(program->ops[0].name, "first/inner/n");
    EXPECT_EQ(program->ops[2].name, "y/n");
  }
}

TEST(FunctionsTest, OneThatCallsItselfIsRefusedByName) {
  const std::string loop = Function("loop", Call("PartitionedCall", "n", "a", "pool", "node_def"), "n:output:0") +
                           Function("pool", Call("PartitionedCall", "n", "a", "loop", "node_def"), "n:output:0");
  EXPECT_THAT(LowerText(GraphOf(Call("PartitionedCall", "y", "x", "loop"), loop)),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("'loop' calls itself"), HasSubstr("'pool'"), HasSubstr("node 'y'"))));
}

TEST(FunctionsTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(LowerText(GraphOf(Call("PartitionedCall", "y", "x", "negat"), Unary("negate", "Neg"))),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'y'"), HasSubstr("'negat'"), HasSubstr("did you mean 'negate'"))));
  EXPECT_THAT(LowerText(GraphOf(Call("PartitionedCall", "y", "x", "odd") + Call("PartitionedCall", "z", "x", "odder"),
                                Unary("odd", "Oddity") + Unary("odder", "Peculiarity")),
                        {"y", "z"}),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("2 ops"), HasSubstr("Oddity ('n')"), HasSubstr("Peculiarity ('n')"))));
  std::string two = Call("PartitionedCall", "y", "x", "negate");
  two.replace(two.find("input: 'x'"), 10, "input: 'x' input: 'x'");
  EXPECT_THAT(LowerText(GraphOf(two, Unary("negate", "Neg"))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted 1 inputs, got 2")));
  EXPECT_THAT(LowerText(GraphOf(Call("PartitionedCall", "y", "c", "negate"), Unary("negate", "Neg"))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'a': wanted float32, got int32")));
}

// Each function calls the one before it twice: 2^40 ops.
TEST(FunctionsTest, CallsOfCallsAreBounded) {
  std::string functions = Unary("f0", "Neg");
  for (int i = 1; i <= 40; ++i) {
    const std::string inner = absl::StrCat("f", i - 1);
    functions += Function(absl::StrCat("f", i),
                          Call("PartitionedCall", "p", "a", inner, "node_def") +
                              Call("PartitionedCall", "q", "p:output:0", inner, "node_def"),
                          "q:output:0");
  }
  const absl::Time start = absl::Now();
  EXPECT_THAT(LowerText(GraphOf(Call("PartitionedCall", "y", "x", "f40"), functions)),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("functions made part of their callers")));
  EXPECT_LT(absl::Now() - start, absl::Seconds(60));
}

std::string If(const std::string& condition) {
  return absl::StrCat("node { name: 'y' op: 'StatelessIf' input: '", condition,
                      "' input: 'x' attr { key: 'Tout' value { list { type: DT_FLOAT } } } "
                      "attr { key: 'then_branch' value { func { name: 'negate' } } } "
                      "attr { key: 'else_branch' value { func { name: 'square' } } } }\n");
}
const char kTwo[] =
    "node { name: 'two' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { "
    "tensor { dtype: DT_INT32 tensor_shape { } int_val: 2 } } } }\n"
    "node { name: 'one_less' op: 'Neg' input: 'two' }\n";
const std::string kBranches = Unary("negate", "Neg") + Unary("square", "Square");

TEST(FunctionsTest, IfTakesANumberForTrueUnlessItIsZero) {
  const auto program = LowerText(GraphOf(If("c"), kBranches));
  EXPECT_EQ(Answer(program, 0), "1 16");
  EXPECT_EQ(Answer(program, 7), "-1 4");
  ASSERT_OK(program);
  EXPECT_TRUE(IsIf(program->ops.at(0)));
}

TEST(FunctionsTest, AKnownConditionLeavesTheBranch) {
  auto program = LowerText(GraphOf(kTwo + If("two"), kBranches));
  ASSERT_OK(program);
  EXPECT_EQ(CountOps(*program), (std::map<std::string, int>{{"Neg", 1}}));
  // Known only once constants are folded.
  program = LowerText(GraphOf(kTwo + If("one_less"), kBranches));
  ASSERT_OK(program);
  EXPECT_EQ(CountOps(*program)["If"], 1);
  const Program folded = testing::ExpectChanged("fold_constants", *program);
  EXPECT_EQ(CountOps(folded), (std::map<std::string, int>{{"Neg", 1}}));
}

TEST(FunctionsTest, CaseTakesTheLastBranchForAnIndexWithoutOne) {
  const std::string choose =
      "node { name: 'y' op: 'Case' input: 'c' input: 'x' attr { key: 'Tout' value { list { type: DT_FLOAT } } } "
      "attr { key: 'branches' value { list { func { name: 'negate' } func { name: 'square' } func { name: 'abs' } } } "
      "} }\n";
  const auto program = LowerText(GraphOf(choose, kBranches + Unary("abs", "Abs")));
  for (const auto& [index, wanted] :
       std::vector<std::pair<int32_t, std::string>>{{0, "-1 4"}, {1, "1 16"}, {2, "1 4"}, {3, "1 4"}, {-1, "1 4"}}) {
    EXPECT_EQ(Answer(program, index), wanted);
  }
}

}  // namespace
}  // namespace floe
