#include "model/model.h"

#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

ModelOptions OnReference() {
  ModelOptions options;
  options.device = "reference";
  return options;
}

// images [?,4], weight [4,3]: scores = images * w; and both halves of them.
GraphMaker Graph() {
  GraphMaker graph;
  graph.Input("images", PartialShape({-1, 4}));
  graph.Input("shift", PartialShape({}));
  graph.Weights("w", Shape({4, 2}));
  graph.Op("MatMul", "product", {"images", "w"});
  graph.Op("AddV2", "scores", {"product", "shift"});
  graph.Const("axis", Tensor::Scalar<int32_t>(1));
  graph.Op("Split", "halves", {"axis", "scores"}, {{"num_split", AttrValue::Int(2)}});
  return graph;
}

std::shared_ptr<const Model> Load(GraphMaker graph, ModelOptions options = OnReference()) {
  auto model = Model::FromGraphDef(*graph.graph().Serialize(), options);
  EXPECT_TRUE(model.ok()) << model.status();
  return *model;
}

Tensor Images(int64_t batch) { return testing::RandomTensor(Shape({batch, 4}), 1); }
const Tensor& Shift() {
  static const Tensor* const shift = new Tensor(Tensor::Scalar<float>(0.5f));
  return *shift;
}

std::vector<std::string> NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) {
    names.push_back(absl::StrCat(spec.name, "=", spec.tensor_name, " ", DTypeName(spec.dtype), spec.shape.ToString()));
  }
  return names;
}

TEST(ModelTest, TellsWhatItTakesAndGives) {
  const auto model = Load(Graph());
  EXPECT_THAT(NamesOf(model->inputs()), ElementsAre("images=images:0 float32[?,4]", "shift=shift:0 float32[]"));
  EXPECT_THAT(NamesOf(model->outputs()), ElementsAre("halves=halves:0 float32[?,1]", "halves:1=halves:1 float32[?,1]"));
  EXPECT_EQ(model->signature_name(), "serving_default");
  EXPECT_EQ(model->device(), "reference");
  EXPECT_GE(model->weight_bytes(), 4 * 2 * 4);
  std::map<std::string, int> ops;
  for (const auto& [op, count] : model->OpCounts()) ops[op] += count;
  EXPECT_EQ(ops["Split"], 1);
}

TEST(ModelTest, EitherNameFeedsAndFetches) {
  const auto model = Load(Graph());
  ASSERT_OK_AND_ASSIGN(const auto by_name, model->Run({{"images", Images(3)}, {"shift", Shift()}}, {"halves:1"}));
  ASSERT_OK_AND_ASSIGN(const auto by_tensor,
                       model->Run({{"shift:0", Shift()}, {"images:0", Images(3)}}, {"halves:1", "halves:0"}));
  ASSERT_EQ(by_name.size(), 1u);
  ASSERT_EQ(by_tensor.size(), 2u);
  EXPECT_EQ(by_name[0].ToString(), by_tensor[0].ToString());
  EXPECT_EQ(by_name[0].shape(), Shape({3, 1}));
}

TEST(ModelTest, AnyTensorCanBeAnOutput) {
  ModelOptions options = OnReference();
  options.outputs = {"product:0", "images"};
  const auto model = Load(Graph(), options);
  EXPECT_THAT(NamesOf(model->inputs()), ElementsAre("images=images:0 float32[?,4]"));
  EXPECT_THAT(NamesOf(model->outputs()), ElementsAre("product=product:0 float32[?,2]", "images=images:0 float32[?,4]"));
  ASSERT_OK_AND_ASSIGN(const auto got, model->Run({{"images", Images(2)}}));
  EXPECT_EQ(got[1].ToString(), Images(2).ToString());
}

