#include "plan/executor.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tests/testing/fake_device.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeDevice;
using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

absl::Status Go() { return absl::OkStatus(); }

// The elements above 0: how many there are is in the data.
absl::Status InferKeepPositive(InferContext& context) {
  context.AddOutput(context.dtype(0), PartialShape({PartialShape::kUnknownDim}));
  return absl::OkStatus();
}
absl::Status EvalKeepPositive(EvalContext& context) {
  std::vector<float> kept;
  for (const float x : context.input(0).flat<float>()) {
    if (x > 0) kept.push_back(x);
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({static_cast<int64_t>(kept.size())})));
  if (!kept.empty()) std::memcpy(output->raw_mutable_data(), kept.data(), kept.size() * sizeof(float));
  return absl::OkStatus();
}
// As an op does that has nothing to do.
absl::Status EvalSame(EvalContext& context) { return context.SetOutput(0, context.input(0)); }

constexpr OpInfo kKeepPositive = {"KeepPositive", InferKeepPositive, EvalKeepPositive};
constexpr OpInfo kSharesItsInput = {"SharesItsInput", InferKeepPositive, EvalSame};

// Replaces what an op of the program is.
void Become(Program& program, absl::string_view name, const OpInfo& info) {
  for (Op& op : program.ops) {
    if (op.name != name) continue;
    op.info = &info;
    program.values[op.outputs[0]].shape = PartialShape({PartialShape::kUnknownDim});
  }
}

class Runner {
 public:
  Runner(const Program& program, std::vector<const Backend*> backends, int64_t max_run_time_bytes = 1 << 20)
      : executor(max_run_time_bytes) {
    auto made = CompiledProgram::Compile(program, backends);
    EXPECT_TRUE(made.ok()) << made.status();
    compiled = *made;
  }

  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs,
                                          absl::FunctionRef<absl::Status()> check = Go) {
    std::vector<Shape> shapes;
    for (const Tensor& input : inputs) shapes.push_back(input.shape());
    FLOE_ASSIGN_OR_RETURN(const auto plan, MakePlan(compiled, shapes));
    return executor.Run(plan, inputs, check);
  }

  std::shared_ptr<const CompiledProgram> compiled;
  Executor executor;
};

Tensor Row(std::initializer_list<float> values) { return Tensor::Of<float>(values); }

class DataDependentTest : public ::testing::Test {
 protected:
  // What is kept of x, in rows of two, doubled, and its shape.
  DataDependentTest() {
    GraphMaker graph;
    graph.Input("x", PartialShape({-1}));
    graph.Op("Relu", "relu", {"x"});
    graph.Op("Identity", "kept", {"relu"});
    graph.Const("rows", Tensor::Of<int32_t>({-1, 2}));
    graph.Op("Reshape", "pairs", {"kept", "rows"});
    graph.Op("AddV2", "twice", {"pairs", "pairs"});
    graph.Op("Shape", "shape", {"twice"});
    graph.Op("Tanh", "tanh", {"x"});
    program_ = *graph.Lower({"twice", "shape", "tanh"});
    Become(program_, "kept", kKeepPositive);
    for (Op& op : program_.ops) {
      if (op.name == "kept") continue;
      for (const ValueId id : op.outputs) {
        if (op.name == "pairs" || op.name == "twice") program_.values[id].shape = PartialShape({-1, 2});
      }
    }
  }

  void CheckAnswers(Runner& runner) {
    for (const auto& [x, wanted] : std::vector<std::pair<Tensor, std::string>>{
             {Row({1, -1, 2, 3, 4}), "float32 [2,2] 2 4 6 8"},
             {Row({1, -1, -2, -3, 4}), "float32 [1,2] 2 8"},
             {Row({-1, -1, -2, -3, -4}), "float32 [0,2] "},
             {Row({7, 8}), "float32 [1,2] 14 16"},
         }) {
      ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, runner.Run({x}));
      EXPECT_EQ(got[0].ToString(), wanted);
      EXPECT_EQ(got[1].ToString(), absl::StrCat("int32 [2] ", got[0].shape().dim(0), " 2"));
      EXPECT_EQ(got[2].shape(), x.shape());
      got.clear();
      EXPECT_EQ(runner.executor.run_time_bytes(), 0);
    }
  }

  Program program_;
};

TEST_F(DataDependentTest, OnTheHost) {
  Runner runner(program_, {&ReferenceBackend()});
  CheckAnswers(runner);
}

