#include "ops/contiguous_parts.h"

#include <numeric>

#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

Tensor Iota(const Shape& shape) {
  Tensor tensor(DType::kInt32, shape);
  std::iota(tensor.mutable_data<int32_t>(), tensor.mutable_data<int32_t>() + shape.num_elements(), 100);
  return tensor;
}

// What FindContiguousParts says, checked against what the op gives: each part must be those very elements. False where
// it finds no parts.
bool HasParts(const char* op, const AttrMap& attrs, const std::vector<Tensor>& inputs) {
  const OpInfo* const info = FindOp(op);
  const absl::StatusOr<std::vector<Tensor>> results = Evaluate(*info, "n", attrs, inputs);
  EXPECT_OK(results.status());
  std::vector<TensorInfo> input_infos, output_infos;
  for (const Tensor& t : inputs) input_infos.push_back({t.dtype(), t.shape(), &t});
  for (const Tensor& t : *results) output_infos.push_back({t.dtype(), t.shape()});
  const auto found = FindContiguousParts(op, attrs, input_infos, output_infos);
  if (!found.has_value()) return false;
  const Tensor& whole = found->joins ? (*results)[0] : inputs[found->first_input];
  for (size_t k = 0; k < found->first_elements.size(); ++k) {
    const Tensor& part = found->joins ? inputs[found->first_input + k] : (*results)[k];
    const int32_t* const there = whole.data<int32_t>() + found->first_elements[k];
    EXPECT_LE(found->first_elements[k] + part.num_elements(), whole.num_elements());
    EXPECT_TRUE(std::equal(part.data<int32_t>(), part.data<int32_t>() + part.num_elements(), there)) << op << " " << k;
  }
  return true;
}

Tensor Axis(int32_t axis) { return Tensor::Scalar<int32_t>(axis); }

AttrMap Attr(const char* name, int64_t value) {
  AttrMap attrs;
  attrs.Set(name, AttrValue::Int(value));
  return attrs;
}

TEST(ContiguousPartsTest, Joins) {
  const Tensor a = Iota(Shape({1, 2, 3})), b = Iota(Shape({1, 4, 3})), c = Iota(Shape({1, 2, 5}));
  EXPECT_TRUE(HasParts("ConcatV2", {}, {a, b, Axis(1)}));
  EXPECT_TRUE(HasParts("ConcatV2", {}, {a, a, a, Axis(0)}));
  EXPECT_TRUE(HasParts("ConcatV2", {}, {a, b, Axis(-2)}));
  EXPECT_TRUE(HasParts("Concat", {}, {Axis(1), a, b}));
  EXPECT_FALSE(HasParts("ConcatV2", {}, {a, c, Axis(2)}));
  EXPECT_TRUE(HasParts("Pack", Attr("axis", 0), {a, a}));
  EXPECT_TRUE(HasParts("Pack", Attr("axis", 1), {a, a}));
  EXPECT_FALSE(HasParts("Pack", Attr("axis", 2), {a, a}));
}

TEST(ContiguousPartsTest, Splits) {
  const Tensor a = Iota(Shape({4, 3})), row = Iota(Shape({1, 6, 2}));
  EXPECT_TRUE(HasParts("Split", Attr("num_split", 2), {Axis(0), a}));
  EXPECT_TRUE(HasParts("Split", Attr("num_split", 3), {Axis(1), row}));
  EXPECT_FALSE(HasParts("Split", Attr("num_split", 3), {Axis(1), a}));
  EXPECT_TRUE(HasParts("SplitV", Attr("num_split", 3), {a, Tensor::Of<int32_t>({1, 0, -1}), Axis(0)}));
  EXPECT_FALSE(HasParts("SplitV", Attr("num_split", 2), {a, Tensor::Of<int32_t>({1, 2}), Axis(1)}));
  AttrMap unpack = Attr("num", 4);
  EXPECT_TRUE(HasParts("Unpack", unpack, {a}));
  unpack = Attr("num", 3);
  unpack.Set("axis", AttrValue::Int(-1));
  EXPECT_FALSE(HasParts("Unpack", unpack, {a}));
}

TEST(ContiguousPartsTest, Slices) {
  const Tensor a = Iota(Shape({4, 3, 2}));
  const auto slice = [&](std::initializer_list<int32_t> begin, std::initializer_list<int32_t> size) {
    return HasParts("Slice", {}, {a, Tensor::Of<int32_t>(begin), Tensor::Of<int32_t>(size)});
  };
  EXPECT_TRUE(slice({1, 0, 0}, {2, 3, 2}));
  EXPECT_TRUE(slice({1, 1, 0}, {1, 2, -1}));
  EXPECT_TRUE(slice({3, 2, 1}, {1, 1, 1}));
  EXPECT_FALSE(slice({1, 1, 0}, {2, 2, 2}));
  EXPECT_FALSE(slice({1, 0, 1}, {1, 3, 1}));
  const auto strided = [&](std::initializer_list<int32_t> begin, std::initializer_list<int32_t> end,
                           std::initializer_list<int32_t> strides, int64_t shrink) {
    return HasParts("StridedSlice", Attr("shrink_axis_mask", shrink),
                    {a, Tensor::Of<int32_t>(begin), Tensor::Of<int32_t>(end), Tensor::Of<int32_t>(strides)});
  };
  EXPECT_TRUE(strided({1}, {3}, {1}, 0));
  EXPECT_TRUE(strided({2}, {3}, {1}, 1));
  EXPECT_TRUE(strided({2, 1}, {3, 3}, {1, 1}, 1));
  EXPECT_TRUE(strided({3}, {2}, {-1}, 0)) << "one element of a row that goes backwards";
  EXPECT_FALSE(strided({0}, {4}, {2}, 0));
  EXPECT_FALSE(strided({3}, {0}, {-1}, 0));
}

TEST(ContiguousPartsTest, NothingWhereTheAxisIsNotKnown) {
  const Tensor a = Iota(Shape({2, 3}));
  const TensorInfo part{a.dtype(), a.shape()}, axis{DType::kInt32, PartialShape({})};
  const TensorInfo whole{a.dtype(), Shape({4, 3})};
  EXPECT_FALSE(FindContiguousParts("ConcatV2", {}, {part, part, axis}, {whole}).has_value());
  EXPECT_FALSE(FindContiguousParts("Relu", {}, {part}, {part}).has_value());
}

}  // namespace
}  // namespace floe
