#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;
using ::testing::ElementsAre;

constexpr char kPass[] = "channels_last";
constexpr int64_t kAny = PartialShape::kUnknownDim;
const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
const std::pair<std::string, AttrValue> kFirst = {"data_format", AttrValue::String("NCHW")};

// Fails where an op with channels first is left.
void ExpectNoneFirst(const Program& program) {
  for (const Op& op : program.ops) {
    const std::string format = op.attrs.String("data_format", "").value_or("");
    EXPECT_NE(format.substr(0, 2), "NC") << op.name << "\n" << program.ToString();
  }
}

// An image [?,4,6,8] and a convolution of it with channels first, [?,5,6,8].
GraphMaker Convolution(const std::string& padding = "SAME") {
  GraphMaker maker;
  maker.Input("x", {kAny, 4, 6, 8});
  maker.Weights("w", Shape({3, 3, 4, 5}));
  maker.Conv("conv", "x", "w", padding, {kFirst});
  return maker;
}

Program Turned(const GraphMaker& maker, const std::vector<std::string>& outputs) {
  const absl::StatusOr<Program> program = maker.Lower(outputs);
  EXPECT_OK(program);
  const Program after = ExpectChanged(kPass, *program);
  ExpectNoneFirst(after);
  return after;
}

TEST(ChannelsLastTest, AConvolutionBetweenTwoTransposes) {
  const Program after = Turned(Convolution(), {"conv"});
  EXPECT_THAT(CountOps(after), ElementsAre(std::pair("Conv2D", 1), std::pair("Transpose", 2)));
}

TEST(ChannelsLastTest, ReordersStridesDilationsAndPaddings) {
  GraphMaker maker = Convolution();
  maker.Conv("y", "conv", maker.Weights("v", Shape({3, 2, 5, 3})), "EXPLICIT",
             {kFirst,
              {"strides", AttrValue::Ints({1, 1, 2, 1})},
              {"dilations", AttrValue::Ints({1, 1, 1, 2})},
              {"explicit_paddings", AttrValue::Ints({0, 0, 0, 0, 1, 2, 0, 1})}});
  const Program after = Turned(maker, {"y"});
  const Op& op = after.ops[after.ops.size() - 2];
  EXPECT_THAT(op.attrs.Ints("strides").value_or(std::vector<int64_t>()), ElementsAre(1, 2, 1, 1));
  EXPECT_THAT(op.attrs.Ints("dilations").value_or(std::vector<int64_t>()), ElementsAre(1, 1, 2, 1));
  EXPECT_THAT(op.attrs.Ints("explicit_paddings").value_or(std::vector<int64_t>()), ElementsAre(0, 0, 1, 2, 0, 1, 0, 0));
}

// Everything between two convolutions, in every spelling of a channel's constant.
TEST(ChannelsLastTest, WhatDoesNotCareIsTurnedWithThem) {
  GraphMaker maker = Convolution();
  maker.Op("BiasAdd", "biased", {"conv", maker.Weights("b", Shape({5}))}, {kFloat[0], kFirst});
  maker.Op("FusedBatchNormV3", "normal",
           {"biased", maker.Weights("g", Shape({5})), maker.Weights("o", Shape({5})), maker.Weights("m", Shape({5})),
            maker.Const("v", Tensor::Of<float>({1, 2, 3, 4, 5}))},
           {kFloat[0], kFirst, {"is_training", AttrValue::Bool(false)}});
  maker.Op("Relu", "relu", {"normal"}, kFloat);
  maker.Op("Mul", "scaled", {"relu", maker.Weights("s", Shape({5, 1, 1}))}, kFloat);
  maker.Op("AddV2", "moved", {maker.Weights("t", Shape({1, 5, 1, 1})), "scaled"}, kFloat);
  maker.Op("Mul", "along_width", {"moved", maker.Weights("r", Shape({8}))}, kFloat);
  maker.Op("Sub", "lower", {"along_width", maker.Const("one", Tensor::Scalar<float>(1))}, kFloat);
  maker.Op("AddV2", "residual", {"lower", "relu"}, kFloat);
  maker.Op("ConcatV2", "both", {"residual", "conv", maker.Const("axis", Tensor::Scalar<int32_t>(1))},
           {kFloat[0], {"N", AttrValue::Int(2)}});
  maker.Op("Pad", "padded",
           {"both", maker.Const("pairs", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 0, 1, 2, 0, 0, 3}))}, kFloat);
  maker.Conv("y", "padded", maker.Weights("w2", Shape({1, 1, 11, 2})), "SAME", {kFirst});
  const Program after = Turned(maker, {"y"});
  EXPECT_EQ(CountOps(after)["Transpose"], 2);
}

