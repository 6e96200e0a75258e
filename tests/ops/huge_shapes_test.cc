// Shapes that hold nothing and are huge all the same ([2^40, 0] takes no byte on the wire) must cost nothing; sizes
// past every tensor must not overflow. A test that does not end is a failure here.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/registry.h"
#include "ops/window.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kHuge = int64_t{1} << 40;
using Attrs = std::vector<std::pair<std::string, AttrValue>>;

absl::StatusOr<std::vector<Tensor>> RunOp(const std::string& op, const std::vector<Tensor>& inputs,
                                          const Attrs& attrs = {}) {
  const OpInfo* const info = FindOp(op);
  if (info == nullptr) return absl::NotFoundError(op);
  AttrMap map;
  for (const auto& [name, value] : attrs) map.Set(name, value);
  return Evaluate(*info, op, map, inputs);
}

Tensor Empty(std::initializer_list<int64_t> dims) { return Tensor(DType::kFloat, Shape(dims)); }
Tensor Int(int32_t value) { return Tensor::Scalar<int32_t>(value); }

void ExpectEmpty(const absl::StatusOr<std::vector<Tensor>>& results) {
  ASSERT_OK(results);
  EXPECT_EQ((*results)[0].num_elements(), 0);
}

TEST(HugeShapesTest, MovingNothing) {
  const Tensor rows = Empty({kHuge, 3, 0});
  ExpectEmpty(RunOp("ConcatV2", {rows, rows, Int(1)}));
  ExpectEmpty(RunOp("ConcatV2", {Empty({kHuge, 0}), Empty({kHuge, 0}), Int(1)}));
  ExpectEmpty(RunOp("Pack", {rows, rows}, {{"axis", AttrValue::Int(1)}}));
  ExpectEmpty(RunOp("Unpack", {rows}, {{"axis", AttrValue::Int(1)}, {"num", AttrValue::Int(3)}}));
  ExpectEmpty(RunOp("Split", {Int(1), rows}, {{"num_split", AttrValue::Int(3)}}));
  ExpectEmpty(RunOp("SplitV", {rows, Tensor::Of<int32_t>({1, 2}), Int(1)}, {{"num_split", AttrValue::Int(2)}}));
  ExpectEmpty(RunOp("GatherV2", {rows, Tensor::Of<int32_t>({1}), Int(1)}));
  ExpectEmpty(RunOp("GatherNd", {Empty({2, 0}), Tensor(DType::kInt32, Shape({kHuge, 0}))}));
  ExpectEmpty(RunOp("Transpose", {rows, Tensor::Of<int32_t>({2, 0, 1})}));
  ExpectEmpty(RunOp("Slice", {rows, Tensor::Of<int32_t>({0, 0, 0}), Tensor::Of<int32_t>({-1, -1, -1})}));
}

TEST(HugeShapesTest, ComputingNothing) {
  const Tensor image = Empty({1, 1 << 20, 1 << 20, 0});
  const Attrs window = {{"ksize", AttrValue::Ints({1, 2, 2, 1})},
                        {"strides", AttrValue::Ints({1, 1, 1, 1})},
                        {"padding", AttrValue::String("SAME")}};
  ExpectEmpty(RunOp("MaxPool", {image}, window));
  ExpectEmpty(RunOp("AvgPool", {image}, window));
  ExpectEmpty(RunOp("DepthwiseConv2dNative", {image, Empty({3, 3, 0, 1})}, window));
  ExpectEmpty(RunOp("Conv2D", {Empty({0, 1 << 20, 1 << 20, 2}), Empty({3, 3, 2, 0})}, window));
  const Tensor size = Tensor::Of<int32_t>({1 << 30, 1 << 30});
  for (const char* const op : {"ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic"}) {
    ExpectEmpty(RunOp(op, {Empty({1, 2, 2, 0}), size}));
  }
  ExpectEmpty(RunOp("ArgMax", {Empty({kHuge, 3, 0}), Int(1)}));
  ExpectEmpty(RunOp("Softmax", {Empty({kHuge, 0})}));
  ExpectEmpty(RunOp("AddV2", {Empty({kHuge, 0}), Empty({kHuge, 0})}));
  ExpectEmpty(RunOp("MatMul", {Empty({kHuge, 0}), Tensor(DType::kFloat, Shape({0, 0}))}));
  const Tensor vector(DType::kFloat, Shape({1024}));
  ExpectEmpty(RunOp("FusedBatchNormV3", {Empty({1 << 30, 1024, 0, 1}), vector, vector, vector, vector},
                    {{"is_training", AttrValue::Bool(false)}, {"data_format", AttrValue::String("NCHW")}}));
  ExpectEmpty(RunOp("FusedBatchNormV3", {Empty({1 << 30, 1024, 0, 1}), vector, vector, Empty({0}), Empty({0})},
                    {{"data_format", AttrValue::String("NCHW")}}));
}

