#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;

constexpr char kPass[] = "recognize_activations";
constexpr int64_t kAny = PartialShape::kUnknownDim;

// Graphs over x [?,5,6,4], in a notation that reads as the formula.
class Formula {
 public:
  explicit Formula(DType dtype = DType::kFloat) : dtype_(dtype) { maker_.Input("x", {kAny, 5, 6, 4}, dtype); }

  std::string operator()(const std::string& op, const std::vector<std::string>& inputs) {
    return maker_.Op(op, absl::StrCat("n", ++count_), inputs, {{"T", AttrValue::Type(dtype_)}});
  }
  std::string Number(double value, const Shape& shape = Shape()) {
    Tensor tensor(DType::kFloat, shape);
    std::fill_n(tensor.mutable_data<float>(), tensor.num_elements(), static_cast<float>(value));
    return Constant(tensor);
  }
  std::string Constant(const Tensor& tensor) {
    const std::string name = absl::StrCat("c", ++count_);
    if (dtype_ == DType::kFloat) return maker_.Const(name, tensor);
    Tensor half(dtype_, tensor.shape());
    for (int64_t i = 0; i < tensor.num_elements(); ++i) half.mutable_data<Half>()[i] = Half(tensor.data<float>()[i]);
    return maker_.Const(name, half);
  }
  GraphMaker& maker() { return maker_; }

  Program Make(const std::string& result, const std::vector<std::string>& others = {}) const {
    std::vector<std::string> outputs = {result};
    outputs.insert(outputs.end(), others.begin(), others.end());
    absl::StatusOr<Program> program = maker_.Lower(outputs);
    EXPECT_OK(program);
    return *std::move(program);
  }

 private:
  DType dtype_;
  GraphMaker maker_;
  int count_ = 0;
};

// What the result becomes: one op of x.
void ExpectBecomes(const std::string& op, Formula& f, const std::string& result, const std::string& x = "x") {
  const Program after = ExpectChanged(kPass, f.Make(result));
  const Op& last = testing::OpMaking(after, result);
  EXPECT_EQ(std::string(last.info->name), op) << after.ToString();
  EXPECT_EQ(after.values[last.inputs[0]].name, x);
  EXPECT_EQ(after.ops.size(), x == "x" ? 1u : 2u) << after.ToString();
}
void ExpectStays(Formula& f, const std::string& result, const std::vector<std::string>& others = {}) {
  ExpectUnchanged(kPass, f.Make(result, others));
}

// ---- Relu and Relu6

TEST(RecognizeActivationsTest, ReluByAMaximum) {
  for (const bool first : {false, true}) {
    Formula f;
    const std::string zero = f.Number(0);
    ExpectBecomes("Relu", f,
                  f("Maximum", first ? std::vector<std::string>{zero, "x"} : std::vector<std::string>{"x", zero}));
  }
  Formula one;
  ExpectStays(one, one("Maximum", {"x", one.Number(0.5)}));
  Formula minimum;
  ExpectStays(minimum, minimum("Minimum", {"x", minimum.Number(0)}));
  // The zero has more dimensions than x has.
  Formula spread;
  ExpectStays(spread, spread("Maximum", {"x", spread.Number(0, Shape({1, 1, 1, 1, 1}))}));
}

TEST(RecognizeActivationsTest, Relu6InEachSpelling) {
  Formula a;
  ExpectBecomes("Relu6", a, a("Minimum", {a("Maximum", {"x", a.Number(0)}), a.Number(6)}));
  Formula b;
  ExpectBecomes("Relu6", b, b("Maximum", {b("Minimum", {"x", b.Number(6)}), b.Number(0)}));
  Formula c;
  ExpectBecomes("Relu6", c, c("Minimum", {c("Relu", {"x"}), c.Number(6)}));
  Formula d;
  ExpectBecomes("Relu6", d, d("ClipByValue", {"x", d.Number(0), d.Number(6)}));
  Formula e;
  ExpectStays(e, e("ClipByValue", {"x", e.Number(0), e.Number(5)}));
  Formula g;
  ExpectStays(g, g("Minimum", {g("Relu", {"x"}), g.Number(5)}));
}

// ---- PReLU

