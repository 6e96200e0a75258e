// Every case that TensorFlow answered, on the CPU's kernels.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kernels/cpu/cpu_backend.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;

TEST(CpuGoldenTest, EveryCaseItTakesIsRight) {
  FLOE_REQUIRE_SHARED("ops");
  const testing::GoldenReport report = testing::RunGolden(&CpuBackend());
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
  RecordProperty("supported", report.supported);
  RecordProperty("cases", report.cases);
}

TEST(CpuGoldenTest, EveryCaseOfOursItTakesIsRight) {
  const testing::GoldenReport report = testing::RunGolden(&CpuBackend(), testing::SourcePath("tests/ops/golden"));
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
  EXPECT_GE(report.cases, 1000);
}

// As FLOE_GOLDEN_DIR of the ops' own test.
TEST(CpuGoldenTest, EveryCaseOfTheEnvironmentItTakesIsRight) {
  const char* const directory = std::getenv("FLOE_GOLDEN_DIR");
  if (directory == nullptr) GTEST_SKIP() << "FLOE_GOLDEN_DIR is not set";
  const testing::GoldenReport report = testing::RunGolden(&CpuBackend(), directory);
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
}

// A backend that quietly takes less than it claims fails here. What is left out of these ops' cases is other dtypes,
// NCHW, and reductions over no axis or over some that are no neighbours.
constexpr int kLeastSupported = 300;

TEST(CpuGoldenTest, TakesWhatItClaims) {
  FLOE_REQUIRE_SHARED("ops");
  const std::vector<std::string> golden_ops = testing::GoldenOps();
  int all_supported = 0;
  for (const std::string& name : CpuBackend().OpNames()) {
    if (!std::binary_search(golden_ops.begin(), golden_ops.end(), name)) continue;
    ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, testing::LoadGoldenCases(name));
    int supported = 0;
    std::string reasons;
    for (const GoldenCase& golden : cases) {
      const absl::Status status = testing::RunOnBackend(CpuBackend(), *FindOp(name), golden);
      if (absl::IsUnimplemented(status)) {
        absl::StrAppend(&reasons, golden.name, ": ", status.message(), "; ");
      } else {
        ++supported;
      }
    }
    EXPECT_GE(supported, 1) << name << " of " << cases.size() << " cases; " << reasons;
    all_supported += supported;
  }
  EXPECT_GE(all_supported, kLeastSupported);
}

}  // namespace
}  // namespace floe
