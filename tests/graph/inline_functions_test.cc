#include "graph/inline_functions.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

absl::StatusOr<Graph> Inline(const std::string& text, const std::vector<std::string>& keep = {}) {
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::ParseText(text));
  return InlineFunctions(graph, keep);
}

std::vector<std::string> InputsOf(const Graph& graph, const std::string& name) {
  const int index = graph.Find(name);
  return index < 0 ? std::vector<std::string>{"no such node"} : graph.node(index).inputs;
}

// name(arg x, arg y) -> result
std::string Function(const std::string& name, const std::string& body) {
  return absl::StrCat("function { signature { name: '", name, R"('
      input_arg { name: "x" type: DT_FLOAT } input_arg { name: "y" type: DT_FLOAT }
      output_arg { name: "sum" type: DT_FLOAT } output_arg { name: "second" type: DT_FLOAT } } )",
                      body, "}");
}
std::string Call(const std::string& name, const std::string& function, const std::string& inputs) {
  return absl::StrCat("node { name: '", name, "' op: 'PartitionedCall' ", inputs,
                      " attr { key: 'f' value { func { name: '", function, "' } } } }");
}

TEST(InlineFunctionsTest, BindsArgumentsResultsAndControl) {
  const std::string body = R"(
      node_def { name: "add" op: "AddV2" input: "x" input: "y" }
      node_def { name: "parts" op: "Unpack" input: "add:z:0" attr { key: "num" value { i: 3 } } }
      node_def { name: "norm" op: "FusedBatchNormV3" input: "parts:output:2" input: "^add" }
      node_def { name: "top" op: "TopKV2" input: "norm:batch_variance:0" }
      node_def { name: "print" op: "Print" input: "top:indices:0" input: "^y" }
      ret { key: "sum" value: "add:z:0" } ret { key: "second" value: "top:values:0" }
      control_ret { key: "printed" value: "print" })";
  ASSERT_OK_AND_ASSIGN(
      const Graph graph,
      Inline("node { name: 'a' op: 'Placeholder' } node { name: 'b' op: 'Split' } node { name: 'w' op: 'NoOp' }" +
                 Call("call", "f", "input: 'a' input: 'b:2' input: '^w'") +
                 "node { name: 'use' op: 'Mul' input: 'call:1' input: 'call' input: '^call' }" + "library { " +
                 Function("f", body) + "}",
             {}));
  EXPECT_THAT(InputsOf(graph, "call/add"), ElementsAre("a", "b:2", "^w"));
  EXPECT_THAT(InputsOf(graph, "call/parts"), ElementsAre("call/add"));
  EXPECT_THAT(InputsOf(graph, "call/norm"), ElementsAre("call/parts:2", "^call/add"));
  EXPECT_THAT(InputsOf(graph, "call/top"), ElementsAre("call/norm:2"));
  EXPECT_THAT(InputsOf(graph, "call/print"), ElementsAre("call/top:1", "^b"));
  EXPECT_THAT(InputsOf(graph, "use"), ElementsAre("call/top", "call/add", "^call"));
  ASSERT_GE(graph.Find("call"), 0);
  EXPECT_EQ(graph.node(graph.Find("call")).op, "NoOp");
  EXPECT_THAT(InputsOf(graph, "call"), UnorderedElementsAre("^call/add", "^call/top", "^w", "^call/print"));
}

// A function that gives back an argument, called with another call's result, forwards and backwards in the file.
TEST(InlineFunctionsTest, ResultsThatPassThroughCalls) {
  const std::string library = "library { " + Function("swap", R"(
      node_def { name: "inner" op: "swap2" input: "x" input: "y" }
      ret { key: "sum" value: "y" } ret { key: "second" value: "inner:second:0" })") +
                              Function("swap2", "ret { key: 'sum' value: 'y' } ret { key: 'second' value: 'x' }") + "}";
  ASSERT_OK_AND_ASSIGN(
      const Graph graph,
      Inline("node { name: 'use' op: 'Sub' input: 'c2' input: 'c2:1' } node { name: 'a' op: 'Placeholder' }" +
                 Call("c2", "swap", "input: 'c1' input: 'c1:1'") + Call("c1", "swap", "input: 'a:3' input: 'a:4'") +
                 library,
             {"c2"}));
  EXPECT_THAT(InputsOf(graph, "use"), ElementsAre("a:3", "a:4"));
  EXPECT_THAT(graph.NodeNames(), UnorderedElementsAre("use", "a", "c2"));
  EXPECT_EQ(graph.node(graph.Find("c2")).op, "IdentityN");
  EXPECT_THAT(InputsOf(graph, "c2"), ElementsAre("a:3", "a:4"));
  ASSERT_OK_AND_ASSIGN(const std::vector<DType> types, graph.node(graph.Find("c2")).attrs.Types("T"));
  EXPECT_THAT(types, ElementsAre(DType::kFloat, DType::kFloat));
}

