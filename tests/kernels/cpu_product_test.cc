// Convolutions and matrix products at odd sizes, with everything that may follow them, against the ops' own evaluation.
#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ops/fused.h"
#include "tests/kernels/made_up_case.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::CompareWithReference;
using testing::MadeUpCase;
using testing::RandomFloats;

AttrMap WindowAttrsOf(int64_t stride, int64_t dilation, const std::string& padding) {
  AttrMap attrs;
  attrs.Set("strides", AttrValue::Ints({1, stride, stride, 1}));
  attrs.Set("dilations", AttrValue::Ints({1, dilation, dilation, 1}));
  attrs.Set("padding", AttrValue::String(padding));
  if (padding == "EXPLICIT") attrs.Set("explicit_paddings", AttrValue::Ints({0, 0, 2, 1, 0, 3, 0, 0}));
  return attrs;
}

struct FilterSize {
  int64_t height, width;
};

TEST(CpuConvolutionTest, OddSizes) {
  uint32_t seed = 0;
  for (const std::string padding : {"SAME", "VALID", "EXPLICIT"}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const int64_t dilation : {1, 2}) {
        for (const FilterSize filter : {FilterSize{1, 1}, {3, 3}, {2, 5}}) {
          for (const int64_t channels : {1, 3, 15, 16, 17, 33}) {
            ++seed;
            // The other sizes take turns.
            const int64_t batch = seed % 5 == 0 ? 7 : 1, out = std::vector<int64_t>{1, 8, 16, 17, 40}[seed % 5];
            const MadeUpCase made{"Conv2D",
                                  WindowAttrsOf(stride, dilation, padding),
                                  {RandomFloats(Shape({batch, 9, 11, channels}), seed),
                                   RandomFloats(Shape({filter.height, filter.width, channels, out}), seed + 1000)},
                                  {false, seed % 4 != 0}};
            EXPECT_OK(CompareWithReference(made));
          }
        }
      }
    }
  }
}

TEST(CpuConvolutionTest, Groups) {
  for (const int64_t group_in : {1, 3, 16}) {
    for (const bool constant : {true, false}) {
      EXPECT_OK(CompareWithReference(
          {"Conv2D",
           WindowAttrsOf(1, 1, "SAME"),
           {RandomFloats(Shape({2, 6, 7, 2 * group_in}), 1), RandomFloats(Shape({3, 3, group_in, 10}), 2)},
           {false, constant}}));
    }
  }
}

TEST(CpuConvolutionTest, DepthwiseOddSizes) {
  uint32_t seed = 0;
  for (const std::string padding : {"SAME", "VALID", "EXPLICIT"}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const int64_t dilation : {1, 2}) {
        if (stride > 1 && dilation > 1) continue;
        for (const FilterSize filter : {FilterSize{3, 3}, {5, 5}, {1, 4}, {2, 1}}) {
          for (const int64_t channels : {1, 3, 8, 15, 16, 17, 32, 70}) {
            for (const int64_t multiplier : {1, 2}) {
              ++seed;
              const int64_t batch = seed % 5 == 0 ? 7 : 1, width = seed % 3 == 0 ? 9 : 23;
              EXPECT_OK(CompareWithReference(
                  {"DepthwiseConv2dNative",
                   WindowAttrsOf(stride, dilation, padding),
                   {RandomFloats(Shape({batch, 9, width, channels}), seed),
                    RandomFloats(Shape({filter.height, filter.width, channels, multiplier}), seed + 1000)},
                   {false, seed % 4 != 0}}));
            }
          }
        }
      }
    }
  }
}

// The window is larger than the image wherever it lies.
TEST(CpuConvolutionTest, WindowsLargerThanTheImage) {
  for (const std::string op : {"Conv2D", "DepthwiseConv2dNative"}) {
    EXPECT_OK(CompareWithReference({op,
                                    WindowAttrsOf(1, 1, "SAME"),
                                    {RandomFloats(Shape({1, 2, 3, 4}), 1), RandomFloats(Shape({7, 7, 4, 1}), 2)},
                                    {false, true}}));
    EXPECT_OK(CompareWithReference({op,
                                    WindowAttrsOf(1, 3, "SAME"),
                                    {RandomFloats(Shape({1, 3, 2, 20}), 1), RandomFloats(Shape({3, 3, 20, 1}), 2)},
                                    {false, true}}));
  }
}

