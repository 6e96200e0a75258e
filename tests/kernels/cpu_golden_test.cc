// Every case that TensorFlow answered, on the CPU's kernels.
#include <map>
#include <string>

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

// At least so many of an op's cases run on the kernels: a backend that quietly takes less fails here. What is left out
// is other dtypes and NCHW.
const std::map<std::string, int> kLeastSupported = {
    {"AvgPool", 1}, {"BatchMatMul", 1}, {"BatchMatMulV2", 1}, {"Conv2D", 1}, {"DepthwiseConv2dNative", 1},
    {"MatMul", 1},  {"MaxPool", 1},
};

TEST(CpuGoldenTest, TakesWhatItClaims) {
  FLOE_REQUIRE_SHARED("ops");
  for (const auto& [name, least] : kLeastSupported) {
    ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, testing::LoadGoldenCases(name));
    int supported = 0;
    std::string reasons;
    for (const GoldenCase& golden : cases) {
      const absl::Status status = testing::RunOnBackend(CpuBackend(), *FindOp(name), golden);
      if (absl::IsUnimplemented(status)) {
        reasons += golden.name + ": " + std::string(status.message()) + "; ";
      } else {
        ++supported;
      }
    }
    EXPECT_GE(supported, least) << name << " of " << cases.size() << " cases; " << reasons;
    std::cout << name << " " << supported << "/" << cases.size() << " " << reasons << "\n";
  }
}

}  // namespace
}  // namespace floe
