#include "session/saved_model.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "session/freeze.h"
#include "tensor/json_tensor.h"
#include "tensor/npy.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/protobuf/saved_model.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::BundleWriter;
using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kNotFound = absl::StatusCode::kNotFound;

std::string DataPath(const std::string& name) { return absl::StrCat(FLOE_TEST_DATA, "/", name); }

absl::StatusOr<Tensor> ReadAny(const std::string& path) {
  return absl::EndsWith(path, ".json") ? ParseJsonTensor(ReadTestFile(path)) : ReadNpy(path);
}

absl::StatusOr<std::vector<Tensor>> RunModel(const std::string& path, const std::string& signature,
                                             const std::vector<NamedTensor>& inputs) {
  ModelOptions options;
  options.device = "reference";
  options.threads = 1;
  options.signature = signature;
  absl::StatusOr<std::shared_ptr<const Model>> model = Model::Load(path, options);
  if (!model.ok()) return model.status();
  return (*model)->Run(inputs);
}

void ExpectNear(const Tensor& got, const std::string& wanted_file) {
  ASSERT_OK_AND_ASSIGN(const Tensor wanted, ReadNpy(SharedPath(wanted_file)));
  ASSERT_EQ(got.shape(), wanted.shape()) << wanted_file;
  for (int64_t i = 0; i < wanted.num_elements(); ++i) {
    EXPECT_NEAR(got.data<float>()[i], wanted.data<float>()[i], 1e-5) << wanted_file << ", element " << i;
  }
}

std::string ConstText(const FrozenGraph& frozen, const std::string& name) {
  const int index = frozen.graph.Find(name);
  if (index < 0) return absl::StrCat("no ", name);
  const absl::StatusOr<Tensor> value = frozen.graph.node(index).attrs.OfTensor("value");
  return value.ok() ? value->ToString() : value.status().ToString();
}

// What TensorFlow wrote.

TEST(SavedModelTest, OfTensorFlow1) {
  const std::string folder = "checkpoints/saved_model_v1";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, FreezeSavedModel(SharedPath(folder)));
  EXPECT_THAT(model.frozen.outputs, ElementsAre("class:0", "y:0"));
  ASSERT_TRUE(model.frozen.signature.has_value());
  EXPECT_EQ(model.frozen.signature->method, "tensorflow/serving/predict");
  ASSERT_OK_AND_ASSIGN(const Tensor x, ReadNpy(SharedPath(folder + "/in_0.npy")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs, RunModel(SharedPath(folder), "", {{"x", x}}));
  ASSERT_OK_AND_ASSIGN(const Tensor classes, ReadNpy(SharedPath(folder + "/out_1.npy")));
  EXPECT_EQ(outputs[0].ToString(100), classes.ToString(100));
}

TEST(SavedModelTest, OfTensorFlow2) {
  const std::string folder = "checkpoints/saved_model_v2";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, FreezeSavedModel(SharedPath(folder)));
  EXPECT_THAT(model.frozen.outputs, ElementsAre("StatefulPartitionedCall:0", "StatefulPartitionedCall:1"));
  EXPECT_EQ(model.frozen.variables, 3);
  for (const Node& node : model.frozen.graph.nodes()) {
    EXPECT_FALSE(absl::StrContains(node.op, "PartitionedCall")) << node.name;
    EXPECT_NE(node.op, "NoOp") << node.name;
  }
  EXPECT_GE(model.frozen.graph.Find("StatefulPartitionedCall/StatefulPartitionedCall/while"), 0);
  ASSERT_OK_AND_ASSIGN(const Tensor image, ReadNpy(SharedPath(folder + "/in_0.npy")));
  ASSERT_OK_AND_ASSIGN(const Tensor steps, ReadNpy(SharedPath(folder + "/in_1.npy")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs,
                       RunModel(SharedPath(folder), "", {{"image", image}, {"steps", steps}}));
  ASSERT_EQ(outputs.size(), 2);
  ExpectNear(outputs[0], folder + "/out_0.npy");
  ExpectNear(outputs[1], folder + "/out_1.npy");
}

