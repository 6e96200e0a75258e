#include "tensor/tensor.h"

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TensorTest, AbsurdSizesAreRefusedNotFatal) {
  EXPECT_THAT(Tensor::Allocate(DType::kFloat, Shape({int64_t{1} << 50})),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("float32 [1125899906842624]")));
  EXPECT_FALSE(Tensor::Allocate(DType::kDouble, Shape({INT64_MAX})).ok());
  EXPECT_FALSE(Tensor::Allocate(DType::kString, Shape({INT64_MAX})).ok());
  EXPECT_FALSE(Tensor::Allocate(DType::kResource, Shape()).ok());
}

TEST(TensorTest, ViewsShareAndClonesDoNot) {
  Tensor tensor = Tensor::Of<int32_t>(Shape({3, 2}), {1, 2, 3, 4, 5, 6});
  const Tensor rows = tensor.Rows(1, 3);
  const Tensor clone = *tensor.Clone();
  tensor.mutable_data<int32_t>()[2] = 30;
  EXPECT_THAT(rows.flat<int32_t>(), ElementsAre(30, 4, 5, 6));
  EXPECT_THAT(clone.flat<int32_t>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(rows.shape(), Shape({2, 2}));
  EXPECT_EQ(tensor.ToString(3), "int32 [3,2] 1 2 30 ...");
}

TEST(TensorTest, StringsAndEmptyTensors) {
  const Tensor strings = Tensor::Of<std::string>({"a", "", std::string("\0b", 2)});
  EXPECT_EQ(strings.Clone()->flat<std::string>()[2].size(), 2u);
  EXPECT_EQ(strings.byte_size(), 0);
  const Tensor empty(DType::kFloat, Shape({0, 3}));
  EXPECT_EQ(empty.num_elements(), 0);
  EXPECT_TRUE(empty.valid());
}

}  // namespace
}  // namespace floe
