// The CPU's own loops at odd sizes against the ops' own evaluation.
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/kernels/attention_cases.h"
#include "tests/kernels/fused_elementwise_cases.h"
#include "tests/kernels/made_up_case.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::CompareWithReference;
using testing::MadeUpCase;
using testing::RandomFloats;

TEST(CpuPoolTest, OddSizes) {
  uint32_t seed = 0;
  for (const std::string op : {"MaxPool", "AvgPool"}) {
    for (const std::string padding : {"SAME", "VALID"}) {
      for (const int64_t stride : {1, 2, 3}) {
        for (const int64_t window : {1, 2, 3}) {
          for (const int64_t channels : {1, 3, 15, 16, 17, 64, 100}) {
            AttrMap attrs;
            attrs.Set("ksize", AttrValue::Ints({1, window, window + 1, 1}));
            attrs.Set("strides", AttrValue::Ints({1, stride, stride, 1}));
            attrs.Set("padding", AttrValue::String(padding));
            ++seed;
            EXPECT_OK(CompareWithReference(
                {op, attrs, {RandomFloats(Shape({seed % 5 == 0 ? 7 : 1, 5, 8, channels}), seed)}, {}}));
          }
        }
      }
    }
  }
}

TEST(CpuPoolTest, ExplicitPadding) {
  AttrMap attrs;
  attrs.Set("ksize", AttrValue::Ints({1, 3, 2, 1}));
  attrs.Set("strides", AttrValue::Ints({1, 2, 1, 1}));
  attrs.Set("padding", AttrValue::String("EXPLICIT"));
  attrs.Set("explicit_paddings", AttrValue::Ints({0, 0, 2, 1, 1, 0, 0, 0}));
  EXPECT_OK(CompareWithReference({"MaxPool", attrs, {RandomFloats(Shape({1, 5, 8, 7}), 1)}, {}}));
}

TEST(CpuElementwiseTest, UnaryAtEveryTail) {
  for (const std::string op : {"Abs", "Ceil", "Elu", "Erf", "Exp", "Floor", "LeakyRelu", "Neg", "Reciprocal", "Relu",
                               "Relu6", "Sigmoid", "Square", "Tanh", "_Gelu", "_GeluTanh", "_HardSwish", "_Swish"}) {
    for (const int64_t n : {0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 100})
      EXPECT_OK(CompareWithReference({op, {}, {RandomFloats(Shape({n}), 3)}, {}}));
  }
}

TEST(CpuElementwiseTest, UnaryOnWhatIsNoOrdinaryNumber) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string op : {"Abs", "Ceil", "Elu", "Exp", "Floor", "LeakyRelu", "Neg", "Relu", "Relu6", "Rsqrt",
                               "Sigmoid", "Sqrt", "Square", "Tanh", "_Gelu", "_GeluTanh", "_HardSwish", "_Swish"}) {
    EXPECT_OK(CompareWithReference(
        {op, {}, {Tensor::Of<float>({infinity, -infinity, nan, 0.0f, 1e30f, -1e30f, 80.0f, -80.0f, 3e-5f})}, {}}));
  }
  // Around the ends of the exponential's range.
  std::vector<float> far;
  for (float x = 80; x < 300; x += 0.5f) {
    far.push_back(x);
    far.push_back(-x);
  }
  const Tensor values = Tensor::FromSpan<float>(Shape({static_cast<int64_t>(far.size())}), far);
  for (const std::string op : {"Elu", "Exp", "Sigmoid", "Tanh"})
    EXPECT_OK(CompareWithReference({op, {}, {values}, {}}));
}

const char* const kBinary[] = {"Add", "AddV2", "Maximum", "Minimum", "Mul", "RealDiv", "SquaredDifference", "Sub"};

