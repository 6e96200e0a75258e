// The CUDA backend where the device fails: at every call of the runtime in turn, while a program is loaded, while it
// runs for the first time and later, and while it goes; for want of memory, as a call refused, and for good. A status
// each time, nothing leaked, and afterwards either the next run is right or the backend says that its device is lost.
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/graph.h"
#include "plan/executor.h"
#include "program/lower.h"
#include "tests/simt/control.h"
#include "tests/testing/cuda_module.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::RelativeDifference;
using ::floe::testing::TestCudaModule;

constexpr double kTolerance = 1e-5;
constexpr int64_t kBatch = 5;

// A convolution, a product and what goes with them on the device; one op in between on the host.
Program SmallProgram() {
  GraphMaker maker;
  maker.Input("x", {-1, 9, 9, 3});
  maker.Conv("conv", "x", maker.Weights("filter", {3, 3, 3, 8}));
  maker.Op("Relu", "relu", {"conv"});
  maker.Op("Mean", "mean", {"relu", maker.Const("axes", Tensor::Of<int32_t>({1, 2}))});
  maker.Op("Lgamma", "host", {"mean"});
  maker.Op("MatMul", "matmul", {"host", maker.Weights("weights", {8, 4})});
  maker.Op("Softmax", "softmax", {"matmul"});
  auto program = maker.Lower({"softmax"});
  EXPECT_TRUE(program.ok()) << program.status();
  return *std::move(program);
}

// A loop that collects its variable in a list; how often it goes round is fed.
Program LoopProgram() {
  constexpr char kGraph[] = R"(
    node { name: 'n' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } }
           attr { key: 'shape' value { shape {} } } }
    node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }
           attr { key: 'shape' value { shape { dim { size: -1 } dim { size: 6 } } } } }
    node { name: 'zero' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
           attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 } } } }
    node { name: 'any' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
           attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: -1 } } } }
    node { name: 'list' op: 'TensorListReserve' input: 'any' input: 'n'
           attr { key: 'element_dtype' value { type: DT_FLOAT } } attr { key: 'shape_type' value { type: DT_INT32 } } }
    node { name: 'while' op: 'StatelessWhile' input: 'zero' input: 'n' input: 'x' input: 'list'
           attr { key: 'T' value { list { type: DT_INT32 type: DT_INT32 type: DT_FLOAT type: DT_VARIANT } } }
           attr { key: 'cond' value { func { name: 'cond' } } } attr { key: 'body' value { func { name: 'body' } } } }
    node { name: 'y' op: 'TensorListStack' input: 'while:3' input: 'any'
           attr { key: 'element_dtype' value { type: DT_FLOAT } } }
    library {
      function {
        signature { name: 'cond' input_arg { name: 'i' type: DT_INT32 } input_arg { name: 'n' type: DT_INT32 }
                    input_arg { name: 'x' type: DT_FLOAT } input_arg { name: 'l' type: DT_VARIANT }
                    output_arg { name: 'less' type: DT_BOOL } }
        node_def { name: 'c' op: 'Less' input: 'i' input: 'n' attr { key: 'T' value { type: DT_INT32 } } }
        ret { key: 'less' value: 'c:z:0' }
      }
      function {
        signature { name: 'body' input_arg { name: 'i' type: DT_INT32 } input_arg { name: 'n' type: DT_INT32 }
                    input_arg { name: 'x' type: DT_FLOAT } input_arg { name: 'l' type: DT_VARIANT }
                    output_arg { name: 'oi' type: DT_INT32 } output_arg { name: 'on' type: DT_INT32 }
                    output_arg { name: 'ox' type: DT_FLOAT } output_arg { name: 'ol' type: DT_VARIANT } }
        node_def { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
                   attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } }
        node_def { name: 'next' op: 'AddV2' input: 'i' input: 'one:output:0' attr { key: 'T' value { type: DT_INT32 } } }
        node_def { name: 's' op: 'Sin' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }
        node_def { name: 'a' op: 'AddV2' input: 's:y:0' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }
        node_def { name: 'set' op: 'TensorListSetItem' input: 'l' input: 'i' input: 'a:z:0'
                   attr { key: 'element_dtype' value { type: DT_FLOAT } } }
        ret { key: 'oi' value: 'next:z:0' } ret { key: 'on' value: 'n' } ret { key: 'ox' value: 'a:z:0' }
        ret { key: 'ol' value: 'set:output_handle:0' }
      }
    })";
  const absl::StatusOr<Graph> graph = Graph::ParseText(kGraph);
  EXPECT_TRUE(graph.ok()) << graph.status();
  auto program = Lower(*graph, {{"n", "x"}, {"y"}});
  EXPECT_TRUE(program.ok()) << program.status();
  return *std::move(program);
}

