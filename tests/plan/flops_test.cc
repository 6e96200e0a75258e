#include "plan/flops.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "ops/registry.h"

namespace floe {
namespace {

int64_t Flops(const std::string& op, std::vector<PartialShape> inputs, const PartialShape& output,
              const std::vector<std::pair<std::string, AttrValue>>& attrs = {}) {
  std::vector<TensorInfo> infos;
  for (PartialShape& shape : inputs) infos.push_back({DType::kFloat, std::move(shape), nullptr});
  AttrMap map;
  for (const auto& [name, value] : attrs) map.Set(name, value);
  return CountFlops(*FindOp(op), map, infos, {{DType::kFloat, output, nullptr}});
}

const std::vector<std::pair<std::string, AttrValue>> kWindow = {{"strides", AttrValue::Ints({1, 1, 1, 1})},
                                                                {"ksize", AttrValue::Ints({1, 2, 2, 1})},
                                                                {"padding", AttrValue::String("VALID")}};

TEST(FlopsTest, ProductsCountTwoATerm) {
  EXPECT_EQ(Flops("MatMul", {{3, 4}, {4, 5}}, {3, 5}), 2 * 3 * 4 * 5);
  EXPECT_EQ(Flops("BatchMatMulV2", {{7, 3, 4}, {1, 4, 5}}, {7, 3, 5}), 7 * 2 * 3 * 4 * 5);
  EXPECT_EQ(Flops("Einsum", {{7, 3, 4}, {4, 5}}, {7, 3, 5}, {{"equation", AttrValue::String("bij,jk->bik")}}),
            7 * 2 * 3 * 4 * 5);
  EXPECT_EQ(Flops("Einsum", {{7, 3, 4}, {4, 5}}, {7, 3, 5}, {{"equation", AttrValue::String("...j,jk->...k")}}),
            7 * 2 * 3 * 4 * 5);
  // Of a sparse matrix only the elements it has: indices, values, its shape, then the dense one.
  EXPECT_EQ(Flops("SparseTensorDenseMatMul", {{6, 2}, {6}, {2}, {4, 5}}, {3, 5}), 2 * 6 * 5);
}

TEST(FlopsTest, Convolutions) {
  EXPECT_EQ(Flops("Conv2D", {{1, 5, 5, 2}, {3, 3, 2, 8}}, {1, 3, 3, 8}, kWindow), 2 * 3 * 3 * 8 * 3 * 3 * 2);
  EXPECT_EQ(Flops("DepthwiseConv2dNative", {{1, 5, 5, 2}, {3, 3, 2, 1}}, {1, 3, 3, 2}, kWindow), 2 * 3 * 3 * 2 * 3 * 3);
  EXPECT_EQ(Flops("Conv3D", {{1, 5, 5, 5, 2}, {3, 3, 3, 2, 8}}, {1, 3, 3, 3, 8}), 2 * 27 * 8 * 27 * 2);
  EXPECT_EQ(Flops("MaxPool", {{1, 4, 4, 3}}, {1, 3, 3, 3}, kWindow), 3 * 3 * 3 * 4);
}

TEST(FlopsTest, ElementsSumsAndWhatOnlyMoves) {
  EXPECT_EQ(Flops("AddV2", {{2, 3}, {3}}, {2, 3}), 6);
  EXPECT_EQ(Flops("_FusedElementwise", {{2, 3}, {3}}, {2, 3},
                  {{"functions", AttrValue::Strings({"Mul", "Exp", "Neg"})},
                   {"operands", AttrValue::Ints({0, 1, 2, 3})},
                   {"parameters", AttrValue::Floats({0, 0, 0})}}),
            18);
  EXPECT_EQ(Flops("Sum", {{2, 3}, Shape()}, Shape()), 6);
  EXPECT_GT(Flops("Softmax", {{2, 3}}, {2, 3}), 6);
  EXPECT_EQ(Flops("Transpose", {{2, 3}, {2}}, {3, 2}), 0);
}

TEST(FlopsTest, WhatIsNotKnownIsNoneAndTooManyAreTheMost) {
  EXPECT_EQ(Flops("MatMul", {{-1, 4}, {4, 5}}, {-1, 5}), 0);
  EXPECT_EQ(Flops("Relu", {PartialShape::UnknownRank()}, PartialShape::UnknownRank()), 0);
  const int64_t side = int64_t{1} << 31;
  EXPECT_EQ(Flops("MatMul", {{side, side}, {side, side}}, {side, side}), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace floe
