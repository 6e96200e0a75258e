#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;

constexpr char kPass[] = "recognize_upsampling";
constexpr int64_t kAny = PartialShape::kUnknownDim;

struct Pieces {
  explicit Pieces(const PartialShape& shape, DType dtype = DType::kFloat)
      : t{{"T", AttrValue::Type(dtype)}}, ints{{"T", AttrValue::Type(DType::kInt32)}} {
    maker.Input("x", shape, dtype);
  }
  std::string Name() { return absl::StrCat("n", ++count); }
  std::string operator()(const std::string& op, const std::vector<std::string>& inputs) {
    return maker.Op(op, Name(), inputs, t);
  }
  std::string Ints(const std::vector<int32_t>& numbers) {
    return maker.Const(Name(), Tensor::FromSpan<int32_t>(Shape({static_cast<int64_t>(numbers.size())}), numbers));
  }
  std::string Int(int32_t number) { return maker.Const(Name(), Tensor::Scalar<int32_t>(number)); }
  std::string Reshape(const std::string& x, const std::vector<int32_t>& to) {
    return (*this)("Reshape", {x, Ints(to)});
  }
  std::string Slice(const std::string& x, int32_t begin, int32_t end, int64_t shrink = 0) {
    GraphMaker::Attrs attrs = ints;
    attrs.emplace_back("Index", AttrValue::Type(DType::kInt32));
    if (end == 0) attrs.emplace_back("end_mask", AttrValue::Int(1));
    attrs.emplace_back("shrink_axis_mask", AttrValue::Int(shrink));
    return maker.Op("StridedSlice", Name(), {x, Ints({begin}), Ints({end}), Ints({1})}, attrs);
  }
  // tf.repeat along an axis.
  std::string Repeat(const std::string& x, int32_t axis, int32_t times, int32_t asked = 0) {
    std::vector<int32_t> multiples(5, 1);
    multiples[static_cast<size_t>(axis) + 1] = times;
    const std::string tiled = (*this)("Tile", {(*this)("ExpandDims", {x, Int(axis + 1)}), Ints(multiples)});
    const std::string shape = (*this)("Shape", {x});
    const std::string size =
        maker.Op("Mul", Name(), {Int(asked == 0 ? times : asked), Slice(shape, axis, axis + 1, 1)}, ints);
    const std::string middle =
        maker.Op("Pack", Name(), {size}, {ints[0], {"N", AttrValue::Int(1)}, {"axis", AttrValue::Int(0)}});
    const std::string sizes =
        maker.Op("ConcatV2", Name(), {Slice(shape, 0, axis), middle, Slice(shape, axis + 1, 0), Int(0)},
                 {ints[0], {"N", AttrValue::Int(3)}});
    return (*this)("Reshape", {tiled, sizes});
  }
  // Keras's repeat_elements.
  std::string RepeatElements(const std::string& x, int32_t axis, int rows, int times) {
    const std::string split = maker.Op("Split", Name(), {Int(axis), x}, {t[0], {"num_split", AttrValue::Int(rows)}});
    std::vector<std::string> all;
    for (int i = 0; i < rows * times; ++i) all.push_back(i < times ? split : absl::StrCat(split, ":", i / times));
    all.push_back(Int(axis));
    return maker.Op("ConcatV2", Name(), all, {t[0], {"N", AttrValue::Int(rows * times)}});
  }
  std::string Stack(const std::string& x, int64_t axis) {
    return maker.Op("Pack", Name(), {x, x}, {t[0], {"N", AttrValue::Int(2)}, {"axis", AttrValue::Int(axis)}});
  }
  Program Make(const std::string& output) {
    absl::StatusOr<Program> program = maker.Lower({output});
    EXPECT_OK(program);
    return *std::move(program);
  }

  GraphMaker maker;
  GraphMaker::Attrs t, ints;
  int count = 0;
};

void ExpectOneResize(const Program& before) {
  Program after = ExpectChanged(kPass, before);
  ASSERT_OK(testing::RunPass("drop_dead_values", after));
  auto counts = CountOps(after);
  EXPECT_EQ(counts["ResizeNearestNeighbor"], 1) << after.ToString();
  for (const char* const op : {"Tile", "ConcatV2", "Reshape", "Split", "Pack"})
    EXPECT_EQ(counts[op], 0) << after.ToString();
}

