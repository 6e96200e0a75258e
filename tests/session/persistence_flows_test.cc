// The flows of a persistence tutorial, with its values.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "checkpoint/checkpoint_reader.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "session/convert_to_constants.h"
#include "session/import_graph.h"
#include "session/import_meta_graph.h"
#include "session/moving_average.h"
#include "session/saver.h"
#include "session/session.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::vector<float> Floats(const absl::StatusOr<Tensor>& tensor) {
  EXPECT_OK(tensor);
  if (!tensor.ok() || tensor->dtype() != DType::kFloat) return {};
  return {tensor->flat<float>().begin(), tensor->flat<float>().end()};
}

Tensor One(float value) { return Tensor::Of<float>({value}); }

// Flow 1: builds, initialises and saves. Returns the checkpoint's prefix.
std::string SaveTwoVariables(const std::string& folder) {
  GraphBuilder g;
  const Output v1 = g.Variable("v1", One(1)), v2 = g.Variable("v2", One(2));
  const Output result = g.Add(v1, v2);
  const Operation init = g.GlobalVariablesInitializer();
  Saver saver(g);
  Session session(g);
  EXPECT_OK(session.Run(init));
  EXPECT_THAT(Floats(session.Run(result)), ElementsAre(3.0F));
  const absl::StatusOr<std::string> prefix = saver.Save(session, folder + "/SaveModels/model1.ckpt");
  EXPECT_OK(prefix);
  return prefix.value_or("");
}

TEST(PersistenceFlowsTest, SavesGraphValuesAndList) {
  const std::string folder = TempDir();
  const std::string prefix = SaveTwoVariables(folder);
  EXPECT_EQ(prefix, folder + "/SaveModels/model1.ckpt");
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, FileSystem::Posix().List(folder + "/SaveModels"));
  EXPECT_THAT(names,
              ElementsAre("checkpoint", "model1.ckpt.data-00000-of-00001", "model1.ckpt.index", "model1.ckpt.meta"));
  ASSERT_OK_AND_ASSIGN(const std::string latest, Saver::LatestCheckpoint(folder + "/SaveModels"));
  EXPECT_EQ(latest, prefix);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> reader, CheckpointReader::Open(prefix));
  EXPECT_THAT(reader->Names(), ElementsAre("v1", "v2"));
  EXPECT_THAT(Floats(reader->Read("v2")), ElementsAre(2.0F));
}

TEST(PersistenceFlowsTest, RestoresIntoARebuiltGraph) {
  const std::string prefix = SaveTwoVariables(TempDir());
  GraphBuilder g;
  const Output v1 = g.Variable("v1", One(0)), v2 = g.Variable("v2", One(0));
  const Output result = g.Add(v1, v2);
  Saver saver(g);
  Session session(g);
  ASSERT_OK(saver.Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run(result)), ElementsAre(3.0F));
}

TEST(PersistenceFlowsTest, ImportsTheMetaGraphAlone) {
  const std::string prefix = SaveTwoVariables(TempDir());
  absl::StatusOr<ImportedMetaGraph> imported = ImportMetaGraph(prefix + ".meta");
  ASSERT_OK(imported);
  Session session(imported->graph);
  ASSERT_OK(imported->saver.Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run("add:0")), ElementsAre(3.0F));
  EXPECT_THAT(imported->graph.GlobalVariables(), ElementsAre(Output{"v1", 0}, Output{"v2", 0}));
}

TEST(PersistenceFlowsTest, SavesAndRestoresOnlyWhatIsListed) {
  const std::string prefix = SaveTwoVariables(TempDir());
  GraphBuilder g;
  const Output v1 = g.Variable("v1", One(-1)), v2 = g.Variable("v2", One(-2));
  const Operation init = g.GlobalVariablesInitializer();
  Saver only_v1(g, {v1});
  Session session(g);
  ASSERT_OK(session.Run(init));
  ASSERT_OK(only_v1.Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run(v1)), ElementsAre(1.0F));
  EXPECT_THAT(Floats(session.Run(v2)), ElementsAre(-2.0F));
  ASSERT_OK_AND_ASSIGN(const std::string saved, only_v1.Save(session, TempDir() + "/only.ckpt"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> reader, CheckpointReader::Open(saved));
  EXPECT_THAT(reader->Names(), ElementsAre("v1"));
}

TEST(PersistenceFlowsTest, RestoresUnderOtherNames) {
  const std::string prefix = SaveTwoVariables(TempDir());
  GraphBuilder g;
  const Output v1 = g.Variable("other-v1", One(0)), v2 = g.Variable("other-v2", One(0));
  const Output result = g.Add(v1, v2);
  Session session(g);
  ASSERT_OK(Saver(g, {{"v1", v1}, {"v2", v2}}).Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run(result)), ElementsAre(3.0F));
}