struct Example {
  Program program;
  std::vector<Tensor> inputs;
};
Example SmallExample() {
  Program program = SmallProgram();
  std::vector<Tensor> inputs = testing::RandomInputs(program, kBatch, 1);
  return {std::move(program), std::move(inputs)};
}
Example LoopExample() {
  constexpr int kIterations = 4;
  return {LoopProgram(), {Tensor::Scalar<int32_t>(kIterations), testing::RandomTensor(Shape({kBatch, 6}), 1)}};
}

// A loaded program and what it is asked.
class Session {
 public:
  Session(const Example& example, const Tensor& expected) : example_(example), expected_(expected) {}

  absl::Status Load() {
    FLOE_ASSIGN_OR_RETURN(backend_, TestCudaModule().create_backend({}));
    FLOE_ASSIGN_OR_RETURN(const auto compiled,
                          CompiledProgram::Compile(example_.program, {backend_.get(), &ReferenceBackend()}));
    std::vector<Shape> shapes;
    for (const Tensor& input : example_.inputs) shapes.push_back(input.shape());
    FLOE_ASSIGN_OR_RETURN(plan_, MakePlan(compiled, shapes));
    executor_ = std::make_unique<Executor>(1 << 20);
    return absl::OkStatus();
  }
  absl::Status Run() {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> results,
                          executor_->Run(plan_, example_.inputs, [] { return absl::OkStatus(); }));
    const double difference = RelativeDifference(expected_, results[0]);
    if (difference <= kTolerance) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("a wrong answer, off by ", difference));
  }
  void Unload() {
    executor_ = nullptr;
    plan_ = nullptr;
    backend_ = nullptr;
  }
  bool loaded() const { return executor_ != nullptr; }
  const Backend& backend() const { return *backend_; }

 private:
  const Example& example_;
  const Tensor& expected_;
  std::unique_ptr<Backend> backend_;  // last to go
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Executor> executor_;
};

// What a session goes through, in order: the first run launches step by step and records, later ones replay.
struct Phase {
  const char* name;
  absl::Status (*run)(Session& session);
};
constexpr Phase kPhases[] = {
    {"load", [](Session& session) { return session.Load(); }},
    {"first run", [](Session& session) { return session.Run(); }},
    {"second run", [](Session& session) { return session.Run(); }},
    {"third run", [](Session& session) { return session.Run(); }},
    {"unload",
     [](Session& session) {
       session.Unload();
       return absl::OkStatus();
     }},
};

struct Failure {
  const char* name;
  Example (*example)();
  int code;
  bool loses_the_device;
};
void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.name; }

class CudaFailuresTest : public ::testing::TestWithParam<Failure> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> expected, testing::RunProgram(example_.program, example_.inputs));
    expected_ = expected[0];
  }
  void TearDown() override {
    simt_fail_at(-1, 0);
    simt_recover();
  }

  const Example example_ = GetParam().example();
  Tensor expected_;
};

// What holds after a call failed, or none did.
void CheckAfterwards(Session& session, const Failure& failure, const absl::Status& status) {
  // What only frees may fail without anybody's notice; a wrong answer never.
  EXPECT_NE(status.code(), absl::StatusCode::kDataLoss) << status;
  if (!session.loaded()) return;
  if (session.backend().Health().ok()) {
    EXPECT_OK(session.Run());
    EXPECT_OK(session.Run());
  } else {
    EXPECT_TRUE(failure.loses_the_device);
    EXPECT_EQ(session.Run().code(), absl::StatusCode::kUnavailable);
  }
}