std::string Slopes(Formula& f, double scale = 1, const Shape& shape = Shape({1, 1, 4})) {
  Tensor tensor = testing::RandomTensor(shape, 7);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    float& value = tensor.mutable_data<float>()[i];
    value = static_cast<float>(scale) * (std::abs(value) * 0.5f + 0.1f);
  }
  return f.Constant(tensor);
}

using Spelling = std::function<std::string(Formula&, const std::string& slopes, const std::string& minus_slopes)>;
const Spelling kPrelus[] = {
    [](Formula& f, const std::string&, const std::string& minus) {
      return f("AddV2", {f("Relu", {"x"}), f("Mul", {minus, f("Relu", {f("Neg", {"x"})})})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("Sub", {f("Relu", {"x"}), f("Mul", {f("Relu", {f("Neg", {"x"})}), slopes})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("Add", {f("Neg", {f("Mul", {slopes, f("Relu", {f("Neg", {"x"})})})}), f("Relu", {"x"})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("AddV2", {f("Maximum", {"x", f.Number(0)}), f("Mul", {slopes, f("Minimum", {"x", f.Number(0)})})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      const std::string difference = f("Sub", {"x", f("Abs", {"x"})});
      return f("AddV2", {f("Relu", {"x"}), f("Mul", {f("Mul", {slopes, difference}), f.Number(0.5)})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("SelectV2", {f("Greater", {"x", f.Number(0)}), "x", f("Mul", {slopes, "x"})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("SelectV2", {f("Less", {"x", f.Number(0)}), f("Mul", {"x", slopes}), "x"});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("Select", {f("LessEqual", {f.Number(0), "x"}), "x", f("Mul", {"x", slopes})});
    },
    [](Formula& f, const std::string& slopes, const std::string&) {
      return f("Maximum", {f("Mul", {slopes, "x"}), "x"});
    },
};

TEST(RecognizeActivationsTest, PreluInEachSpelling) {
  for (size_t i = 0; i < std::size(kPrelus); ++i) {
    SCOPED_TRACE(i);
    Formula f;
    const std::string slopes = Slopes(f), minus = Slopes(f, -1);
    ExpectBecomes("_Prelu", f, kPrelus[i](f, slopes, minus));
    // One slope for all.
    Formula leaky;
    const std::string slope = leaky.Number(0.3), minus_slope = leaky.Number(-0.3);
    ExpectBecomes("LeakyRelu", leaky, kPrelus[i](leaky, slope, minus_slope));
  }
}

TEST(RecognizeActivationsTest, PreluOfWhatSlopesDoNotFit) {
  for (size_t i = 0; i < std::size(kPrelus); ++i) {
    SCOPED_TRACE(i);
    // They spread x.
    Formula f;
    f.maker().Input("x1", {1, 5, 6, 1});
    const std::string slopes = Slopes(f), minus = Slopes(f, -1);
    std::string spread = "x1";
    ExpectStays(f, f("AddV2", {f("Relu", {spread}), f("Mul", {minus, f("Relu", {f("Neg", {spread})})})}));
    // Half precision.
    Formula half(DType::kHalf);
    const std::string half_slopes = Slopes(half), half_minus = Slopes(half, -1);
    ExpectStays(half, kPrelus[i](half, half_slopes, half_minus));
  }
}

TEST(RecognizeActivationsTest, WhatIsNoPrelu) {
  Formula two_inputs;
  two_inputs.maker().Input("z", {kAny, 5, 6, 4});
  ExpectStays(
      two_inputs,
      two_inputs("AddV2", {two_inputs("Relu", {"z"}),
                           two_inputs("Mul", {Slopes(two_inputs), two_inputs("Relu", {two_inputs("Neg", {"x"})})})}));
  // The slope where x is positive.
  Formula turned;
  ExpectStays(turned, turned("SelectV2",
                             {turned("Greater", {"x", turned.Number(0)}), turned("Mul", {Slopes(turned), "x"}), "x"}));
  Formula elsewhere;
  ExpectStays(elsewhere, elsewhere("SelectV2", {elsewhere("Greater", {"x", elsewhere.Number(0.1)}), "x",
                                                elsewhere("Mul", {Slopes(elsewhere), "x"})}));
  // With slopes past 1 or below 0 the larger one is another.
  for (const double slope : {1.5, -0.2}) {
    Formula f;
    ExpectStays(f, f("Maximum", {"x", f("Mul", {f.Number(slope), "x"})}));
  }
  Formula minimum;
  ExpectStays(minimum, minimum("Minimum", {"x", minimum("Mul", {minimum.Number(0.1), "x"})}));
  // min(x, 0) minus the rest.
  Formula swapped;
  ExpectStays(swapped, swapped("Sub", {swapped("Mul", {Slopes(swapped), swapped("Relu", {swapped("Neg", {"x"})})}),
                                       swapped("Relu", {"x"})}));
}

// ---- Gates

TEST(RecognizeActivationsTest, Swish) {
  Formula f;
  const std::string sigmoid = f("Sigmoid", {"x"});
  ExpectBecomes("_Swish", f, f("Mul", {sigmoid, "x"}));
  Formula other;
  other.maker().Input("z", {kAny, 5, 6, 4});
  ExpectStays(other, other("Mul", {"x", other("Sigmoid", {"z"})}));
  Formula sum;
  ExpectStays(sum, sum("AddV2", {"x", sum("Sigmoid", {"x"})}));
  Formula quotient;
  ExpectStays(quotient, quotient("RealDiv", {"x", quotient("Sigmoid", {"x"})}));
}

TEST(RecognizeActivationsTest, HardSwishInEachSpelling) {
  const auto gate = [](Formula& f, double three = 3, const char* x = "x") {
    return f("Relu6", {f("AddV2", {x, f.Number(three)})});
  };
  Formula a;
  ExpectBecomes("_HardSwish", a, a("Mul", {"x", a("Mul", {gate(a), a.Number(1.0 / 6)})}));
  Formula b;
  ExpectBecomes("_HardSwish", b, b("Mul", {b("RealDiv", {gate(b), b.Number(6)}), "x"}));
  Formula c;
  ExpectBecomes("_HardSwish", c, c("RealDiv", {c("Mul", {"x", gate(c)}), c.Number(6)}));
  Formula d;
  const std::string sum = d("Add", {d.Number(3), "x"});
  ExpectBecomes(
      "_HardSwish", d,
      d("Mul", {d("Mul", {"x", d.Number(1.0 / 6)}), d("Minimum", {d("Maximum", {sum, d.Number(0)}), d.Number(6)})}));
  Formula e;
  const std::string sixth = e("AddV2", {e("Mul", {"x", e.Number(1.0 / 6)}), e.Number(0.5)});
  ExpectBecomes("_HardSwish", e, e("Mul", {"x", e("ClipByValue", {sixth, e.Number(0), e.Number(1)})}));

  Formula other_sum;
  ExpectStays(other_sum, other_sum("RealDiv", {other_sum("Mul", {"x", gate(other_sum, 2.5)}), other_sum.Number(6)}));
  // A fifth: Keras' hard sigmoid is another.
  Formula fifth;
  ExpectStays(fifth,
              fifth("Mul", {"x", fifth("ClipByValue",
                                       {fifth("AddV2", {fifth("Mul", {"x", fifth.Number(0.2)}), fifth.Number(0.5)}),
                                        fifth.Number(0), fifth.Number(1)})}));
}

TEST(RecognizeActivationsTest, GeluByTheErrorFunction) {
  const double root = std::sqrt(2.0);
  const auto cdf = [&](Formula& f, bool divides) {
    const std::string scaled = divides ? f("RealDiv", {"x", f.Number(root)}) : f("Mul", {f.Number(1 / root), "x"});
    return f("AddV2", {f.Number(1), f("Erf", {scaled})});
  };
  for (const bool divides : {false, true}) {
    Formula a;
    ExpectBecomes("_Gelu", a, a("Mul", {a("Mul", {a.Number(0.5), "x"}), cdf(a, divides)}));
    Formula b;
    ExpectBecomes("_Gelu", b, b("Mul", {"x", b("Mul", {b.Number(0.5), cdf(b, divides)})}));
    Formula c;
    ExpectBecomes("_Gelu", c, c("RealDiv", {c("Mul", {cdf(c, divides), "x"}), c.Number(2)}));
  }
  Formula complement;
  const std::string minus = complement("Mul", {complement("Neg", {"x"}), complement.Number(1 / root)});
  ExpectBecomes("_Gelu", complement,
                complement("Mul", {complement("Mul", {"x", complement.Number(0.5)}), complement("Erfc", {minus})}));

  Formula other;
  ExpectStays(other, other("Mul", {other("Mul", {other.Number(0.5), "x"}),
                                   other("AddV2", {other.Number(1), other("Erf", {"x"})})}));
  Formula half(DType::kHalf);
  ExpectStays(half, half("Mul", {half("Mul", {half.Number(0.5), "x"}), cdf(half, true)}));
}

std::string TanhPolynomial(Formula& f, int spelling, double cubic = 0.044715) {
  const std::string root = f.Number(std::sqrt(2 / M_PI));
  switch (spelling) {
    case 0:
      return f("Mul", {root, f("AddV2", {"x", f("Mul", {f.Number(cubic), f("Pow", {"x", f.Number(3)})})})});
    case 1: {
      const std::string cube = f("Mul", {"x", f("Mul", {"x", "x"})});
      return f("Mul", {f("AddV2", {f("Mul", {cube, f.Number(cubic)}), "x"}), root});
    }
    case 2: {
      const std::string square = f("Mul", {f.Number(cubic), f("Square", {"x"})});
      return f("Mul", {f("Mul", {"x", root}), f("AddV2", {f.Number(1), square})});
    }
    default:
      return f("Mul", {root, f("AddV2", {"x", f("Mul", {f.Number(cubic), f("Mul", {f("Square", {"x"}), "x"})})})});
  }
}

TEST(RecognizeActivationsTest, GeluByTheHyperbolicTangent) {
  for (int spelling = 0; spelling < 4; ++spelling) {
    SCOPED_TRACE(spelling);
    Formula a;
    const std::string cdf = a("AddV2", {a.Number(1), a("Tanh", {TanhPolynomial(a, spelling)})});
    ExpectBecomes("_GeluTanh", a, a("Mul", {"x", a("Mul", {a.Number(0.5), cdf})}));
    Formula b;
    const std::string other = b("AddV2", {b("Tanh", {TanhPolynomial(b, spelling, 0.05)}), b.Number(1)});
    ExpectStays(b, b("Mul", {"x", b("Mul", {b.Number(0.5), other})}));
  }
}

// Half precision makes 0.16662598 of a sixth.
TEST(RecognizeActivationsTest, OtherScalesStayBehind) {
  const auto expect_scaled = [](Formula& f, const std::string& result, const char* op) {
    const Program after = ExpectChanged(kPass, f.Make(result));
    EXPECT_EQ(testing::CountOps(after), (std::map<std::string, int>{{"Mul", 1}, {op, 1}}));
  };
  Formula sixth;
  const std::string clip = sixth("Relu6", {sixth("AddV2", {"x", sixth.Number(3)})});
  expect_scaled(sixth, sixth("Mul", {sixth("Mul", {sixth.Number(0.16662598), "x"}), clip}), "_HardSwish");
  Formula swish;
  expect_scaled(swish, swish("RealDiv", {swish("Mul", {"x", swish("Sigmoid", {"x"})}), swish.Number(-3)}), "_Swish");
  Formula gelu;
  const std::string erf = gelu("Erf", {gelu("Mul", {"x", gelu.Number(std::sqrt(0.5))})});
  expect_scaled(gelu, gelu("Mul", {"x", gelu("AddV2", {erf, gelu.Number(1)})}), "_Gelu");
}

// ---- Around all of them

TEST(RecognizeActivationsTest, NotWhereSomebodyElseUsesWhatIsBetween) {
  Formula f;
  const std::string sigmoid = f("Sigmoid", {"x"}), swish = f("Mul", {"x", sigmoid});
  ExpectStays(f, swish, {sigmoid});
  ExpectStays(f, swish, {f("Exp", {sigmoid})});
  Formula prelu;
  const std::string positive = prelu("Relu", {"x"});
  const std::string sum =
      prelu("AddV2", {positive, prelu("Mul", {Slopes(prelu), prelu("Relu", {prelu("Neg", {"x"})})})});
  ExpectStays(prelu, sum, {positive});
}

TEST(RecognizeActivationsTest, OneAfterTheOther) {
  Formula f;
  const std::string first = f("Mul", {"x", f("Sigmoid", {"x"})});
  const std::string second = f("Maximum", {first, f("Mul", {first, f.Number(0.1)})});
  const Program after = ExpectChanged(kPass, f.Make(second));
  EXPECT_EQ(testing::CountOps(after), (std::map<std::string, int>{{"LeakyRelu", 1}, {"_Swish", 1}}));
}

}  // namespace
}  // namespace floe