TEST(ModelTest, WrongFeedsAndFetchesNameTheThing) {
  const auto model = Load(Graph());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ModelInstance> instance, model->CreateInstance());
  const NamedTensor images = {"images", Images(2)}, shift = {"shift", Shift()};
  struct Case {
    std::vector<NamedTensor> inputs;
    std::vector<std::string> fetches;
    ::testing::Matcher<std::string> message;
  };
  const std::vector<Case> cases = {
      {{images}, {}, HasSubstr("input 'shift' is missing")},
      {{}, {}, HasSubstr("inputs 'images', 'shift' are missing")},
      {{images, shift, images}, {}, HasSubstr("input 'images' is given twice")},
      {{images, shift, {"images:0", Images(2)}}, {}, HasSubstr("input 'images' is given twice")},
      {{images, {"shfit", Shift()}}, {}, AllOf(HasSubstr("unknown input 'shfit'"), HasSubstr("'shift'"))},
      {{images, shift, {"scores", Shift()}}, {}, HasSubstr("unknown input 'scores'")},
      {{{"images", Tensor(DType::kInt32, Shape({2, 4}))}, shift},
       {},
       AllOf(HasSubstr("'images'"), HasSubstr("wanted dtype float32"), HasSubstr("got int32"))},
      {{{"images", Tensor()}, shift}, {}, AllOf(HasSubstr("'images'"), HasSubstr("got invalid"))},
      {{{"images", Tensor(DType::kFloat, Shape({2, 4, 1}))}, shift},
       {},
       AllOf(HasSubstr("'images'"), HasSubstr("wanted rank 2"), HasSubstr("[?,4]"), HasSubstr("got shape [2,4,1]"))},
      {{{"images", Tensor(DType::kFloat, Shape({2, 5}))}, shift},
       {},
       AllOf(HasSubstr("'images'"), HasSubstr("wanted shape [?,4]"), HasSubstr("got shape [2,5]"))},
      {{images, shift}, {"halves:2"}, AllOf(HasSubstr("unknown output 'halves:2'"), HasSubstr("'halves:1'"))},
  };
  for (const Case& wrong : cases) {
    EXPECT_THAT(instance->Run(wrong.inputs, wrong.fetches), StatusIs(Code::kInvalidArgument, wrong.message));
    EXPECT_THAT(model->Check(wrong.inputs, wrong.fetches), StatusIs(Code::kInvalidArgument, wrong.message));
  }
  // It goes on after all that.
  EXPECT_OK(instance->Run({images, shift}, {}));
  EXPECT_OK(model->Check({images, shift}, {}));
}

TEST(ModelTest, LateAndCancelledRunsStop) {
  const auto model = Load(Graph());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ModelInstance> instance, model->CreateInstance());
  const std::vector<NamedTensor> inputs = {{"images", Images(2)}, {"shift", Shift()}};
  const std::atomic<bool> cancelled{true}, going{false};
  EXPECT_THAT(instance->Run(inputs, {}, {.cancelled = &cancelled}), StatusIs(Code::kCancelled, HasSubstr("cancelled")));
  EXPECT_THAT(instance->Run(inputs, {}, {.deadline = absl::Now() - absl::Seconds(1)}),
              StatusIs(Code::kDeadlineExceeded, HasSubstr("deadline")));
  EXPECT_OK(instance->Run(inputs, {}, {.deadline = absl::Now() + absl::Hours(1), .cancelled = &going}));
}

