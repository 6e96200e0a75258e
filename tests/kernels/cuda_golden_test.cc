// Every case that TensorFlow answered, on the CUDA backend's kernels.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/cuda_module.h"
#include "ops/registry.h"
#include "tests/simt/control.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;

const Backend& Cuda() {
  static const Backend* const backend = [] {
    absl::StatusOr<const Backend*> found = FindCudaBackend(0);
    if (!found.ok()) {
      ADD_FAILURE() << found.status();
      std::abort();
    }
    return *found;
  }();
  return *backend;
}

TEST(CudaGoldenTest, EveryCaseItTakesIsRight) {
  FLOE_REQUIRE_SHARED("ops");
  const testing::GoldenReport report = testing::RunGolden(&Cuda());
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
  RecordProperty("supported", report.supported);
  RecordProperty("cases", report.cases);
}

TEST(CudaGoldenTest, TakesWhatItClaims) {
  FLOE_REQUIRE_SHARED("ops");
  const std::vector<std::string> golden_ops = testing::GoldenOps();
  for (const std::string& name : Cuda().OpNames()) {
    if (!std::binary_search(golden_ops.begin(), golden_ops.end(), name)) continue;
    // Integers by what is only known when it runs: the cases have nothing else, and only the host can refuse a zero.
    if (name == "TruncateDiv") continue;
    ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, testing::LoadGoldenCases(name));
    int supported = 0;
    std::string reasons;
    for (const GoldenCase& golden : cases) {
      const absl::Status status = testing::RunOnBackend(Cuda(), *FindOp(name), golden);
      if (absl::IsUnimplemented(status)) {
        absl::StrAppend(&reasons, golden.name, ": ", status.message(), "; ");
      } else {
        ++supported;
      }
    }
    EXPECT_GE(supported, 1) << name << " of " << cases.size() << " cases; " << reasons;
  }
}

}  // namespace
}  // namespace floe
