#include "tensor/shape.h"

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ShapeTest, CheckedRefusesWhatDoesNotFit) {
  EXPECT_OK(Shape::Checked({}));
  EXPECT_OK(Shape::Checked({0, 5}));
  EXPECT_THAT(Shape::Checked({2, -1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("negative dimension -1")));
  EXPECT_THAT(Shape::Checked({int64_t{1} << 32, int64_t{1} << 32}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too many elements")));
  EXPECT_FALSE(Shape::Checked({int64_t{1} << 32, int64_t{1} << 32, 0}).ok());  // a zero does not hide the overflow
  EXPECT_FALSE(Shape::Checked(Dims(300, 1)).ok());
}

TEST(ShapeTest, Broadcast) {
  EXPECT_EQ(*BroadcastShapes(Shape({2, 1, 3}), Shape({4, 1})), Shape({2, 4, 3}));
  EXPECT_EQ(*BroadcastShapes(Shape({0}), Shape({1})), Shape({0}));
  EXPECT_THAT(BroadcastShapes(Shape({2}), Shape({3})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[2] and [3]")));
  EXPECT_EQ(*BroadcastShapes(PartialShape({-1, 3}), PartialShape({1})), PartialShape({-1, 3}));
  EXPECT_EQ(*BroadcastShapes(PartialShape({-1}), PartialShape({5})), PartialShape({5}));
  EXPECT_EQ(*BroadcastShapes(PartialShape({-1}), PartialShape({1})), PartialShape({-1}));
}

TEST(ShapeTest, MergeAndMatch) {
  EXPECT_EQ(*MergeShapes(PartialShape({-1, 3}), PartialShape({2, -1})), PartialShape({2, 3}));
  EXPECT_EQ(*MergeShapes(PartialShape(), PartialShape({2})), PartialShape({2}));
  EXPECT_FALSE(MergeShapes(PartialShape({1}), PartialShape({2})).ok());
  EXPECT_TRUE(PartialShape({-1, 3}).Matches(Shape({7, 3})));
  EXPECT_FALSE(PartialShape({-1, 3}).Matches(Shape({7})));
  EXPECT_TRUE(PartialShape().Matches(Shape({7})));
  EXPECT_EQ(PartialShape({-1, 3}).ToString(), "[?,3]");
}

}  // namespace
}  // namespace floe
