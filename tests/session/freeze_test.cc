#include "session/freeze.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "tensor/npy.h"
#include "tensorflow/core/framework/function.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::BundleWriter;
using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

FreezeOptions Outputs(std::vector<std::string> outputs) {
  FreezeOptions options;
  options.outputs = std::move(outputs);
  return options;
}

// Against TensorFlow's own results.

void ExpectSameNodes(const Graph& graph, const Graph& wanted) {
  EXPECT_EQ(graph.NodeNames(), wanted.NodeNames());
  for (const Node& want : wanted.nodes()) {
    const int index = graph.Find(want.name);
    if (index < 0) continue;
    const Node& node = graph.node(index);
    EXPECT_EQ(node.op, want.op) << want.name;
    EXPECT_EQ(node.inputs, want.inputs) << want.name;
    EXPECT_EQ(node.device, want.device) << want.name;
    EXPECT_EQ(node.other_fields, want.other_fields) << want.name;
    EXPECT_EQ(node.attrs.entries().size(), want.attrs.entries().size()) << want.name;
    for (const auto& [name, value] : want.attrs.entries()) {
      ASSERT_TRUE(node.attrs.Has(name)) << want.name << " " << name;
      if (value.KindName() == "func") continue;  // converted functions have names of their own
      EXPECT_EQ(node.attrs.Find(name)->encoded(), value.encoded()) << want.name << " " << name;
    }
  }
  EXPECT_EQ(graph.versions(), wanted.versions());
}

TEST(FreezeTest, ByteForByteAsTensorFlow) {
  FLOE_REQUIRE_SHARED("checkpoints/frozen");
  const std::string folder = SharedPath("checkpoints/frozen");
  const std::string wanted = ReadTestFile(folder + "/model3.pb");
  ASSERT_OK_AND_ASSIGN(const FrozenGraph from_meta, FreezeCheckpoint(folder + "/model.ckpt", Outputs({"add"})));
  ASSERT_OK_AND_ASSIGN(const FrozenGraph from_graph,
                       FreezeGraphFile(folder + "/graph.pb", folder + "/model.ckpt", Outputs({"add"})));
  for (const FrozenGraph* frozen : {&from_meta, &from_graph}) {
    EXPECT_EQ(frozen->variables, 2);
    ASSERT_OK_AND_ASSIGN(const std::string bytes, frozen->graph.Serialize());
    EXPECT_EQ(bytes, wanted);
  }
}

TEST(FreezeTest, LoopsAsTensorFlow) {
  for (const char* name : {"lstm_tf1_loop", "lstm_functional"}) {
    FLOE_REQUIRE_SHARED(absl::StrCat("checkpoints/", name));
    const std::string folder = SharedPath(absl::StrCat("checkpoints/", name));
    ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, FreezeCheckpoint(folder, Outputs({"y", "last"})));
    ASSERT_OK_AND_ASSIGN(const Graph wanted, Graph::Load(folder + "/model.pb"));
    ExpectSameNodes(frozen.graph, wanted);
  }
}

Tensor OnlyOutput(const FrozenGraph& frozen, const std::string& input, const std::string& input_file) {
  absl::StatusOr<std::string> bytes = frozen.graph.Serialize();
  EXPECT_OK(bytes);
  ModelOptions options;
  options.device = "reference";
  options.threads = 1;
  absl::StatusOr<std::shared_ptr<const Model>> model = Model::FromGraphDef(*std::move(bytes), options);
  EXPECT_OK(model);
  absl::StatusOr<Tensor> fed = ReadNpy(SharedPath(input_file));
  EXPECT_OK(fed);
  if (!model.ok() || !fed.ok()) return Tensor();
  const absl::StatusOr<std::vector<Tensor>> outputs = (*model)->Run({{input, *fed}});
  EXPECT_OK(outputs);
  return outputs.ok() ? outputs->at(0) : Tensor();
}