TEST(RecognizeUpsamplingTest, OfKnownSize) {
  const PartialShape shape = {kAny, 4, 3, 2};
  {
    Pieces p(shape);
    ExpectOneResize(
        p.Make(p.Reshape(p("Tile", {p.Reshape("x", {-1, 4, 1, 3, 1, 2}), p.Ints({1, 1, 2, 1, 3, 1})}), {-1, 8, 9, 2})));
  }
  {
    Pieces p(shape);  // detection models: stacked behind both
    ExpectOneResize(p.Make(p.Reshape(p.Stack(p.Stack("x", 3), 2), {-1, 8, 6, 2})));
  }
  {
    Pieces p(shape);
    Tensor ones(DType::kFloat, Shape({1, 1, 2, 1, 2, 1}));
    for (int i = 0; i < 4; ++i) ones.mutable_data<float>()[i] = 1;
    p.maker.Const("ones", ones);
    ExpectOneResize(p.Make(p.Reshape(p("Mul", {p.Reshape("x", {-1, 4, 1, 3, 1, 2}), "ones"}), {-1, 8, 6, 2})));
  }
  {
    Pieces p({2, 4, 3, 2});
    ExpectOneResize(p.Make(
        p.Reshape(p("BroadcastTo", {p.Reshape("x", {2, 4, 1, 3, 1, 2}), p.Ints({2, 4, 7, 3, 2, 2})}), {2, 28, 6, 2})));
  }
  {
    Pieces p(shape);
    ExpectOneResize(p.Make(p.RepeatElements(p.RepeatElements("x", 1, 4, 2), 2, 3, 3)));
  }
  {
    Pieces p(shape, DType::kHalf);
    ExpectOneResize(p.Make(p.RepeatElements("x", 2, 3, 2)));
  }
}

TEST(RecognizeUpsamplingTest, BySizesOfTheImage) {
  for (const PartialShape& shape :
       {PartialShape({kAny, kAny, kAny, 3}), PartialShape({kAny, kAny, 5, kAny}), PartialShape({2, 4, 5, 3})}) {
    Pieces p(shape);
    ExpectOneResize(p.Make(p.Repeat(p.Repeat("x", 1, 2), 2, 3)));
  }
}

// A thousand rows, each as often as quotients are rounded badly.
TEST(RecognizeUpsamplingTest, EveryRowComesAsOften) {
  for (const int32_t times : {3, 5, 7, 41, 47, 49, 55}) {
    Pieces p({1, 400, 1, 1});
    ExpectOneResize(p.Make(p.Repeat("x", 1, times)));
  }
}

TEST(RecognizeUpsamplingTest, WhatRepeatsSomethingElse) {
  const PartialShape shape = {kAny, 4, 3, 2};
  {
    Pieces p(shape);  // channels
    ExpectUnchanged(kPass, p.Make(p.Repeat("x", 3, 2)));
  }
  {
    Pieces p(shape);  // the whole image again, not each of its rows
    ExpectUnchanged(kPass, p.Make(p.Reshape(p("Tile", {p.Reshape("x", {-1, 1, 4, 3, 2}), p.Ints({1, 2, 1, 1, 1})}),
                                            {-1, 8, 3, 2})));
  }
  {
    Pieces p(shape);  // put together otherwise
    ExpectUnchanged(kPass, p.Make(p.Reshape(p("Tile", {p.Reshape("x", {-1, 4, 1, 3, 2}), p.Ints({1, 1, 2, 1, 1})}),
                                            {-1, 4, 6, 2})));
  }
  {
    Pieces p(shape);  // other numbers than ones
    p.maker.Weights("w", Shape({1, 1, 2, 1, 2, 1}));
    ExpectUnchanged(kPass, p.Make(p.Reshape(p("Mul", {p.Reshape("x", {-1, 4, 1, 3, 1, 2}), "w"}), {-1, 8, 6, 2})));
  }
  {
    Pieces p(shape);  // the batch
    ExpectUnchanged(kPass, p.Make(p.Reshape(p.Stack("x", 1), {-1, 4, 3, 2})));
  }
  {
    Pieces p(shape);  // rows in another order
    const std::string split = p.maker.Op("Split", "split", {p.Int(1), "x"}, {p.t[0], {"num_split", AttrValue::Int(4)}});
    ExpectUnchanged(
        kPass,
        p.Make(p.maker.Op("ConcatV2", "y",
                          {split, "split:1", split, "split:1", "split:2", "split:2", "split:3", "split:3", p.Int(1)},
                          {p.t[0], {"N", AttrValue::Int(8)}})));
  }
  {
    Pieces p(shape);  // pieces of two rows
    const std::string split = p.maker.Op("Split", "split", {p.Int(1), "x"}, {p.t[0], {"num_split", AttrValue::Int(2)}});
    ExpectUnchanged(kPass, p.Make(p.maker.Op("ConcatV2", "y", {split, split, "split:1", "split:1", p.Int(1)},
                                             {p.t[0], {"N", AttrValue::Int(4)}})));
  }
  {
    Pieces p(shape, DType::kInt32);
    ExpectUnchanged(kPass, p.Make(p.Repeat("x", 1, 2)));
  }
}

}  // namespace
}  // namespace floe
