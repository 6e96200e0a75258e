// Lowering and passes are linear in the nodes: graphs of 100,000 take seconds, where squares would take hours.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/elementwise_program.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
constexpr int kNodes = 100000;
// On a quiet machine it is less than a second; a sanitizer on a busy one is allowed its part.
const absl::Duration kBound = absl::Seconds(60);

Program LowerAndRun(const GraphMaker& maker, const std::vector<std::string>& outputs) {
  const absl::Time start = absl::Now();
  absl::StatusOr<Graph> graph;
  {
    const absl::StatusOr<std::string> bytes = GraphMaker(maker).graph().Serialize();
    EXPECT_OK(bytes);
    auto owner = std::make_shared<std::string>(*bytes);
    const absl::string_view view = *owner;
    graph = Graph::Parse(view, std::move(owner));
    EXPECT_OK(graph);
  }
  EXPECT_OK(DefaultOutputs(*graph));
  absl::StatusOr<Program> program = maker.Lower(outputs);
  EXPECT_OK(program);
  EXPECT_OK(RunPasses(StandardPasses(), {}, *program));
  EXPECT_LT(absl::Now() - start, kBound);
  return *std::move(program);
}

TEST(ScaleTest, AChainOfConvolutions) {
  GraphMaker maker;
  std::string last = maker.Input("x", {PartialShape::kUnknownDim, 1, 1, 2});
  maker.Weights("w", Shape({1, 1, 2, 2}));
  maker.Weights("b", Shape({2}));
  for (int i = 0; i < kNodes / 4; ++i) {
    maker.Conv(absl::StrCat("conv", i), last, "w", "SAME");
    maker.Op("BiasAdd", absl::StrCat("bias", i), {absl::StrCat("conv", i), "b"}, kFloat);
    maker.Op("AddV2", absl::StrCat("sum", i), {absl::StrCat("bias", i), last}, kFloat);
    last = maker.Op("Relu", absl::StrCat("relu", i), {absl::StrCat("sum", i)}, kFloat);
  }
  EXPECT_EQ(LowerAndRun(maker, {last}).ops.size(), static_cast<size_t>(kNodes / 4));
}

TEST(ScaleTest, AChainOfElementwiseOps) {
  GraphMaker maker;
  std::string last = maker.Input("x", {PartialShape::kUnknownDim, 2});
  for (int i = 0; i < kNodes / 2; ++i) {
    const std::string gate = maker.Op("Tanh", absl::StrCat("tanh", i), {last}, kFloat);
    last = maker.Op("Sub", absl::StrCat("difference", i), {gate, last}, kFloat);
  }
  EXPECT_EQ(LowerAndRun(maker, {last}).ops.size(), static_cast<size_t>(kNodes / kMostElementwiseSteps));
}

TEST(ScaleTest, AChainOfConvolutionsWithChannelsFirst) {
  GraphMaker maker;
  const std::pair<std::string, AttrValue> first = {"data_format", AttrValue::String("NCHW")};
  std::string last = maker.Input("x", {PartialShape::kUnknownDim, 2, 3, 3});
  maker.Weights("w", Shape({1, 1, 2, 2}));
  maker.Weights("b", Shape({2, 1, 1}));
  for (int i = 0; i < kNodes / 4; ++i) {
    maker.Conv(absl::StrCat("conv", i), last, "w", "SAME", {first});
    maker.Op("AddV2", absl::StrCat("bias", i), {absl::StrCat("conv", i), "b"}, kFloat);
    maker.Op("AddV2", absl::StrCat("sum", i), {absl::StrCat("bias", i), last}, kFloat);
    last = maker.Op("Relu", absl::StrCat("relu", i), {absl::StrCat("sum", i)}, kFloat);
  }
  EXPECT_EQ(LowerAndRun(maker, {last}).ops.size(), static_cast<size_t>(kNodes / 4 + 2));
}

// One run of scales before a product with a constant filter, and one behind.
TEST(ScaleTest, AChainOfScales) {
  GraphMaker maker;
  std::string last = maker.Input("x", {PartialShape::kUnknownDim, 2});
  maker.Const("s", Tensor::Of<float>({0.9999f, 1.0001f}));
  maker.Weights("w", Shape({2, 2}));
  for (int i = 0; i < kNodes; ++i) {
    if (i == kNodes / 2) last = maker.Op("MatMul", "product", {last, "w"}, kFloat);
    last = maker.Op("Mul", absl::StrCat("mul", i), {last, "s"}, kFloat);
  }
  EXPECT_EQ(LowerAndRun(maker, {last}).ops.size(), 1u);
}

