// The LSTMs of <shared>/checkpoints, one with TensorFlow 1's loop and one with a functional one: as frozen graphs and
// frozen on the way from their checkpoints.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "tensor/npy.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::RandomTensor;
using ::floe::testing::RelativeDifference;
using ::floe::testing::SharedPath;

class LstmTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { FLOE_REQUIRE_SHARED(Folder()); }
  std::string Folder() const { return absl::StrCat("checkpoints/", GetParam()); }
  std::string File(const std::string& name) const { return SharedPath(absl::StrCat(Folder(), "/", name)); }
};

TEST_P(LstmTest, AnswersAsTensorFlowDoes) {
  ASSERT_OK_AND_ASSIGN(const Tensor x, ReadNpy(File("in_0.npy")));
  for (const char* const from : {"model.pb", "model.ckpt"}) {
    for (const char* const device : {"cpu", "reference", "cuda"}) {
      SCOPED_TRACE(absl::StrCat(from, " on ", device));
      ModelOptions options;
      options.device = device;
      options.threads = 1;
      options.outputs = {"y", "last"};
      ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(File(from), options));
      ASSERT_OK_AND_ASSIGN(const auto got, model->Run({{"x", x}}, {"y", "last"}));
      for (int k = 0; k < 2; ++k) {
        ASSERT_OK_AND_ASSIGN(const Tensor expected, ReadNpy(File(absl::StrCat("out_", k, ".npy"))));
        EXPECT_LE(RelativeDifference(expected, got[k]), 2e-6);
      }
    }
  }
}

// A batch and a length that were not sent before; both forms of one computation.
TEST_P(LstmTest, TakesOtherBatchesAndLengths) {
  ModelOptions reference;
  reference.device = "reference";
  reference.threads = 1;
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(File("model.pb")));
  ASSERT_OK_AND_ASSIGN(const auto plain, Model::Load(File("model.pb"), reference));
  for (const auto& [batch, length] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {7, 3}, {2, 40}, {1, 1}}) {
    const Tensor x = RandomTensor(Shape({batch, length, 6}), 5);
    ASSERT_OK_AND_ASSIGN(const auto got, model->Run({{"x", x}}));
    ASSERT_OK_AND_ASSIGN(const auto expected, plain->Run({{"x", x}}));
    EXPECT_EQ(got[0].shape(), Shape({batch, length, 8}));
    EXPECT_LE(RelativeDifference(expected[0], got[0]), 2e-6);
    EXPECT_LE(RelativeDifference(expected[1], got[1]), 2e-6);
  }
}

// Its shapes do not change from step to step: all of the loop's memory is laid out before it runs.
TEST_P(LstmTest, TheLoopIsPlannedWhole) {
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(File("model.pb")));
  ASSERT_OK_AND_ASSIGN(const PlanSummary plan, model->Plan({Shape({2, 5, 6})}));
  int inside = 0;
  for (const PlanStep& step : plan.steps) {
    EXPECT_NE(step.kernel, "at run time") << step.name;
    inside += step.depth > 0 ? 1 : 0;
  }
  EXPECT_GT(inside, 5);
}

// Its data stay on the device, list elements too; what decides whether it goes on is on the host already.
TEST_P(LstmTest, TheLoopCopiesNothing) {
  ModelOptions options;
  options.device = "cuda";
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(File("model.pb"), options));
  ASSERT_OK_AND_ASSIGN(const PlanSummary plan, model->Plan({Shape({2, 5, 6})}));
  int inside = 0, lists = 0, to_device = 0, to_host = 0;
  for (const PlanStep& step : plan.steps) {
    const bool copies = step.op == "CopyToDevice" || step.op == "CopyToHost";
    EXPECT_FALSE(copies && step.depth > 0) << step.name << " in " << step.region;
    to_device += step.op == "CopyToDevice" ? 1 : 0;
    to_host += step.op == "CopyToHost" ? 1 : 0;
    inside += step.depth > 0 && step.backend == "cuda" ? 1 : 0;
    lists += step.kernel == "list" ? 1 : 0;
  }
  EXPECT_EQ(to_device, 2);  // x, and the state that it begins with
  EXPECT_EQ(to_host, 2);    // y and the last state
  EXPECT_GT(inside, 5);
  EXPECT_GE(lists, 4);
}

INSTANTIATE_TEST_SUITE_P(Shared, LstmTest, ::testing::Values("lstm_tf1_loop", "lstm_functional"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace floe