TEST(SavedModelTest, WithATableOfAFile) {
  const std::string folder = "checkpoints/saved_model_v2_text";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, FreezeSavedModel(SharedPath(folder)));
  EXPECT_EQ(model.frozen.tables, 1);
  EXPECT_EQ(model.frozen.variables, 1);
  const Graph& graph = model.frozen.graph;
  const Node& init = graph.node(graph.Find("hash_table/init"));
  EXPECT_EQ(init.op, "InitializeTableV2");
  EXPECT_THAT(init.inputs, ElementsAre("hash_table", "hash_table/keys", "hash_table/values"));
  EXPECT_THAT(ConstText(model.frozen, "hash_table/values"), HasSubstr("int64 [5] 0 1 2 3 4"));
  int lookups = 0;
  for (const Node& node : graph.nodes()) {
    if (node.op != "LookupTableFindV2") continue;
    ++lookups;
    EXPECT_EQ(node.inputs[0], "hash_table");
    EXPECT_EQ(node.inputs.back(), "^hash_table/init");
  }
  EXPECT_EQ(lookups, 1);

  const Tensor examples = Tensor::Of<std::string>(
      {ReadTestFile(SharedPath(folder + "/example_0.pb")), ReadTestFile(SharedPath(folder + "/example_1.pb"))});
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs, RunModel(SharedPath(folder), "", {{"examples", examples}}));
  ASSERT_EQ(outputs.size(), 2);
  EXPECT_EQ(outputs[0].shape(), Shape({2, 4}));
  EXPECT_THAT(outputs[0].flat<std::string>(), ElementsAre("a", "d", "c", "b", "c", "b", "d", "a"));
  ExpectNear(outputs[1], folder + "/out_0.npy");
}

// make_saved_models.py: tables from an asset and from constants that are computed, string to int and int to string,
// with a variable beside them.
TEST(SavedModelTest, TablesAreServed) {
  const std::string folder = DataPath("tables");
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, FreezeSavedModel(folder + "/model"));
  EXPECT_EQ(model.frozen.tables, 2);
  ASSERT_OK_AND_ASSIGN(const Tensor words, ReadAny(folder + "/in_0.json"));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs, RunModel(folder + "/model", "", {{"words", words}}));
  const char* const files[] = {"out_0.npy", "out_3.npy", "out_2.json", "out_1.npy"};  // count, ids, names, weights
  ASSERT_EQ(outputs.size(), 4);
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const Tensor wanted, ReadAny(folder + "/" + files[i]));
    EXPECT_EQ(outputs[i].ToString(100), wanted.ToString(100)) << files[i];
  }
}

TEST(SavedModelTest, SeveralSignatures) {
  const std::string folder = DataPath("builder_binary");
  ASSERT_OK_AND_ASSIGN(const Tensor x, ReadAny(folder + "/in_0.npy"));
  ASSERT_OK_AND_ASSIGN(const Tensor wanted, ReadAny(folder + "/out_0.json"));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs, RunModel(folder + "/model", "label", {{"x", x}}));
  EXPECT_EQ(outputs[0].ToString(100), wanted.ToString(100));
  ModelOptions options;
  options.device = "reference";
  options.signature = "scores";
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<const Model> scores, Model::Load(folder + "/model", options));
  EXPECT_EQ(scores->signature_name(), "scores");
  EXPECT_EQ(scores->outputs()[0].tensor_name, "scores:0");
  ASSERT_EQ(scores->signatures().size(), 2);
  EXPECT_EQ(scores->signatures()[0].method, "tensorflow/serving/classify");
  EXPECT_EQ(scores->signatures()[0].outputs[0].dtype, DType::kString);
  // There is no default, and two to choose from.
  EXPECT_THAT(FreezeSavedModel(folder + "/model"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name one of the signatures 'label', 'scores'")));
  FreezeOptions unknown;
  unknown.signature = "score";
  EXPECT_THAT(FreezeSavedModel(folder + "/model", unknown),
              StatusIs(kNotFound, AllOf(HasSubstr("no signature 'score'"), HasSubstr("did you mean 'scores'?"))));
}

// What is made here.

class MadeSavedModelTest : public ::testing::Test {
 protected:
  static constexpr char kGraph[] = R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } })";

  tensorflow::MetaGraphDef* AddMeta(const std::vector<std::string>& tags, const std::string& graph = kGraph) {
    tensorflow::MetaGraphDef* const meta = proto_.add_meta_graphs();
    for (const std::string& tag : tags) meta->mutable_meta_info_def()->add_tags(tag);
    const absl::StatusOr<Graph> parsed = Graph::ParseText(graph);
    EXPECT_OK(parsed);
    if (parsed.ok()) {
      EXPECT_TRUE(meta->mutable_graph_def()->ParseFromString(*parsed->Serialize()));
    }
    tensorflow::SignatureDef& signature = (*meta->mutable_signature_def())["serving_default"];
    (*signature.mutable_inputs())["in"].set_name("x:0");
    (*signature.mutable_outputs())["out"].set_name("y:0");
    return meta;
  }
  absl::StatusOr<FrozenSavedModel> Freeze(const FreezeOptions& options = {}) {
    WriteTestFile(folder_ + "/saved_model.pb", proto_.SerializeAsString());
    return FreezeSavedModel(folder_, options);
  }

  tensorflow::SavedModel proto_;
  const std::string folder_ = TempDir();
};