void ExpectNear(const Tensor& tensor, const std::string& file) {
  absl::StatusOr<Tensor> wanted = ReadNpy(SharedPath(file));
  ASSERT_OK(wanted);
  ASSERT_EQ(tensor.shape(), wanted->shape());
  for (int64_t i = 0; i < wanted->num_elements(); ++i) {
    ASSERT_NEAR(tensor.data<float>()[i], wanted->data<float>()[i], 1e-5) << i;
  }
}

// Batch normalisation behind is_training, Adam, moving averages: only the inference part is left.
TEST(FreezeTest, TrainedConvnet) {
  const std::string folder = "checkpoints/convnet_trained";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const FrozenGraph plain, FreezeCheckpoint(SharedPath(folder)));
  EXPECT_THAT(plain.outputs, ElementsAre("prob"));
  EXPECT_THAT(plain.decided, ElementsAre("is_training"));
  EXPECT_EQ(plain.variables, 17);
  EXPECT_EQ(plain.averaged, 0);
  ExpectNear(OnlyOutput(plain, "image", folder + "/in_0.npy"), folder + "/out_0.npy");
  FreezeOptions options;
  options.moving_average = true;
  ASSERT_OK_AND_ASSIGN(const FrozenGraph averaged, FreezeCheckpoint(SharedPath(folder), options));
  EXPECT_EQ(averaged.averaged, 11);
  ExpectNear(OnlyOutput(averaged, "image", folder + "/in_0.npy"), folder + "/out_ema_0.npy");
  for (const Node& node : averaged.graph.nodes()) {
    EXPECT_NE(node.op, "Switch");
    EXPECT_NE(node.op, "Assign");
  }
}

TEST(FreezeTest, PartitionedVariables) {
  const std::string folder = "checkpoints/partitioned_and_sharded";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, FreezeCheckpoint(SharedPath(folder)));
  EXPECT_EQ(frozen.variables, 8);
  // Three parts by rows.
  ASSERT_OK_AND_ASSIGN(const Tensor emb, ReadNpy(SharedPath(folder + "/emb.npy")));
  int64_t row = 0;
  for (const char* name : {"emb/part_0", "emb/part_1", "emb/part_2"}) {
    ASSERT_OK_AND_ASSIGN(const Tensor part, frozen.graph.node(frozen.graph.Find(name)).attrs.OfTensor("value"));
    EXPECT_EQ(part.bytes(), emb.Rows(row, row + part.shape().dim(0)).bytes()) << name;
    row += part.shape().dim(0);
  }
  EXPECT_EQ(row, 50);
}

TEST(FreezeTest, MovingAverages) {
  const std::string folder = "checkpoints/moving_average";
  FLOE_REQUIRE_SHARED(folder);
  FreezeOptions options = Outputs({"add"});
  options.moving_average = true;
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, FreezeCheckpoint(SharedPath(folder), options));
  EXPECT_EQ(frozen.averaged, 2);
  ASSERT_OK_AND_ASSIGN(const Tensor v1, frozen.graph.node(frozen.graph.Find("v1")).attrs.OfTensor("value"));
  EXPECT_EQ(v1.scalar<float>(), 0.099999905f);
  options.moving_average_name = "ExponentialMovingAverag";
  EXPECT_THAT(
      FreezeCheckpoint(SharedPath(folder), options),
      StatusIs(kNotFound, AllOf(HasSubstr("has no moving averages"), HasSubstr("'ExponentialMovingAverage'?"))));
}

// Graphs and checkpoints made here.

