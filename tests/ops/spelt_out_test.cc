// Floe's own ops, and the fused forms that TensorFlow has no CPU kernel of, against what they stand for: the same
// numbers come out of TensorFlow's ops one after another.
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

Tensor Numbers(DType dtype, const Shape& shape, uint32_t seed, float low, float high) {
  Tensor tensor(dtype, shape);
  uint32_t state = seed * 2654435761u + 12345u;
  EXPECT_OK(OnDType(FloatTypes(), dtype, [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      state = state * 1664525u + 1013904223u;
      tensor.mutable_data<T>()[i] =
          T(low + (high - low) * static_cast<float>(state >> 8) / static_cast<float>(1 << 24));
    }
    return absl::OkStatus();
  }));
  return tensor;
}

// The first result; the test fails where there is none.
Tensor First(const std::string& op, std::vector<Tensor> inputs, const AttrMap& attrs = {}) {
  absl::StatusOr<std::vector<Tensor>> results = Evaluate(*FindOp(op), "node", attrs, inputs);
  EXPECT_TRUE(results.ok()) << op << ": " << results.status();
  return results.ok() ? results->front() : Tensor();
}

// `number` in the dtype.
Tensor As(DType dtype, float number) {
  AttrMap to;
  to.Set("DstT", AttrValue::Type(dtype));
  return First("Cast", {Tensor::Scalar<float>(number)}, to);
}

constexpr DType kDTypes[] = {DType::kHalf, DType::kBfloat16, DType::kFloat, DType::kDouble};

// The spelt-out form is computed in double, so that its steps do not round.
void ExpectSame(const std::string& op, DType dtype, const Tensor& actual, const Tensor& spelt_out) {
  AttrMap to;
  to.Set("DstT", AttrValue::Type(dtype));
  SCOPED_TRACE(op + " of " + std::string(DTypeName(dtype)));
  EXPECT_OK(testing::CompareGolden(*FindOp(op), First("Cast", {spelt_out}, to), actual));
}

Tensor Wide(const Tensor& tensor) {
  AttrMap to;
  to.Set("DstT", AttrValue::Type(DType::kDouble));
  return First("Cast", {tensor}, to);
}

TEST(SpeltOutTest, Activations) {
  const Tensor one = As(DType::kDouble, 1), half = As(DType::kDouble, 0.5f), three = As(DType::kDouble, 3);
  const auto mul = [](const Tensor& a, const Tensor& b) { return First("Mul", {a, b}); };
  const auto add = [](const Tensor& a, const Tensor& b) { return First("AddV2", {a, b}); };
  for (const DType dtype : kDTypes) {
    const Tensor x = Numbers(dtype, Shape({3, 40}), 1, -5, 5), wide = Wide(x);
    ExpectSame("_Swish", dtype, First("_Swish", {x}), mul(wide, First("Sigmoid", {wide})));
    const Tensor sixth = First("RealDiv", {First("Relu6", {add(wide, three)}), As(DType::kDouble, 6)});
    ExpectSame("_HardSwish", dtype, First("_HardSwish", {x}), mul(wide, sixth));
    const Tensor root = First("Sqrt", {As(DType::kDouble, 2)});
    const Tensor erf = First("Erf", {First("RealDiv", {wide, root})});
    ExpectSame("_Gelu", dtype, First("_Gelu", {x}), mul(mul(half, wide), add(one, erf)));
    const Tensor cubes = mul(mul(wide, wide), wide);
    const Tensor two_by_pi = Tensor::Scalar<double>(0.63661977236758134308);
    const Tensor inner = mul(First("Sqrt", {two_by_pi}), add(wide, mul(Tensor::Scalar<double>(0.044715), cubes)));
    ExpectSame("_GeluTanh", dtype, First("_GeluTanh", {x}), mul(mul(half, wide), add(one, First("Tanh", {inner}))));
    const Tensor slope = Numbers(dtype, Shape({40}), 2, -1, 1);
    const Tensor below = mul(Wide(slope), First("Minimum", {wide, As(DType::kDouble, 0)}));
    ExpectSame("_Prelu", dtype, First("_Prelu", {x, slope}), add(First("Relu", {wide}), below));
  }
}

