// Attentions of many sizes, layouts and masks, for the kernels of every device.
#ifndef FLOE_TESTS_KERNELS_ATTENTION_CASES_H_
#define FLOE_TESTS_KERNELS_ATTENTION_CASES_H_

#include <limits>
#include <vector>

#include "tests/kernels/made_up_case.h"

namespace floe::testing {

inline Tensor RandomBools(const Shape& shape, uint32_t seed) {
  const Tensor floats = RandomFloats(shape, seed);
  Tensor tensor(DType::kBool, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) tensor.mutable_data<bool>()[i] = floats.data<float>()[i] > -0.5f;
  return tensor;
}

// q, k and v as they lie, then masks.
inline MadeUpCase Attention(std::vector<Tensor> inputs, AttrMap attrs = {}) {
  attrs.Set("scale", AttrValue::Float(0.3f));
  attrs.Set("masked", AttrValue::Float(-1e9f));
  return {"_FusedAttention", std::move(attrs), std::move(inputs), {}};
}

// `rows`, `columns`: around a tile of the device.
inline std::vector<MadeUpCase> AttentionSizes(const std::vector<int64_t>& rows, const std::vector<int64_t>& columns) {
  std::vector<MadeUpCase> cases;
  uint32_t seed = 0;
  const auto floats = [&](const Shape& shape) { return RandomFloats(shape, ++seed); };
  for (const int64_t r : rows) {
    for (const int64_t c : columns) {
      const int64_t depth = 1 + seed % 41, width = 1 + seed % 67;
      cases.push_back(
          Attention({floats(Shape({2, r, depth})), floats(Shape({2, c, depth})), floats(Shape({2, c, width})),
                     RandomBools(Shape({2, 1, c}), ++seed), floats(Shape({r, c}))}));
    }
  }
  const int64_t widths[] = {1, 4, 63, 64, 65, 128, 129, 300};
  for (const int64_t depth : {0, 1, 3, 4, 31, 32, 33, 64, 100, 257}) {
    for (const int64_t width : {widths[++seed % 8], widths[++seed % 8]}) {
      cases.push_back(
          Attention({floats(Shape({3, 5, depth})), floats(Shape({3, 7, depth})), floats(Shape({3, 7, width}))}));
    }
  }
  return cases;
}

inline std::vector<MadeUpCase> AttentionKinds() {
  std::vector<MadeUpCase> cases;
  uint32_t seed = 100;
  const auto floats = [&](const Shape& shape) { return RandomFloats(shape, ++seed); };
  // Heads inside, as Keras has them; keys turned already; the result's heads inside too.
  AttrMap inside;
  for (const char* const name : {"q_perm", "k_perm", "v_perm", "out_perm"})
    inside.Set(name, AttrValue::Ints({0, 2, 1, 3}));
  const std::vector<Tensor> keras = {floats(Shape({2, 9, 3, 8})), floats(Shape({2, 70, 3, 8})),
                                     floats(Shape({2, 70, 3, 12}))};
  cases.push_back(Attention(keras, inside));
  AttrMap turned;
  turned.Set("k_perm", AttrValue::Ints({0, 1, 3, 2}));
  turned.Set("v_perm", AttrValue::Ints({1, 0, 3, 2}));
  turned.Set("out_perm", AttrValue::Ints({3, 1, 2, 0}));
  cases.push_back(
      Attention({floats(Shape({2, 3, 9, 8})), floats(Shape({2, 3, 8, 70})), floats(Shape({3, 2, 12, 70}))}, turned));
  // Masks spread in every way; operands broadcast in front, and by a mask.
  for (const Shape& mask : {Shape({}), Shape({70}), Shape({9, 1}), Shape({9, 70}), Shape({2, 1, 1, 70}),
                            Shape({3, 1, 70}), Shape({2, 3, 9, 70}), Shape({5, 1, 1, 1, 1})}) {
    std::vector<Tensor> inputs = keras;
    inputs.push_back(floats(mask));
    AttrMap attrs = inside;
    if (mask.rank() > 4) attrs.Set("out_perm", AttrValue::Ints({0, 1, 3, 2, 4}));
    cases.push_back(Attention(inputs, attrs));
    inputs[3] = RandomBools(mask, seed);
    cases.push_back(Attention(inputs, attrs));
    inputs.push_back(floats(mask));
    cases.push_back(Attention(inputs, attrs));
  }
  cases.push_back(Attention({floats(Shape({4, 1, 2, 8})), floats(Shape({3, 5, 8})), floats(Shape({2, 1, 1, 5, 6}))}));
  cases.push_back(
      Attention({floats(Shape({1, 8})), floats(Shape({1, 8})), floats(Shape({6, 3})), floats(Shape({4, 6}))}));
  // Nothing of something.
  cases.push_back(Attention({floats(Shape({0, 3, 4})), floats(Shape({0, 5, 4})), floats(Shape({0, 5, 2}))}));
  cases.push_back(Attention({floats(Shape({2, 3, 4})), floats(Shape({2, 0, 4})), floats(Shape({2, 0, 2}))}));
  cases.push_back(Attention({floats(Shape({2, 0, 4})), floats(Shape({2, 5, 4})), floats(Shape({2, 5, 2}))}));
  cases.push_back(Attention({floats(Shape({2, 3, 4})), floats(Shape({2, 5, 4})), floats(Shape({2, 5, 0}))}));
  // Whole rows and whole tiles masked, and scores that are no numbers.
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float masked : {-kInfinity, -3.4e38f, -1e9f, -1e4f, kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    Tensor added(DType::kFloat, Shape({3, 200}));
    for (int64_t i = 0; i < added.num_elements(); ++i) {
      const int64_t row = i / 200, column = i % 200;
      added.mutable_data<float>()[i] = row == 0 || (row == 1 && column != 170 && column != 3) ? masked : 0.0f;
    }
    Tensor keep(DType::kBool, added.shape());
    for (int64_t i = 0; i < keep.num_elements(); ++i) keep.mutable_data<bool>()[i] = added.data<float>()[i] == 0.0f;
    const Tensor q = floats(Shape({2, 3, 8})), k = floats(Shape({2, 200, 8})), v = floats(Shape({2, 200, 5}));
    cases.push_back(Attention({q, k, v, added}));
    cases.push_back(Attention({q, k, v, keep}));
    cases.back().attrs.Set("masked", AttrValue::Float(masked));
  }
  return cases;
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_KERNELS_ATTENTION_CASES_H_