TEST(CpuConvolutionTest, EmptyBatch) {
  for (const std::string op : {"Conv2D", "DepthwiseConv2dNative"}) {
    EXPECT_OK(CompareWithReference({op,
                                    WindowAttrsOf(1, 1, "SAME"),
                                    {Tensor(DType::kFloat, Shape({0, 4, 4, 3})), RandomFloats(Shape({3, 3, 3, 2}), 2)},
                                    {false, true}}));
  }
}

TEST(CpuMatMulTest, OddSizes) {
  uint32_t seed = 0;
  for (const int64_t m : {1, 7, 16, 33}) {
    for (const int64_t k : {1, 15, 64, 130}) {
      for (const int64_t n : {1, 5, 16, 17, 70}) {
        for (const int transposes : {0, 1, 2, 3}) {
          const bool transpose_a = (transposes & 1) != 0, transpose_b = (transposes & 2) != 0;
          AttrMap attrs;
          attrs.Set("transpose_a", AttrValue::Bool(transpose_a));
          attrs.Set("transpose_b", AttrValue::Bool(transpose_b));
          ++seed;
          EXPECT_OK(CompareWithReference({"MatMul",
                                          attrs,
                                          {RandomFloats(transpose_a ? Shape({k, m}) : Shape({m, k}), seed),
                                           RandomFloats(transpose_b ? Shape({n, k}) : Shape({k, n}), seed + 1000)},
                                          {false, seed % 3 != 0}}));
        }
      }
    }
  }
}

TEST(CpuMatMulTest, Batches) {
  for (const std::string op : {"BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"}) {
    EXPECT_OK(CompareWithReference(
        {op, {}, {RandomFloats(Shape({2, 3, 5, 7}), 1), RandomFloats(Shape({2, 3, 7, 4}), 2)}, {}}));
    AttrMap attrs;
    attrs.Set("adj_y", AttrValue::Bool(true));
    EXPECT_OK(CompareWithReference(
        {op, attrs, {RandomFloats(Shape({2, 5, 7}), 1), RandomFloats(Shape({2, 4, 7}), 2)}, {false, true}}));
  }
  EXPECT_OK(CompareWithReference(
      {"BatchMatMulV2", {}, {RandomFloats(Shape({2, 1, 5, 7}), 1), RandomFloats(Shape({3, 7, 4}), 2)}, {}}));
}

TEST(CpuMatMulTest, NothingToMultiply) {
  for (const Shape& shape : {Shape({3, 0}), Shape({0, 4})}) {
    EXPECT_OK(CompareWithReference(
        {"MatMul", {}, {Tensor(DType::kFloat, shape), RandomFloats(Shape({shape.dim(1), 5}), 2)}, {}}));
  }
  AttrMap attrs;
  attrs.Set("fused_ops", AttrValue::Strings({"BiasAdd", "Relu"}));
  EXPECT_OK(CompareWithReference(
      {"_FusedMatMul",
       attrs,
       {Tensor(DType::kFloat, Shape({3, 0})), Tensor(DType::kFloat, Shape({0, 5})), RandomFloats(Shape({5}), 3)},
       {}}));
}

// A step with the shape of its arg, given the result's.
struct StepCase {
  std::string name;
  std::vector<Shape> (*args)(const Shape& result);
};
std::vector<Shape> NoArgs(const Shape&) { return {}; }
std::vector<Shape> Channels(const Shape& result) { return {Shape({result.dim(result.rank() - 1)})}; }
std::vector<Shape> Whole(const Shape& result) { return {result}; }
std::vector<Shape> One(const Shape&) { return {Shape()}; }
std::vector<Shape> EachPixel(const Shape& result) {
  Shape shape = result;
  shape.set_dim(result.rank() - 1, 1);
  return {shape};
}
std::vector<Shape> EachImage(const Shape& result) {
  Shape shape = result;
  for (int axis = 1; axis + 1 < result.rank(); ++axis) shape.set_dim(axis, 1);
  return {shape};
}
std::vector<Shape> FourChannels(const Shape& result) { return std::vector<Shape>(4, Channels(result)[0]); }