class FreezeMadeTest : public ::testing::Test {
 protected:
  absl::StatusOr<FrozenGraph> Freeze(const std::string& graph, const FreezeOptions& options = Outputs({"y"})) {
    writer_.Write(prefix_);
    testing::WriteTestFile(prefix_ + ".pbtxt", graph);
    return FreezeGraphFile(prefix_ + ".pbtxt", prefix_, options);
  }
  static std::string Variable(const std::string& name, const std::string& dtype, const std::string& dims) {
    return absl::StrCat("node { name: '", name, "' op: 'VariableV2' attr { key: 'dtype' value { type: ", dtype,
                        " } } attr { key: 'shape' value { shape { ", dims, " } } } }");
  }
  static std::string Handle(const std::string& name, const std::string& shared_name, const std::string& dims) {
    return absl::StrCat("node { name: '", name, "' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } ",
                        "attr { key: 'shared_name' value { s: '", shared_name,
                        "' } } attr { key: 'shape' value { shape { ", dims, " } } } }");
  }
  static std::string Strings(const std::string& name, const std::vector<std::string>& values) {
    std::string text = absl::StrCat(
        "node { name: '", name, "' op: 'Const' attr { key: 'dtype' value { type: DT_STRING } } ",
        "attr { key: 'value' value { tensor { dtype: DT_STRING tensor_shape { dim { size: ", values.size(), " } } ");
    for (const std::string& value : values) absl::StrAppend(&text, "string_val: '", value, "' ");
    return text + "} } } }";
  }
  // The value of a constant of the frozen graph.
  static std::string Value(const FrozenGraph& frozen, const std::string& name) {
    const int index = frozen.graph.Find(name);
    if (index < 0) return "none";
    const absl::StatusOr<Tensor> value = frozen.graph.node(index).attrs.OfTensor("value");
    return value.ok() ? value->ToString() : value.status().ToString();
  }

  const std::string prefix_ = TempDir() + "/m.ckpt";
  BundleWriter writer_;
};

constexpr char kOne[] = "dim { size: 1 }";
constexpr char kReadV[] = "node { name: 'y' op: 'Identity' input: 'v' attr { key: 'T' value { type: DT_FLOAT } } }";

TEST_F(FreezeMadeTest, ResourceVariables) {
  writer_.Add("the/v", Tensor::Of<float>({1, 2, 3}));
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, Freeze(Handle("v", "the/v", "dim { size: 3 }") + R"(
    node { name: "read" op: "ReadVariableOp" input: "v" device: "/cpu:0" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "ids" op: "Placeholder" attr { key: "dtype" value { type: DT_INT64 } } }
    node { name: "passed" op: "Identity" input: "v" attr { key: "T" value { type: DT_RESOURCE } } }
    node { name: "gather" op: "ResourceGather" input: "passed" input: "ids" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "Tindices" value { type: DT_INT64 } } attr { key: "validate_indices" value { b: true } } }
    node { name: "nd" op: "ResourceGatherNd" input: "v" input: "ids" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "Tindices" value { type: DT_INT64 } } }
    node { name: "shape" op: "VariableShape" input: "v" attr { key: "out_type" value { type: DT_INT32 } } }
    node { name: "set" op: "VarIsInitializedOp" input: "v" }
    node { name: "y" op: "IdentityN" input: "read" input: "gather" input: "nd" input: "shape" input: "set" }
  )"));
  EXPECT_THAT(frozen.graph.NodeNames(),
              ElementsAre("v", "read", "ids", "passed", "gather", "nd", "shape", "set", "y", "gather/axis"));
  EXPECT_EQ(Value(frozen, "v"), "float32 [3] 1 2 3");
  EXPECT_EQ(Value(frozen, "gather/axis"), "int64 [] 0");
  EXPECT_EQ(Value(frozen, "set"), "bool [] true");
  const auto node = [&](const char* name) -> const Node& { return frozen.graph.node(frozen.graph.Find(name)); };
  EXPECT_EQ(node("read").op, "Identity");
  EXPECT_EQ(node("read").device, "");
  EXPECT_EQ(node("gather").op, "GatherV2");
  EXPECT_THAT(node("gather").inputs, ElementsAre("passed", "ids", "gather/axis"));
  EXPECT_FALSE(node("gather").attrs.Has("validate_indices"));
  EXPECT_EQ(node("nd").op, "GatherNd");
  EXPECT_EQ(node("shape").op, "Shape");
  for (const char* name : {"read", "passed", "shape"}) {
    ASSERT_OK_AND_ASSIGN(const DType type, node(name).attrs.Type("T"));
    EXPECT_EQ(type, DType::kFloat) << name;
  }
}

