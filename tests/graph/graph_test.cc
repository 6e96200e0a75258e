#include "graph/graph.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "graph/wire.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph Small() {
  Graph graph;
  Node x;
  x.name = "x";
  x.op = "Placeholder";
  x.attrs.Set("dtype", AttrValue::Type(DType::kFloat));
  x.attrs.Set("shape", AttrValue::OfShape({PartialShape::kUnknownDim, 3}));
  EXPECT_OK(graph.Add(x));
  Node w;
  w.name = "w";
  w.op = "Const";
  w.attrs.Set("dtype", AttrValue::Type(DType::kFloat));
  w.attrs.Set("value", AttrValue::OfTensor(Tensor::Of<float>({1, 2, 3})));
  EXPECT_OK(graph.Add(w));
  Node y;
  y.name = "y";
  y.op = "Mul";
  y.device = "/device:CPU:0";
  y.inputs = {"x", "w", "^x"};
  y.attrs.Set("T", AttrValue::Type(DType::kFloat));
  AppendBytesField(6, "debug", &y.other_fields);
  EXPECT_OK(graph.Add(y));
  graph.set_library(std::string("\x0a\x02\x0a\x00", 4));
  graph.set_versions(std::string("\x08\x83\x0e", 3));
  return graph;
}

absl::StatusOr<Graph> ParseCopy(const std::string& bytes) {
  auto owner = std::make_shared<std::string>(bytes);
  const absl::string_view view = *owner;
  return Graph::Parse(view, std::move(owner));
}

TEST(GraphTest, GoesThereAndBack) {
  const Graph graph = Small();
  ASSERT_OK_AND_ASSIGN(const std::string bytes, graph.Serialize());
  ASSERT_OK_AND_ASSIGN(const Graph parsed, ParseCopy(bytes));
  ASSERT_EQ(parsed.num_nodes(), 3);
  EXPECT_THAT(parsed.NodeNames(), ElementsAre("x", "w", "y"));
  const Node& y = parsed.node(parsed.Find("y"));
  EXPECT_EQ(y.op, "Mul");
  EXPECT_EQ(y.device, "/device:CPU:0");
  EXPECT_THAT(y.inputs, ElementsAre("x", "w", "^x"));
  EXPECT_TRUE(y.attrs == graph.node(2).attrs);
  EXPECT_EQ(y.other_fields, graph.node(2).other_fields);
  EXPECT_EQ(parsed.library(), graph.library());
  EXPECT_EQ(parsed.versions(), graph.versions());
  ASSERT_OK_AND_ASSIGN(const std::string again, parsed.Serialize());
  EXPECT_EQ(again, bytes);
}

// A writer may put fields and attributes in any order; what is not touched is not reordered.
TEST(GraphTest, OnlyWhatWasChangedIsWrittenAnew) {
  const auto attr = [](const char* name) {
    std::string entry;
    AppendBytesField(1, name, &entry);
    AppendBytesField(2, AttrValue::Int(1).encoded(), &entry);
    return entry;
  };
  std::string bytes;
  for (const char* const name : {"a", "b"}) {
    std::string node;
    AppendBytesField(5, attr("z"), &node);
    AppendBytesField(2, "Relu", &node);
    AppendBytesField(5, attr("a"), &node);
    AppendBytesField(1, name, &node);
    AppendBytesField(1, node, &bytes);
  }
  ASSERT_OK_AND_ASSIGN(Graph graph, ParseCopy(bytes));
  EXPECT_EQ(graph.Serialize().value(), bytes);
  graph.mutable_node(1)->inputs.push_back("a");
  ASSERT_OK_AND_ASSIGN(const std::string changed, graph.Serialize());
  EXPECT_EQ(changed.substr(0, bytes.size() / 2), bytes.substr(0, bytes.size() / 2));
  ASSERT_OK_AND_ASSIGN(const Graph again, ParseCopy(changed));
  EXPECT_THAT(again.node(1).inputs, ElementsAre("a"));
}

// Cut between two nodes there is a smaller graph; anywhere else it is an error.
TEST(GraphTest, TruncatedAtEveryOffset) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, Small().Serialize());
  int whole = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::StatusOr<Graph> graph = ParseCopy(bytes.substr(0, size));
    if (graph.ok()) {
      ++whole;
      EXPECT_EQ(bytes.substr(0, graph->Serialize()->size()), *graph->Serialize());
    } else {
      EXPECT_TRUE(absl::IsDataLoss(graph.status()) || absl::IsInvalidArgument(graph.status())) << graph.status();
    }
  }
  EXPECT_EQ(whole, 4);  // after each of three nodes, and after the library
}