TEST(InlineFunctionsTest, AttributesAndListsThatTheCallerBinds) {
  ASSERT_OK_AND_ASSIGN(const Graph graph, Inline(R"(
    node { name: "p" op: "Placeholder" } node { name: "c/n" op: "NoOp" }
    node { name: "c" op: "Generic" input: "p" input: "p:1" input: "p:2"
      attr { key: "T" value { type: DT_HALF } } attr { key: "N" value { i: 2 } }
      attr { key: "L" value { list { type: DT_INT32 } } } }
    node { name: "use" op: "Pack" input: "c:1" }
    library { function {
      signature { name: "Generic"
        input_arg { name: "many" type_attr: "T" number_attr: "N" } input_arg { name: "list" type_list_attr: "L" }
        output_arg { name: "all" type_attr: "T" number_attr: "N" }
        attr { name: "axis" type: "int" default_value { i: 7 } } }
      node_def { name: "n" op: "Pack" input: "many" attr { key: "T" value { placeholder: "T" } }
        attr { key: "axis" value { placeholder: "axis" } } attr { key: "_class" value { list { s: "loc:@m" } } } }
      node_def { name: "m" op: "Map" input: "many:1" input: "list:0"
        attr { key: "f" value { func { name: "g" attr { key: "U" value { placeholder: "T" } } } } } }
      node_def { name: "e" op: "Enter" input: "n:output:0" attr { key: "frame_name" value { s: "loop" } } }
      ret { key: "all" value: "many" } } })",
                                                 {"c"}));
  EXPECT_THAT(graph.NodeNames(), UnorderedElementsAre("p", "c/n", "use", "c", "c/n_1", "c/m", "c/e"));
  EXPECT_THAT(InputsOf(graph, "c/n_1"), ElementsAre("p", "p:1"));
  EXPECT_THAT(InputsOf(graph, "c/m"), ElementsAre("p:1", "p:2"));
  EXPECT_THAT(InputsOf(graph, "use"), ElementsAre("p:1"));
  const Node& pack = graph.node(graph.Find("c/n_1"));
  ASSERT_OK_AND_ASSIGN(const DType type, pack.attrs.Type("T"));
  EXPECT_EQ(type, DType::kHalf);
  ASSERT_OK_AND_ASSIGN(const int64_t axis, pack.attrs.Int("axis"));
  EXPECT_EQ(axis, 7);
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> places, pack.attrs.Strings("_class"));
  EXPECT_THAT(places, ElementsAre("loc:@c/m"));
  ASSERT_OK_AND_ASSIGN(const AttrMap inner, graph.node(graph.Find("c/m")).attrs.Find("f")->AsFunctionAttrs());
  ASSERT_OK_AND_ASSIGN(const DType inner_type, inner.Type("U"));
  EXPECT_EQ(inner_type, DType::kHalf);
  ASSERT_OK_AND_ASSIGN(const std::string frame, graph.node(graph.Find("c/e")).attrs.String("frame_name"));
  EXPECT_EQ(frame, "c/loop");
}

TEST(InlineFunctionsTest, RefusesByName) {
  const std::string rets = "ret { key: 'sum' value: 'x' } ret { key: 'second' value: 'y' }";
  const std::string call = "node { name: 'a' op: 'Placeholder' }" + Call("c", "f", "input: 'a' input: 'a:1'");
  const auto library = [](const std::string& functions) { return "library { " + functions + "}"; };
  EXPECT_THAT(Inline(call + library(Function("ff", rets))),
              StatusIs(kInvalid, AllOf(HasSubstr("node 'c'"), HasSubstr("no function 'f'"), HasSubstr("'ff'"))));
  EXPECT_THAT(Inline(Call("c", "f", "input: 'a'") + library(Function("f", rets))),
              StatusIs(kInvalid, HasSubstr("gets 1 tensors, which does not reach to the argument 'y'")));
  EXPECT_THAT(Inline(Call("c", "f", "input: 'a' input: 'a' input: 'a'") + library(Function("f", rets))),
              StatusIs(kInvalid, HasSubstr("gets 3 tensors, but takes 2")));
  // f calls g, and g calls f.
  const std::string to_f = "node_def { name: 'n' op: 'f' input: 'x' input: 'y' }" + rets;
  const std::string to_g = "node_def { name: 'n' op: 'g' input: 'x' input: 'y' }" + rets;
  EXPECT_THAT(Inline(call + library(Function("f", to_g) + Function("g", to_f))),
              StatusIs(kInvalid, HasSubstr("it calls itself: 'f', 'g', 'f'")));
  EXPECT_THAT(Inline(call + library(Function("f", "node_def { name: 'n' op: 'Neg' input: 'z' }" + rets))),
              StatusIs(kInvalid,
                       AllOf(HasSubstr("function 'f'"), HasSubstr("node 'n'"), HasSubstr("no node or argument 'z'"))));
  EXPECT_THAT(Inline(call + library(Function("f", "ret { key: 'sum' value: 'x' }"))),
              StatusIs(kInvalid, HasSubstr("result 'second'")));
  EXPECT_THAT(
      Inline(call + library(Function("f",
                                     "node_def { name: 'n' op: 'TopKV2' input: 'x' }"
                                     "ret { key: 'sum' value: 'n:value:0' } ret { key: 'second' value: 'y' }"))),
      StatusIs(kInvalid, HasSubstr("no output 'value'; did you mean 'values'?")));
  // A result that is nothing but itself.
  EXPECT_THAT(Inline("node { name: 'use' op: 'Neg' input: 'c' }" + Call("c", "f", "input: 'c' input: 'c:1'") +
                     library(Function("f", rets))),
              StatusIs(kInvalid, HasSubstr("a cycle")));
}

// Forty functions, each calling the next twice: 2^40 nodes.
TEST(InlineFunctionsTest, RefusesWhatWouldNotEnd) {
  std::string functions;
  for (int i = 0; i < 40; ++i) {
    const std::string next = i == 39 ? "AddV2" : absl::StrCat("f", i + 1);
    const std::string node = absl::StrCat(" op: '", next, "' input: 'x' input: 'y' }");
    functions += Function(absl::StrCat("f", i), "node_def { name: 'a'" + node + "node_def { name: 'b'" + node +
                                                    "ret { key: 'sum' value: 'x' } ret { key: 'second' value: 'y' }");
  }
  EXPECT_THAT(Inline(Call("c", "f0", "input: 'c' input: 'c'") + "library { " + functions + "}"),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than")));
}

}  // namespace
}  // namespace floe