TEST(CpuElementwiseTest, BinaryBroadcasts) {
  struct Pair {
    Shape a, b;
  };
  const Pair kPairs[] = {
      {Shape({4, 5}), Shape({4, 5})},
      {Shape({33}), Shape()},
      {Shape(), Shape({17})},
      {Shape(), Shape()},
      {Shape({2, 9, 11, 3}), Shape({3})},
      {Shape({3}), Shape({2, 900, 11, 3})},
      {Shape({5, 1, 7}), Shape({1, 6, 1})},
      {Shape({6, 1}), Shape({1, 40})},
      {Shape({2, 3, 4, 5}), Shape({2, 1, 1, 5})},
      {Shape({2, 1, 4, 1}), Shape({3, 1, 17})},
      {Shape({0, 4}), Shape({4})},
      {Shape({3, 400}), Shape({400})},
      {Shape({1, 300, 300, 3}), Shape({1, 1, 1, 3})},
  };
  for (const std::string op : kBinary) {
    for (const Pair& pair : kPairs)
      EXPECT_OK(CompareWithReference({op, {}, {RandomFloats(pair.a, 1), RandomFloats(pair.b, 2)}, {}}));
  }
}

// The slopes are spread over the input, never the other way.
TEST(CpuElementwiseTest, Prelu) {
  for (const Shape& alpha : {Shape({3}), Shape({9, 11, 3}), Shape({9, 1, 1}), Shape({1})})
    EXPECT_OK(
        CompareWithReference({"_Prelu", {}, {RandomFloats(Shape({2, 9, 11, 3}), 1), RandomFloats(alpha, 2)}, {}}));
}

TEST(CpuElementwiseTest, NanWinsInMaximumAndMinimum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string op : {"Maximum", "Minimum"}) {
    EXPECT_OK(
        CompareWithReference({op, {}, {Tensor::Of<float>({nan, 1, nan, 2}), Tensor::Of<float>({1, nan, nan, 3})}, {}}));
  }
}

TEST(CpuElementwiseTest, BiasAdd) {
  for (const int64_t channels : {1, 3, 16, 300})
    EXPECT_OK(CompareWithReference(
        {"BiasAdd", {}, {RandomFloats(Shape({2, 5, channels}), 1), RandomFloats(Shape({channels}), 2)}, {}}));
}

TEST(CpuFusedElementwiseTest, EveryFunction) {
  for (const MadeUpCase& made : testing::FusedFunctionCases(DType::kFloat)) EXPECT_OK(CompareWithReference(made));
  for (const MadeUpCase& made : testing::FusedExtremeCases()) EXPECT_OK(CompareWithReference(made));
}

TEST(CpuFusedElementwiseTest, SizesAndBroadcasts) {
  for (const MadeUpCase& made : testing::FusedSizeCases()) EXPECT_OK(CompareWithReference(made));
  EXPECT_OK(CompareWithReference(testing::FullFusedCase(DType::kFloat)));
}

MadeUpCase Reduction(const std::string& op, const Shape& shape, std::initializer_list<int32_t> axes, bool keep_dims) {
  AttrMap attrs;
  attrs.Set("keep_dims", AttrValue::Bool(keep_dims));
  return {op, attrs, {RandomFloats(shape, 1), Tensor::Of<int32_t>(axes)}, {false, true}};
}

TEST(CpuReduceTest, NeighbouringAxes) {
  for (const std::string op : {"Max", "Mean", "Min", "Sum"}) {
    for (const int64_t channels : {1, 3, 16, 17, 70}) {
      for (const bool keep_dims : {false, true}) {
        const Shape shape({2, 13, 11, channels});
        EXPECT_OK(CompareWithReference(Reduction(op, shape, {1, 2}, keep_dims)));
        EXPECT_OK(CompareWithReference(Reduction(op, shape, {2, -3}, keep_dims)));
        EXPECT_OK(CompareWithReference(Reduction(op, shape, {-1}, keep_dims)));
        EXPECT_OK(CompareWithReference(Reduction(op, shape, {0}, keep_dims)));
        EXPECT_OK(CompareWithReference(Reduction(op, shape, {0, 1, 2, 3}, keep_dims)));
      }
    }
    // Long sums do not lose digits.
    EXPECT_OK(CompareWithReference(Reduction(op, Shape({1, 100000}), {1}, false)));
    EXPECT_OK(CompareWithReference(Reduction(op, Shape({1, 100000, 3}), {1}, false)));
    EXPECT_OK(CompareWithReference(Reduction(op, Shape({3, 0}), {1}, false)));
    EXPECT_OK(CompareWithReference(Reduction(op, Shape({0, 3}), {1}, false)));
  }
}

