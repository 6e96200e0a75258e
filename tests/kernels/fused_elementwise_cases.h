// Cases of _FusedElementwise for the kernels of any backend: every function, sizes around vectors and blocks, every way
// to broadcast, and as much of everything as there is room for.
#ifndef FLOE_TESTS_KERNELS_FUSED_ELEMENTWISE_CASES_H_
#define FLOE_TESTS_KERNELS_FUSED_ELEMENTWISE_CASES_H_

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ops/elementwise_program.h"
#include "ops/types.h"
#include "tests/kernels/made_up_case.h"

namespace floe::testing {

struct StepOf {
  std::string op;
  std::vector<int> operands;
  float parameter = 0;
};

inline MadeUpCase FusedElementwise(std::vector<Tensor> inputs, const std::vector<StepOf>& steps) {
  std::vector<std::string> functions;
  std::vector<int64_t> operands;
  std::vector<float> parameters;
  for (const StepOf& step : steps) {
    functions.push_back(step.op);
    operands.insert(operands.end(), step.operands.begin(), step.operands.end());
    parameters.push_back(step.parameter);
  }
  MadeUpCase made{.op = "_FusedElementwise", .attrs = {}, .inputs = std::move(inputs), .constant = {}};
  made.attrs.Set("functions", AttrValue::Strings(functions));
  made.attrs.Set("operands", AttrValue::Ints(operands));
  made.attrs.Set("parameters", AttrValue::Floats(parameters));
  return made;
}

inline Tensor RandomOf(DType dtype, const Shape& shape, uint32_t seed) {
  const Tensor floats = RandomFloats(shape, seed);
  Tensor tensor(dtype, shape);
  DispatchDType<float, Half, Bfloat16>(dtype, [&]<typename T>() {
    for (int64_t i = 0; i < shape.num_elements(); ++i) tensor.mutable_data<T>()[i] = T(floats.data<float>()[i]);
  });
  return tensor;
}

// A program around one function: of numbers, of truth values, or making them.
inline std::vector<StepOf> ProgramAround(const ElementwiseFunction& function) {
  const std::string op = function.op;
  const int x = 0, y = 1, z = 2, first = 3;
  const std::vector<StepOf> truths = {{"Greater", {x, y}}, {"LessEqual", {x, z}}};
  std::vector<StepOf> steps;
  if (op == "LogicalNot") {
    steps = {
        truths[0], truths[1], {op, {first}}, {"LogicalOr", {first + 1, first + 2}}, {"SelectV2", {first + 3, x, z}}};
  } else if (op.substr(0, 7) == "Logical") {
    steps = {truths[0], truths[1], {op, {first, first + 1}}, {"SelectV2", {first + 2, x, z}}};
  } else if (op == "SelectV2") {
    steps = {{"NotEqual", {x, y}}, {"Mul", {x, z}}, {op, {first, first + 1, y}}};
  } else if (op == "Equal" || op == "NotEqual" || op == "Greater" || op == "GreaterEqual" || op == "Less" ||
             op == "LessEqual") {
    steps = {{"Round", {x}}, {"Round", {y}}, {op, {first, first + 1}}, {"SelectV2", {first + 2, x, z}}};
  } else if (function.operands == 3) {
    steps = {{"Square", {x}}, {op, {first, y, z}}};
  } else if (function.operands == 2) {
    // The slopes of _Prelu are spread over what it works on.
    steps = {{"AddV2", {x, z}}, {op, {first, y}}, {"Mul", {first + 1, z}}};
  } else {
    steps = {{"Mul", {x, z}}, {op, {first}, 0.3f}, {"AddV2", {first + 1, y}}};
  }
  return steps;
}

inline std::vector<MadeUpCase> FusedFunctionCases(DType dtype) {
  std::vector<MadeUpCase> cases;
  const Shape shape({3, 37});
  for (const ElementwiseFunction& function : ElementwiseFunctions()) {
    const std::vector<Tensor> inputs = {RandomOf(dtype, shape, 1), RandomOf(dtype, shape, 2),
                                        RandomOf(dtype, shape, 3)};
    cases.push_back(FusedElementwise(inputs, ProgramAround(function)));
  }
  return cases;
}

// No ordinary numbers, through every function that has a form of its own for them.
inline std::vector<MadeUpCase> FusedExtremeCases() {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::Of<float>({infinity, -infinity, nan, 0.0f, -0.0f, 1e30f, -1e30f, 80.0f, -80.0f, 3e-5f,
                                      1e-40f, -1, -2, 1, 200, -200, 88.7f});
  std::vector<MadeUpCase> cases;
  for (const ElementwiseFunction& function : ElementwiseFunctions()) {
    const std::string op = function.op;
    if (function.operands == 1 && op != "LogicalNot") cases.push_back(FusedElementwise({x}, {{op, {0}, 0.3f}}));
  }
  for (const std::string op : {"Equal", "NotEqual", "Less", "GreaterEqual"}) {
    cases.push_back(FusedElementwise({x, Tensor::Scalar(1.0f), Tensor::Scalar(nan)},
                                     {{op, {0, 1}}, {op, {0, 2}}, {"LogicalAnd", {3, 4}}, {"SelectV2", {5, 0, 1}}}));
  }
  for (const std::string op : {"Maximum", "Minimum", "DivNoNan", "MulNoNan"}) {
    for (const float other : {nan, infinity, 0.0f})
      cases.push_back(FusedElementwise({x, Tensor::Scalar(other)}, {{op, {0, 1}}, {op, {1, 2}}}));
  }
  cases.push_back(FusedElementwise({x, Tensor::Scalar(1.0f), Tensor::Scalar(-1.0f)}, {{"ClipByValue", {0, 1, 2}}}));
  return cases;
}

inline std::vector<MadeUpCase> FusedSizeCases() {
  std::vector<MadeUpCase> cases;
  // x * scale + gate * tanh(x * scale)
  const std::vector<StepOf> steps = {{"Mul", {0, 1}}, {"Tanh", {3}}, {"Mul", {2, 4}}, {"AddV2", {3, 5}}};
  const auto add = [&](const Shape& x, const Shape& scale, const Shape& gate) {
    cases.push_back(FusedElementwise({RandomFloats(x, 1), RandomFloats(scale, 2), RandomFloats(gate, 3)}, steps));
  };
  for (const int64_t n : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 255, 256, 257, 1023, 1024, 1025, 2049, 20000}) {
    const Shape vector({n});
    add(vector, vector, vector);
    add(vector, Shape(), vector);
    add(Shape({3, n}), vector, Shape({3, 1}));
    add(Shape({2, 5, n}), Shape({5, 1}), Shape({2, 1, n}));
  }
  add(Shape(), Shape(), Shape());
  add(Shape({2, 9, 11, 3}), Shape({3}), Shape({2, 1, 1, 3}));
  add(Shape({2, 9, 11, 1}), Shape({3}), Shape({9, 1, 1}));
  add(Shape({5, 1, 7}), Shape({1, 6, 1}), Shape({6, 7}));
  add(Shape({700, 3}), Shape({3}), Shape({700, 1}));
  add(Shape({1, 300, 300, 3}), Shape({1, 1, 1, 3}), Shape());
  add(Shape({2, 3, 0}), Shape({3, 1}), Shape());
  // A function of what is broadcast later.
  cases.push_back(FusedElementwise({RandomFloats(Shape({3, 700}), 1), RandomFloats(Shape({3, 1}), 2)},
                                   {{"Exp", {1}}, {"Neg", {2}}, {"Mul", {0, 3}}}));
  return cases;
}

// As many inputs, steps and results at once as there may be.
inline MadeUpCase FullFusedCase(DType dtype) {
  std::vector<Tensor> inputs;
  for (uint32_t i = 0; i < kMostElementwiseInputs; ++i)
    inputs.push_back(RandomOf(dtype, i % 2 == 0 ? Shape({41, 13}) : Shape({13}), i));
  return FusedElementwise(inputs, {{"AddV2", {0, 1}},
                                   {"Sub", {2, 3}},
                                   {"Mul", {4, 5}},
                                   {"Maximum", {6, 7}},
                                   {"Tanh", {8}},
                                   {"Sigmoid", {9}},
                                   {"Square", {10}},
                                   {"Neg", {11}},
                                   {"AddV2", {12, 15}},
                                   {"Mul", {13, 14}},
                                   {"Minimum", {16, 17}},
                                   {"ClipByValue", {18, 2, 0}},
                                   {"Less", {19, 0}},
                                   {"SelectV2", {20, 19, 2}},
                                   {"SquaredDifference", {21, 19}},
                                   {"LeakyRelu", {22}, 0.1f}});
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_KERNELS_FUSED_ELEMENTWISE_CASES_H_
