// Graphs that are wrong, and inputs that a right graph cannot take: one clear line, which names the node, on every
// backend, and the model goes on serving what is right.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "graph/graph.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

const char* const kDevices[] = {"cpu", "reference"};

// Text with the abbreviations FLOAT and INT32 for an attribute T of that type, and INPUT(type) for a placeholder's.
std::string Expanded(absl::string_view text) {
  std::vector<std::pair<std::string, std::string>> macros;
  for (const char* type : {"FLOAT", "INT32", "INT64", "STRING", "BOOL"}) {
    const std::string value = absl::StrCat(" value { type: DT_", type, " } }");
    macros.emplace_back(absl::StrCat("T=", type), absl::StrCat("attr { key: \"T\"", value));
    macros.emplace_back(absl::StrCat("DTYPE=", type), absl::StrCat("attr { key: \"dtype\"", value));
    macros.emplace_back(absl::StrCat("X=", type),
                        absl::StrCat("node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\"", value, " }"));
  }
  return absl::StrReplaceAll(text, macros);
}

absl::StatusOr<std::shared_ptr<const Model>> LoadText(absl::string_view text, const std::string& device) {
  absl::StatusOr<Graph> graph = Graph::ParseText(Expanded(text));
  if (!graph.ok()) return graph.status();
  ModelOptions options;
  options.device = device;
  options.threads = 1;
  return Model::FromGraphDef(*graph->Serialize(), options);
}

void ExpectRefused(const absl::Status& status, Code code, const Strings& parts) {
  EXPECT_EQ(status.code(), code) << status;
  for (const std::string& part : parts) EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  EXPECT_FALSE(absl::StrContains(status.message(), "\n")) << status;
  EXPECT_LT(status.message().size(), 1000u) << status;
}

struct BadGraph {
  const char* name;
  Code code;
  Strings parts;
  std::string text;
};