TEST(CpuReduceTest, NanWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string op : {"Max", "Mean", "Min", "Sum"}) {
    for (const int place : {0, 5, 39}) {
      MadeUpCase made = Reduction(op, Shape({40}), {0}, false);
      made.inputs[0].mutable_data<float>()[place] = nan;
      EXPECT_OK(CompareWithReference(made));
    }
  }
}

TEST(CpuSoftmaxTest, OddSizes) {
  for (const std::string op : {"Softmax", "LogSoftmax"}) {
    for (const int64_t n : {1, 2, 7, 15, 16, 17, 33, 1001})
      EXPECT_OK(CompareWithReference({op, {}, {RandomFloats(Shape({3, n}), 1)}, {}}));
    EXPECT_OK(CompareWithReference({op, {}, {Tensor::Of<float>({1000, -1000, 999, 1e30f})}, {}}));
    EXPECT_OK(CompareWithReference({op, {}, {Tensor(DType::kFloat, Shape({0, 5}))}, {}}));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_OK(CompareWithReference({op, {}, {Tensor::Of<float>({1, nan, 2})}, {}}));
  }
}

TEST(CpuAttentionTest, OddSizes) {
  for (const MadeUpCase& made : testing::AttentionSizes({1, 5, 6, 7, 48, 49}, {1, 7, 16, 33, 64, 65, 1500}))
    EXPECT_OK(CompareWithReference(made));
}

TEST(CpuAttentionTest, LayoutsMasksAndWhatIsNoNumber) {
  for (const MadeUpCase& made : testing::AttentionKinds()) EXPECT_OK(CompareWithReference(made));
}

TEST(CpuLayerNormTest, OddSizes) {
  AttrMap attrs;
  attrs.Set("epsilon", AttrValue::Float(1e-5f));
  for (const int64_t n : {1, 2, 7, 8, 9, 16, 31, 100, 768}) {
    const Tensor gamma = RandomFloats(Shape({n}), 2), beta = RandomFloats(Shape({n}), 3);
    EXPECT_OK(CompareWithReference({"_LayerNorm", attrs, {RandomFloats(Shape({3, 5, n}), 1), gamma, beta}, {}}));
  }
  const Tensor none(DType::kFloat, Shape({0, 4})), four = RandomFloats(Shape({4}), 1);
  EXPECT_OK(CompareWithReference({"_LayerNorm", attrs, {none, four, four}, {}}));
}

TEST(CpuPadTest, AnyAxes) {
  for (const int64_t channels : {1, 3, 16, 24}) {
    const Tensor images = RandomFloats(Shape({2, 3, 5, channels}), 1);
    for (const std::vector<int32_t>& pads : std::vector<std::vector<int32_t>>{{0, 0, 0, 0, 0, 0, 0, 4},
                                                                              {0, 0, 1, 2, 3, 0, 0, 0},
                                                                              {1, 0, 0, 0, 0, 0, 0, 0},
                                                                              {1, 2, 3, 4, 5, 6, 7, 8},
                                                                              {0, 0, 0, 0, 0, 0, 0, 0},
                                                                              {0, 0, 0, 2, 0, 0, 1, 1}}) {
      const Tensor paddings = Tensor::FromSpan<int32_t>(Shape({4, 2}), pads);
      EXPECT_OK(CompareWithReference({"Pad", {}, {images, paddings}, {false, true}}));
      EXPECT_OK(CompareWithReference({"PadV2", {}, {images, paddings, Tensor::Scalar(1.5f)}, {false, true, false}}));
    }
  }
  EXPECT_OK(CompareWithReference(
      {"Pad", {}, {Tensor::Of<int32_t>({1, 2, 3}), Tensor::Of<int64_t>(Shape({1, 2}), {1, 2})}, {false, true}}));
  EXPECT_OK(
      CompareWithReference({"Pad",
                            {},
                            {Tensor(DType::kFloat, Shape({0, 3})), Tensor::Of<int32_t>(Shape({2, 2}), {1, 0, 0, 1})},
                            {false, true}}));
}

}  // namespace
}  // namespace floe