TEST_F(FreezeMadeTest, FunctionsThatReadVariables) {
  writer_.Add("v", Tensor::Of<float>({5}));
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, Freeze(Handle("v", "", kOne) + R"(
    node { name: "p" op: "Placeholder" }
    node { name: "y" op: "If" input: "p" input: "v" attr { key: "then_branch" value { func { name: "outer" } } }
           attr { key: "else_branch" value { func { name: "inner" } } } attr { key: "Tcond" value { type: DT_BOOL } }
           attr { key: "Tin" value { list { type: DT_RESOURCE } } } attr { key: "Tout" value { list { type: DT_FLOAT } } } }
    library {
      function {
        signature { name: "outer" input_arg { name: "handle" type: DT_RESOURCE } output_arg { name: "out" type: DT_FLOAT } }
        node_def { name: "call" op: "PartitionedCall" input: "handle" attr { key: "f" value { func { name: "inner" } } }
                   attr { key: "Tin" value { list { type: DT_RESOURCE } } }
                   attr { key: "Tout" value { list { type: DT_FLOAT } } } }
        ret { key: "out" value: "call:output:0" }
      }
      function {
        signature { name: "inner" input_arg { name: "handle" type: DT_RESOURCE } output_arg { name: "out" type: DT_FLOAT } }
        node_def { name: "read" op: "ReadVariableOp" input: "handle" attr { key: "dtype" value { type: DT_FLOAT } } }
        node_def { name: "twice" op: "AddV2" input: "read:value:0" input: "read:value:0"
                   attr { key: "T" value { type: DT_FLOAT } } }
        ret { key: "out" value: "twice:z:0" }
      }
      function { signature { name: "unused" } }
    })"));
  ASSERT_OK_AND_ASSIGN(const std::string function, frozen.graph.node(2).attrs.Find("then_branch")->AsFunctionName());
  EXPECT_EQ(function, "outer_frozen");
  tensorflow::FunctionDefLibrary library;
  ASSERT_TRUE(library.ParseFromString(std::string(frozen.graph.library())));
  ASSERT_EQ(library.function_size(), 2);
  const tensorflow::FunctionDef &outer = library.function(0), &inner = library.function(1);
  EXPECT_EQ(outer.signature().input_arg(0).type(), tensorflow::DT_FLOAT);
  EXPECT_EQ(outer.node_def(0).attr().at("f").func().name(), "inner_frozen");
  EXPECT_EQ(outer.node_def(0).attr().at("Tin").list().type(0), tensorflow::DT_FLOAT);
  EXPECT_EQ(inner.signature().name(), "inner_frozen");
  EXPECT_EQ(inner.node_def(0).op(), "Identity");
  EXPECT_EQ(inner.node_def(1).input(0), "read:output:0");
}