TEST_F(DataDependentTest, AroundADevice) {
  const FakeDevice device({"Relu", "AddV2", "Tanh"});
  {
    Runner runner(program_, {&device, &ReferenceBackend()});
    CheckAnswers(runner);
  }
  EXPECT_GT(device.launches(), 0);
  EXPECT_EQ(device.allocated_bytes(), 0);
}

TEST_F(DataDependentTest, TheirMemoryIsBounded) {
  // 300 floats: kept, and its double.
  Runner runner(program_, {&ReferenceBackend()}, 1300);
  const Tensor many = [] {
    Tensor tensor(DType::kFloat, Shape({300}));
    for (int i = 0; i < 300; ++i) tensor.mutable_data<float>()[i] = 1.0f;
    return tensor;
  }();
  EXPECT_THAT(runner.Run({many}), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("'twice' (AddV2)")));
  EXPECT_EQ(runner.executor.run_time_bytes(), 0);
  // The run after it has all of it again.
  CheckAnswers(runner);
}

TEST_F(DataDependentTest, WhatDoesNotFitIsTheRequestsFault) {
  Runner runner(program_, {&ReferenceBackend()});
  EXPECT_THAT(runner.Run({Row({1, 2, 3})}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'pairs'")));
  CheckAnswers(runner);
}

TEST(ExecutorTest, AFedShapeReshapes) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}));
  graph.Input("sizes", PartialShape({-1}), DType::kInt64);
  graph.Op("Relu", "relu", {"x"});
  graph.Op("Reshape", "y", {"relu", "sizes"});
  graph.Op("Relu", "z", {"y"});
  const Program program = *graph.Lower({"y", "z"});
  const FakeDevice device({"Relu"});
  for (const std::vector<const Backend*>& backends :
       {std::vector<const Backend*>{&ReferenceBackend()}, {&device, &ReferenceBackend()}}) {
    Runner runner(program, backends);
    const Tensor x = Row({1, 2, 3, 4, 5, 6});
    ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, runner.Run({x, Tensor::Of<int64_t>({2, 3})}));
    EXPECT_EQ(got[0].ToString(), "float32 [2,3] 1 2 3 4 5 6");
    EXPECT_EQ(got[1].ToString(), "float32 [2,3] 1 2 3 4 5 6");
    ASSERT_OK_AND_ASSIGN(got, runner.Run({x, Tensor::Of<int64_t>({3, -1})}));
    EXPECT_EQ(got[1].shape(), Shape({3, 2}));
    EXPECT_THAT(runner.Run({x, Tensor::Of<int64_t>({4, 3})}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'y' (Reshape)")));
    EXPECT_THAT(runner.Run({x, Tensor::Of<int64_t>({-1, INT64_MAX})}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'y' (Reshape)")));
  }
}

TEST(ExecutorTest, ARunTimeResultThatSharesItsInputIsCopied) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}));
  graph.Op("Relu", "relu", {"x"});
  graph.Op("Identity", "same", {"relu"});
  graph.Op("Tanh", "t1", {"x"});
  graph.Op("Tanh", "t2", {"t1"});
  graph.Op("Tanh", "t3", {"t2"});
  Program program = *graph.Lower({"same", "t3"});
  Become(program, "same", kSharesItsInput);
  Runner runner(program, {&ReferenceBackend()});
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> first, runner.Run({Row({1, 2, 3})}));
  ASSERT_OK(runner.Run({Row({4, 5, 6})}));
  EXPECT_EQ(first[0].ToString(), "float32 [3] 1 2 3");
}

TEST(ExecutorTest, ResultsShareNoMemoryWithTheExecutorOrTheCaller) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}));
  graph.Const("c", Tensor::Of<float>({5, 6}));
  graph.Op("Relu", "relu", {"x"});
  graph.Const("column", Tensor::Of<int32_t>({-1, 1}));
  graph.Op("Reshape", "view", {"relu", "column"});
  graph.Op("Reshape", "view_of_input", {"x", "column"});
  const Program program = *graph.Lower({"x", "c", "relu", "view", "view_of_input", "relu"});
  const FakeDevice device({"Relu"});
  for (const std::vector<const Backend*>& backends :
       {std::vector<const Backend*>{&ReferenceBackend()}, {&device, &ReferenceBackend()}}) {
    std::vector<Tensor> got;
    float memory[] = {1, 2};
    {
      Runner runner(program, backends);
      ASSERT_OK_AND_ASSIGN(got, runner.Run({Tensor::View(DType::kFloat, Shape({2}), memory, nullptr)}));
      memory[0] = memory[1] = 0;
      ASSERT_OK(runner.Run({Row({8, 9})}));
    }
    std::vector<std::string> texts;
    for (const Tensor& tensor : got) texts.push_back(tensor.ToString());
    EXPECT_THAT(texts, ::testing::ElementsAre("float32 [2] 1 2", "float32 [2] 5 6", "float32 [2] 1 2",
                                              "float32 [2,1] 1 2", "float32 [2,1] 1 2", "float32 [2] 1 2"));
  }
}

