// The test data beside the repository (CMake's FLOE_SHARED_DIR): models/, ops/, checkpoints/. A stranger's clone has
// none of it.
#ifndef FLOE_TESTS_TESTING_SHARED_DATA_H_
#define FLOE_TESTS_TESTING_SHARED_DATA_H_

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace floe::testing {

// "<shared>/<relative>"; whether it exists is for HasShared to say.
std::string SharedPath(const std::string& relative);
bool HasShared(const std::string& relative);
// A path below the repository's own root.
std::string SourcePath(const std::string& relative);
// A fresh directory of this test's own, removed at exit.
std::string TempDir();

MATCHER_P2(StatusIs, code, message_matcher, "") {
  const absl::Status status = [&] {
    if constexpr (std::is_same_v<std::decay_t<arg_type>, absl::Status>) {
      return arg;
    } else {
      return arg.status();
    }
  }();
  *result_listener << status.ToString();
  return status.code() == code &&
         ::testing::ExplainMatchResult(message_matcher, std::string(status.message()), result_listener);
}

}  // namespace floe::testing

// Skips the test, saying so, where the data is absent. ctest shows such a test as skipped, and CI fails on it.
#define FLOE_REQUIRE_SHARED(relative)        \
  if (!::floe::testing::HasShared(relative)) \
  GTEST_SKIP() << "FLOE_TEST_DATA_ABSENT: " << ::floe::testing::SharedPath(relative)

#define ASSERT_OK(expression)                                            \
  do {                                                                   \
    const auto& floe_status = (expression);                              \
    ASSERT_TRUE(floe_status.ok()) << ::floe::testing::Text(floe_status); \
  } while (false)
#define EXPECT_OK(expression)                                            \
  do {                                                                   \
    const auto& floe_status = (expression);                              \
    EXPECT_TRUE(floe_status.ok()) << ::floe::testing::Text(floe_status); \
  } while (false)
// Declares `lhs` from a StatusOr, or fails the test.
#define ASSERT_OK_AND_ASSIGN(lhs, expression) \
  ASSERT_OK_AND_ASSIGN_IMPL(FLOE_TEST_CONCAT(or_, __LINE__), lhs, expression)
#define ASSERT_OK_AND_ASSIGN_IMPL(result, lhs, expression) \
  auto result = (expression);                              \
  ASSERT_TRUE(result.ok()) << result.status().ToString();  \
  lhs = *std::move(result)
#define FLOE_TEST_CONCAT_INNER(a, b) a##b
#define FLOE_TEST_CONCAT(a, b) FLOE_TEST_CONCAT_INNER(a, b)

namespace floe::testing {
inline std::string Text(const absl::Status& status) { return status.ToString(); }
template <typename T>
std::string Text(const T& status_or) {
  return status_or.status().ToString();
}
}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_SHARED_DATA_H_
