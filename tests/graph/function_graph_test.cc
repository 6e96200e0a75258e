#include "graph/function_graph.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
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
    node_def { name: "s" op: "Split" input: "more:0" input: "a" attr { key: "num_split" value { i: 2 } } }
    node_def { name: "sum" op: "AddN" input: "more" attr { key: "N" value { placeholder: "N" } } }
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

absl::StatusOr<FunctionGraph> Make(const char* name, const AttrMap& attrs) {
  const absl::StatusOr<Graph> graph = Graph::ParseText(kLibrary);
  if (!graph.ok()) return graph.status();
  const absl::StatusOr<FunctionDefinitions> library = FunctionDefinitions::Parse(graph->shared_library());
  if (!library.ok()) return library.status();
  const absl::StatusOr<const FunctionDefinition*> function = library->FindOrError(name);
  if (!function.ok()) return function.status();
  return MakeFunctionGraph(**function, attrs);
}

TEST(FunctionGraphTest, BecomesAFlatGraph) {
  ASSERT_OK_AND_ASSIGN(const FunctionGraph function, Make("two_of", Attrs()));
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
  EXPECT_THAT(graph.node(graph.Find("s")).inputs, ElementsAre("more", "a"));
  EXPECT_THAT(graph.node(graph.Find("sum")).inputs, ElementsAre("more", function.inputs[2]));
  EXPECT_THAT(graph.node(graph.Find("i")).inputs, ElementsAre("topk:1"));
  EXPECT_THAT(graph.node(graph.Find("n")).inputs, ElementsAre("s:1", "^i"));
}

TEST(FunctionGraphTest, SaysWhatIsWrong) {
  EXPECT_THAT(Make("two_of", AttrMap()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'T' is missing")));
  EXPECT_THAT(Make("wrong", AttrMap()), StatusIs(absl::StatusCode::kInvalidArgument,
                                                 AllOf(HasSubstr("'y'"), HasSubstr("'value'"), HasSubstr("'values'"))));
}

}  // namespace
}  // namespace floe