const BadGraph kBadGraphs[] = {
    {"Cycle", Code::kInvalidArgument, {"cycle", "'a'", "'b'", "'c'"}, R"(
     node { name: "a" op: "Relu" input: "c" T=FLOAT }
     node { name: "b" op: "Relu" input: "a" T=FLOAT }
     node { name: "c" op: "Relu" input: "b" T=FLOAT }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"OwnInput", Code::kInvalidArgument, {"cycle", "'a'"}, R"(
     node { name: "a" op: "Relu" input: "a" T=FLOAT }
     node { name: "y" op: "Relu" input: "a" T=FLOAT })"},
    {"CycleOfEverything", Code::kInvalidArgument, {"no outputs"}, R"(
     node { name: "a" op: "Relu" input: "b" T=FLOAT }
     node { name: "b" op: "Relu" input: "a" T=FLOAT })"},
    {"DanglingInput", Code::kInvalidArgument, {"'y'", "'imag'", "did you mean 'image'"}, R"(
     node { name: "image" op: "Placeholder" DTYPE=FLOAT }
     node { name: "y" op: "Relu" input: "imag" T=FLOAT })"},
    {"DanglingControlInput", Code::kInvalidArgument, {"'y'", "'gone'"}, R"(
     X=FLOAT
     node { name: "y" op: "Relu" input: "x" input: "^gone" T=FLOAT })"},
    {"ResultThatIsNotThere", Code::kInvalidArgument, {"'y'", "'x'", "no result 3"}, R"(
     X=FLOAT
     node { name: "y" op: "Relu" input: "x:3" T=FLOAT })"},
    {"InputThatIsNoName", Code::kInvalidArgument, {"'y'", "'x:-1'"}, R"(
     X=FLOAT
     node { name: "y" op: "Relu" input: "x:-1" T=FLOAT })"},
    {"DoubledName", Code::kInvalidArgument, {"two nodes are called 'x'"}, R"(
     X=FLOAT X=FLOAT
     node { name: "y" op: "Relu" input: "x" T=FLOAT })"},
    {"NoName", Code::kInvalidArgument, {"without a name", "Relu"}, "X=FLOAT node { op: \"Relu\" input: \"x\" }"},
    {"NoOp", Code::kInvalidArgument, {"'y'", "without an op"}, "X=FLOAT node { name: \"y\" input: \"x\" }"},
    {"UnknownOp", Code::kUnimplemented, {"Reluu", "'y'", "did you mean 'Relu'"}, R"(
     X=FLOAT
     node { name: "y" op: "Reluu" input: "x" })"},
    {"WrongAttributeType", Code::kInvalidArgument, {"'y'", "strides", "wanted list(int)", "got string"}, R"(
     X=FLOAT
     node { name: "w" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor {
            dtype: DT_FLOAT tensor_shape { dim { size: 1 } dim { size: 1 } dim { size: 1 } dim { size: 1 } }
            float_val: 1 } } } }
     node { name: "y" op: "Conv2D" input: "x" input: "w" T=FLOAT
            attr { key: "strides" value { s: "1" } } attr { key: "padding" value { s: "SAME" } } })"},
    {"MissingAttribute", Code::kInvalidArgument, {"'y'", "'num' is missing"}, R"(
     X=FLOAT
     node { name: "axis" op: "Const" DTYPE=INT32 attr { key: "value" value { tensor {
            dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }
     node { name: "y" op: "Unpack" input: "x" T=FLOAT attr { key: "N" value { i: 2 } } })"},
    {"AttributeOutOfRange", Code::kInvalidArgument, {"'y'", "num_split"}, R"(
     X=FLOAT
     node { name: "axis" op: "Const" DTYPE=INT32 attr { key: "value" value { tensor {
            dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }
     node { name: "y" op: "Split" input: "axis" input: "x" T=FLOAT
            attr { key: "num_split" value { i: 4611686018427387904 } } })"},
    {"NoPaddingOfThisName", Code::kInvalidArgument, {"'y'", "padding", "SIDEWAYS"}, R"(
     X=FLOAT
     node { name: "y" op: "MaxPool" input: "x" T=FLOAT attr { key: "padding" value { s: "SIDEWAYS" } }
            attr { key: "ksize" value { list { i: [1, 2, 2, 1] } } }
            attr { key: "strides" value { list { i: [1, 2, 2, 1] } } } })"},
    {"StrideOfZero", Code::kInvalidArgument, {"'y'", "stride"}, R"(
     X=FLOAT
     node { name: "y" op: "MaxPool" input: "x" T=FLOAT attr { key: "padding" value { s: "VALID" } }
            attr { key: "ksize" value { list { i: [1, 2, 2, 1] } } }
            attr { key: "strides" value { list { i: [1, 0, 2, 1] } } } })"},
    {"ShapesThatDoNotFit", Code::kInvalidArgument, {"'y'", "MatMul"}, R"(
     node { name: "x" op: "Placeholder" DTYPE=FLOAT
            attr { key: "shape" value { shape { dim { size: 2 } dim { size: 3 } } } } }
     node { name: "y" op: "MatMul" input: "x" input: "x" T=FLOAT })"},
    {"DTypesThatDoNotFit", Code::kInvalidArgument, {"'y'", "float32", "int32"}, R"(
     X=FLOAT
     node { name: "i" op: "Placeholder" DTYPE=INT32 }
     node { name: "y" op: "AddV2" input: "x" input: "i" T=FLOAT })"},
    {"TooFewInputs", Code::kInvalidArgument, {"'y'", "AddV2", "2 inputs"}, R"(
     X=FLOAT
     node { name: "y" op: "AddV2" input: "x" T=FLOAT })"},
    {"PadWithAThirdInput", Code::kInvalidArgument, {"'y'", "Pad", "2 inputs"}, R"(
     X=INT32
     node { name: "p" op: "Placeholder" DTYPE=INT32 }
     node { name: "v" op: "Placeholder" DTYPE=INT64 }
     node { name: "y" op: "Pad" input: "x" input: "p" input: "v" T=INT32 })"},
    {"NegativeDimension", Code::kInvalidArgument, {"'x'", "-7"}, R"(
     node { name: "x" op: "Placeholder" DTYPE=FLOAT attr { key: "shape" value { shape { dim { size: -7 } } } } }
     node { name: "y" op: "Relu" input: "x" T=FLOAT })"},
    {"ShapePastAllCounting", Code::kInvalidArgument, {"'x'"}, R"(
     node { name: "x" op: "Placeholder" DTYPE=FLOAT attr { key: "shape" value { shape {
            dim { size: 4294967296 } dim { size: 4294967296 } dim { size: 4 } } } } }
     node { name: "y" op: "Relu" input: "x" T=FLOAT })"},
    {"UnknownDTypeNumber", Code::kInvalidArgument, {"'x'", "77"}, R"(
     node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: 77 } } }
     node { name: "y" op: "Relu" input: "x" T=FLOAT })"},
    {"NoDType", Code::kInvalidArgument, {"'x'", "dtype"}, R"(
     node { name: "x" op: "Placeholder" }
     node { name: "y" op: "Relu" input: "x" T=FLOAT })"},
    {"ConstantOfTooFewBytes", Code::kInvalidArgument, {"'c'", "[2,2]", "12 bytes"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 2 } dim { size: 2 } } tensor_content: "abcdefghijkl" } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantOfTooManyBytes", Code::kInvalidArgument, {"'c'", "[1]", "12 bytes"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 1 } } tensor_content: "abcdefghijkl" } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantOfTooManyValues", Code::kInvalidArgument, {"'c'", "[2]", "3"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 2 } } float_val: [1, 2, 3] } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantOfUnknownSize", Code::kInvalidArgument, {"'c'", "[-1]"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: -1 } } float_val: 1 } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantPastAllMemory", Code::kResourceExhausted, {"'c'", "[1099511627776]"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 1099511627776 } } float_val: 1 } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantPastAllCounting", Code::kInvalidArgument, {"'c'"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 4294967296 } dim { size: 4294967296 } } float_val: 1 } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantOfAnotherDType", Code::kInvalidArgument, {"'c'", "float32", "int32"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT attr { key: "value" value { tensor { dtype: DT_INT32
            tensor_shape { dim { size: 1 } } int_val: 1 } } } }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"ConstantWithoutAValue", Code::kInvalidArgument, {"'c'", "'value' is missing"}, R"(
     node { name: "c" op: "Const" DTYPE=FLOAT }
     node { name: "y" op: "Relu" input: "c" T=FLOAT })"},
    {"NothingToCompute", Code::kInvalidArgument, {"no outputs"}, "X=FLOAT"},
};

