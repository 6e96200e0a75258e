// Products and convolutions on Tensor Cores, in every precision: TensorFlow's cases, and sizes below, at and above a
// chunk, a fragment, a tile.
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "tests/kernels/made_up_case.h"
#include "tests/testing/cuda_module.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;
using testing::MadeUpCase;
using testing::RandomFloats;

using Attrs = std::vector<std::pair<std::string, AttrValue>>;

// Where the forms differ: a target with asynchronous copies, and one without.
struct Form {
  const char* name;
  int sm;
  Precision precision;
  DType dtype;
};
constexpr Form kForms[] = {
    {"Tf32", 80, Precision::kTf32, DType::kFloat},         {"Fp16", 80, Precision::kFp16, DType::kFloat},
    {"Bf16", 80, Precision::kBf16, DType::kFloat},         {"Fp16OnTuring", 75, Precision::kFp16, DType::kFloat},
    {"Halves", 80, Precision::kFp32, DType::kHalf},        {"HalvesOnTuring", 75, Precision::kFp32, DType::kHalf},
    {"Bfloat16s", 80, Precision::kFp32, DType::kBfloat16},
};

// Of Floe's own products. The stand-in's device 0 is an sm_80; device 1, which it has only here, is made as an sm_75.
absl::StatusOr<const Backend*> BackendOf(int sm) {
  static std::map<int, std::unique_ptr<Backend>> backends;
  std::unique_ptr<Backend>& backend = backends[sm];
  if (backend != nullptr) return backend.get();
  CudaBackendOptions options;
  options.library_products = false;
  options.device = sm == 80 ? 0 : 1;
  setenv("FLOE_SIMT_DEVICES", "2", 1);
  setenv("FLOE_SIMT_SM", std::to_string(sm).c_str(), 1);
  FLOE_ASSIGN_OR_RETURN(backend, testing::TestCudaModule().create_backend(options));
  unsetenv("FLOE_SIMT_SM");
  return backend.get();
}

Tensor Stored(const Tensor& floats, DType dtype) {
  if (dtype == DType::kFloat) return floats;
  Tensor stored(dtype, floats.shape());
  for (int64_t i = 0; i < floats.num_elements(); ++i) {
    const float x = floats.data<float>()[i];
    if (dtype == DType::kHalf) {
      stored.mutable_data<Half>()[i] = x;
    } else {
      stored.mutable_data<Bfloat16>()[i] = x;
    }
  }
  return stored;
}

class CudaPrecisionTest : public ::testing::TestWithParam<Form> {
 protected:
  void SetUp() override { ASSERT_OK_AND_ASSIGN(backend_, BackendOf(GetParam().sm)); }

  Tensor Random(const Shape& shape, uint32_t seed) const { return Stored(RandomFloats(shape, seed), GetParam().dtype); }

  void ExpectRightWith(const std::vector<int>& constants, const std::string& op, const Attrs& attrs,
                       const std::vector<Tensor>& inputs) const {
    MadeUpCase made{.op = op, .attrs = {}, .inputs = inputs, .constant = std::vector<bool>(inputs.size())};
    for (const auto& [name, value] : attrs) made.attrs.Set(name, value);
    for (const int i : constants) made.constant[static_cast<size_t>(i)] = true;
    EXPECT_OK(testing::CompareWithReference(*backend_, made, GetParam().precision));
  }
  // With the second operand constant, which is packed once, and not, which is packed before each product.
  void ExpectRight(const std::string& op, const Attrs& attrs, const std::vector<Tensor>& inputs,
                   std::vector<int> constants = {}) const {
    ExpectRightWith(constants, op, attrs, inputs);
    constants.push_back(1);
    ExpectRightWith(constants, op, attrs, inputs);
  }

  const Backend* backend_ = nullptr;
};

TEST_P(CudaPrecisionTest, TensorFlowsCases) {
  FLOE_REQUIRE_SHARED("ops");
  int supported = 0;
  for (const char* const op :
       {"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "_FusedMatMul", "Conv2D", "_FusedConv2D",
        "DepthwiseConv2dNative", "_FusedDepthwiseConv2dNative", "Conv2DBackpropInput"}) {
    const absl::StatusOr<std::vector<GoldenCase>> cases = testing::LoadGoldenCases(op);
    if (absl::IsNotFound(cases.status())) continue;
    ASSERT_OK(cases.status());
    for (const GoldenCase& golden : *cases) {
      const absl::Status status = testing::RunOnBackend(*backend_, *FindOp(op), golden, GetParam().precision);
      if (absl::IsUnimplemented(status)) continue;
      ++supported;
      EXPECT_TRUE(status.ok()) << op << " " << golden.name << ": " << status;
    }
  }
  EXPECT_GT(supported, 50);
}

TEST_P(CudaPrecisionTest, ProductsOfEverySize) {
  for (const int64_t m : {1, 64, 65}) {
    for (const int64_t n : {1, 66}) {
      for (const int64_t k : {0, 1, 8, 33, 100}) {
        ExpectRight("MatMul", {}, {Random(Shape({m, k}), 1), Random(Shape({k, n}), 2)});
      }
    }
  }
}