TEST(ChannelsLastTest, Pools) {
  for (const char* const op : {"MaxPool", "AvgPool"}) {
    GraphMaker maker = Convolution();
    maker.Op(op, "pool", {"conv"},
             {kFloat[0],
              kFirst,
              {"ksize", AttrValue::Ints({1, 1, 2, 3})},
              {"strides", AttrValue::Ints({1, 1, 2, 1})},
              {"padding", AttrValue::String("VALID")}});
    EXPECT_EQ(CountOps(Turned(maker, {"pool"}))["Transpose"], 2);
  }
  GraphMaker maker = Convolution();
  maker.Op("MaxPoolV2", "pool",
           {"conv", maker.Const("k", Tensor::Of<int32_t>({1, 1, 2, 3})),
            maker.Const("s", Tensor::Of<int32_t>({1, 1, 2, 1}))},
           {kFloat[0], kFirst, {"padding", AttrValue::String("SAME")}});
  EXPECT_EQ(CountOps(Turned(maker, {"pool"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, BlocksToDepthAndBack) {
  GraphMaker maker = Convolution();
  maker.Op("SpaceToDepth", "deep", {"conv"}, {kFloat[0], kFirst, {"block_size", AttrValue::Int(2)}});
  maker.Op("Relu", "relu", {"deep"}, kFloat);
  maker.Op("DepthToSpace", "wide", {"relu"}, {kFloat[0], kFirst, {"block_size", AttrValue::Int(2)}});
  EXPECT_EQ(CountOps(Turned(maker, {"wide"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, DepthwiseAndTransposedConvolutions) {
  GraphMaker maker = Convolution();
  maker.Conv("deep", "conv", maker.Weights("d", Shape({3, 3, 5, 2})), "SAME", {kFirst}, "DepthwiseConv2dNative");
  // The sizes depend on the batch.
  maker.Op("Shape", "shape", {"x"}, kFloat);
  maker.Op("StridedSlice", "batch",
           {"shape", maker.Const("i0", Tensor::Of<int32_t>({0})), maker.Const("i1", Tensor::Of<int32_t>({1})),
            maker.Const("i2", Tensor::Of<int32_t>({1}))},
           {{"T", AttrValue::Type(DType::kInt32)}, {"shrink_axis_mask", AttrValue::Int(1)}});
  maker.Op("Pack", "sizes",
           {"batch", maker.Const("c", Tensor::Scalar<int32_t>(3)), maker.Const("h", Tensor::Scalar<int32_t>(12)),
            maker.Const("wd", Tensor::Scalar<int32_t>(16))},
           {{"T", AttrValue::Type(DType::kInt32)}, {"N", AttrValue::Int(4)}});
  maker.Op("Conv2DBackpropInput", "up", {"sizes", maker.Weights("u", Shape({2, 2, 3, 10})), "deep"},
           {kFloat[0], kFirst, {"strides", AttrValue::Ints({1, 1, 2, 2})}, {"padding", AttrValue::String("VALID")}});
  const Program after = Turned(maker, {"up"});
  EXPECT_EQ(CountOps(after)["Transpose"], 2);
  EXPECT_EQ(CountOps(after)["GatherV2"], 1);
}

TEST(ChannelsLastTest, FusedFormsWithTheirArguments) {
  GraphMaker maker = Convolution();
  maker.Op("_FusedConv2D", "fused",
           {"x", maker.Weights("w1", Shape({3, 3, 4, 5})), maker.Weights("b", Shape({5})), "conv",
            maker.Weights("m", Shape({5, 1, 1}))},
           {kFloat[0],
            kFirst,
            {"strides", AttrValue::Ints({1, 1, 1, 1})},
            {"padding", AttrValue::String("SAME")},
            {"fused_ops", AttrValue::Strings({"BiasAdd", "Add", "Mul", "Relu"})}});
  maker.Op(
      "_FusedBatchNormEx", "normal",
      {"fused", maker.Weights("g", Shape({5})), maker.Weights("o", Shape({5})), maker.Weights("mean", Shape({5})),
       maker.Const("v", Tensor::Of<float>({1, 2, 3, 4, 5})), "conv"},
      {kFloat[0], kFirst, {"is_training", AttrValue::Bool(false)}, {"activation_mode", AttrValue::String("Relu")}});
  EXPECT_EQ(CountOps(Turned(maker, {"normal"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, ReductionsThatKeepTheOrderNeedNoTranspose) {
  struct Reduction {
    std::vector<int32_t> axes;
    bool keep_dims;
    int transposes;  // beside the input's
  };
  const Reduction kReductions[] = {{{2, 3}, false, 0},       {{-1, 2}, true, 0}, {{1}, false, 0}, {{1}, true, 0},
                                   {{0, 1, 2, 3}, false, 0}, {{3}, false, 1},    {{3}, true, 1},  {{0, 2}, false, 1}};
  for (const Reduction& reduction : kReductions) {
    GraphMaker maker = Convolution();
    const Tensor axes = Tensor::FromSpan<int32_t>(Shape({static_cast<int64_t>(reduction.axes.size())}), reduction.axes);
    maker.Op("Mean", "y", {"conv", maker.Const("axes", axes)},
             {kFloat[0], {"keep_dims", AttrValue::Bool(reduction.keep_dims)}});
    SCOPED_TRACE(absl::StrCat(axes.ToString(), " ", reduction.keep_dims));
    EXPECT_EQ(CountOps(Turned(maker, {"y"}))["Transpose"], 1 + reduction.transposes);
  }
}

TEST(ChannelsLastTest, ArgMaxOverChannelsOnly) {
  for (const int32_t axis : {1, 3}) {
    GraphMaker maker = Convolution();
    maker.Op("ArgMax", "y", {"conv", maker.Const("axis", Tensor::Scalar<int32_t>(axis))}, kFloat);
    maker.Op("Cast", "z", {"y"}, {{"SrcT", AttrValue::Type(DType::kInt64)}, {"DstT", AttrValue::Type(DType::kFloat)}});
    EXPECT_EQ(CountOps(Turned(maker, {"z"}))["Transpose"], axis == 1 ? 1 : 2);
  }
}

TEST(ChannelsLastTest, SlicesSplitsAndTiles) {
  GraphMaker maker = Convolution();
  const auto ints = [&](const std::string& name, std::initializer_list<int32_t> values) {
    return maker.Const(name, Tensor::Of<int32_t>(values));
  };
  maker.Op("Slice", "slice", {"conv", ints("begin", {0, 1, 0, 2}), ints("size", {-1, 4, 5, -1})}, kFloat);
  maker.Op("StridedSlice", "strided",
           {"slice", ints("first", {0, 1, 4, 0}), ints("end", {0, 3, 0, 0}), ints("step", {1, 1, -2, 3})},
           {kFloat[0], {"begin_mask", AttrValue::Int(9)}, {"end_mask", AttrValue::Int(9)}});
  maker.Op("Tile", "tiled", {"strided", ints("times", {1, 2, 1, 3})}, kFloat);
  maker.Op("Split", "split", {maker.Const("axis", Tensor::Scalar<int32_t>(-3)), "tiled"},
           {kFloat[0], {"num_split", AttrValue::Int(2)}});
  maker.Op("SplitV", "split_v", {"split:1", ints("sizes", {2, 4}), maker.Const("width", Tensor::Scalar<int32_t>(3))},
           {kFloat[0], {"num_split", AttrValue::Int(2)}});
  maker.Conv("y", "split_v:1", maker.Weights("v", Shape({1, 1, 2, 3})), "SAME", {kFirst});
  maker.Conv("z", "split", maker.Weights("v2", Shape({1, 1, 2, 3})), "SAME", {kFirst});
  EXPECT_EQ(CountOps(Turned(maker, {"y", "z"}))["Transpose"], 3);
}

// conv1d with NCW: an image of height 1.
TEST(ChannelsLastTest, OneDimensionalConvolutions) {
  GraphMaker maker;
  maker.Input("x", {kAny, 4, 9});
  const auto conv1d = [&](const std::string& name, const std::string& input, int64_t in, int64_t out) {
    const std::string image = maker.Op("ExpandDims", name + "/image",
                                       {input, maker.Const(name + "/axis", Tensor::Scalar<int32_t>(2))}, kFloat);
    const std::string conv =
        maker.Conv(name + "/conv", image, maker.Weights(name + "/w", Shape({1, 3, in, out})), "SAME", {kFirst});
    return maker.Op("Squeeze", name, {conv}, {kFloat[0], {"squeeze_dims", AttrValue::Ints({2})}});
  };
  conv1d("a", "x", 4, 5);
  maker.Op("BiasAdd", "biased", {"a", maker.Weights("b", Shape({5}))}, {kFloat[0], kFirst});
  maker.Op("Relu", "relu", {"biased"}, kFloat);
  conv1d("y", "relu", 5, 3);
  EXPECT_EQ(CountOps(Turned(maker, {"y"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, ThreeDimensionalImages) {
  GraphMaker maker;
  maker.Input("x", {kAny, 2, 4, 5, 6});
  maker.Weights("w", Shape({2, 2, 2, 2, 3}));
  maker.Op("Conv3D", "conv", {"x", "w"},
           {kFloat[0],
            {"strides", AttrValue::Ints({1, 1, 1, 2, 1})},
            {"padding", AttrValue::String("SAME")},
            {"data_format", AttrValue::String("NCDHW")}});
  maker.Op("BiasAdd", "y", {"conv", maker.Weights("b", Shape({3}))}, {kFloat[0], kFirst});
  EXPECT_EQ(CountOps(Turned(maker, {"y"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, BiasOfRowsIsBoth) {
  GraphMaker maker;
  maker.Input("x", {kAny, 4});
  maker.Op("BiasAdd", "y", {"x", maker.Weights("b", Shape({4}))}, {kFloat[0], kFirst});
  EXPECT_EQ(CountOps(Turned(maker, {"y"})).size(), 1u);
}

// What is one pixel has the same elements in both layouts.
TEST(ChannelsLastTest, OnePixelIsReshapedNotTransposed) {
  GraphMaker maker = Convolution();
  maker.Op("Mean", "pooled", {"conv", maker.Const("axes", Tensor::Of<int32_t>({2, 3}))},
           {kFloat[0], {"keep_dims", AttrValue::Bool(true)}});
  maker.Op("Reshape", "rows", {"pooled", maker.Const("shape", Tensor::Of<int32_t>({-1, 5}))}, kFloat);
  maker.Op("MatMul", "gate", {"rows", maker.Weights("m", Shape({5, 5}))}, kFloat);
  maker.Op("Reshape", "pixel", {"gate", maker.Const("back", Tensor::Of<int32_t>({-1, 5, 1, 1}))}, kFloat);
  maker.Op("Mul", "gated", {"conv", "pixel"}, kFloat);
  maker.Conv("y", "gated", maker.Weights("v", Shape({1, 1, 5, 2})), "SAME", {kFirst});
  EXPECT_EQ(CountOps(Turned(maker, {"y"}))["Transpose"], 2);
}

TEST(ChannelsLastTest, OutputsInsideAreMadeToo) {
  GraphMaker maker = Convolution();
  maker.Op("Relu", "relu", {"conv"}, kFloat);
  maker.Conv("y", "relu", maker.Weights("v", Shape({1, 1, 5, 2})), "SAME", {kFirst});
  maker.Op("Softmax", "along_width", {"relu"}, kFloat);
  EXPECT_EQ(CountOps(Turned(maker, {"y", "relu", "along_width"}))["Transpose"], 3);
}

TEST(ChannelsLastTest, TheShapeOfAnImageIsReordered) {
  GraphMaker maker = Convolution();
  maker.Op("Shape", "shape", {"conv"}, kFloat);
  maker.Op("Cast", "y", {"shape"},
           {{"SrcT", AttrValue::Type(DType::kInt32)}, {"DstT", AttrValue::Type(DType::kFloat)}});
  const Program after = Turned(maker, {"y"});
  EXPECT_EQ(CountOps(after)["Transpose"], 1);
}

// What some exporters do around every op of a graph with channels first.
TEST(ChannelsLastTest, TransposesAroundSingleOpsCancelOut) {
  GraphMaker maker;
  maker.Input("x", {kAny, 3, 6, 8});
  maker.Const("last", Tensor::Of<int32_t>({0, 2, 3, 1}));
  maker.Const("first", Tensor::Of<int32_t>({0, 3, 1, 2}));
  std::string value = "x";
  int64_t channels = 3;
  for (const int64_t next : {5, 4}) {
    const std::string at = absl::StrCat("layer", next);
    maker.Op("Transpose", at + "/in", {value, "last"}, kFloat);
    maker.Conv(at + "/conv", at + "/in", maker.Weights(at + "/w", Shape({3, 3, channels, next})), "SAME");
    maker.Op("Transpose", at + "/out", {at + "/conv", "first"}, kFloat);
    maker.Op("AddV2", at + "/biased", {at + "/out", maker.Weights(at + "/b", Shape({1, next, 1, 1}))}, kFloat);
    value = maker.Op("Relu", at, {at + "/biased"}, kFloat);
    channels = next;
  }
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({value}));
  EXPECT_EQ(CountOps(program)["Transpose"], 4);
  EXPECT_EQ(CountOps(ExpectChanged(kPass, program))["Transpose"], 2);
}

TEST(ChannelsLastTest, TwoTransposesInARowAreOne) {
  GraphMaker maker = Convolution();
  maker.Op("Transpose", "turned", {"conv", maker.Const("perm", Tensor::Of<int32_t>({2, 0, -1, 1}))}, kFloat);
  maker.Op("Transpose", "back", {"conv", maker.Const("last", Tensor::Of<int32_t>({0, 2, 3, 1}))}, kFloat);
  EXPECT_EQ(CountOps(Turned(maker, {"turned", "back"}))["Transpose"], 2);
}

// A graph of unknown sizes, and one of half precision.
TEST(ChannelsLastTest, UnknownSizesAndOtherTypes) {
  GraphMaker open;
  open.Input("x", {kAny, 4, kAny, kAny});
  open.Conv("conv", "x", open.Weights("w", Shape({1, 1, 4, 5})), "SAME", {kFirst});
  open.Op("Relu", "y", {"conv"}, kFloat);
  EXPECT_EQ(CountOps(Turned(open, {"y"}))["Transpose"], 2);

  const AttrValue half = AttrValue::Type(DType::kHalf);
  GraphMaker maker;
  maker.Input("x", {kAny, 4, 6, 8}, DType::kHalf);
  maker.Conv("y", "x", maker.Weights("w", Shape({3, 3, 4, 5}), DType::kHalf), "SAME", {{"T", half}, kFirst});
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"y"}));
  ExpectNoneFirst(ExpectChanged(kPass, program));
}

TEST(ChannelsLastTest, ChannelsLastStay) {
  GraphMaker maker;
  maker.Input("x", {kAny, 6, 8, 4});
  maker.Conv("conv", "x", maker.Weights("w", Shape({3, 3, 4, 5})));
  maker.Op("Relu", "y", {"conv"}, kFloat);
  // As a graph ends that gives its image with channels first.
  maker.Op("Transpose", "z", {"y", maker.Const("first", Tensor::Of<int32_t>({0, 3, 1, 2}))}, kFloat);
  ASSERT_OK_AND_ASSIGN(const Program program, maker.Lower({"z"}));
  ExpectUnchanged(kPass, program);
}

// The residual is used as it is; only the convolution's own input is turned.
TEST(ChannelsLastTest, WhatStaysFirstIsNotTurnedForNothing) {
  GraphMaker maker = Convolution();
  maker.Op("Softmax", "along_width", {"x"}, kFloat);
  maker.Op("Exp", "y", {"along_width"}, kFloat);
  const Program after = Turned(maker, {"conv", "y"});
  EXPECT_EQ(CountOps(after)["Transpose"], 2);
  EXPECT_EQ(testing::OpMaking(after, "y").inputs[0], testing::OpMaking(after, "along_width").outputs[0]);
}

}  // namespace
}  // namespace floe
