#include "base/suggest.h"

#include <vector>

#include "gtest/gtest.h"

namespace floe {
namespace {

TEST(SuggestTest, FindsTheNearestNameOrNone) {
  const std::vector<std::string> names = {"input_1", "tower/dense_output", "x"};
  EXPECT_EQ(DidYouMean("inptu_1", names), "; did you mean 'input_1'?");
  EXPECT_EQ(DidYouMean("dense_output", names), "; did you mean 'tower/dense_output'?");
  EXPECT_EQ(DidYouMean("y", names), "; did you mean 'x'?");
  EXPECT_EQ(DidYouMean("something_else", names), "");
  EXPECT_EQ(DidYouMean("", names), "");
}

TEST(SuggestTest, ListsNames) {
  EXPECT_EQ(ListNames({}), "none");
  EXPECT_EQ(ListNames({"a", "b"}), "'a', 'b'");
  EXPECT_EQ(ListNames({"a", "b", "c"}, 2), "'a', 'b' (and 1 more)");
}

}  // namespace
}  // namespace floe