// A saver for a map gives keys of its own, and only the saver that the meta graph names counts.
TEST_F(FreezeMadeTest, KeysOfTheSaver) {
  writer_.Add("saved/v", Tensor::Of<float>({7}));
  writer_.Add("v", Tensor::Of<float>({8}));
  writer_.AddSlice("p", Shape({4}), {{0, 3}}, Tensor::Of<float>({1, 2, 3}));
  writer_.AddSlice("p", Shape({4}), {{3, 1}}, Tensor::Of<float>({4}));
  const std::string graph = Variable("v", "DT_FLOAT", kOne) + Variable("q", "DT_FLOAT", "dim { size: 2 }") + kReadV +
                            Strings("names", {"saved/v", "p"}) + Strings("slices", {"", "4 1,2"}) +
                            Strings("file", {"f"}) + R"(
    node { name: "q/read" op: "Identity" input: "q" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "save/SaveV2" op: "SaveV2" input: "file" input: "names" input: "slices" input: "v" input: "q/read" })";
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, Freeze(graph, Outputs({"y", "q/read:0"})));
  EXPECT_EQ(Value(frozen, "v"), "float32 [1] 7");
  EXPECT_EQ(Value(frozen, "q"), "float32 [2] 2 3");

  MetaGraph meta;
  ASSERT_OK_AND_ASSIGN(meta.graph, Graph::ParseText(graph + "node { name: 'other' op: 'NoOp' }"));
  meta.save_tensor_name = "other:0";
  ASSERT_OK_AND_ASSIGN(const auto checkpoint, CheckpointReader::Open(prefix_));
  ASSERT_OK_AND_ASSIGN(const FrozenGraph other, floe::Freeze(meta, checkpoint.get(), Outputs({"y"})));
  EXPECT_EQ(Value(other, "v"), "float32 [1] 8");
}

TEST_F(FreezeMadeTest, PartsWithoutTheirSaver) {
  writer_.AddSlice("p", Shape({4}), {{3, 1}}, Tensor::Of<float>({4}));
  writer_.AddSlice("p", Shape({4}), {{0, 3}}, Tensor::Of<float>({1, 2, 3}));
  ASSERT_OK_AND_ASSIGN(
      const FrozenGraph frozen,
      Freeze(Variable("p/part_0", "DT_FLOAT", "dim { size: 3 }") + Variable("p/part_1", "DT_FLOAT", kOne) +
             "node { name: 'y' op: 'IdentityN' input: 'p/part_0' input: 'p/part_1' }"));
  EXPECT_EQ(Value(frozen, "p/part_0"), "float32 [3] 1 2 3");
  EXPECT_EQ(Value(frozen, "p/part_1"), "float32 [1] 4");
}

TEST_F(FreezeMadeTest, RefusesWhatTheCheckpointDoesNotHave) {
  writer_.Add("v1", Tensor::Of<float>({7}));
  EXPECT_THAT(Freeze(Variable("v", "DT_FLOAT", kOne) + kReadV),
              StatusIs(kNotFound, AllOf(HasSubstr("variable 'v': wanted float32 [1]"), HasSubstr("has no tensor 'v'"),
                                        HasSubstr("did you mean 'v1'?"))));
  writer_.Add("v", Tensor::Of<float>({7, 8}));
  EXPECT_THAT(
      Freeze(Variable("v", "DT_FLOAT", kOne) + kReadV),
      StatusIs(kInvalid, AllOf(HasSubstr("variable 'v': wanted float32 [1]"), HasSubstr("has float32 [2] as 'v'"))));
  EXPECT_THAT(Freeze(Variable("v", "DT_INT32", "dim { size: 2 }") + kReadV),
              StatusIs(kInvalid, AllOf(HasSubstr("wanted int32 [2]"), HasSubstr("has float32 [2]"))));
  // A shape that the graph leaves open is the checkpoint's.
  EXPECT_OK(Freeze(Variable("v", "DT_FLOAT", "unknown_rank: true") + kReadV));
  EXPECT_OK(Freeze(Variable("v", "DT_FLOAT", "dim { size: -1 }") + kReadV));
  FreezeOptions options = Outputs({"y"});
  options.moving_average = true;
  EXPECT_THAT(Freeze(Variable("v", "DT_FLOAT", "unknown_rank: true") + kReadV, options),
              StatusIs(kNotFound, HasSubstr("no tensor is called .../ExponentialMovingAverage")));
}

