// Every golden case against the ops' own evaluation and inference.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

class GoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, EvaluatesAsTensorFlow) {
  ASSERT_OK_AND_ASSIGN(const auto cases, testing::LoadGoldenCases(GetParam()));
  ASSERT_FALSE(cases.empty());
  const OpInfo* const op = FindOp(GetParam());
  ASSERT_NE(op, nullptr) << "nobody knows the op";
  for (const testing::GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    EXPECT_OK(testing::RunOnReference(*op, golden));
  }
}

TEST_P(GoldenTest, InfersWhatComesOut) {
  ASSERT_OK_AND_ASSIGN(const auto cases, testing::LoadGoldenCases(GetParam()));
  const OpInfo* const op = FindOp(GetParam());
  ASSERT_NE(op, nullptr) << "nobody knows the op";
  for (const testing::GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    EXPECT_OK(testing::CheckInference(*op, golden));
  }
}

// Graphs with ops that Floe does not know yet are refused at load; there is nothing to evaluate here then.
std::vector<std::string> KnownGoldenOps() {
  std::vector<std::string> known;
  for (const std::string& op : testing::GoldenOps()) {
    if (FindOp(op) != nullptr) known.push_back(op);
  }
  return known;
}

INSTANTIATE_TEST_SUITE_P(Shared, GoldenTest, ::testing::ValuesIn(KnownGoldenOps()),
                         [](const auto& op) { return op.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenTest);

TEST(GoldenDataTest, IsThere) {
  FLOE_REQUIRE_SHARED("ops");
  EXPECT_GE(testing::GoldenOps().size(), 164u);
  // No op that was known is lost.
  EXPECT_GE(KnownGoldenOps().size(), 121u);
}

}  // namespace
}  // namespace floe