TEST_F(MadeSavedModelTest, Tags) {
  AddMeta({"train"});
  EXPECT_THAT(Freeze(),
              StatusIs(kNotFound, AllOf(HasSubstr("saved_model.pb"), HasSubstr("no meta graph with the tags {serve}"),
                                        HasSubstr("{train} with the signatures 'serving_default'"))));
  AddMeta({"serve", "tpu"});
  EXPECT_OK(Freeze());  // the only one to serve
  AddMeta({"gpu", "serve"});
  EXPECT_THAT(Freeze(), StatusIs(kNotFound, HasSubstr("several meta graphs with the tags {serve}")));
  FreezeOptions options;
  options.tags = {"serve", "gpu"};
  EXPECT_OK(Freeze(options));
  AddMeta({"serve"});
  EXPECT_OK(Freeze());
}

TEST_F(MadeSavedModelTest, CutOffAnywhere) {
  AddMeta({"serve"});
  const std::string bytes = proto_.SerializeAsString();
  for (size_t size = 0; size + 1 < bytes.size(); ++size) {
    WriteTestFile(folder_ + "/saved_model.pb", bytes.substr(0, size));
    EXPECT_THAT(std::string(FreezeSavedModel(folder_).status().message()), HasSubstr("saved_model.pb")) << size;
  }
}

TEST_F(MadeSavedModelTest, TextFormat) {
  AddMeta({"serve"});
  WriteTestFile(folder_ + "/saved_model.pbtxt", proto_.DebugString());
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, FreezeSavedModel(folder_));
  EXPECT_THAT(model.frozen.graph.NodeNames(), ElementsAre("x", "y"));
  WriteTestFile(folder_ + "/saved_model.pbtxt", "meta_graphs { graph_def { node { name: 1 } } }");
  EXPECT_THAT(FreezeSavedModel(folder_),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("saved_model.pbtxt"), HasSubstr("line 1"))));
}

TEST_F(MadeSavedModelTest, SignaturesThatCannotBe) {
  tensorflow::MetaGraphDef* const meta = AddMeta({"serve"});
  tensorflow::SignatureDef& signature = (*meta->mutable_signature_def())["serving_default"];
  (*signature.mutable_outputs())["out"].set_name("yy:0");
  EXPECT_THAT(Freeze(), StatusIs(kNotFound, AllOf(HasSubstr("output 'yy'"), HasSubstr("no node 'yy'"))));
  (*signature.mutable_outputs())["out"].set_name("y:0");
  (*signature.mutable_inputs())["in"].set_name("z:0");
  EXPECT_THAT(Freeze(), StatusIs(kNotFound, HasSubstr("input 'in' of signature 'serving_default': no node 'z'")));
  (*signature.mutable_inputs())["in"].mutable_coo_sparse()->set_values_tensor_name("x:0");
  EXPECT_THAT(Freeze(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("'in' is a sparse or composite tensor")));
}

// A signature that feeds what a pipeline would have computed.
TEST_F(MadeSavedModelTest, FedInsideTheGraph) {
  tensorflow::MetaGraphDef* const meta = AddMeta({"serve"}, R"(
    node { name: "iterator" op: "IteratorV2" } node { name: "x" op: "IteratorGetNext" input: "iterator" }
    node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } })");
  EXPECT_THAT(Freeze(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 AllOf(HasSubstr("iterator (IteratorV2)"), HasSubstr("input pipeline"))));
  (*(*meta->mutable_signature_def())["serving_default"].mutable_inputs())["in"].set_dtype(tensorflow::DT_FLOAT);
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, Freeze());
  EXPECT_THAT(model.frozen.graph.NodeNames(), ElementsAre("x", "y"));
  EXPECT_EQ(model.frozen.graph.node(0).op, "Placeholder");
}