TEST(ExecutorTest, StringsPassThrough) {
  GraphMaker graph;
  graph.Input("s", PartialShape({-1}), DType::kString);
  graph.Const("axis", Tensor::Scalar<int32_t>(0));
  graph.Op("ConcatV2", "both", {"s", "s", "axis"}, {{"N", AttrValue::Int(2)}});
  graph.Const("sizes", Tensor::Of<int32_t>({2, -1}));
  graph.Op("Reshape", "rows", {"both", "sizes"});
  Runner runner(*graph.Lower({"rows"}), {&ReferenceBackend()});
  ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, runner.Run({Tensor::Of<std::string>({"a", "bc"})}));
  EXPECT_EQ(got[0].ToString(), "string [2,2] \"a\" \"bc\" \"a\" \"bc\"");
  EXPECT_GT(runner.executor.run_time_bytes(), 0);
  got.clear();
  EXPECT_EQ(runner.executor.run_time_bytes(), 0);
}

class StoppedRunTest : public ::testing::Test {
 protected:
  StoppedRunTest() {
    GraphMaker graph;
    std::string last = graph.Input("x", PartialShape({-1}));
    for (int i = 0; i < 4; ++i) last = graph.Op("Relu", absl::StrCat("relu", i), {last});
    program_ = *graph.Lower({last});
  }
  Program program_;
};

TEST_F(StoppedRunTest, IsAskedBeforeEachStepAndTheNextRunIsRight) {
  const FakeDevice device({"Relu"});
  for (const std::vector<const Backend*>& backends :
       {std::vector<const Backend*>{&ReferenceBackend()}, {&device, &ReferenceBackend()}}) {
    Runner runner(program_, backends);
    for (int stop_at = 0; stop_at < 4; ++stop_at) {
      int asked = 0;
      const absl::StatusOr<std::vector<Tensor>> got = runner.Run(
          {Row({1, -1})}, [&] { return asked++ == stop_at ? absl::CancelledError("stopped") : absl::OkStatus(); });
      EXPECT_THAT(got, StatusIs(absl::StatusCode::kCancelled, "stopped"));
      EXPECT_EQ(asked, stop_at + 1);
      ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> next, runner.Run({Row({1, -1})}));
      EXPECT_EQ(next[0].ToString(), "float32 [2] 1 0");
    }
  }
}

TEST_F(StoppedRunTest, ADeviceThatFailsFailsTheRunAndNoMore) {
  FakeDevice device({"Relu"});
  Runner runner(program_, {&device, &ReferenceBackend()});
  device.FailOnce();
  EXPECT_THAT(runner.Run({Row({1, -1})}), StatusIs(absl::StatusCode::kInternal, HasSubstr("the device failed")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> next, runner.Run({Row({1, -1})}));
  EXPECT_EQ(next[0].ToString(), "float32 [2] 1 0");
}

TEST_F(StoppedRunTest, AFullDeviceIsResourceExhausted) {
  FakeDevice device({"Relu"});
  Runner runner(program_, {&device, &ReferenceBackend()});
  ASSERT_OK(runner.Run({Row({1, -1})}));
  device.set_memory_bytes(1000);
  const Tensor large(DType::kFloat, Shape({10000}));
  EXPECT_THAT(runner.Run({large}), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("full")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> next, runner.Run({Row({1, -1})}));
  EXPECT_EQ(next[0].ToString(), "float32 [2] 1 0");
}

TEST_F(StoppedRunTest, AnArenaThatNoMachineHasIsRefused) {
  Runner runner(program_, {&ReferenceBackend()});
  const Tensor huge = Tensor::View(DType::kFloat, Shape({int64_t{1} << 55}), nullptr, nullptr);
  EXPECT_THAT(runner.Run({huge}), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("no memory")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> next, runner.Run({Row({1, -1})}));
  EXPECT_EQ(next[0].ToString(), "float32 [2] 1 0");
}

}  // namespace
}  // namespace floe