class BadGraphTest : public ::testing::TestWithParam<BadGraph> {};

TEST_P(BadGraphTest, IsRefusedAtLoad) {
  for (const char* device : kDevices) {
    SCOPED_TRACE(device);
    ExpectRefused(LoadText(GetParam().text, device).status(), GetParam().code, GetParam().parts);
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, BadGraphTest, ::testing::ValuesIn(kBadGraphs),
                         [](const auto& bad) { return bad.param.name; });

// A graph that is right for `good`, and for `bad` is not; y is the output.
struct BadRun {
  const char* name;
  Code code;
  Strings parts;
  GraphMaker (*graph)();
  std::vector<NamedTensor> good;
  std::vector<NamedTensor> bad;
};

Tensor Int(int32_t value) { return Tensor::Scalar<int32_t>(value); }
Tensor Ints(std::initializer_list<int32_t> values) { return Tensor::Of<int32_t>(values); }
Tensor Longs(std::initializer_list<int64_t> values) { return Tensor::Of<int64_t>(values); }
Tensor Floats(std::initializer_list<float> values) { return Tensor::Of<float>(values); }

GraphMaker Binary(const char* op, DType dtype) {
  GraphMaker graph;
  graph.Input("a", PartialShape({-1}), dtype);
  graph.Input("b", PartialShape({-1}), dtype);
  graph.Op(op, "y", {"a", "b"}, {{"T", AttrValue::Type(dtype)}});
  return graph;
}

constexpr int64_t kHuge = int64_t{1} << 40;
constexpr int kLarge = 1 << 30;

const BadRun kBadRuns[] = {
    {"GatherPastTheEnd",
     Code::kInvalidArgument,
     {"'y'", "GatherV2", "7"},
     [] {
       GraphMaker graph;
       graph.Input("i", PartialShape({-1}), DType::kInt32);
       graph.Weights("w", Shape({7, 2}));
       graph.Const("axis", Int(0));
       graph.Op("GatherV2", "y", {"w", "i", "axis"});
       return graph;
     },
     {{"i", Ints({0, 6})}},
     {{"i", Ints({0, 7})}}},
    {"GatherBeforeTheStart",
     Code::kInvalidArgument,
     {"'y'", "-1"},
     [] {
       GraphMaker graph;
       graph.Input("i", PartialShape({-1}), DType::kInt64);
       graph.Weights("w", Shape({7, 2}));
       graph.Const("axis", Int(0));
       graph.Op("GatherV2", "y", {"w", "i", "axis"});
       return graph;
     },
     {{"i", Longs({6})}},
     {{"i", Longs({-1})}}},
    {"GatherNdPastTheEnd",
     Code::kInvalidArgument,
     {"'y'", "[1,9]"},
     [] {
       GraphMaker graph;
       graph.Input("i", PartialShape({-1, 2}), DType::kInt32);
       graph.Weights("w", Shape({7, 2}));
       graph.Op("GatherNd", "y", {"w", "i"});
       return graph;
     },
     {{"i", Tensor::Of<int32_t>(Shape({1, 2}), {1, 1})}},
     {{"i", Tensor::Of<int32_t>(Shape({1, 2}), {1, 9})}}},
    {"DivisionByZero",
     Code::kInvalidArgument,
     {"'y'", "zero"},
     [] { return Binary("FloorDiv", DType::kInt32); },
     {{"a", Ints({4, 2})}, {"b", Ints({2, 2})}},
     {{"a", Ints({4, 2})}, {"b", Ints({2, 0})}}},
    {"TruncatedDivisionByZero",
     Code::kInvalidArgument,
     {"'y'", "zero"},
     [] { return Binary("Div", DType::kInt32); },
     {{"a", Ints({4, 2})}, {"b", Ints({2, 2})}},
     {{"a", Ints({4, 2})}, {"b", Ints({2, 0})}}},
    {"RemainderByZero",
     Code::kInvalidArgument,
     {"'y'", "zero"},
     [] { return Binary("FloorMod", DType::kInt64); },
     {{"a", Longs({4, 2})}, {"b", Longs({2, 2})}},
     {{"a", Longs({4, 2})}, {"b", Longs({2, 0})}}},
    {"NegativePower",
     Code::kInvalidArgument,
     {"'y'", "negative"},
     [] { return Binary("Pow", DType::kInt32); },
     {{"a", Ints({4, 2})}, {"b", Ints({2, 2})}},
     {{"a", Ints({4, 2})}, {"b", Ints({2, -1})}}},
    {"ShapesThatDoNotBroadcast",
     Code::kInvalidArgument,
     {"'y'", "[2]", "[3]"},
     [] { return Binary("AddV2", DType::kFloat); },
     {{"a", Floats({4, 2})}, {"b", Floats({2, 2})}},
     {{"a", Floats({4, 2})}, {"b", Floats({2, 2, 2})}}},
    {"HugeFill",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("dims", PartialShape({-1}), DType::kInt64);
       graph.Input("value", PartialShape({}));
       graph.Op("Fill", "y", {"dims", "value"});
       return graph;
     },
     {{"dims", Longs({2, 3})}, {"value", Tensor::Scalar<float>(1)}},
     {{"dims", Longs({kHuge, 3})}, {"value", Tensor::Scalar<float>(1)}}},
    {"FillOfANegativeSize",
     Code::kInvalidArgument,
     {"'y'", "-2"},
     [] {
       GraphMaker graph;
       graph.Input("dims", PartialShape({-1}), DType::kInt64);
       graph.Input("value", PartialShape({}));
       graph.Op("Fill", "y", {"dims", "value"});
       return graph;
     },
     {{"dims", Longs({2, 3})}, {"value", Tensor::Scalar<float>(1)}},
     {{"dims", Longs({-2, 3})}, {"value", Tensor::Scalar<float>(1)}}},
    {"FillPastAllCounting",
     Code::kInvalidArgument,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("dims", PartialShape({-1}), DType::kInt64);
       graph.Input("value", PartialShape({}));
       graph.Op("Fill", "y", {"dims", "value"});
       return graph;
     },
     {{"dims", Longs({2, 3})}, {"value", Tensor::Scalar<float>(1)}},
     {{"dims", Longs({kHuge, kHuge})}, {"value", Tensor::Scalar<float>(1)}}},
    {"HugeTile",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Input("n", PartialShape({1}), DType::kInt64);
       graph.Op("Tile", "y", {"x", "n"});
       return graph;
     },
     {{"x", Floats({1, 2})}, {"n", Longs({3})}},
     {{"x", Floats({1, 2})}, {"n", Longs({kHuge})}}},
    {"HugeBroadcast",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({1}));
       graph.Input("shape", PartialShape({2}), DType::kInt64);
       graph.Op("BroadcastTo", "y", {"x", "shape"});
       return graph;
     },
     {{"x", Floats({1})}, {"shape", Longs({2, 3})}},
     {{"x", Floats({1})}, {"shape", Longs({kHuge, 4})}}},
    {"HugeRange",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("limit", PartialShape({}), DType::kInt64);
       graph.Const("start", Tensor::Scalar<int64_t>(0));
       graph.Const("step", Tensor::Scalar<int64_t>(1));
       graph.Op("Range", "y", {"start", "limit", "step"});
       return graph;
     },
     {{"limit", Tensor::Scalar<int64_t>(5)}},
     {{"limit", Tensor::Scalar<int64_t>(kHuge)}}},
    {"RangeWithoutAStep",
     Code::kInvalidArgument,
     {"'y'", "step"},
     [] {
       GraphMaker graph;
       graph.Input("step", PartialShape({}), DType::kInt64);
       graph.Const("start", Tensor::Scalar<int64_t>(0));
       graph.Const("limit", Tensor::Scalar<int64_t>(5));
       graph.Op("Range", "y", {"start", "limit", "step"});
       return graph;
     },
     {{"step", Tensor::Scalar<int64_t>(2)}},
     {{"step", Tensor::Scalar<int64_t>(0)}}},
    {"HugePad",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Input("p", PartialShape({1, 2}), DType::kInt64);
       graph.Op("Pad", "y", {"x", "p"});
       return graph;
     },
     {{"x", Floats({1, 2})}, {"p", Tensor::Of<int64_t>(Shape({1, 2}), {1, 1})}},
     {{"x", Floats({1, 2})}, {"p", Tensor::Of<int64_t>(Shape({1, 2}), {kHuge, 1})}}},
    {"NegativePad",
     Code::kInvalidArgument,
     {"'y'", "-1"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Input("p", PartialShape({1, 2}), DType::kInt64);
       graph.Op("Pad", "y", {"x", "p"});
       return graph;
     },
     {{"x", Floats({1, 2})}, {"p", Tensor::Of<int64_t>(Shape({1, 2}), {1, 1})}},
     {{"x", Floats({1, 2})}, {"p", Tensor::Of<int64_t>(Shape({1, 2}), {-1, 1})}}},
    {"HugeResize",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1, -1, -1, 3}));
       graph.Input("size", PartialShape({2}), DType::kInt32);
       graph.Op("ResizeBilinear", "y", {"x", "size"});
       return graph;
     },
     {{"x", testing::RandomTensor(Shape({1, 2, 2, 3}), 1)}, {"size", Ints({3, 3})}},
     {{"x", testing::RandomTensor(Shape({1, 2, 2, 3}), 1)}, {"size", Ints({kLarge, kLarge})}}},
    {"ResizeToNothing",
     Code::kInvalidArgument,
     {"'y'", "-3"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1, -1, -1, 3}));
       graph.Input("size", PartialShape({2}), DType::kInt32);
       graph.Op("ResizeBilinear", "y", {"x", "size"});
       return graph;
     },
     {{"x", testing::RandomTensor(Shape({1, 2, 2, 3}), 1)}, {"size", Ints({3, 3})}},
     {{"x", testing::RandomTensor(Shape({1, 2, 2, 3}), 1)}, {"size", Ints({-3, 3})}}},
    {"HugeOneHot",
     Code::kResourceExhausted,
     {"'y'"},
     [] {
       GraphMaker graph;
       graph.Input("i", PartialShape({-1}), DType::kInt32);
       graph.Input("depth", PartialShape({}), DType::kInt32);
       graph.Const("on", Tensor::Scalar<float>(1));
       graph.Const("off", Tensor::Scalar<float>(0));
       graph.Op("OneHot", "y", {"i", "depth", "on", "off"});
       return graph;
     },
     {{"i", Ints({0, 1})}, {"depth", Int(3)}},
     {{"i", Tensor::FromSpan<int32_t>(Shape({1024}), std::vector<int32_t>(1024))}, {"depth", Int(kLarge)}}},
    {"HugeProduct",
     Code::kResourceExhausted,
     {"no memory", "bytes"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1, 1}));
       graph.Op("MatMul", "y", {"x", "x"}, {{"transpose_b", AttrValue::Bool(true)}});
       return graph;
     },
     {{"x", testing::RandomTensor(Shape({2, 1}), 1)}},
     {{"x", testing::RandomTensor(Shape({1 << 20, 1}), 1)}}},
    {"ReshapeToAnotherSize",
     Code::kInvalidArgument,
     {"'y'", "[3]", "[2,2]"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Input("shape", PartialShape({-1}), DType::kInt32);
       graph.Op("Reshape", "y", {"x", "shape"});
       return graph;
     },
     {{"x", Floats({1, 2, 3})}, {"shape", Ints({3, 1})}},
     {{"x", Floats({1, 2, 3})}, {"shape", Ints({2, 2})}}},
    {"SplitUnevenly",
     Code::kInvalidArgument,
     {"'y'", "3"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Const("axis", Int(0));
       graph.Op("Split", "y", {"axis", "x"}, {{"num_split", AttrValue::Int(2)}});
       return graph;
     },
     {{"x", Floats({1, 2})}},
     {{"x", Floats({1, 2, 3})}}},
    {"AxisOutOfRange",
     Code::kInvalidArgument,
     {"'y'", "5"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1, 2}));
       graph.Input("axis", PartialShape({}), DType::kInt32);
       graph.Op("Sum", "y", {"x", "axis"});
       return graph;
     },
     {{"x", testing::RandomTensor(Shape({2, 2}), 1)}, {"axis", Int(1)}},
     {{"x", testing::RandomTensor(Shape({2, 2}), 1)}, {"axis", Int(5)}}},
    {"MoreOfTheTopThanThereAre",
     Code::kInvalidArgument,
     {"'y'", "9"},
     [] {
       GraphMaker graph;
       graph.Input("x", PartialShape({-1}));
       graph.Input("k", PartialShape({}), DType::kInt32);
       graph.Op("TopKV2", "y", {"x", "k"});
       return graph;
     },
     {{"x", Floats({1, 2, 3})}, {"k", Int(2)}},
     {{"x", Floats({1, 2, 3})}, {"k", Int(9)}}},
};

