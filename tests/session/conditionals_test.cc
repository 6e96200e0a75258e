#include "session/conditionals.h"

#include <string>

#include "gtest/gtest.h"
#include "session/subgraph.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// x and a conditional on `predicate`: doubled where it is true, squared where it is false.
std::string Conditional(const std::string& predicate) {
  return predicate + R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "cond/Switch" op: "Switch" input: "p" input: "p" attr { key: "T" value { type: DT_BOOL } } }
    node { name: "cond/switch_t" op: "Identity" input: "cond/Switch:1" attr { key: "T" value { type: DT_BOOL } } }
    node { name: "cond/pred_id" op: "Identity" input: "p" attr { key: "T" value { type: DT_BOOL } } }
    node { name: "cond/two" op: "Const" input: "^cond/switch_t" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 2 } } } }
    node { name: "cond/in_t" op: "Switch" input: "x" input: "cond/pred_id" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "cond/double" op: "Mul" input: "cond/in_t:1" input: "cond/two" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "cond/in_f" op: "Switch" input: "x" input: "cond/pred_id" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "cond/square" op: "Square" input: "cond/in_f" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "cond/Merge" op: "Merge" input: "cond/square" input: "cond/double"
           attr { key: "N" value { i: 2 } } attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "y" op: "Identity" input: "cond/Merge" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "which" op: "Identity" input: "cond/Merge:1" attr { key: "T" value { type: DT_INT32 } } }
  )";
}

std::string ConstBool(const std::string& name, bool value) {
  return "node { name: '" + name +
         "' op: 'Const' attr { key: 'dtype' value { type: DT_BOOL } } attr { key: 'value' value { "
         "tensor { dtype: DT_BOOL tensor_shape {} bool_val: " +
         (value ? "true" : "false") + " } } } }";
}

struct Folded {
  Graph graph;
  std::vector<std::string> decided;
};

absl::StatusOr<Folded> Fold(const std::string& text, const std::vector<std::string>& outputs) {
  Folded folded;
  absl::StatusOr<Graph> graph = Graph::ParseText(text);
  if (!graph.ok()) return graph.status();
  absl::StatusOr<std::vector<std::string>> decided = FoldKnownConditionals(&*graph);
  if (!decided.ok()) return decided.status();
  folded.decided = *std::move(decided);
  absl::StatusOr<Graph> rest = ExtractSubgraph(*graph, outputs);
  if (!rest.ok()) return rest.status();
  folded.graph = *std::move(rest);
  return folded;
}

TEST(ConditionalsTest, TakesTheFalseSideOfADefault) {
  ASSERT_OK_AND_ASSIGN(const Folded folded,
                       Fold(Conditional(ConstBool("p/input", false) +
                                        "node { name: 'p' op: 'PlaceholderWithDefault' input: 'p/input' }"),
                            {"y", "which"}));
  EXPECT_THAT(folded.decided, ElementsAre("p"));
  EXPECT_THAT(folded.graph.NodeNames(),
              ElementsAre("x", "cond/in_f", "cond/square", "cond/Merge", "y", "which", "cond/Merge/value_index"));
  const Node& merge = folded.graph.node(folded.graph.Find("cond/Merge"));
  EXPECT_EQ(merge.op, "Identity");
  EXPECT_THAT(merge.inputs, ElementsAre("cond/square"));
  EXPECT_FALSE(merge.attrs.Has("N"));
  EXPECT_EQ(folded.graph.node(folded.graph.Find("cond/in_f")).op, "Identity");
  EXPECT_THAT(folded.graph.node(folded.graph.Find("cond/in_f")).inputs, ElementsAre("x"));
  EXPECT_THAT(folded.graph.node(folded.graph.Find("which")).inputs, ElementsAre("cond/Merge/value_index"));
  ASSERT_OK_AND_ASSIGN(const Tensor index,
                       folded.graph.node(folded.graph.Find("cond/Merge/value_index")).attrs.OfTensor("value"));
  EXPECT_EQ(index.scalar<int32_t>(), 0);
}

TEST(ConditionalsTest, TakesTheTrueSideOfAConstant) {
  ASSERT_OK_AND_ASSIGN(
      const Folded folded,
      Fold(Conditional(ConstBool("c", false) + "node { name: 'p' op: 'LogicalNot' input: 'c' }"), {"y"}));
  EXPECT_THAT(folded.decided, IsEmpty());
  EXPECT_THAT(folded.graph.NodeNames(), ElementsAre("x", "cond/two", "cond/in_t", "cond/double", "cond/Merge", "y"));
  EXPECT_THAT(folded.graph.node(folded.graph.Find("cond/two")).inputs, IsEmpty());
  EXPECT_THAT(folded.graph.node(folded.graph.Find("cond/double")).inputs, ElementsAre("cond/in_t", "cond/two"));
}