TEST(ScaleTest, ManyUsersOfOneValue) {
  GraphMaker maker;
  maker.Input("x", {PartialShape::kUnknownDim, 2});
  std::vector<std::string> outputs;
  maker.Op("Identity", "same", {"x"}, kFloat);
  for (int i = 0; i < kNodes; ++i) {
    const std::string relu = maker.Op("Relu", absl::StrCat("relu", i), {"same"}, kFloat);
    if (i % 1000 == 0) outputs.push_back(relu);
  }
  EXPECT_EQ(LowerAndRun(maker, outputs).ops.size(), 1u);
}

TEST(ScaleTest, ConstantsOfConstants) {
  GraphMaker maker;
  std::string last = maker.Weights("c", Shape({2}));
  for (int i = 0; i < kNodes; ++i) last = maker.Op("Neg", absl::StrCat("neg", i), {last}, kFloat);
  EXPECT_EQ(LowerAndRun(maker, {last}).ops.size(), 0u);
}

// Conditionals one after another, each waiting for the last, and all at once.
TEST(ScaleTest, AChainOfConditionals) {
  GraphMaker maker;
  std::string last = maker.Input("x", {2});
  std::vector<std::string> outputs;
  maker.Input("p", PartialShape(Dims()), DType::kBool);
  for (int i = 0; i < kNodes / 10; ++i) {
    const std::pair<std::string, std::string> both[] = {{absl::StrCat("chain", i), last},
                                                        {absl::StrCat("beside", i), "x"}};
    for (const auto& [name, from] : both) {
      maker.Op("Switch", name + "/switch", {from, "p"}, kFloat);
      maker.Op("Neg", name + "/neg", {name + "/switch:1"}, kFloat);
      maker.Op("Exp", name + "/exp", {name + "/switch"}, kFloat);
      maker.Op("Merge", name + "/merge", {name + "/exp", name + "/neg"}, kFloat);
    }
    last = maker.Op("Relu", absl::StrCat("relu", i), {absl::StrCat("chain", i, "/merge")}, kFloat);
    outputs.push_back(absl::StrCat("beside", i, "/merge"));
  }
  outputs.push_back(last);
  EXPECT_EQ(LowerAndRun(maker, outputs).ops.size(), static_cast<size_t>(kNodes / 5));
}

TEST(ScaleTest, ALoopWithALongBody) {
  GraphMaker maker;
  const GraphMaker::Attrs frame = {{"frame_name", AttrValue::String("loop")}};
  maker.Input("x", {2});
  maker.Const("limit", Tensor::Of<float>({100, 100}));
  maker.Op("Enter", "enter", {"x"}, frame);
  maker.Op("Merge", "merge", {"enter", "next"}, kFloat);
  maker.Op("Less", "less", {"merge", "limit"}, kFloat);
  maker.Const("all", Tensor::Of<int32_t>({0}));
  maker.Op("All", "goes_on", {"less", "all"});
  maker.Op("LoopCond", "loop_cond", {"goes_on"});
  maker.Op("Switch", "switch", {"merge", "loop_cond"}, kFloat);
  std::string last = "switch:1";
  for (int i = 0; i < kNodes; ++i) last = maker.Op("Neg", absl::StrCat("neg", i), {last}, kFloat);
  maker.Op("NextIteration", "next", {last}, kFloat);
  maker.Op("Exit", "exit", {"switch"}, kFloat);
  EXPECT_EQ(LowerAndRun(maker, {"exit"}).ops.size(), 1u);
}

TEST(ScaleTest, ManyUnknownOpsAreOneShortError) {
  GraphMaker maker;
  std::string last = maker.Input("x", {1});
  for (int i = 0; i < kNodes; ++i) last = maker.Op(absl::StrCat("Unheard", i), absl::StrCat("n", i), {last});
  const absl::Time start = absl::Now();
  const absl::StatusOr<Program> program = maker.Lower({last});
  EXPECT_LT(absl::Now() - start, kBound);
  EXPECT_THAT(program, StatusIs(absl::StatusCode::kUnimplemented, ::testing::HasSubstr("100000 ops")));
  EXPECT_LT(program.status().message().size(), 100000u);
}

}  // namespace
}  // namespace floe