class BadRunTest : public ::testing::TestWithParam<BadRun> {};

TEST_P(BadRunTest, IsRefusedAndTheModelGoesOn) {
  for (const char* device : kDevices) {
    SCOPED_TRACE(device);
    ModelOptions options;
    options.device = device;
    options.threads = 1;
    ASSERT_OK_AND_ASSIGN(const auto model, Model::FromGraphDef(*GetParam().graph().graph().Serialize(), options));
    ASSERT_OK_AND_ASSIGN(const auto instance, model->CreateInstance());
    ASSERT_OK_AND_ASSIGN(const auto before, instance->Run(GetParam().good, {}));
    ExpectRefused(instance->Run(GetParam().bad, {}).status(), GetParam().code, GetParam().parts);
    ASSERT_OK_AND_ASSIGN(const auto after, instance->Run(GetParam().good, {}));
    for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].ToString(100), after[i].ToString(100));
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, BadRunTest, ::testing::ValuesIn(kBadRuns),
                         [](const auto& bad) { return bad.param.name; });

// Each doubling is small change; forty of them are not.
TEST(BadStringsTest, ThatGrowWithoutEnd) {
  GraphMaker graph;
  std::string last = graph.Input("s", PartialShape({}), DType::kString);
  for (int i = 0; i < 40; ++i) {
    last = graph.Op("StringJoin", absl::StrCat("join", i), {last, last}, {{"N", AttrValue::Int(2)}});
  }
  ASSERT_OK_AND_ASSIGN(const auto model, Model::FromGraphDef(*graph.graph().Serialize()));
  const Tensor word = Tensor::Scalar<std::string>("word");
  ExpectRefused(model->Run({{"s", word}}).status(), Code::kResourceExhausted, {"join"});
  EXPECT_OK(model->Run({{"s", Tensor::Scalar<std::string>("")}}));
}

