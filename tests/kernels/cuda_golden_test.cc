// Every case that TensorFlow answered, on the CUDA backend's kernels.
#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/cuda_module.h"
#include "ops/registry.h"
#include "tests/kernels/combined_nms_cases.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;

// The ops whose cases are all of a kind that is left to the host: integers by what is only known when it runs, where
// only the host can refuse a zero, and sizes that are only known then.
bool MayTakeNone(absl::string_view op) { return op == "TruncateDiv" || op == "BatchToSpace" || op == "SpaceToBatch"; }

std::string OurCases() { return testing::SourcePath("tests/ops/golden"); }

absl::StatusOr<std::vector<GoldenCase>> AllCases(const std::string& op) {
  std::vector<GoldenCase> cases;
  for (const std::string& directory : {std::string("ops"), OurCases()}) {
    absl::StatusOr<std::vector<GoldenCase>> some = testing::LoadGoldenCases(op, directory);
    if (absl::IsNotFound(some.status())) continue;
    FLOE_RETURN_IF_ERROR(some.status());
    std::move(some->begin(), some->end(), std::back_inserter(cases));
  }
  return cases;
}

constexpr char kCombinedNms[] = "CombinedNonMaxSuppression";

class CudaGoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaGoldenTest, TakesWhatItClaimsAndIsRight) {
  FLOE_REQUIRE_SHARED("ops");
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  ASSERT_OK_AND_ASSIGN(std::vector<GoldenCase> cases, AllCases(GetParam()));
  int supported = 0;
  std::string reasons;
  for (GoldenCase& golden : cases) {
    if (GetParam() == kCombinedNms) {
      ASSERT_OK_AND_ASSIGN(const bool equal_scores, testing::HasEqualScores(golden));
      if (equal_scores) {
        ASSERT_OK_AND_ASSIGN(golden.expected, testing::CombinedNmsByPlace(golden));
      }
    }
    const absl::Status status = testing::RunOnBackend(*cuda, *FindOp(GetParam()), golden);
    if (absl::IsUnimplemented(status)) {
      absl::StrAppend(&reasons, golden.name, ": ", status.message(), "; ");
      continue;
    }
    ++supported;
    EXPECT_TRUE(status.ok()) << golden.name << ": " << status;
  }
  EXPECT_TRUE(supported > 0 || MayTakeNone(GetParam())) << "of " << cases.size() << " cases; " << reasons;
}

// What replaces TensorFlow's results above is TensorFlow's where no scores are equal.
TEST(CudaGoldenDataTest, CombinedNmsByPlaceIsTensorFlowsWhereScoresDiffer) {
  FLOE_REQUIRE_SHARED("ops");
  ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, AllCases(kCombinedNms));
  int different = 0;
  for (const GoldenCase& golden : cases) {
    ASSERT_OK_AND_ASSIGN(const bool equal_scores, testing::HasEqualScores(golden));
    if (equal_scores) continue;
    ++different;
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> results, testing::CombinedNmsByPlace(golden));
    ASSERT_EQ(results.size(), golden.expected.size());
    for (size_t i = 0; i < results.size(); ++i) {
      SCOPED_TRACE(golden.name);
      EXPECT_OK(testing::CompareGolden(*FindOp(kCombinedNms), golden.expected[i], results[i]));
    }
  }
  constexpr int kLeastCases = 8;
  EXPECT_GE(different, kLeastCases);
}

// What the module has, and the cases have too.
std::vector<std::string> OpsOfBoth() {
  std::vector<std::string> both;
  const absl::StatusOr<const Backend*> cuda = FindCudaTarget("sm_80");
  if (!cuda.ok()) return both;
  const std::vector<std::string> shared = testing::GoldenOps(), ours = testing::GoldenOps(OurCases());
  const auto has = [](const std::vector<std::string>& ops, const std::string& name) {
    return std::binary_search(ops.begin(), ops.end(), name);
  };
  for (const std::string& name : (*cuda)->OpNames()) {
    if (has(shared, name) || has(ours, name)) both.push_back(name);
  }
  std::sort(both.begin(), both.end());
  return both;
}

INSTANTIATE_TEST_SUITE_P(Shared, CudaGoldenTest, ::testing::ValuesIn(OpsOfBoth()),
                         [](const auto& op) { return op.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CudaGoldenTest);

TEST(CudaGoldenDataTest, IsThere) {
  FLOE_REQUIRE_SHARED("ops");
  // A module that cannot be loaded would leave nothing to run above.
  constexpr size_t kLeastOps = 130;
  EXPECT_GE(OpsOfBoth().size(), kLeastOps);
}

}  // namespace
}  // namespace floe