TEST_F(FreezeMadeTest, RefusesUnknownNames) {
  writer_.Add("v", Tensor::Of<float>({7}));
  const std::string graph = Variable("v", "DT_FLOAT", kOne) + kReadV;
  EXPECT_THAT(Freeze(graph, Outputs({"why"})),
              StatusIs(kNotFound, HasSubstr("output 'why': no node 'why' in the graph")));
  FreezeOptions options = Outputs({"y"});
  options.renames = {{"w", "x"}};
  EXPECT_THAT(Freeze(graph, options), StatusIs(kNotFound, HasSubstr("rename: no node 'w'")));
  options.renames = {{"v", "y"}};
  EXPECT_THAT(Freeze(graph, options), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'y'")));
  options.renames = {};
  options.outputs = {};
  options.signature = "predict";
  EXPECT_THAT(Freeze(graph, options), StatusIs(kNotFound, HasSubstr("no signature 'predict'; there is none")));
  EXPECT_THAT(Freeze(graph + "node { name: 'z' op: 'Neg' input: 'gone' }"),
              StatusIs(kInvalid, HasSubstr("node 'z': its input 'gone' is not in the graph")));
  EXPECT_THAT(FreezeCheckpoint(prefix_), StatusIs(kNotFound, HasSubstr("m.ckpt.meta' beside it")));
}

TEST_F(FreezeMadeTest, Renames) {
  writer_.Add("v", Tensor::Of<float>({7}));
  FreezeOptions options = Outputs({"y:0"});
  options.renames = {{"v", "weights"}, {"y", "answer"}};
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, Freeze(Variable("v", "DT_FLOAT", kOne) + R"(
        node { name: "order" op: "NoOp" input: "^v" }
        node { name: "y" op: "Identity" input: "v" input: "^order" attr { key: "T" value { type: DT_FLOAT } }
               attr { key: "_class" value { list { s: "loc:@v" } } } })",
                                                        options));
  EXPECT_THAT(frozen.outputs, ElementsAre("answer:0"));
  EXPECT_THAT(frozen.graph.NodeNames(), ElementsAre("weights", "order", "answer"));
  EXPECT_THAT(frozen.graph.node(1).inputs, ElementsAre("^weights"));
  EXPECT_THAT(frozen.graph.node(2).inputs, ElementsAre("weights", "^order"));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> places, frozen.graph.node(2).attrs.Strings("_class"));
  EXPECT_THAT(places, ElementsAre("loc:@weights"));
}

// A control input on an update goes; a value that is an update's cannot be frozen, and all of them are named.
TEST_F(FreezeMadeTest, UpdatesOfVariables) {
  writer_.Add("v", Tensor::Of<float>({7}));
  const std::string updated = Variable("v", "DT_FLOAT", kOne) + R"(
    node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 1 } } } }
    node { name: "add" op: "AssignAdd" input: "v" input: "one" }
    node { name: "sub" op: "AssignSub" input: "v" input: "one" }
    node { name: "group" op: "NoOp" input: "^add" }
    node { name: "y" op: "Identity" input: "v" input: "^group" input: "^one" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "z" op: "AddN" input: "add" input: "sub" attr { key: "N" value { i: 2 } } }
  )";
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, Freeze(updated));
  EXPECT_THAT(frozen.graph.NodeNames(), ElementsAre("v", "one", "y"));
  EXPECT_THAT(frozen.graph.node(2).inputs, ElementsAre("v", "^one"));
  EXPECT_THAT(Freeze(updated, Outputs({"z"})),
              StatusIs(absl::StatusCode::kFailedPrecondition, AllOf(HasSubstr("'add (AssignAdd) changes a variable'"),
                                                                    HasSubstr("'sub (AssignSub) changes"))));
}

TEST_F(FreezeMadeTest, RefusesTables) {
  writer_.Add("v", Tensor::Of<float>({7}));
  EXPECT_THAT(
      Freeze("node { name: 'table' op: 'HashTableV2' attr { key: 'key_dtype' value { type: DT_STRING } } attr { key: "
             "'value_dtype' value { type: DT_INT64 } } } node { name: 'y' op: 'LookupTableSizeV2' input: 'table' }"),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("table 'table' (HashTableV2)")));
}

