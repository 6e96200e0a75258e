// Every case that TensorFlow answered, on the CUDA backend's kernels.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/cuda_module.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;

// The ops whose cases are all of a kind that is left to the host: integers by what is only known when it runs, where
// only the host can refuse a zero.
bool MayTakeNone(absl::string_view op) { return op == "TruncateDiv"; }

class CudaGoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaGoldenTest, TakesWhatItClaimsAndIsRight) {
  FLOE_REQUIRE_SHARED("ops");
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, testing::LoadGoldenCases(GetParam()));
  int supported = 0;
  std::string reasons;
  for (const GoldenCase& golden : cases) {
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

// What the module has, and the cases have too.
std::vector<std::string> OpsOfBoth() {
  std::vector<std::string> both;
  const absl::StatusOr<const Backend*> cuda = FindCudaTarget("sm_80");
  if (!cuda.ok()) return both;
  const std::vector<std::string> golden_ops = testing::GoldenOps();
  for (const std::string& name : (*cuda)->OpNames()) {
    if (std::binary_search(golden_ops.begin(), golden_ops.end(), name)) both.push_back(name);
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
  constexpr size_t kLeastOps = 80;
  EXPECT_GE(OpsOfBoth().size(), kLeastOps);
}

}  // namespace
}  // namespace floe