// All that is missing is told at once.
TEST_F(MadeSavedModelTest, EverythingThatIsMissing) {
  AddMeta({"serve"}, R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "v" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape {} } } }
    node { name: "w" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape {} } } }
    node { name: "rv" op: "ReadVariableOp" input: "v" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "rw" op: "ReadVariableOp" input: "w" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "words" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value { tensor {
      dtype: DT_STRING tensor_shape {} string_val: "original" } } } }
    node { name: "table" op: "HashTableV2" attr { key: "key_dtype" value { type: DT_STRING } }
      attr { key: "value_dtype" value { type: DT_INT64 } } }
    node { name: "fill" op: "InitializeTableFromTextFileV2" input: "table" input: "words"
      attr { key: "key_index" value { i: -2 } } attr { key: "value_index" value { i: -1 } } }
    node { name: "grows" op: "MutableHashTableV2" }
    node { name: "size" op: "LookupTableSizeV2" input: "table" } node { name: "size2" op: "LookupTableSizeV2" input: "grows" }
    node { name: "y" op: "AddN" input: "rv" input: "rw" input: "^size" input: "^size2" })");
  tensorflow::AssetFileDef* const asset = proto_.mutable_meta_graphs(0)->add_asset_file_def();
  asset->set_filename("words.txt");
  asset->mutable_tensor_info()->set_name("words:0");
  WriteTestFile(folder_ + "/assets/word.txt", "a\n");
  EXPECT_THAT(Freeze(), StatusIs(kNotFound, AllOf(HasSubstr("4 problems"), HasSubstr("table 'table'"),
                                                  HasSubstr("assets/words.txt' is not there; did you mean 'word.txt'?"),
                                                  HasSubstr("table 'grows' (MutableHashTableV2) is mutable"),
                                                  HasSubstr("variable 'v'"), HasSubstr("variable 'w'"))));
  WriteTestFile(folder_ + "/assets/words.txt", "a\nb\n");
  EXPECT_THAT(Freeze(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("3 problems")));
  asset->set_filename("../words.txt");
  EXPECT_THAT(Freeze(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wanted a file of the folder 'assets'")));
}

// A variable that no checkpoint has, assigned by the init op, and one that only the saver's function knows the key of.
TEST_F(MadeSavedModelTest, KeysOfASaverThatIsAFunction) {
  tensorflow::MetaGraphDef* const meta = AddMeta({"serve"}, R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "file" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } } }
    node { name: "w_1" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape {} } } }
    node { name: "c" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape {} } } }
    node { name: "three" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor {
      dtype: DT_FLOAT tensor_shape {} float_val: 3 } } } }
    node { name: "twice" op: "Add" input: "three" input: "three" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "assign" op: "AssignVariableOp" input: "c" input: "twice" }
    node { name: "init" op: "NoOp" input: "^assign" }
    node { name: "y" op: "PartitionedCall" input: "w_1" input: "c" attr { key: "f" value { func { name: "add" } } } }
    node { name: "save" op: "StatefulPartitionedCall" input: "file" input: "w_1" attr { key: "f" value { func { name: "saver" } } } }
    library {
      function { signature { name: "add" input_arg { name: "a" type: DT_RESOURCE } input_arg { name: "b" type: DT_RESOURCE }
                             output_arg { name: "sum" type: DT_FLOAT } }
        node_def { name: "ra" op: "ReadVariableOp" input: "a" attr { key: "dtype" value { type: DT_FLOAT } } }
        node_def { name: "rb" op: "ReadVariableOp" input: "b" attr { key: "dtype" value { type: DT_FLOAT } } }
        node_def { name: "add" op: "AddV2" input: "ra:value:0" input: "rb:value:0" attr { key: "T" value { type: DT_FLOAT } } }
        ret { key: "sum" value: "add:z:0" } }
      function { signature { name: "saver" input_arg { name: "file" type: DT_STRING } input_arg { name: "w" type: DT_RESOURCE }
                             output_arg { name: "out" type: DT_STRING } }
        node_def { name: "names" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value {
          tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "deep/w/.ATTRIBUTES/VARIABLE_VALUE" } } } }
        node_def { name: "slices" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value {
          tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "" } } } }
        node_def { name: "read" op: "ReadVariableOp" input: "w" }
        node_def { name: "SaveV2" op: "SaveV2" input: "file" input: "names:output:0" input: "slices:output:0"
                   input: "read:value:0" }
        node_def { name: "id" op: "Identity" input: "file" input: "^SaveV2" }
        ret { key: "out" value: "id:output:0" } control_ret { key: "SaveV2" value: "SaveV2" } }
    })");
  meta->mutable_saver_def()->set_save_tensor_name("save:0");
  (*meta->mutable_collection_def())["saved_model_main_op"].mutable_node_list()->add_value("init");
  BundleWriter writer;
  writer.Add("deep/w/.ATTRIBUTES/VARIABLE_VALUE", Tensor::Scalar<float>(4));
  writer.Write(folder_ + "/variables/variables");
  ASSERT_OK_AND_ASSIGN(const FrozenSavedModel model, Freeze());
  EXPECT_THAT(ConstText(model.frozen, "w_1"), HasSubstr(" 4"));
  EXPECT_THAT(ConstText(model.frozen, "c"), HasSubstr(" 6"));
  EXPECT_EQ(model.frozen.graph.node(model.frozen.graph.Find("y")).op, "Identity");
  EXPECT_GE(model.frozen.graph.Find("y/add"), 0);
}

}  // namespace
}  // namespace floe
