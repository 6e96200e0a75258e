#include "program/dim_ids.h"

#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
constexpr int64_t kAny = PartialShape::kUnknownDim;

ValueId Named(const Program& program, const std::string& name) {
  for (size_t id = 0; id < program.values.size(); ++id) {
    if (program.values[id].name == name) return static_cast<ValueId>(id);
  }
  ADD_FAILURE() << name;
  return 0;
}

TEST(DimIdsTest, FollowsTheBatchThroughAModel) {
  GraphMaker maker;
  maker.Input("x", {kAny, 8, 8, 4});
  maker.Weights("w", Shape({3, 3, 4, 4}));
  maker.Weights("b", Shape({4}));
  maker.Const("pads", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 1, 1, 1, 1, 0, 0}));
  maker.Const("axis", Tensor::Scalar<int32_t>(3));
  maker.Const("size", Tensor::Of<int32_t>({8, 8}));
  maker.Op("Pad", "pad", {"x", "pads"}, kFloat);
  maker.Conv("conv", "pad", "w");
  maker.Op("BiasAdd", "biased", {"conv", "b"}, kFloat);
  maker.Op("MaxPool", "pool", {"biased"},
           {kFloat[0],
            {"ksize", AttrValue::Ints({1, 2, 2, 1})},
            {"strides", AttrValue::Ints({1, 2, 2, 1})},
            {"padding", AttrValue::String("VALID")}});
  maker.Op("ResizeBilinear", "large", {"pool", "size"}, kFloat);
  maker.Op("ConcatV2", "both", {"large", "x", "axis"}, {kFloat[0], {"N", AttrValue::Int(2)}});
  maker.Op("Exp", "y", {"both"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  const DimIds ids(program);
  const int64_t batch = ids.Of(program.inputs[0])[0];
  EXPECT_LT(batch, 0);
  for (const char* const name : {"pad", "conv", "biased", "pool", "large", "both", "y"}) {
    EXPECT_EQ(ids.Of(Named(program, name))[0], batch) << name;
  }
  EXPECT_TRUE(ids.SpreadsTo(program.inputs[0], Named(program, "large")));
  EXPECT_FALSE(ids.SpreadsTo(program.inputs[0], Named(program, "pool")));
}

TEST(DimIdsTest, SumsMayBeLargerThanTheirParts) {
  GraphMaker maker;
  maker.Input("a", {kAny, 4});
  maker.Input("b", {kAny, 4});
  maker.Input("one", {1, 4});
  maker.Op("AddV2", "two", {"a", "b"}, kFloat);
  maker.Op("AddV2", "same", {"a", "one"}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"two", "same"}));
  const DimIds ids(program);
  const ValueId a = Named(program, "a"), b = Named(program, "b"), two = Named(program, "two");
  EXPECT_NE(ids.Of(a)[0], ids.Of(b)[0]);
  EXPECT_NE(ids.Of(two)[0], ids.Of(a)[0]);
  EXPECT_EQ(ids.Of(Named(program, "same"))[0], ids.Of(a)[0]);
  EXPECT_TRUE(ids.SpreadsTo(Named(program, "one"), a));
  EXPECT_FALSE(ids.SpreadsTo(a, Named(program, "one")));
}

TEST(DimIdsTest, WindowsOfOneKindOverOneSizeGiveOneSize) {
  GraphMaker maker;
  maker.Input("x", {kAny, kAny, kAny, 4});
  maker.Weights("w1", Shape({1, 1, 4, 4}));
  maker.Weights("w3", Shape({3, 3, 4, 4}));
  const GraphMaker::Attrs two = {{"strides", AttrValue::Ints({1, 2, 2, 1})}};
  const auto pads = [](int64_t n) {
    return GraphMaker::Attrs{{"strides", AttrValue::Ints({1, 2, 2, 1})},
                             {"explicit_paddings", AttrValue::Ints({0, 0, n, 0, n, 0, 0, 0})}};
  };
  maker.Conv("same1", "x", "w1", "SAME");
  maker.Conv("same3", "x", "w3", "SAME");
  maker.Conv("half1", "x", "w1", "SAME", two);
  maker.Conv("half3", "x", "w3", "SAME", two);
  maker.Conv("valid1", "x", "w1", "VALID", two);
  maker.Conv("valid3", "x", "w3", "VALID", two);
  maker.Conv("padded3", "x", "w3", "EXPLICIT", pads(2));
  ASSERT_OK_AND_ASSIGN(const Program program,
                       maker.Lower({"same1", "same3", "half1", "half3", "valid1", "valid3", "padded3"}));
  const DimIds ids(program);
  const auto height = [&](const char* name) { return ids.Of(Named(program, name))[1]; };
  EXPECT_EQ(height("same1"), height("x"));
  EXPECT_EQ(height("same3"), height("x"));
  EXPECT_EQ(height("half1"), height("half3"));
  EXPECT_NE(height("half1"), height("x"));
  EXPECT_NE(height("valid1"), height("valid3"));
  EXPECT_EQ(height("padded3"), height("valid1"));
  EXPECT_NE(height("valid1"), height("half1"));
}

}  // namespace
}  // namespace floe
