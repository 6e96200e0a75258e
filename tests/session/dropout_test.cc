#include "session/dropout.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Const(const std::string& name, float value) {
  return "node { name: '" + name + "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' " +
         "value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: " + std::to_string(value) + " } } } }";
}
std::string Default(const std::string& name, const std::string& value) {
  return "node { name: '" + name + "' op: 'PlaceholderWithDefault' input: '" + value +
         "' attr { key: 'dtype' value { type: DT_FLOAT } } }";
}

constexpr char kRandom[] = R"(
  node { name: "x" op: "Placeholder" } node { name: "other" op: "Placeholder" }
  node { name: "shape" op: "Shape" input: "x" }
  node { name: "uniform" op: "RandomUniform" input: "shape" }
)";

// As TensorFlow before 1.13 wrote it: random numbers brought into [0, 1), the keep probability added, and the floor.
std::string Old(float keep) {
  return kRandom + Const("default", keep) + Default("keep", "default") + Const("one", 1) + Const("zero", 0) + R"(
    node { name: "random/mul" op: "Mul" input: "uniform" input: "one" }
    node { name: "random" op: "Add" input: "random/mul" input: "zero" }
    node { name: "add" op: "Add" input: "keep" input: "random" }
    node { name: "floor" op: "Floor" input: "add" }
    node { name: "div" op: "RealDiv" input: "x" input: "keep" }
    node { name: "y" op: "Mul" input: "div" input: "floor" input: "^zero" })";
}

std::string New(const std::string& choice) {
  return kRandom + Const("default", 1) + Default("keep", "default") + Const("one", 1) + R"(
    node { name: "rate" op: "Sub" input: "one" input: "keep" }
    node { name: "mask" op: "GreaterEqual" input: "uniform" input: "rate" }
    node { name: "cast" op: "Cast" input: "mask" })" +
         choice;
}

struct Folded {
  Graph graph;
  std::vector<std::string> decided;
};
Folded Fold(const std::string& text) {
  Folded folded;
  absl::StatusOr<Graph> graph = Graph::ParseText(text);
  EXPECT_OK(graph);
  if (!graph.ok()) return folded;
  folded.graph = *std::move(graph);
  absl::StatusOr<std::vector<std::string>> decided = FoldIdleDropout(&folded.graph);
  EXPECT_OK(decided);
  if (decided.ok()) folded.decided = *std::move(decided);
  return folded;
}

TEST(DropoutTest, OldSpelling) {
  const Folded folded = Fold(Old(1));
  EXPECT_THAT(folded.decided, ElementsAre("keep"));
  const Node& y = folded.graph.node(folded.graph.Find("y"));
  EXPECT_EQ(y.op, "Identity");
  EXPECT_THAT(y.inputs, ElementsAre("div", "^zero"));
  // x / keep is left, so that nobody may say another keep any more.
  EXPECT_EQ(folded.graph.node(folded.graph.Find("keep")).op, "Identity");
}

TEST(DropoutTest, NewSpellings) {
  for (const char* choice : {"node { name: 'y' op: 'Mul' input: 'cast' input: 'x' }",
                             "node { name: 'y' op: 'SelectV2' input: 'mask' input: 'x' input: 'other' }"}) {
    const Folded folded = Fold(New(choice));
    EXPECT_THAT(folded.decided, ElementsAre("keep"));
    const Node& y = folded.graph.node(folded.graph.Find("y"));
    EXPECT_EQ(y.op, "Identity");
    EXPECT_THAT(y.inputs, ElementsAre("x"));
  }
}

TEST(DropoutTest, LeavesWhatDecidesSomething) {
  for (const std::string& text :
       {Old(0.5F), Old(0.999F),
        // The mask is not as large as what it is applied to.
        New("node { name: 'y' op: 'Mul' input: 'cast' input: 'other' }"),
        // Another bound, another distribution, other arithmetic.
        kRandom + Const("b", 0.1F) + "node { name: 'mask' op: 'GreaterEqual' input: 'uniform' input: 'b' }" +
            "node { name: 'y' op: 'SelectV2' input: 'mask' input: 'x' input: 'other' }",
        kRandom + Const("b", 0) + "node { name: 'normal' op: 'RandomStandardNormal' input: 'shape' }" +
            "node { name: 'mask' op: 'GreaterEqual' input: 'normal' input: 'b' }" +
            "node { name: 'y' op: 'SelectV2' input: 'mask' input: 'x' input: 'other' }",
        kRandom + Const("b", 1) + "node { name: 'y' op: 'Mul' input: 'uniform' input: 'b' }"}) {
    absl::StatusOr<Graph> before = Graph::ParseText(text);
    ASSERT_OK(before);
    const Folded folded = Fold(text);
    EXPECT_THAT(folded.decided, IsEmpty());
    for (int i = 0; i < before->num_nodes(); ++i) EXPECT_EQ(folded.graph.node(i).op, before->node(i).op);
  }
}

}  // namespace
}  // namespace floe