// Each is a value of its own: looking for one among the others would be quadratic.
TEST(HugeShapesTest, ManyNaNsAreAsManyValues) {
  Tensor nans(DType::kFloat, Shape({200000}));
  std::fill_n(nans.mutable_data<float>(), nans.num_elements(), std::numeric_limits<float>::quiet_NaN());
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> results, RunOp("Unique", {nans}));
  EXPECT_EQ(results[0].num_elements(), nans.num_elements());
  EXPECT_EQ(results[1].data<int32_t>()[199999], 199999);
}

TEST(HugeShapesTest, SizesThatOverflow) {
  const int64_t most = int64_t{1} << 62;
  EXPECT_THAT(RunOp("ConcatV2", {Empty({most, 0}), Empty({most, 0}), Int(0)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too large")));
  EXPECT_THAT(RunOp("Reshape", {Empty({0}), Tensor::Of<int64_t>({0, most, 4})}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too many elements")));
  EXPECT_THAT(RunOp("MatMul", {Empty({int64_t{1} << 32, 0}), Empty({0, int64_t{1} << 32})}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too many elements")));
}

TEST(HugeShapesTest, WindowsOverSidesPastEveryImage) {
  const int64_t largest = std::numeric_limits<int64_t>::max();
  for (const Padding padding : {Padding::kSame, Padding::kValid}) {
    EXPECT_THAT(ComputeWindow(largest, 3, int64_t{1} << 31, int64_t{1} << 31, padding),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too large")));
    EXPECT_OK(ComputeWindow(int64_t{1} << 53, 3, int64_t{1} << 31, int64_t{1} << 31, padding));
  }
  EXPECT_THAT(ComputeWindow(8, int64_t{1} << 40, 1, 1, Padding::kSame),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("window")));
  EXPECT_THAT(ComputeWindow(8, 3, 0, 1, Padding::kSame),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("stride")));
}

TEST(HugeShapesTest, OperationsPastAllCountingAreTheMost) {
  AttrMap attrs;
  attrs.Set("strides", AttrValue::Ints({1, 1, 1, 1}));
  attrs.Set("padding", AttrValue::String("SAME"));
  const int64_t side = int64_t{1} << 30;
  ASSERT_OK_AND_ASSIGN(const Conv2DGeometry geometry,
                       ComputeConv2DGeometry(attrs, Shape({1, side, side, 8}), Shape({3, 3, 8, 8})));
  EXPECT_EQ(geometry.Flops(), std::numeric_limits<int64_t>::max());
}

TEST(HugeShapesTest, SetsAndCountsOfNothing) {
  const Tensor rows(DType::kInt32, Shape({kHuge, 0}));
  ExpectEmpty(RunOp("DenseToDenseSetOperation", {rows, rows}, {{"set_operation", AttrValue::String("union")}}));
  ExpectEmpty(RunOp("DenseCountSparseOutput", {rows, Empty({0})}, {{"binary_output", AttrValue::Bool(false)}}));
  ExpectEmpty(RunOp("RandomShuffle", {rows}, {{"seed", AttrValue::Int(1)}}));
  // A place of a sparse tensor that no number can hold.
  const Tensor index = Tensor::Of<int64_t>(Shape({1, 3}), {0, 0, 0}),
               shape = Tensor::Of<int64_t>({kHuge, kHuge, kHuge}), value = Tensor::Of<int32_t>({1});
  EXPECT_THAT(RunOp("SetSize", {index, value, shape}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 2")));
  EXPECT_THAT(RunOp("SparseReduceSum", {index, value, shape, Int(0)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 2")));
  EXPECT_THAT(RunOp("DenseCountSparseOutput", {Tensor::Of<int64_t>({std::numeric_limits<int64_t>::max()}), Empty({0})},
                    {{"binary_output", AttrValue::Bool(false)}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too large")));
}

TEST(HugeShapesTest, QuantizedNothing) {
  const auto bytes = [](std::initializer_list<int64_t> dims) { return Tensor(DType::kQuint8, Shape(dims)); };
  const Tensor low = Tensor::Scalar<float>(0), high = Tensor::Scalar<float>(1);
  ExpectEmpty(RunOp("QuantizedMatMul", {bytes({kHuge, 0}), bytes({0, 0}), low, high, low, high}));
  ExpectEmpty(RunOp("QuantizedConcat", {Int(1), bytes({kHuge, 0}), bytes({kHuge, 0}), low, low, high, high}));
  ExpectEmpty(RunOp("QuantizedConv2D", {bytes({0, 1 << 20, 1 << 20, 2}), bytes({3, 3, 2, 4}), low, high, low, high},
                    {{"strides", AttrValue::Ints({1, 1, 1, 1})}, {"padding", AttrValue::String("SAME")}}));
}

}  // namespace
}  // namespace floe