TEST(GraphTest, EveryByteChanged) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, Small().Serialize());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const char value : {'\0', '\x7f', '\xff', '\x12'}) {
      std::string changed = bytes;
      changed[at] = value;
      const absl::StatusOr<Graph> graph = ParseCopy(changed);
      if (!graph.ok()) continue;
      for (const Node& node : graph->nodes()) {
        for (const auto& [name, attr] : node.attrs.entries()) {
          (void)attr.AsTensor();
          (void)attr.AsShape();
          (void)attr.AsInts();
          (void)attr.KindName();
        }
      }
    }
  }
}

TEST(GraphTest, WhatIsNoGraph) {
  EXPECT_THAT(ParseCopy(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
  EXPECT_THAT(ParseCopy("hello, this is no protobuf"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not a GraphDef")));
  std::string versions_only;
  AppendBytesField(4, "", &versions_only);
  EXPECT_THAT(ParseCopy(versions_only), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no nodes")));
}

TEST(GraphTest, NodesThatAreNone) {
  const auto graph_of = [](std::initializer_list<std::pair<const char*, const char*>> nodes) {
    std::string bytes;
    for (const auto& [name, op] : nodes) {
      std::string node;
      AppendBytesField(1, name, &node);
      AppendBytesField(2, op, &node);
      AppendBytesField(1, node, &bytes);
    }
    return ParseCopy(bytes);
  };
  EXPECT_OK(graph_of({{"a", "NoOp"}, {"b", "NoOp"}}));
  EXPECT_THAT(graph_of({{"a", "NoOp"}, {"a", "NoOp"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two nodes are called 'a'")));
  EXPECT_THAT(graph_of({{"", "Relu"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("Relu"), HasSubstr("without a name"))));
  EXPECT_THAT(graph_of({{"a", ""}}),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'a'"), HasSubstr("without an op"))));
}

TEST(GraphTest, AddsAndFinds) {
  Graph graph = Small();
  EXPECT_THAT(graph.Add(graph.node(0)), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'x'")));
  EXPECT_EQ(graph.Find("nothing"), -1);
  Node longer;
  longer.name = "tower/softmax";
  longer.op = "NoOp";
  EXPECT_OK(graph.Add(longer));
  EXPECT_THAT(graph.FindOrError("tower/softmx"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'tower/softmax'")));
}

TEST(GraphTest, LoadNamesTheFile) {
  const std::string folder = testing::TempDir();
  EXPECT_THAT(Graph::Load(folder + "/none.pb"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.pb")));
  ASSERT_OK(WriteFileAtomically(folder + "/bad.pb", "hello"));
  EXPECT_THAT(Graph::Load(folder + "/bad.pb"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("bad.pb")));
  ASSERT_OK(WriteFileAtomically(folder + "/empty.pb", ""));
  EXPECT_THAT(Graph::Load(folder + "/empty.pb"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty.pb")));
}

TEST(GraphTest, Text) {
  ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::ParseText(R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    versions { producer: 27 })"));
  EXPECT_EQ(graph.num_nodes(), 2);
  EXPECT_EQ(graph.node(1).attrs.Type("T").value(), DType::kFloat);
  EXPECT_THAT(Graph::ParseText("node { name: 'x' op: }"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("line 1"), HasSubstr("column 22"))));
  EXPECT_THAT(Graph::ParseText("nodes { }"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nodes")));
  EXPECT_THAT(Graph::ParseText(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

// Functions may name functions in their attributes, without end.
TEST(GraphTest, TextNestedWithoutEndIsRefused) {
  std::string text = "node { name: 'x' op: 'NoOp' ";
  const int depth = 200000;
  for (int i = 0; i < depth; ++i) text += "attr { key: 'f' value { func { name: 'f' ";
  EXPECT_THAT(Graph::ParseText(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1")));
}

TEST(InputRefTest, Parses) {
  ASSERT_OK_AND_ASSIGN(InputRef ref, ParseInputRef("a/b:3"));
  EXPECT_EQ(ref.node, "a/b");
  EXPECT_EQ(ref.output, 3);
  EXPECT_FALSE(ref.control);
  ASSERT_OK_AND_ASSIGN(ref, ParseInputRef("^a"));
  EXPECT_EQ(ref.node, "a");
  EXPECT_TRUE(ref.control);
  EXPECT_EQ(FormatInputRef("a", 0), "a");
  EXPECT_EQ(FormatInputRef("a", 2), "a:2");
  for (const char* const wrong : {"", "^", ":1", "a:", "a:-1", "a:x", "a:99999999999999999999", "a:1000001"}) {
    EXPECT_THAT(ParseInputRef(wrong), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(wrong))) << wrong;
  }
}

}  // namespace
}  // namespace floe