TEST_F(FreezeMadeTest, RefusesCycles) {
  writer_.Add("v", Tensor::Of<float>({7}));
  EXPECT_THAT(Freeze("node { name: 'y' op: 'Add' input: 'a' input: 'b' } node { name: 'a' op: 'Const' }"
                     "node { name: 'b' op: 'Neg' input: 'c' } node { name: 'c' op: 'Neg' input: 'b' input: '^y' }"),
              StatusIs(kInvalid, AllOf(HasSubstr("the graph has a cycle"), HasSubstr("'b', 'c'"))));
  EXPECT_THAT(Freeze("node { name: 'y' op: 'f' input: 'y' } library { function { signature { name: 'f' "
                     "input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'z' type: DT_FLOAT } } "
                     "node_def { name: 'again' op: 'f' input: 'x' } ret { key: 'z' value: 'again:z:0' } } }"),
              StatusIs(kInvalid, HasSubstr("it calls itself: 'f', 'f'")));
}

// V1 files, in one piece and in shards: the graph's own saver says which slice each part is.
TEST(FreezeTest, OldCheckpoints) {
  for (const char* name : {"v1_format", "v1_format_sharded"}) {
    const std::string folder = absl::StrCat("checkpoints/", name);
    FLOE_REQUIRE_SHARED(folder);
    ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen,
                         FreezeCheckpoint(SharedPath(folder + "/model.ckpt-3"),
                                          Outputs({"a/read", "scope/b/read", "p/part_0/read", "p/part_1/read"})));
    EXPECT_EQ(frozen.variables, 4);
    EXPECT_OK(FreezeCheckpoint(SharedPath(folder), Outputs({"a/read"})));  // the newest of the folder
    const auto value = [&](const char* node) {
      absl::StatusOr<Tensor> tensor = frozen.graph.node(frozen.graph.Find(node)).attrs.OfTensor("value");
      EXPECT_OK(tensor);
      return tensor.ok() ? *tensor : Tensor();
    };
    ASSERT_OK_AND_ASSIGN(const Tensor a, ReadNpy(SharedPath(folder + "/a.npy")));
    ASSERT_OK_AND_ASSIGN(const Tensor b, ReadNpy(SharedPath(folder + "/b.npy")));
    ASSERT_OK_AND_ASSIGN(const Tensor p, ReadNpy(SharedPath(folder + "/p.npy")));
    EXPECT_EQ(value("a").bytes(), a.bytes());
    EXPECT_EQ(value("scope/b").bytes(), b.bytes());
    const int64_t rows = value("p/part_0").shape().dim(0);
    EXPECT_EQ(value("p/part_0").bytes(), p.Rows(0, rows).bytes());
    EXPECT_EQ(value("p/part_1").bytes(), p.Rows(rows, p.shape().dim(0)).bytes());
  }
}

TEST(FreezeTest, EveryDType) {
  const std::string folder = "checkpoints/every_dtype";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const auto checkpoint, CheckpointReader::Open(SharedPath(folder)));
  std::vector<std::string> reads;
  for (const std::string& name : checkpoint->Names()) reads.push_back(name + "/read");
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen, FreezeCheckpoint(SharedPath(folder), Outputs(reads)));
  // As the file that is written holds them.
  ASSERT_OK_AND_ASSIGN(const std::string bytes, frozen.graph.Serialize());
  ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::Parse(bytes, nullptr));
  for (const CheckpointTensor& stored : checkpoint->tensors()) {
    const int index = graph.Find(stored.name);
    ASSERT_GE(index, 0) << stored.name;
    ASSERT_OK_AND_ASSIGN(const Tensor value, graph.node(index).attrs.OfTensor("value"));
    ASSERT_OK_AND_ASSIGN(const Tensor wanted, checkpoint->Read(stored.name));
    EXPECT_EQ(value.ToString(1000), wanted.ToString(1000)) << stored.name;
  }
}

