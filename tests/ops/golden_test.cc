// Every golden case against the ops' own evaluation and inference: the shared ones, those that make_cases.py beside
// this file has made, and those of the folder that FLOE_GOLDEN_DIR names, where it is set.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

struct GoldenOp {
  std::string directory, op;
};

void PrintTo(const GoldenOp& golden, std::ostream* out) { *out << golden.op << " of " << golden.directory; }

std::vector<GoldenOp> OpsIn(const std::string& directory) {
  std::vector<GoldenOp> ops;
  for (const std::string& op : testing::GoldenOps(directory)) ops.push_back({directory, op});
  return ops;
}

std::string OwnDirectory() { return testing::SourcePath("tests/ops/golden"); }

std::vector<GoldenOp> OpsFromEnvironment() {
  const char* const directory = std::getenv("FLOE_GOLDEN_DIR");
  return directory == nullptr ? std::vector<GoldenOp>() : OpsIn(directory);
}

class GoldenTest : public ::testing::TestWithParam<GoldenOp> {};

TEST_P(GoldenTest, EvaluatesAsTensorFlow) {
  ASSERT_OK_AND_ASSIGN(const auto cases, testing::LoadGoldenCases(GetParam().op, GetParam().directory));
  ASSERT_FALSE(cases.empty());
  const OpInfo* const op = FindOp(GetParam().op);
  ASSERT_NE(op, nullptr) << "nobody knows the op";
  for (const testing::GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    EXPECT_OK(testing::RunOnReference(*op, golden));
  }
}

TEST_P(GoldenTest, InfersWhatComesOut) {
  ASSERT_OK_AND_ASSIGN(const auto cases, testing::LoadGoldenCases(GetParam().op, GetParam().directory));
  const OpInfo* const op = FindOp(GetParam().op);
  ASSERT_NE(op, nullptr) << "nobody knows the op";
  for (const testing::GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    EXPECT_OK(testing::CheckInference(*op, golden));
  }
}

class RefusedTest : public GoldenTest {};

TEST_P(RefusedTest, RefusesWhatTensorFlowRefuses) {
  ASSERT_OK_AND_ASSIGN(const auto cases, testing::LoadRefusedCases(GetParam().op, GetParam().directory));
  const OpInfo* const op = FindOp(GetParam().op);
  ASSERT_NE(op, nullptr) << "nobody knows the op";
  for (const testing::GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    const auto results = Evaluate(*op, golden.name, golden.attrs, golden.inputs);
    EXPECT_FALSE(results.ok()) << "it came to " << results->at(0).ToString();
    EXPECT_EQ(results.status().code(), absl::StatusCode::kInvalidArgument) << results.status();
  }
}

const auto kOpName = [](const auto& golden) { return golden.param.op; };
INSTANTIATE_TEST_SUITE_P(Shared, GoldenTest, ::testing::ValuesIn(OpsIn("ops")), kOpName);
INSTANTIATE_TEST_SUITE_P(Own, GoldenTest, ::testing::ValuesIn(OpsIn(OwnDirectory())), kOpName);
INSTANTIATE_TEST_SUITE_P(Own, RefusedTest, ::testing::ValuesIn(OpsIn(OwnDirectory())), kOpName);
INSTANTIATE_TEST_SUITE_P(Environment, GoldenTest, ::testing::ValuesIn(OpsFromEnvironment()), kOpName);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenTest);

TEST(GoldenDataTest, IsThere) {
  FLOE_REQUIRE_SHARED("ops");
  EXPECT_GE(testing::GoldenOps().size(), 164u);
  // No op that was known is lost.
  EXPECT_GE(testing::GoldenOps().size(), 164u);
}

}  // namespace
}  // namespace floe