TEST_P(CudaFailuresTest, AtEveryCallInTurn) {
  const int64_t live = simt_live_objects();
  for (size_t phase = 0; phase < std::size(kPhases); ++phase) {
    bool reached = true;
    int calls = 0;
    for (; reached; ++calls) {
      SCOPED_TRACE(absl::StrCat(kPhases[phase].name, ", call ", calls));
      {
        Session session(example_, expected_);
        for (size_t before = 0; before < phase; ++before) ASSERT_OK(kPhases[before].run(session));
        const int64_t failures = simt_failures();
        simt_fail_at(calls, GetParam().code);
        const absl::Status status = kPhases[phase].run(session);
        reached = simt_failures() > failures;
        simt_fail_at(-1, 0);
        // What the first run asks for again, and what only frees, may fail unnoticed.
        const bool is_noticed = !reached || phase == 0;
        EXPECT_TRUE(!is_noticed || status.ok() == !reached) << status;
        CheckAfterwards(session, GetParam(), status);
      }
      EXPECT_EQ(simt_live_objects(), live);
      simt_recover();
    }
    EXPECT_GT(calls, 3) << kPhases[phase].name;
  }
  EXPECT_GT(simt_graphs_launched(), 0);
}

constexpr int kInvalidValue = 1, kOutOfMemory = 2, kIllegalAddress = 700;  // CUDA's numbers
INSTANTIATE_TEST_SUITE_P(Codes, CudaFailuresTest,
                         ::testing::Values(Failure{"SmallOutOfMemory", SmallExample, kOutOfMemory, false},
                                           Failure{"SmallInvalidValue", SmallExample, kInvalidValue, false},
                                           Failure{"SmallIllegalAddress", SmallExample, kIllegalAddress, true},
                                           Failure{"LoopOutOfMemory", LoopExample, kOutOfMemory, false},
                                           Failure{"LoopIllegalAddress", LoopExample, kIllegalAddress, true}),
                         [](const auto& failure) { return failure.param.name; });

TEST(CudaModuleTest, RefusesDevicesAndTargetsThatAreNotThere) {
  CudaBackendOptions options;
  options.device = 3;
  EXPECT_EQ(TestCudaModule().create_backend(options).status().code(), absl::StatusCode::kFailedPrecondition);
  options.target = "sm_70";
  const absl::Status target = TestCudaModule().create_backend(options).status();
  EXPECT_EQ(target.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(target.message(), ::testing::HasSubstr("sm_75"));
}

TEST(CudaModuleTest, RefusesPrecisionsThatTheTargetLacks) {
  CudaBackendOptions options;
  options.target = "sm_75";
  ASSERT_OK_AND_ASSIGN(const auto turing, TestCudaModule().create_backend(options));
  EXPECT_OK(TestCudaModule().check_precision(*turing, Precision::kFp16));
  const absl::Status refused = TestCudaModule().check_precision(*turing, Precision::kBf16);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("bf16"));
  options.target = "sm_80";
  ASSERT_OK_AND_ASSIGN(const auto ampere, TestCudaModule().create_backend(options));
  EXPECT_OK(TestCudaModule().check_precision(*ampere, Precision::kBf16));
}

TEST(CudaModuleTest, MemoryEndsAtItsLimit) {
  CudaBackendOptions options;
  options.memory_limit_bytes = 1 << 20;
  ASSERT_OK_AND_ASSIGN(const auto backend, TestCudaModule().create_backend(options));
  ASSERT_OK_AND_ASSIGN(auto half, backend->Allocate(1 << 19));
  const absl::Status refused = backend->Allocate(1 << 20).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("limit of 1048576"));
  // What was given back makes room, of whatever size.
  half.reset();
  EXPECT_OK(backend->Allocate(1 << 20).status());
}

}  // namespace
}  // namespace floe
