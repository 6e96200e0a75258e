#include "graph/function.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "graph/op_results.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kLibrary[] = R"(
node { name: "x" op: "Placeholder" }
library {
  function {
    signature {
      name: "two_of" input_arg { name: "a" type_attr: "T" } input_arg { name: "more" type: DT_INT32 number_attr: "N" }
      output_arg { name: "top" type_attr: "T" } output_arg { name: "last" type: DT_INT32 }
      attr { name: "T" type: "type" } attr { name: "N" type: "int" }
    }
    node_def { name: "topk" op: "TopKV2" input: "a" input: "more:1" attr { key: "T" value { placeholder: "T" } } }
    node_def { name: "i" op: "Identity" input: "topk:indices:0" attr { key: "T" value { type: DT_INT32 } } }
    node_def { name: "s" op: "Split" input: "more" input: "a" attr { key: "num_split" value { i: 2 } } }
    node_def { name: "n" op: "Neg" input: "s:output:1" input: "^i" attr { key: "T" value { placeholder: "T" } } }
    ret { key: "top" value: "n:y:0" }
    ret { key: "last" value: "i:output:0" }
  }
  function {
    signature { name: "wrong" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "b" type: DT_FLOAT } }
    node_def { name: "topk" op: "TopKV2" input: "a" input: "a" }
    node_def { name: "y" op: "Neg" input: "topk:value:0" }
    ret { key: "b" value: "y:y:0" }
  }
})";

AttrMap Attrs() {
  AttrMap attrs;
  attrs.Set("T", AttrValue::Type(DType::kHalf));
  attrs.Set("N", AttrValue::Int(2));
  return attrs;
}

absl::StatusOr<GraphFunctions> Functions() {
  const absl::StatusOr<Graph> graph = Graph::ParseText(kLibrary);
  if (!graph.ok()) return graph.status();
  const auto bytes = std::make_shared<const std::string>(graph->library());
  return GraphFunctions::Parse(*bytes, bytes);
}

TEST(FunctionTest, BecomesAFlatGraph) {
  ASSERT_OK_AND_ASSIGN(const GraphFunctions functions, Functions());
  EXPECT_TRUE(functions.Has("two_of"));
  ASSERT_OK_AND_ASSIGN(const FunctionGraph function, functions.Instantiate("two_of", Attrs()));
  ASSERT_EQ(function.inputs.size(), 3u);
  EXPECT_EQ(function.inputs[0], "a");
  EXPECT_EQ(function.inputs[1], "more");
  EXPECT_THAT(function.outputs, ElementsAre("n", "i"));
  const Graph& graph = function.graph;
  EXPECT_EQ(*graph.node(graph.Find("a")).attrs.Type("T"), DType::kHalf);
  EXPECT_EQ(*graph.node(graph.Find("more")).attrs.Type("T"), DType::kInt32);
  const Node& topk = graph.node(graph.Find("topk"));
  EXPECT_EQ(*topk.attrs.Type("T"), DType::kHalf);
  EXPECT_THAT(topk.inputs, ElementsAre("a", function.inputs[2]));
  EXPECT_THAT(graph.node(graph.Find("i")).inputs, ElementsAre("topk:1"));
  EXPECT_THAT(graph.node(graph.Find("n")).inputs, ElementsAre("s:1", "^i"));
}

TEST(FunctionTest, SaysWhatIsWrong) {
  ASSERT_OK_AND_ASSIGN(const GraphFunctions functions, Functions());
  EXPECT_THAT(functions.Instantiate("two_off", Attrs()),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("'two_off'"), HasSubstr("did you mean 'two_of'"))));
  EXPECT_THAT(functions.Instantiate("two_of", AttrMap()),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'two_of'"), HasSubstr("'T' is missing"))));
  EXPECT_THAT(functions.Instantiate("wrong", AttrMap()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'wrong'"), HasSubstr("'y'"), HasSubstr("'value'"), HasSubstr("'values'"))));
  EXPECT_THAT(GraphFunctions::Parse("\x0a\x05", nullptr), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("library")));
}

TEST(FunctionTest, CountsResultsOfOpsWithSeveral) {
  AttrMap attrs;
  attrs.Set("Nsparse", AttrValue::Int(2));
  attrs.Set("sparse_types", AttrValue::Types({DType::kFloat, DType::kInt64}));
  attrs.Set("Tdense", AttrValue::Types({DType::kFloat}));
  EXPECT_EQ(*ResultNumber("ParseExample", "dense_values", 0, attrs), 6);
  EXPECT_EQ(*ResultNumber("ParseExample", "sparse_shapes", 1, attrs), 5);
  EXPECT_EQ(*ResultNumber("FusedBatchNormV3", "batch_variance", 0, AttrMap()), 2);
  EXPECT_EQ(*ResultNumber("AnOpWithOneArgument", "outputs", 3, AttrMap()), 3);
}

}  // namespace
}  // namespace floe