TEST(ModelTest, InstancesOutliveTheModelAndRunAtOnce) {
  std::vector<std::unique_ptr<ModelInstance>> instances;
  std::vector<Tensor> wanted;
  {
    const auto model = Load(Graph());
    for (int i = 0; i < 3; ++i) instances.push_back(*model->CreateInstance());
    wanted = *model->Run({{"images", Images(5)}, {"shift", Shift()}});
  }
  std::vector<std::thread> threads;
  for (auto& instance : instances) {
    threads.emplace_back([&] {
      for (int64_t i = 0; i < 50; ++i) {
        EXPECT_OK(instance->Run({{"images", Images(1 + i % 7)}, {"shift", Shift()}}, {}));
        ASSERT_OK_AND_ASSIGN(const auto got, instance->Run({{"images", Images(5)}, {"shift", Shift()}}, {}));
        EXPECT_EQ(got[0].bytes(), wanted[0].bytes());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ModelTest, RunsFromAnyThread) {
  const auto model = Load(Graph());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_OK(model->Run({{"images", Images(2)}, {"shift", Shift()}}));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ModelTest, ItsPlanHasBytesBeforeItRuns) {
  const auto model = Load(Graph());
  ASSERT_OK_AND_ASSIGN(const PlanSummary one, model->Plan({Shape({1, 4}), Shape()}));
  ASSERT_OK_AND_ASSIGN(const PlanSummary many, model->Plan({Shape({1000, 4}), Shape()}));
  EXPECT_FALSE(one.steps.empty());
  EXPECT_EQ(one.launches, static_cast<int64_t>(one.steps.size()));
  EXPECT_GE(many.arena_bytes, 1000 * 2 * 4);
  EXPECT_LT(one.arena_bytes, many.arena_bytes);
  EXPECT_THAT(one.ToText(), AllOf(HasSubstr("Split"), HasSubstr("reference"), HasSubstr("float32[1,1]")));
  EXPECT_THAT(model->Plan({Shape({1, 5}), Shape()}), StatusIs(Code::kInvalidArgument, HasSubstr("'images'")));
  EXPECT_THAT(model->Plan({Shape({1, 4})}), StatusIs(Code::kInvalidArgument, HasSubstr("2 inputs")));
}

TEST(ModelLoadTest, OptionsThatAreWrong) {
  const std::string bytes = *Graph().graph().Serialize();
  const auto load = [&](auto set) {
    ModelOptions options = OnReference();
    set(options);
    return Model::FromGraphDef(bytes, options).status();
  };
  EXPECT_THAT(load([](ModelOptions& o) { o.device = "gpu"; }),
              StatusIs(Code::kInvalidArgument, AllOf(HasSubstr("'gpu'"), HasSubstr("'cuda[:N]'"))));
  EXPECT_THAT(load([](ModelOptions& o) { o.device = "cuda:1"; }),
              StatusIs(Code::kFailedPrecondition, HasSubstr("no CUDA device")));
  EXPECT_THAT(load([](ModelOptions& o) { o.threads = -1; }), StatusIs(Code::kInvalidArgument, HasSubstr("threads")));
  EXPECT_THAT(load([](ModelOptions& o) { o.signature = "classify"; }),
              StatusIs(Code::kNotFound, AllOf(HasSubstr("'classify'"), HasSubstr("serving_default"))));
  EXPECT_OK(load([](ModelOptions& o) { o.signature = "serving_default"; }));
  EXPECT_THAT(load([](ModelOptions& o) { o.outputs = {"scroes"}; }),
              StatusIs(Code::kNotFound, AllOf(HasSubstr("scroes"), HasSubstr("'scores'"))));
  EXPECT_THAT(load([](ModelOptions& o) { o.outputs = {"scores:3"}; }),
              StatusIs(Code::kInvalidArgument, HasSubstr("'scores'")));
  EXPECT_THAT(load([](ModelOptions& o) {
                o.outputs = {"scores", "scores:0"};
              }),
              StatusIs(Code::kInvalidArgument, HasSubstr("two outputs")));
  EXPECT_THAT(load([](ModelOptions& o) { o.disabled_passes = {"fold_constant"}; }),
              StatusIs(Code::kInvalidArgument, HasSubstr("'fold_constants'")));
}

TEST(ModelLoadTest, OpsThatNobodyKnowsAreAllListed) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}));
  graph.Op("MyCustomOp", "a", {"x"});
  graph.Op("Relu", "b", {"a"});
  graph.Op("MyCustomOp", "c", {"b"});
  graph.Op("OtherOp", "d", {"c"});
  EXPECT_THAT(Model::FromGraphDef(*graph.graph().Serialize(), OnReference()),
              StatusIs(Code::kUnimplemented, AllOf(HasSubstr("MyCustomOp"), HasSubstr("'a'"), HasSubstr("'c'"),
                                                   HasSubstr("OtherOp"), HasSubstr("'d'"))));
}

class BadFileTest : public ::testing::Test {
 protected:
  absl::Status LoadBytes(absl::string_view bytes, const std::string& name = "model.pb") {
    const std::string path = JoinPath(directory_, name);
    EXPECT_OK(WriteFileAtomically(path, bytes));
    const absl::Status status = Model::Load(path, OnReference()).status();
    if (!status.ok()) {
      EXPECT_THAT(status, StatusIs(status.code(), AllOf(HasSubstr(path), ::testing::Not(HasSubstr("\n")))));
    }
    return status;
  }
  const std::string directory_ = TempDir();
};

TEST_F(BadFileTest, Missing) {
  EXPECT_THAT(Model::Load(JoinPath(directory_, "no.pb")), StatusIs(Code::kNotFound, HasSubstr("no.pb")));
  EXPECT_THAT(Model::Load(directory_), StatusIs(Code::kFailedPrecondition, HasSubstr("a folder")));
}

TEST_F(BadFileTest, SavedModelFolders) {
  EXPECT_OK(WriteFileAtomically(JoinPath(directory_, "saved_model.pb"), "x"));
  EXPECT_THAT(Model::Load(directory_),
              StatusIs(Code::kDataLoss, AllOf(HasSubstr("saved_model.pb"), HasSubstr("not a SavedModel"))));
}

TEST_F(BadFileTest, Empty) { EXPECT_THAT(LoadBytes(""), StatusIs(Code::kInvalidArgument, HasSubstr("empty"))); }