// Flow 6.
std::string SaveAverages(const std::string& folder, bool resource) {
  GraphBuilder g;
  const Tensor zero = Tensor::Scalar<float>(0);
  const Output v1 = resource ? g.ResourceVariable("v1", zero) : g.Variable("v1", zero);
  const Output v2 = resource ? g.ResourceVariable("v2", zero) : g.Variable("v2", zero);
  ExponentialMovingAverage ema(0.99);
  const Operation maintain = ema.Apply(g, g.GlobalVariables());
  EXPECT_EQ(ema.Average(v1).name(), "v1/ExponentialMovingAverage:0");
  Saver saver(g);
  const Operation init = g.GlobalVariablesInitializer();
  Session session(g);
  EXPECT_OK(session.Run(init));
  EXPECT_OK(session.Run(g.Assign(v1, 10)));
  EXPECT_OK(session.Run(g.Assign(v2, 5)));
  EXPECT_OK(session.Run(maintain));
  const absl::StatusOr<std::vector<Tensor>> values = session.Run({v1, v2, ema.Average(v1), ema.Average(v2)});
  EXPECT_OK(values);
  if (!values.ok()) return "";
  std::vector<float> all;
  for (const Tensor& value : *values) all.push_back(value.scalar<float>());
  EXPECT_THAT(all, ElementsAre(10.0F, 5.0F, 0.099999905F, 0.049999952F));
  const absl::StatusOr<std::string> prefix = saver.Save(session, folder + "/model2.ckpt");
  EXPECT_OK(prefix);
  return prefix.value_or("");
}

TEST(PersistenceFlowsTest, AveragesAndSavesThem) {
  for (const bool resource : {false, true}) {
    const std::string prefix = SaveAverages(TempDir(), resource);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> reader, CheckpointReader::Open(prefix));
    EXPECT_THAT(reader->Names(), ElementsAre("v1", "v1/ExponentialMovingAverage", "v2", "v2/ExponentialMovingAverage"));
    EXPECT_THAT(Floats(reader->Read("v1/ExponentialMovingAverage")), ElementsAre(0.099999905F));
  }
}

TEST(PersistenceFlowsTest, LoadsAveragesIntoOtherVariables) {
  const std::string prefix = SaveAverages(TempDir(), false);
  GraphBuilder g;
  const Output a = g.Variable("a", 0.0F), b = g.Variable("b", 0.0F);
  Saver saver(g, {{"v1/ExponentialMovingAverage", a}, {"v2/ExponentialMovingAverage", b}});
  Session session(g);
  ASSERT_OK(saver.Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run(a)), ElementsAre(0.099999905F));
  EXPECT_THAT(Floats(session.Run(b)), ElementsAre(0.049999952F));
}

TEST(PersistenceFlowsTest, KnowsWhichAveragesToRestore) {
  const std::string prefix = SaveAverages(TempDir(), false);
  GraphBuilder g;
  const Output v1 = g.Variable("v1", 0.0F), v2 = g.Variable("v2", 0.0F);
  VariableOptions fixed;
  fixed.trainable = false;
  g.Variable("step", 0.0F, fixed);
  const Output followed = g.Variable("followed", 0.0F, fixed);
  g.AddToCollection(kMovingAverageVariables, followed);
  const ExponentialMovingAverage ema(0.99);
  const std::map<std::string, Output> restored = ema.VariablesToRestore(g);
  EXPECT_THAT(restored,
              ElementsAre(Pair("followed/ExponentialMovingAverage", followed), Pair("step", Output{"step", 0}),
                          Pair("v1/ExponentialMovingAverage", v1), Pair("v2/ExponentialMovingAverage", v2)));

  GraphBuilder plain;
  const Output w1 = plain.Variable("v1", 0.0F);
  plain.Variable("v2", 0.0F);
  Saver saver(plain, ema.VariablesToRestore(plain));
  Session session(plain);
  ASSERT_OK(saver.Restore(session, prefix));
  EXPECT_THAT(Floats(session.Run(w1)), ElementsAre(0.099999905F));
}

absl::StatusOr<GraphDef> FreezeSum() {
  GraphBuilder g;
  const Output v3 = g.Variable("v3", One(3)), v4 = g.Variable("v4", One(4));
  g.Add(v3, v4);
  const Operation init = g.GlobalVariablesInitializer();
  Session session(g);
  EXPECT_OK(session.Run(init));
  return ConvertVariablesToConstants(session, g.AsGraphDef(), {"add"});
}