TEST_P(CudaPrecisionTest, ProductsOfTransposedOperands) {
  for (const int64_t k : {5, 16, 72}) {
    for (const bool a : {false, true}) {
      for (const bool b : {false, true}) {
        ExpectRight("MatMul", {{"transpose_a", AttrValue::Bool(a)}, {"transpose_b", AttrValue::Bool(b)}},
                    {Random(a ? Shape({k, 33}) : Shape({33, k}), 1), Random(b ? Shape({40, k}) : Shape({k, 40}), 2)});
      }
    }
  }
}

TEST_P(CudaPrecisionTest, ProductsInLargeTiles) {
  ExpectRightWith({1}, "MatMul", {}, {Random(Shape({1030, 40}), 1), Random(Shape({40, 517}), 2)});
}

TEST_P(CudaPrecisionTest, Batches) {
  for (const bool transposed : {false, true}) {
    const Attrs attrs = {{"adj_y", AttrValue::Bool(transposed)}};
    const auto b = [&](Dims batch) {
      batch.insert(batch.end(), {transposed ? 34 : 24, transposed ? 24 : 34});
      return Random(Shape(batch), 2);
    };
    ExpectRight("BatchMatMulV2", attrs, {Random(Shape({3, 2, 17, 24}), 1), b({3, 2})});
    ExpectRight("BatchMatMulV2", attrs, {Random(Shape({3, 1, 17, 24}), 1), b({2})});
    ExpectRight("BatchMatMulV2", attrs, {Random(Shape({17, 24}), 1), b({3, 2})});
  }
}

TEST_P(CudaPrecisionTest, Convolutions) {
  for (const auto& [in, out] : {std::pair<int64_t, int64_t>{3, 5}, {8, 66}, {20, 8}}) {
    for (const int64_t filter : {1, 3}) {
      for (const auto& [stride, dilation] : {std::pair<int64_t, int64_t>{1, 1}, {2, 1}, {1, 2}}) {
        ExpectRight("Conv2D",
                    {{"strides", AttrValue::Ints({1, stride, stride, 1})},
                     {"dilations", AttrValue::Ints({1, dilation, dilation, 1})},
                     {"padding", AttrValue::String("SAME")}},
                    {Random(Shape({2, 9, 7, in}), 1), Random(Shape({filter, filter, in, out}), 2)});
      }
    }
  }
  // Groups of channels, with chunks of them and without.
  for (const int64_t group : {4, 8}) {
    ExpectRight("Conv2D", {{"strides", AttrValue::Ints({1, 1, 1, 1})}, {"padding", AttrValue::String("VALID")}},
                {Random(Shape({1, 8, 8, 3 * group}), 1), Random(Shape({3, 3, group, 15}), 2)});
  }
}

TEST_P(CudaPrecisionTest, ConvolutionsInLargeTiles) {
  ExpectRightWith({1}, "Conv2D", {{"strides", AttrValue::Ints({1, 1, 1, 1})}, {"padding", AttrValue::String("SAME")}},
                  {Random(Shape({3, 41, 43, 8}), 1), Random(Shape({1, 3, 8, 130}), 2)});
}

TEST_P(CudaPrecisionTest, TransposedConvolutions) {
  for (const int64_t channels : {5, 16}) {
    for (const int64_t stride : {1, 2}) {
      const int64_t height = (11 + stride - 1) / stride, width = (9 + stride - 1) / stride;
      ExpectRight("Conv2DBackpropInput",
                  {{"strides", AttrValue::Ints({1, stride, stride, 1})}, {"padding", AttrValue::String("SAME")}},
                  {Tensor::Of<int32_t>({2, 11, 9, 6}), Random(Shape({3, 3, 6, channels}), 1),
                   Random(Shape({2, height, width, channels}), 2)},
                  {0});
    }
  }
}

TEST_P(CudaPrecisionTest, WhatFollowsAProduct) {
  const auto steps = [](const std::vector<std::string>& names, int args) {
    return Attrs{{"fused_ops", AttrValue::Strings(names)}, {"num_args", AttrValue::Int(args)}};
  };
  for (const int64_t n : {7, 64}) {
    // So small that the sums stay where activations bend.
    const Tensor a = Random(Shape({33, 2}), 1), b = Random(Shape({2, n}), 2), bias = Random(Shape({n}), 3);
    for (const std::string activation : {"Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid", "Swish", "HardSwish",
                                         "GeluExact", "GeluApproximate"}) {
      ExpectRight("_FusedMatMul", steps({"BiasAdd", activation}, 1), {a, b, bias});
    }
    ExpectRight("_FusedMatMul", steps({"BiasAdd", "Add", "Mul", "Prelu"}, 4),
                {a, b, bias, Random(Shape({33, n}), 4), Random(Shape({33, 1}), 5), Random(Shape({n}), 6)});
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, CudaPrecisionTest, ::testing::ValuesIn(kForms),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace floe
