// The CUDA backend where the device fails: at every call of the runtime in turn, once as want of memory and once for
// good. A status each time, nothing leaked, and afterwards either the next run is right or the backend says that its
// device is lost.
#include <dlfcn.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/module.h"
#include "plan/executor.h"
#include "tests/simt/control.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::RelativeDifference;

// CUDA's numbers.
constexpr int kOutOfMemory = 2, kIllegalAddress = 700;
constexpr double kTolerance = 1e-5;
constexpr int64_t kBatch = 5;

const CudaModule& Module() {
  static const CudaModule* const module = [] {
    void* const library = dlopen(std::getenv("FLOE_CUDA_MODULE"), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      ADD_FAILURE() << dlerror();
      std::abort();
    }
    return reinterpret_cast<const CudaModule* (*)()>(dlsym(library, kCudaModuleEntry))();
  }();
  return *module;
}

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

// Loads, and runs three times: step by step, and then out of recordings.
class Session {
 public:
  absl::Status Load(const Program& program) {
    FLOE_ASSIGN_OR_RETURN(backend_, Module().create_backend({}));
    FLOE_ASSIGN_OR_RETURN(const auto compiled,
                          CompiledProgram::Compile(program, {backend_.get(), &ReferenceBackend()}));
    FLOE_ASSIGN_OR_RETURN(plan_, MakePlan(compiled, {Shape({kBatch, 9, 9, 3})}));
    executor_ = std::make_unique<Executor>(1 << 20);
    return absl::OkStatus();
  }
  absl::Status Run(const std::vector<Tensor>& inputs, const Tensor& expected) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> results,
                          executor_->Run(plan_, inputs, [] { return absl::OkStatus(); }));
    const double difference = RelativeDifference(expected, results[0]);
    if (difference <= kTolerance) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("a wrong answer, off by ", difference));
  }
  absl::Status LoadAndRun(const Program& program, const std::vector<Tensor>& inputs, const Tensor& expected) {
    FLOE_RETURN_IF_ERROR(Load(program));
    constexpr int kRuns = 3;
    for (int i = 0; i < kRuns; ++i) FLOE_RETURN_IF_ERROR(Run(inputs, expected));
    return absl::OkStatus();
  }
  bool loaded() const { return executor_ != nullptr; }
  const Backend& backend() const { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;  // last to go
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Executor> executor_;
};

class CudaFailuresTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    inputs_ = testing::RandomInputs(program_, kBatch, 1);
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> expected, testing::RunProgram(program_, inputs_));
    expected_ = expected[0];
  }
  void TearDown() override {
    simt_fail_at(-1, 0);
    simt_recover();
  }

  const Program program_ = SmallProgram();
  std::vector<Tensor> inputs_;
  Tensor expected_;
};

TEST_P(CudaFailuresTest, AtEveryCallInTurn) {
  const int64_t live = simt_live_objects();
  const int64_t before = simt_calls();
  {
    Session session;
    ASSERT_OK(session.LoadAndRun(program_, inputs_, expected_));
  }
  const int64_t calls = simt_calls() - before;
  EXPECT_EQ(simt_live_objects(), live);
  EXPECT_GT(calls, 50);
  EXPECT_GT(simt_graphs_launched(), 0);
  for (int64_t at = 0; at < calls; ++at) {
    SCOPED_TRACE(absl::StrCat("call ", at));
    {
      Session session;
      simt_fail_at(at, GetParam());
      const absl::Status status = session.LoadAndRun(program_, inputs_, expected_);
      // What only frees may fail without anybody's notice; a wrong answer never.
      EXPECT_NE(status.code(), absl::StatusCode::kDataLoss) << status;
      simt_fail_at(-1, 0);
      if (session.loaded() && session.backend().Health().ok()) {
        EXPECT_OK(session.Run(inputs_, expected_));
      } else if (session.loaded()) {
        EXPECT_EQ(GetParam(), kIllegalAddress);
        EXPECT_EQ(session.Run(inputs_, expected_).code(), absl::StatusCode::kUnavailable);
      } else {
        EXPECT_FALSE(status.ok());
      }
    }
    EXPECT_EQ(simt_live_objects(), live);
    simt_recover();
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, CudaFailuresTest, ::testing::Values(kOutOfMemory, kIllegalAddress),
                         [](const auto& code) {
                           return code.param == kOutOfMemory ? "OutOfMemory" : "IllegalAddress";
                         });

TEST(CudaModuleTest, RefusesDevicesAndTargetsThatAreNotThere) {
  CudaBackendOptions options;
  options.device = 3;
  EXPECT_EQ(Module().create_backend(options).status().code(), absl::StatusCode::kFailedPrecondition);
  options.target = "sm_70";
  const absl::Status target = Module().create_backend(options).status();
  EXPECT_EQ(target.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(target.message(), ::testing::HasSubstr("sm_75"));
}

TEST(CudaModuleTest, RefusesPrecisionsThatTheTargetLacks) {
  CudaBackendOptions options;
  options.target = "sm_75";
  ASSERT_OK_AND_ASSIGN(const auto turing, Module().create_backend(options));
  EXPECT_OK(Module().check_precision(*turing, Precision::kFp16));
  const absl::Status refused = Module().check_precision(*turing, Precision::kBf16);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("bf16"));
  options.target = "sm_80";
  ASSERT_OK_AND_ASSIGN(const auto ampere, Module().create_backend(options));
  EXPECT_OK(Module().check_precision(*ampere, Precision::kBf16));
}

TEST(CudaModuleTest, MemoryEndsAtItsLimit) {
  CudaBackendOptions options;
  options.memory_limit_bytes = 1 << 20;
  ASSERT_OK_AND_ASSIGN(const auto backend, Module().create_backend(options));
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