TEST(BadStringsTest, ThatWouldGrowWithoutEndWhenFolded) {
  GraphMaker graph;
  std::string last = graph.Const("s", Tensor::Scalar<std::string>("word"));
  graph.Input("t", PartialShape({}), DType::kString);
  for (int i = 0; i < 40; ++i) {
    last = graph.Op("StringJoin", absl::StrCat("join", i), {last, last}, {{"N", AttrValue::Int(2)}});
  }
  graph.Op("StringJoin", "y", {"t", last}, {{"N", AttrValue::Int(2)}});
  ASSERT_OK_AND_ASSIGN(const auto model, Model::FromGraphDef(*graph.graph().Serialize()));
  ExpectRefused(model->Run({{"t", Tensor::Scalar<std::string>("")}}).status(), Code::kResourceExhausted, {"join"});
}

// Each constant is allowed, and all of them together are not.
TEST(BadConstantsTest, ThatComeToMoreThanIsAllowed) {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    absl::StrAppend(&text, "node { name: \"c", i,
                    "\" op: \"Const\" DTYPE=FLOAT attr { key: \"value\" value { tensor { ",
                    "dtype: DT_FLOAT tensor_shape { dim { size: 33554432 } } float_val: 0 } } } } ");
    absl::StrAppend(&text, "node { name: \"y", i, "\" op: \"Relu\" input: \"c", i, "\" T=FLOAT } ");
  }
  ExpectRefused(LoadText(text, "cpu").status(), Code::kResourceExhausted, {"constants take"});
}

}  // namespace
}  // namespace floe