// Only variables that are trained or averaged have averages, whatever else lies under such a name.
TEST(FreezeTest, AveragesOfTheCollections) {
  const std::string prefix = TempDir() + "/m.ckpt";
  BundleWriter writer;
  for (const char* name : {"a", "b"}) {
    writer.Add(name, Tensor::Of<float>({1}));
    writer.Add(absl::StrCat(name, "/ExponentialMovingAverage"), Tensor::Of<float>({2}));
  }
  writer.Write(prefix);
  ASSERT_OK_AND_ASSIGN(const auto checkpoint, CheckpointReader::Open(prefix));
  MetaGraph meta;
  ASSERT_OK_AND_ASSIGN(meta.graph, Graph::ParseText(R"(
    node { name: "a" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "b" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Add" input: "a" input: "b" })"));
  FreezeOptions options = Outputs({"y"});
  options.moving_average = true;
  ASSERT_OK_AND_ASSIGN(const FrozenGraph any, floe::Freeze(meta, checkpoint.get(), options));
  EXPECT_EQ(any.averaged, 2);
  meta.variable_collections["trainable_variables"] = {"a"};
  ASSERT_OK_AND_ASSIGN(const FrozenGraph trained, floe::Freeze(meta, checkpoint.get(), options));
  EXPECT_EQ(trained.averaged, 1);
  meta.variable_collections["moving_average_variables"] = {"b"};
  ASSERT_OK_AND_ASSIGN(const FrozenGraph both, floe::Freeze(meta, checkpoint.get(), options));
  EXPECT_EQ(both.averaged, 2);
}

// A large constant is shared on its way from the checkpoint to the file.
TEST(FreezeTest, LargeValuesAreNotCopied) {
  const std::string folder = TempDir();
  Tensor large(DType::kFloat, Shape({64, 64}));
  for (int64_t i = 0; i < large.num_elements(); ++i) large.mutable_data<float>()[i] = static_cast<float>(i);
  BundleWriter writer;
  writer.Add("v", large);
  writer.Write(folder + "/m.ckpt");
  testing::WriteTestFile(folder + "/g.pbtxt",
                         "node { name: 'v' op: 'VariableV2' attr { key: 'dtype' value { type: DT_FLOAT } } }"
                         "node { name: 'y' op: 'Identity' input: 'v' attr { key: 'T' value { type: DT_FLOAT } } }");
  ASSERT_OK_AND_ASSIGN(const FrozenGraph frozen,
                       FreezeGraphFile(folder + "/g.pbtxt", folder + "/m.ckpt", Outputs({"y"})));
  const AttrValue& value = *frozen.graph.node(0).attrs.Find("value");
  EXPECT_EQ(value.parts().elements, large.bytes());
  EXPECT_EQ(value.KindName(), "tensor");
  EXPECT_THAT(value.AsInt(), StatusIs(kInvalid, HasSubstr("wanted int, got tensor")));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, frozen.graph.Serialize());
  ASSERT_OK_AND_ASSIGN(const int64_t written, frozen.graph.WriteFile(folder + "/frozen.pb"));
  EXPECT_EQ(written, static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(ReadTestFile(folder + "/frozen.pb"), bytes);
  ASSERT_OK_AND_ASSIGN(const Graph again, Graph::Load(folder + "/frozen.pb"));
  ASSERT_OK_AND_ASSIGN(const Tensor read, again.node(0).attrs.OfTensor("value"));
  EXPECT_EQ(read.bytes(), large.bytes());
  EXPECT_EQ(again.node(0).attrs.Find("value")->encoded(), value.encoded());
}

}  // namespace
}  // namespace floe