TEST(PersistenceFlowsTest, FreezesToExactlyFiveNodes) {
  ASSERT_OK_AND_ASSIGN(const GraphDef frozen, FreezeSum());
  ASSERT_OK_AND_ASSIGN(const Graph wanted, Graph::ParseText(R"pb(
                         node {
                           name: "v3"
                           op: "Const"
                           attr {
                             key: "dtype"
                             value { type: DT_FLOAT }
                           }
                           attr {
                             key: "value"
                             value {
                               tensor {
                                 dtype: DT_FLOAT
                                 tensor_shape { dim { size: 1 } }
                                 float_val: 3.0
                               }
                             }
                           }
                         }
                         node {
                           name: "v3/read"
                           op: "Identity"
                           input: "v3"
                           attr {
                             key: "T"
                             value { type: DT_FLOAT }
                           }
                           attr {
                             key: "_class"
                             value { list { s: "loc:@v3" } }
                           }
                         }
                         node {
                           name: "v4"
                           op: "Const"
                           attr {
                             key: "dtype"
                             value { type: DT_FLOAT }
                           }
                           attr {
                             key: "value"
                             value {
                               tensor {
                                 dtype: DT_FLOAT
                                 tensor_shape { dim { size: 1 } }
                                 float_val: 4.0
                               }
                             }
                           }
                         }
                         node {
                           name: "v4/read"
                           op: "Identity"
                           input: "v4"
                           attr {
                             key: "T"
                             value { type: DT_FLOAT }
                           }
                           attr {
                             key: "_class"
                             value { list { s: "loc:@v4" } }
                           }
                         }
                         node {
                           name: "add"
                           op: "Add"
                           input: "v3/read"
                           input: "v4/read"
                           attr {
                             key: "T"
                             value { type: DT_FLOAT }
                           }
                         }
                         library {}
                         versions { producer: 2474 }
                       )pb"));
  EXPECT_EQ(frozen.NodeNames(), wanted.NodeNames());
  ASSERT_OK_AND_ASSIGN(const std::string bytes, frozen.Serialize());
  ASSERT_OK_AND_ASSIGN(const std::string wanted_bytes, wanted.Serialize());
  EXPECT_EQ(bytes, wanted_bytes);
}

TEST(PersistenceFlowsTest, ImportsAndRunsTheFrozenGraph) {
  ASSERT_OK_AND_ASSIGN(const GraphDef frozen, FreezeSum());
  ASSERT_OK_AND_ASSIGN(const std::string bytes, frozen.Serialize());
  const std::string path = TempDir() + "/model3.pb";
  ASSERT_OK(WriteFileAtomically(path, bytes));
  ASSERT_OK_AND_ASSIGN(const GraphDef parsed, Graph::Load(path));

  GraphBuilder g;
  ImportOptions options;
  options.return_elements = {"add:0"};
  options.name = "";
  ASSERT_OK_AND_ASSIGN(const std::vector<Output> plain, ImportGraphDef(g, parsed, options));
  options.name.reset();
  ASSERT_OK_AND_ASSIGN(const std::vector<Output> prefixed, ImportGraphDef(g, parsed, options));
  ASSERT_OK_AND_ASSIGN(const std::vector<Output> again, ImportGraphDef(g, parsed, options));
  options.name = "mapped";
  options.input_map = {{"v3/read:0", g.Constant(One(40), "forty")}};
  ASSERT_OK_AND_ASSIGN(const std::vector<Output> mapped, ImportGraphDef(g, parsed, options));
  EXPECT_EQ(plain[0].name(), "add:0");
  EXPECT_EQ(prefixed[0].name(), "import/add:0");
  EXPECT_EQ(again[0].name(), "import_1/add:0");
  EXPECT_EQ(mapped[0].name(), "mapped/add:0");
  Session session(g);
  for (const std::vector<Output>& outputs : {plain, prefixed, again}) {
    EXPECT_THAT(Floats(session.Run(outputs[0])), ElementsAre(7.0F));
  }
  EXPECT_THAT(Floats(session.Run(mapped[0])), ElementsAre(44.0F));

  // Refused: names that are taken, elements and inputs that are not there.
  options.name = "";
  EXPECT_THAT(ImportGraphDef(g, parsed, options), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'v3'")));
  options = {};
  options.return_elements = {"ad:0"};
  EXPECT_THAT(ImportGraphDef(g, parsed, options), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'add'")));

  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<const Model> model, Model::Load(path));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> outputs, model->Run({}, std::vector<std::string>{"add:0"}));
  EXPECT_THAT(Floats(outputs[0]), ElementsAre(7.0F));
}

}  // namespace
}  // namespace floe
