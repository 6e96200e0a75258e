#include "checkpoint/tensor_slice.h"

#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

TEST(TensorSliceTest, TextForm) {
  ASSERT_OK_AND_ASSIGN(const TensorSlice slice, ParseSlice("0,17:-"));
  EXPECT_EQ(slice, (TensorSlice{{0, 17}, {}}));
  EXPECT_EQ(SliceToString(slice), "0,17:-");
  ASSERT_OK_AND_ASSIGN(const TensorSlice none, ParseSlice(""));
  EXPECT_TRUE(none.empty());
  for (const char* wrong : {"x", "1", "1,", ",1", "-1,2", "1,-2", "1,2:", "1,99999999999999999999"}) {
    EXPECT_THAT(ParseSlice(wrong), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is no slice"))) << wrong;
  }
}

TEST(TensorSliceTest, ResolvesInsideTheShape) {
  const Shape shape({4, 6});
  ASSERT_OK_AND_ASSIGN(const TensorSlice resolved, ResolveSlice({{1, 2}, {}}, shape));
  EXPECT_EQ(resolved, (TensorSlice{{1, 2}, {0, 6}}));
  EXPECT_EQ(SliceShape(resolved), Shape({2, 6}));
  constexpr int64_t kHuge = int64_t{1} << 62;
  for (const TensorSlice& wrong :
       {TensorSlice{{0, 5}, {}}, TensorSlice{{3, 2}, {}}, TensorSlice{{5, 0}, {}}, TensorSlice{{}},
        TensorSlice{{kHuge, kHuge}, {}}, TensorSlice{{1, 2 * (kHuge - 1) + 1}, {}}}) {
    EXPECT_THAT(ResolveSlice(wrong, shape),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not inside [4,6]")));
  }
}

TEST(TensorSliceTest, Intersections) {
  TensorSlice common;
  EXPECT_TRUE(IntersectSlices({{0, 3}, {0, 4}}, {{2, 2}, {1, 9}}, &common));
  EXPECT_EQ(common, (TensorSlice{{2, 1}, {1, 3}}));
  EXPECT_FALSE(IntersectSlices({{0, 2}, {0, 4}}, {{2, 2}, {0, 4}}, &common));
  EXPECT_FALSE(IntersectSlices({{0, 0}}, {{0, 4}}, &common));
  EXPECT_TRUE(IntersectSlices({}, {}, &common));  // of a scalar
}

// Every part of every slice of a small tensor lands where it belongs.
TEST(TensorSliceTest, CopiesParts) {
  const Shape shape({3, 4, 2});
  Tensor whole(DType::kInt32, shape);
  for (int i = 0; i < 24; ++i) whole.mutable_data<int32_t>()[i] = i;
  const TensorSlice all = WholeSlice(shape);
  for (int64_t a = 0; a < 3; ++a) {
    for (int64_t b = 0; b < 4; ++b) {
      for (int64_t c = 0; c < 2; ++c) {
        const TensorSlice part = {{a, 3 - a}, {b, 4 - b}, {c, 2 - c}};
        Tensor out(DType::kInt32, SliceShape(part));
        CopySlicePart(part, whole, all, &out, part);
        int64_t at = 0;
        for (int64_t i = a; i < 3; ++i) {
          for (int64_t j = b; j < 4; ++j) {
            for (int64_t k = c; k < 2; ++k) EXPECT_EQ(out.data<int32_t>()[at++], (i * 4 + j) * 2 + k);
          }
        }
        Tensor back(DType::kInt32, shape);
        std::fill_n(back.mutable_data<int32_t>(), 24, -1);
        CopySlicePart(part, out, part, &back, all);
        int inside = 0;
        for (int i = 0; i < 24; ++i) {
          if (back.data<int32_t>()[i] == -1) continue;
          EXPECT_EQ(back.data<int32_t>()[i], i);
          ++inside;
        }
        EXPECT_EQ(inside, out.num_elements());
      }
    }
  }
}

}  // namespace
}  // namespace floe
