#include "session/graph_builder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "session/saver.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// "name = Op(inputs)" a node.
std::vector<std::string> Nodes(const GraphBuilder& g) {
  std::vector<std::string> lines;
  const absl::StatusOr<GraphDef> graph = g.AsGraphDef();
  EXPECT_OK(graph);
  if (!graph.ok()) return lines;
  for (const Node& node : graph->nodes()) {
    lines.push_back(absl::StrCat(node.name, " = ", node.op, "(", absl::StrJoin(node.inputs, ", "), ")",
                                 node.device.empty() ? "" : " on ", node.device));
  }
  return lines;
}

// The graph that TensorFlow wrote for the same lines of Python.
TEST(GraphBuilderTest, ByteForByteAsTensorFlow) {
  FLOE_REQUIRE_SHARED("checkpoints/frozen");
  GraphBuilder g;
  const Output v3 = g.Variable("v3", g.Constant(Tensor::Of<float>({3.0F})));
  const Output v4 = g.Variable("v4", g.Constant(Tensor::Of<float>({4.0F})));
  g.AddV2(v3, v4);
  g.GlobalVariablesInitializer();
  const Saver saver(g);
  ASSERT_OK_AND_ASSIGN(const GraphDef built, g.AsGraphDef());
  ASSERT_OK_AND_ASSIGN(const GraphDef wanted, Graph::Load(SharedPath("checkpoints/frozen/graph.pb")));
  EXPECT_EQ(built.NodeNames(), wanted.NodeNames());
  ASSERT_OK_AND_ASSIGN(const std::string bytes, built.Serialize());
  ASSERT_OK_AND_ASSIGN(const std::string wanted_bytes, wanted.Serialize());
  EXPECT_EQ(bytes, wanted_bytes);
}

TEST(GraphBuilderTest, NamesAsTensorFlow) {
  GraphBuilder g;
  const Output v1 = g.Variable("v1", Tensor::Of<float>({1.0F}));
  const Output v2 = g.ResourceVariable("v2", Tensor::Of<float>({2.0F}));
  g.AddV2(v1, v2);
  g.AddV2(v2, v1);
  g.Mul(v1, 2.0F);
  {
    const auto scope = g.NameScope("layer");
    g.Relu(v1);
    g.Relu(v2, "activation");
  }
  {
    const auto scope = g.NameScope("layer");
    g.ReduceSum(v1, {{0}});
  }
  g.GlobalVariablesInitializer();
  EXPECT_THAT(
      Nodes(g),
      ElementsAre("v1/initial_value = Const()", "v1 = VariableV2()", "v1/Assign = Assign(v1, v1/initial_value)",
                  "v1/read = Identity(v1)", "v2/Initializer/initial_value = Const()", "v2 = VarHandleOp()",
                  "v2/IsInitialized/VarIsInitializedOp = VarIsInitializedOp(v2)",
                  "v2/Assign = AssignVariableOp(v2, v2/Initializer/initial_value)",
                  "v2/Read/ReadVariableOp = ReadVariableOp(v2)", "add/ReadVariableOp = ReadVariableOp(v2)",
                  "add = AddV2(v1/read, add/ReadVariableOp)", "ReadVariableOp = ReadVariableOp(v2)",
                  "add_1 = AddV2(ReadVariableOp, v1/read)", "mul/y = Const()", "mul = Mul(v1/read, mul/y)",
                  "layer/Relu = Relu(v1/read)", "layer/activation/ReadVariableOp = ReadVariableOp(v2)",
                  "layer/activation = Relu(layer/activation/ReadVariableOp)", "layer_1/Sum/reduction_indices = Const()",
                  "layer_1/Sum = Sum(v1/read, layer_1/Sum/reduction_indices)", "init = NoOp(^v1/Assign, ^v2/Assign)"));
}

TEST(GraphBuilderTest, PlacesNodesWhereTheScopeSays) {
  GraphBuilder g;
  Output on_second;
  {
    const auto device = g.Device("/cpu:1");
    on_second = g.Variable("v", Tensor::Scalar<float>(1));
  }
  const Output here = g.Variable("w", Tensor::Scalar<float>(1));
  g.AssignAdd(on_second, 1);
  g.GlobalVariablesInitializer();
  EXPECT_THAT(Nodes(g),
              ElementsAre("v/initial_value = Const() on /device:CPU:1", "v = VariableV2() on /device:CPU:1",
                          "v/Assign = Assign(v, v/initial_value) on /device:CPU:1",
                          "v/read = Identity(v) on /device:CPU:1", "w/initial_value = Const()", "w = VariableV2()",
                          "w/Assign = Assign(w, w/initial_value)", "w/read = Identity(w)", "AssignAdd/value = Const()",
                          "AssignAdd = AssignAdd(v, AssignAdd/value) on /device:CPU:1", "init/NoOp = NoOp(^w/Assign)",
                          "init/NoOp_1 = NoOp(^v/Assign) on /device:CPU:1", "init = NoOp(^init/NoOp, ^init/NoOp_1)"));
}

TEST(GraphBuilderTest, KeepsTheFirstError) {
  GraphBuilder g;
  const Output x = g.Constant(Tensor::Of<float>(Shape({2, 3}), {1, 2, 3, 4, 5, 6}), "x");
  g.MatMul(x, x);
  EXPECT_THAT(g.status(), StatusIs(kInvalid, HasSubstr("'MatMul'")));
  const absl::Status first = g.status();
  EXPECT_FALSE(g.Add(x, Output{"nothing", 0}).valid());
  EXPECT_EQ(g.status(), first);
  EXPECT_FALSE(g.AsGraphDef().ok());

  GraphBuilder unknown;
  unknown.Identity(Output{"nothing", 0});
  EXPECT_THAT(unknown.status(), StatusIs(kInvalid, AllOf(HasSubstr("'Identity'"), HasSubstr("nothing:0"))));
  GraphBuilder unnamed;
  unnamed.Constant(Tensor::Scalar<float>(1), "not a name");
  EXPECT_THAT(unnamed.status(), StatusIs(kInvalid, HasSubstr("'not a name'")));
  GraphBuilder placed;
  { const auto device = placed.Device("cellar"); }
  EXPECT_THAT(placed.status(), StatusIs(kInvalid, HasSubstr("'cellar'")));
}

}  // namespace
}  // namespace floe