TEST_F(BadFileTest, Text) {
  EXPECT_FALSE(LoadBytes("this is no graph", "model.pbtxt").ok());
  EXPECT_FALSE(LoadBytes("this is no graph").ok());
}

TEST_F(BadFileTest, TruncatedAnywhere) {
  const std::string whole = *Graph().graph().Serialize();
  ASSERT_OK(LoadBytes(whole));
  for (size_t length = 0; length + 1 < whole.size(); length += 1 + length / 40) {
    // A cut between two nodes leaves a graph, and perhaps one that can be loaded.
    LoadBytes(absl::string_view(whole).substr(0, length)).IgnoreError();
  }
  EXPECT_THAT(LoadBytes(absl::string_view(whole).substr(0, whole.size() / 2)).code(),
              ::testing::AnyOf(Code::kDataLoss, Code::kInvalidArgument));
}

TEST_F(BadFileTest, RandomBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(random() % 2000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_FALSE(LoadBytes(bytes).ok());
  }
}

TEST_F(BadFileTest, FlippedBytesNeverCrash) {
  const std::string whole = *Graph().graph().Serialize();
  std::mt19937 random(4);
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = whole;
    for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto model = Model::FromGraphDef(bytes, OnReference());
    if (!model.ok()) continue;
    (*model)->Run({{"images", Images(2)}, {"shift", Shift()}}).status().IgnoreError();
  }
}

TEST(CheckpointModelTest, TheDigitsExampleLoadsFromItsPrefix) {
  const std::string prefix = testing::SourcePath("examples/digits/model.ckpt");
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(prefix, OnReference()));
  ASSERT_EQ(model->inputs().size(), 1u);
  Shape shape = Shape({2});
  for (int axis = 1; axis < model->inputs()[0].shape.rank(); ++axis) shape.Append(model->inputs()[0].shape.dim(axis));
  EXPECT_OK(model->Run({{model->inputs()[0].name, testing::RandomTensor(shape, 1)}}));
  ModelOptions options = OnReference();
  options.outputs = {"no_such_node"};
  EXPECT_THAT(Model::Load(prefix, options), StatusIs(Code::kNotFound, HasSubstr("no_such_node")));
}

// As a sampler draws: TensorFlow's numbers at the first run, others at each further one, whichever instance has it.
TEST(ModelTest, RandomNumbersGoOnFromRunToRun) {
  GraphMaker graph;
  graph.Const("shape", Tensor::Of<int32_t>({3}));
  const GraphMaker::Attrs attrs = {{"dtype", AttrValue::Type(DType::kFloat)},
                                   {"T", AttrValue::Type(DType::kInt32)},
                                   {"seed", AttrValue::Int(5)},
                                   {"seed2", AttrValue::Int(9)}};
  graph.Op("RandomUniform", "noise", {"shape"}, attrs);
  graph.Op("RandomUniform", "same_seeds", {"shape"}, attrs);
  graph.Input("x", PartialShape({3}));
  graph.Op("AddV2", "sum", {"x", "noise"});
  graph.Op("Sub", "difference", {"sum", "same_seeds"});
  for (const char* device : {"reference", "cpu"}) {
    SCOPED_TRACE(device);
    ModelOptions options;
    options.device = device;
    options.outputs = {"sum:0", "difference:0"};
    const std::shared_ptr<const Model> model = Load(graph, options);
    ASSERT_OK_AND_ASSIGN(const auto one, model->CreateInstance());
    ASSERT_OK_AND_ASSIGN(const auto other, model->CreateInstance());
    const auto run = [](ModelInstance& instance) {
      auto results = instance.Run({{"x", Tensor::Of<float>({0, 0, 0})}}, {});
      EXPECT_OK(results);
      EXPECT_THAT((*results)[1].flat<float>(), ElementsAre(0, 0, 0));
      const absl::Span<const float> sum = (*results)[0].flat<float>();
      return std::vector<float>(sum.begin(), sum.end());
    };
    EXPECT_THAT(run(*one), ElementsAre(0.85900664f, 0.21150982f, 0.17018116f));
    EXPECT_THAT(run(*other), ElementsAre(0.39173627f, 0.80001676f, 0.43380892f));
    EXPECT_THAT(run(*one), ElementsAre(0.75120103f, 0.93504107f, 0.8110914f));
    model->Restart();
    EXPECT_THAT(run(*other), ElementsAre(0.85900664f, 0.21150982f, 0.17018116f));
  }
}

}  // namespace
}  // namespace floe