TEST(SpeltOutTest, LayerNorm) {
  AttrMap attrs, keeps;
  attrs.Set("epsilon", AttrValue::Float(1e-3f));
  keeps.Set("keep_dims", AttrValue::Bool(true));
  const Tensor axis = Tensor::Of<int32_t>({-1});
  for (const DType dtype : kDTypes) {
    const Tensor x = Numbers(dtype, Shape({2, 3, 16}), 1, -3, 5);
    const Tensor gamma = Numbers(dtype, Shape({16}), 2, 0, 2), beta = Numbers(dtype, Shape({16}), 3, -1, 1);
    const Tensor wide = Wide(x), mean = First("Mean", {wide, axis}, keeps);
    const Tensor variance = First("Mean", {First("SquaredDifference", {wide, mean}), axis}, keeps);
    const Tensor factor = First("Rsqrt", {First("AddV2", {variance, Wide(Tensor::Scalar<float>(1e-3f))})});
    const Tensor normal = First("Mul", {First("Sub", {wide, mean}), factor});
    const Tensor spelt_out = First("AddV2", {First("Mul", {normal, Wide(gamma)}), Wide(beta)});
    ExpectSame("_LayerNorm", dtype, First("_LayerNorm", {x, gamma, beta}, attrs), spelt_out);
  }
}

TEST(SpeltOutTest, BatchNormEx) {
  for (const DType dtype : {DType::kHalf, DType::kBfloat16, DType::kFloat}) {
    const Tensor x = Numbers(dtype, Shape({2, 3, 2, 8}), 1, -3, 3);
    std::vector<Tensor> inputs = {x};
    for (uint32_t seed = 2; seed < 6; ++seed) inputs.push_back(Numbers(DType::kFloat, Shape({8}), seed, 0.5f, 2));
    AttrMap attrs;
    attrs.Set("is_training", AttrValue::Bool(false));
    attrs.Set("epsilon", AttrValue::Float(0.01f));
    const Tensor plain = First("FusedBatchNormV3", inputs, attrs);
    ExpectSame("_FusedBatchNormEx", dtype, First("_FusedBatchNormEx", inputs, attrs), plain);
    attrs.Set("activation_mode", AttrValue::String("Relu"));
    ExpectSame("_FusedBatchNormEx", dtype, First("_FusedBatchNormEx", inputs, attrs), First("Relu", {plain}));
    inputs.push_back(Numbers(dtype, x.shape(), 7, -3, 3));
    const Tensor sum = First("AddV2", {plain, inputs.back()});
    ExpectSame("_FusedBatchNormEx", dtype, First("_FusedBatchNormEx", inputs, attrs), First("Relu", {sum}));
  }
}

// The steps that Floe's passes add to those of TensorFlow's exporters.
TEST(SpeltOutTest, FusedSteps) {
  const Tensor a = Numbers(DType::kFloat, Shape({3, 5}), 1, -1, 1), b = Numbers(DType::kFloat, Shape({5, 8}), 2, -1, 1);
  const Tensor row = Numbers(DType::kFloat, Shape({8}), 3, -1, 1),
               all = Numbers(DType::kFloat, Shape({3, 8}), 4, -1, 1);
  const Tensor product = First("MatMul", {a, b});
  const auto fused = [&](std::vector<std::string> steps, std::vector<Tensor> args) {
    AttrMap attrs;
    attrs.Set("fused_ops", AttrValue::Strings(steps));
    args.insert(args.begin(), {a, b});
    return First("_FusedMatMul", std::move(args), attrs);
  };
  const auto expect = [](const Tensor& actual, const Tensor& spelt_out) {
    EXPECT_OK(testing::CompareGolden(*FindOp("MatMul"), spelt_out, actual));
  };
  const Tensor biased = First("BiasAdd", {product, row});
  expect(fused({"BiasAdd", "Add", "Mul"}, {row, all, row}), First("Mul", {First("AddV2", {biased, all}), row}));
  expect(fused({"BiasAdd", "Prelu"}, {row, row}), First("_Prelu", {biased, row}));
  expect(fused({"BiasAdd", "Swish"}, {row}), First("_Swish", {biased}));
  expect(fused({"BiasAdd", "HardSwish"}, {row}), First("_HardSwish", {biased}));
  expect(fused({"Add", "Gelu"}, {all}), First("_Gelu", {First("AddV2", {product, all})}));
  expect(fused({"BiasAdd", "GeluApproximate"}, {row}), First("_GeluTanh", {biased}));
}

}  // namespace
}  // namespace floe