const StepCase kSteps[] = {
    {"BiasAdd", Channels}, {"Add", Whole},        {"Add", One},          {"Add", EachImage},
    {"Mul", EachPixel},    {"Mul", Whole},        {"Mul", Channels},     {"FusedBatchNorm", FourChannels},
    {"Prelu", Channels},   {"Relu", NoArgs},      {"Relu6", NoArgs},     {"Elu", NoArgs},
    {"Tanh", NoArgs},      {"LeakyRelu", NoArgs}, {"Sigmoid", NoArgs},   {"Swish", NoArgs},
    {"Gelu", NoArgs},      {"HardSwish", NoArgs}, {"GeluExact", NoArgs}, {"GeluApproximate", NoArgs},
};

// The three products that a chain may follow: inputs, and the shape of the result.
struct Product {
  std::string op;
  AttrMap attrs;
  std::vector<Tensor> inputs;
  Shape result;
};

std::vector<Product> Products() {
  return {
      {"_FusedConv2D",
       WindowAttrsOf(1, 1, "SAME"),
       {RandomFloats(Shape({2, 4, 5, 3}), 1), RandomFloats(Shape({1, 1, 3, 17}), 2)},
       Shape({2, 4, 5, 17})},
      {"_FusedConv2D",
       WindowAttrsOf(2, 1, "SAME"),
       {RandomFloats(Shape({1, 7, 6, 16}), 1), RandomFloats(Shape({3, 3, 16, 1}), 2)},
       Shape({1, 4, 3, 1})},
      {"_FusedDepthwiseConv2dNative",
       WindowAttrsOf(1, 1, "SAME"),
       {RandomFloats(Shape({2, 5, 7, 19}), 1), RandomFloats(Shape({3, 3, 19, 1}), 2)},
       Shape({2, 5, 7, 19})},
      {"_FusedMatMul", {}, {RandomFloats(Shape({3, 10}), 1), RandomFloats(Shape({10, 18}), 2)}, Shape({3, 18})},
  };
}

absl::Status CompareChain(const Product& product, const std::vector<StepCase>& steps) {
  MadeUpCase made{product.op, product.attrs, product.inputs, {false, true}};
  std::vector<std::string> names;
  for (const StepCase& step : steps) {
    names.push_back(step.name);
    for (const Shape& shape : step.args(product.result)) {
      made.inputs.push_back(RandomFloats(shape, static_cast<uint32_t>(made.inputs.size()) + 10));
      made.constant.push_back(step.args == Channels);
      // A variance is not negative.
      for (int64_t i = 0; step.args == FourChannels && i < made.inputs.back().num_elements(); ++i)
        made.inputs.back().mutable_data<float>()[i] = std::abs(made.inputs.back().data<float>()[i]) + 0.1f;
    }
  }
  made.attrs.Set("fused_ops", AttrValue::Strings(names));
  made.attrs.Set("leakyrelu_alpha", AttrValue::Float(0.3f));
  made.attrs.Set("epsilon", AttrValue::Float(1e-3f));
  return CompareWithReference(made);
}

TEST(CpuFusedChainTest, EveryPairOfStepsInBothOrders) {
  for (const Product& product : Products()) {
    for (const StepCase& first : kSteps) {
      EXPECT_OK(CompareChain(product, {first}));
      for (const StepCase& second : kSteps) EXPECT_OK(CompareChain(product, {first, second}));
    }
  }
}

TEST(CpuFusedChainTest, LongChains) {
  const std::vector<StepCase> bias_residual = {kSteps[0], kSteps[1], kSteps[9]};
  for (const Product& product : Products()) {
    std::vector<StepCase> steps = bias_residual;
    std::sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    do {
      EXPECT_OK(CompareChain(product, steps));
    } while (std::next_permutation(steps.begin(), steps.end(),
                                   [](const auto& a, const auto& b) { return a.name < b.name; }));
    EXPECT_OK(CompareChain(product, std::vector<StepCase>(std::begin(kSteps), std::begin(kSteps) + 12)));
  }
}

}  // namespace
}  // namespace floe