TEST(ConditionalsTest, LogicOfKnownAndUnknown) {
  const std::string unknown = "node { name: 'u' op: 'Placeholder' }";
  ASSERT_OK_AND_ASSIGN(
      const Folded known,
      Fold(Conditional(ConstBool("c", false) + unknown + "node { name: 'p' op: 'LogicalAnd' input: 'u' input: 'c' }"),
           {"y"}));
  EXPECT_EQ(known.graph.Find("cond/double"), -1);
  ASSERT_OK_AND_ASSIGN(const Folded open, Fold(Conditional(ConstBool("c", false) + unknown +
                                                           "node { name: 'p' op: 'LogicalOr' input: 'u' input: 'c' }"),
                                               {"y"}));
  EXPECT_NE(open.graph.Find("cond/double"), -1);
}

// A placeholder must be fed: nothing is known, and nothing changes.
TEST(ConditionalsTest, LeavesOpenOnesAlone) {
  const std::string text = Conditional("node { name: 'p' op: 'Placeholder' }");
  ASSERT_OK_AND_ASSIGN(const Graph before, Graph::ParseText(text));
  ASSERT_OK_AND_ASSIGN(Graph after, Graph::ParseText(text));
  ASSERT_OK_AND_ASSIGN(const auto decided, FoldKnownConditionals(&after));
  EXPECT_THAT(decided, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const std::string before_bytes, before.Serialize());
  ASSERT_OK_AND_ASSIGN(const std::string after_bytes, after.Serialize());
  EXPECT_EQ(before_bytes, after_bytes);
}

TEST(ConditionalsTest, IfBecomesACall) {
  ASSERT_OK_AND_ASSIGN(const Folded folded, Fold(ConstBool("p", false) + R"(
             node { name: "x" op: "Placeholder" }
             node { name: "y" op: "If" input: "p" input: "x" input: "^x"
                    attr { key: "then_branch" value { func { name: "train" } } }
                    attr { key: "else_branch" value { func { name: "infer" } } }
                    attr { key: "Tcond" value { type: DT_BOOL } }
                    attr { key: "Tin" value { list { type: DT_FLOAT } } }
                    attr { key: "Tout" value { list { type: DT_FLOAT } } } })",
                                                 {"y"}));
  EXPECT_THAT(folded.graph.NodeNames(), ElementsAre("x", "y"));
  const Node& call = folded.graph.node(1);
  EXPECT_EQ(call.op, "StatefulPartitionedCall");
  EXPECT_THAT(call.inputs, ElementsAre("x", "^x"));
  ASSERT_NE(call.attrs.Find("f"), nullptr);
  ASSERT_OK_AND_ASSIGN(const std::string function, call.attrs.Find("f")->AsFunctionName());
  EXPECT_EQ(function, "infer");
  EXPECT_FALSE(call.attrs.Has("then_branch"));
}

// A loop in the branch that is not taken: its Merge waits for itself for ever.
TEST(ConditionalsTest, LoopsInDeadBranches) {
  ASSERT_OK_AND_ASSIGN(const Folded folded, Fold(ConstBool("p", true) + R"(
             node { name: "x" op: "Placeholder" }
             node { name: "s" op: "Switch" input: "x" input: "p" }
             node { name: "enter" op: "Enter" input: "s" }
             node { name: "merge" op: "Merge" input: "enter" input: "next" attr { key: "N" value { i: 2 } } }
             node { name: "less" op: "Less" input: "merge" input: "merge" }
             node { name: "loop" op: "LoopCond" input: "less" }
             node { name: "switch" op: "Switch" input: "merge" input: "loop" }
             node { name: "next" op: "NextIteration" input: "switch:1" }
             node { name: "exit" op: "Exit" input: "switch" }
             node { name: "neg" op: "Neg" input: "s:1" }
             node { name: "y" op: "Merge" input: "exit" input: "neg" attr { key: "N" value { i: 2 } } })",
                                                 {"y"}));
  EXPECT_THAT(folded.graph.NodeNames(), ElementsAre("x", "s", "neg", "y"));
}

}  // namespace
}  // namespace floe
