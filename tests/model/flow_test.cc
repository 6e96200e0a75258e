// Graphs with control flow of every kind give TensorFlow's results, on each device, with each pass left out, and
// without any. Built twice: where FLOE_CUDA_MODULE is set, on that module.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "program/pass.h"
#include "tests/testing/flow_cases.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FlowCase;
using ::floe::testing::FlowRun;
using ::floe::testing::RelativeDifference;

void ExpectSame(const Tensor& expected, const Tensor& actual) {
  ASSERT_EQ(actual.dtype(), expected.dtype());
  ASSERT_EQ(actual.shape(), expected.shape());
  EXPECT_LE(RelativeDifference(expected, actual), expected.dtype() == DType::kFloat ? 2e-6 : 0)
      << "wanted " << expected.ToString(30) << "\ngot    " << actual.ToString(30);
}

void RunCase(const FlowCase& flow, const ModelOptions& options) {
  const auto model = Model::Load(flow.graph, options);
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_OK_AND_ASSIGN(const auto instance, (*model)->CreateInstance());
  // Twice: what a run leaves behind must not show in the next.
  for (int turn = 0; turn < 2; ++turn) {
    for (const FlowRun& run : flow.runs) {
      const std::vector<NamedTensor> inputs(run.feeds.begin(), run.feeds.end());
      std::vector<std::string> fetches;
      for (const auto& [name, tensor] : run.expected) fetches.push_back(name);
      const auto results = instance->Run(inputs, fetches);
      ASSERT_TRUE(results.ok()) << results.status();
      size_t next = 0;
      for (const auto& [name, tensor] : run.expected) {
        SCOPED_TRACE(name);
        ExpectSame(tensor, (*results)[next++]);
      }
    }
  }
}

// Those of this run; the first is the one that every pass is held against.
std::vector<const char*> Devices() {
  if (std::getenv("FLOE_CUDA_MODULE") != nullptr) return {"cuda"};
  return {"reference", "cpu"};
}

class FlowTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FlowTest, GivesTensorFlowsResults) {
  ASSERT_OK_AND_ASSIGN(const FlowCase flow, testing::LoadFlowCase(GetParam()));
  for (const char* const device : Devices()) {
    SCOPED_TRACE(device);
    ModelOptions options;
    options.device = device;
    options.threads = 1;
    RunCase(flow, options);
  }
}

TEST_P(FlowTest, NeedsNoPass) {
  ASSERT_OK_AND_ASSIGN(const FlowCase flow, testing::LoadFlowCase(GetParam()));
  ModelOptions options;
  options.device = Devices()[0];
  options.threads = 1;
  for (const Pass& pass : StandardPasses()) {
    SCOPED_TRACE(pass.name);
    options.disabled_passes = {pass.name};
    RunCase(flow, options);
  }
  options.disabled_passes.clear();
  for (const Pass& pass : StandardPasses()) options.disabled_passes.emplace_back(pass.name);
  RunCase(flow, options);
}

INSTANTIATE_TEST_SUITE_P(Cases, FlowTest, ::testing::ValuesIn(testing::FlowCaseNames()),
                         [](const auto& flow) { return flow.param; });

}  // namespace
}  // namespace floe
