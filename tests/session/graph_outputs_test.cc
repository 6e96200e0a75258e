#include "session/graph_outputs.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "session/meta_graph.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> OutputsOf(const std::string& text) {
  const absl::StatusOr<Graph> graph = Graph::ParseText(text);
  if (!graph.ok()) return {graph.status().ToString()};
  const absl::StatusOr<std::vector<std::string>> outputs = FindGraphOutputs(*graph);
  return outputs.ok() ? *outputs : std::vector<std::string>{outputs.status().ToString()};
}

TEST(GraphOutputsTest, OfGraphsThatTensorFlowTrained) {
  FLOE_REQUIRE_SHARED("checkpoints");
  const struct {
    const char* path;
    std::vector<std::string> outputs;
  } cases[] = {
      {"two_variables/model1.ckpt.meta", {"add"}},        {"moving_average/model1.ckpt.meta", {"add"}},
      {"convnet_trained/model.ckpt-30.meta", {"prob"}},   {"partitioned_and_sharded/model.ckpt-100.meta", {"y"}},
      {"lstm_functional/model.ckpt.meta", {"y", "last"}}, {"lstm_tf1_loop/model.ckpt.meta", {"y", "last"}}};
  for (const auto& [path, outputs] : cases) {
    ASSERT_OK_AND_ASSIGN(const MetaGraph meta, MetaGraph::Load(SharedPath(std::string("checkpoints/") + path)));
    ASSERT_OK_AND_ASSIGN(const std::vector<std::string> found, FindGraphOutputs(meta.graph));
    EXPECT_EQ(found, outputs) << path;
  }
}

constexpr char kModel[] = R"(
  node { name: "x" op: "Placeholder" }
  node { name: "v" op: "VariableV2" }
  node { name: "v/read" op: "Identity" input: "v" }
  node { name: "v/init" op: "Const" }
  node { name: "v/Assign" op: "Assign" input: "v" input: "v/init" }
  node { name: "init" op: "NoOp" input: "^v/Assign" }
  node { name: "y" op: "Mul" input: "x" input: "v/read" }
)";

TEST(GraphOutputsTest, WhatTrainingAddsIsNoOutput) {
  EXPECT_THAT(OutputsOf(kModel), ElementsAre("y"));
  // A summary, a gradient and a loss of it do not make it less of an output.
  EXPECT_THAT(OutputsOf(std::string(kModel) + R"(
    node { name: "tag" op: "Const" }
    node { name: "summary" op: "HistogramSummary" input: "tag" input: "y" }
    node { name: "merged" op: "MergeSummary" input: "summary" }
    node { name: "label" op: "Placeholder" }
    node { name: "logits" op: "Sub" input: "x" input: "label" }
    node { name: "loss" op: "Square" input: "logits" }
    node { name: "gradients/loss_grad/mul" op: "Mul" input: "y" input: "logits" }
    node { name: "train" op: "ApplyGradientDescent" input: "v" input: "v/init" input: "gradients/loss_grad/mul" }
  )"),
              ElementsAre("y"));
  // Saving and restoring.
  EXPECT_THAT(OutputsOf(std::string(kModel) + R"(
    node { name: "save/filename/input" op: "Const" }
    node { name: "save/Const" op: "PlaceholderWithDefault" input: "save/filename/input" }
    node { name: "save/SaveV2" op: "SaveV2" input: "save/Const" input: "tag" input: "tag" input: "v" }
    node { name: "tag" op: "Const" }
    node { name: "save/control_dependency" op: "Identity" input: "save/Const" input: "^save/SaveV2" }
    node { name: "save/RestoreV2" op: "RestoreV2" input: "save/Const" input: "tag" input: "tag" }
    node { name: "save/Assign" op: "Assign" input: "v" input: "save/RestoreV2" }
  )"),
              ElementsAre("y"));
}

// What a conditional's branches compute for training is no output, nor is a conditional's own result that nobody took;
// before them comes the loss, which took all predictions.
TEST(GraphOutputsTest, WhatConditionalsLeaveOver) {
  const std::string with_loss = std::string(kModel) + R"(
    node { name: "loss" op: "Mean" input: "y" }
    node { name: "gradients/loss_grad/mul" op: "Mul" input: "y" input: "y" }
    node { name: "training" op: "PlaceholderWithDefault" input: "v/init" }
  )";
  EXPECT_THAT(OutputsOf(with_loss + R"(
    node { name: "switch" op: "Switch" input: "x" input: "training" }
    node { name: "variance" op: "Square" input: "switch:1" }
  )"),
              ElementsAre("loss"));
  EXPECT_THAT(OutputsOf(with_loss + R"(
    node { name: "cond" op: "If" input: "training" input: "x" }
    node { name: "cond/Identity_1" op: "Identity" input: "cond:1" }
  )"),
              ElementsAre("loss"));
}

TEST(GraphOutputsTest, OfVariablesAloneOrOfNothing) {
  EXPECT_THAT(OutputsOf(R"(
    node { name: "v" op: "VariableV2" }
    node { name: "v/read" op: "Identity" input: "v" }
    node { name: "w" op: "VarHandleOp" }
    node { name: "w/Read/ReadVariableOp" op: "ReadVariableOp" input: "w" }
  )"),
              ElementsAre("v/read", "w/Read/ReadVariableOp"));
  EXPECT_THAT(OutputsOf(R"(
    node { name: "v" op: "VarHandleOp" }
    node { name: "v/Read" op: "ReadVariableOp" input: "v" }
    node { name: "sum" op: "Sum" input: "v/Read" }
    node { name: "random" op: "RandomUniform" }
  )"),
              ElementsAre("sum"));
  ASSERT_OK_AND_ASSIGN(const Graph none, Graph::ParseText("node { name: 'c' op: 'Const' }"));
  EXPECT_THAT(FindGraphOutputs(none), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no outputs found")));
}

}  // namespace
}  // namespace floe
