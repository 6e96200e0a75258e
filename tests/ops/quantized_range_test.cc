// Ranges that a graph may have and no quantizer makes; the golden cases have the others.
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/quantized_range.h"
#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

Tensor Quantized(DType dtype, const Shape& shape, const Tensor& plain) {
  return Tensor::View(dtype, shape, plain.raw_data(), std::make_shared<Tensor>(plain));
}

// Nothing may come of them but numbers.
TEST(QuantizedRangeTest, RangesOfNoSense) {
  const Tensor bytes = Tensor::Of<uint8_t>({0, 1, 128, 255}), sums = Tensor::Of<int32_t>({INT32_MIN, -1, 5, INT32_MAX});
  const Tensor row = Quantized(DType::kQuint8, Shape({2, 2}), bytes),
               wide = Quantized(DType::kQint32, Shape({4}), sums);
  AttrMap quint8, qint8, qint32;
  for (const char* name : {"out_type", "Toutput"}) {
    quint8.Set(name, AttrValue::Type(DType::kQuint8));
    qint8.Set(name, AttrValue::Type(DType::kQint8));
    qint32.Set(name, AttrValue::Type(DType::kQint32));
  }
  for (const float min : {-kInfinity, kNan, -3e38f, 0.0f, 1e-45f}) {
    for (const float max : {kInfinity, kNan, 3e38f, -3e38f, 1e-45f}) {
      const Tensor low = Tensor::Scalar(min), high = Tensor::Scalar(max);
      const auto run = [](const char* op, const AttrMap& attrs, const std::vector<Tensor>& inputs) {
        // Refused or not: it must end, and the sanitizers must find nothing.
        Evaluate(*FindOp(op), "node", attrs, inputs).IgnoreError();
      };
      run("QuantizedMatMul", qint32, {row, row, low, high, low, high});
      run("QuantizedAdd", qint32, {row, row, low, high, low, high});
      run("QuantizedMul", qint32, {row, row, low, high, low, high});
      run("QuantizedRelu6", quint8, {row, low, high});
      run("QuantizedRelu6", qint32, {wide, low, high});
      run("QuantizedConcat", {}, {Tensor::Scalar(0), row, row, low, low, high, Tensor::Scalar(1.0f)});
      for (const AttrMap* to : {&quint8, &qint8}) {
        run("Requantize", *to, {wide, low, high, Tensor::Scalar(-1.0f), Tensor::Scalar(1.0f)});
        run("Requantize", *to, {wide, Tensor::Scalar(-1.0f), Tensor::Scalar(1.0f), low, high});
      }
      run("QuantizeDownAndShrinkRange", quint8, {wide, low, high});
    }
  }
}

// TensorFlow's fixed point wraps around there.
TEST(QuantizedRangeTest, RequantizedFarOutsideOfTheRange) {
  AttrMap attrs;
  attrs.Set("out_type", AttrValue::Type(DType::kQuint8));
  const Tensor sums =
      Quantized(DType::kQint32, Shape({4}), Tensor::Of<int32_t>({INT32_MIN, -2'000'000'000, 0, INT32_MAX}));
  ASSERT_OK_AND_ASSIGN(const auto results, Evaluate(*FindOp("Requantize"), "node", attrs,
                                                    {sums, Tensor::Scalar(-1000.0f), Tensor::Scalar(1000.0f),
                                                     Tensor::Scalar(-1.0f), Tensor::Scalar(1.0f)}));
  EXPECT_THAT(results[0].bytes(), std::string("\0\0\x80\xff", 4));
}

}  // namespace
}  // namespace floe
