#include <functional>
#include <string>
#include <vector>

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

constexpr char kPass[] = "recognize_layer_norm";
constexpr int64_t kAny = PartialShape::kUnknownDim;

// What a spelling may go wrong in.
struct Variation {
  PartialShape shape = {kAny, 5, 8};
  int32_t axis = -1;
  bool keep_dims = true;
  Shape gamma = Shape({8});
  DType dtype = DType::kFloat;
  Shape epsilon;
};

// A graph over x, with the pieces that the spellings share.
struct Pieces {
  explicit Pieces(const Variation& v) : variation(v), t{{"T", AttrValue::Type(v.dtype)}} {
    maker.Input("x", v.shape, v.dtype);
    maker.Const("axis", Tensor::Scalar<int32_t>(v.axis));
    maker.Weights("gamma", v.gamma, v.dtype);
    maker.Weights("beta", v.gamma, v.dtype);
    Tensor small(v.dtype, v.epsilon);
    if (v.dtype == DType::kFloat) {
      *small.mutable_data<float>() = 0.001f;
    } else {
      *small.mutable_data<Half>() = Half(0.001f);
    }
    maker.Const("epsilon", small);
  }
  std::string operator()(const std::string& op, const std::vector<std::string>& inputs) {
    return maker.Op(op, absl::StrCat("n", ++count), inputs, t);
  }
  std::string Mean(const std::string& of) {
    return maker.Op("Mean", absl::StrCat("n", ++count), {of, "axis"},
                    {t[0], {"keep_dims", AttrValue::Bool(variation.keep_dims)}});
  }
  Program Make(const std::vector<std::string>& outputs) const {
    absl::StatusOr<Program> program = maker.Lower(outputs);
    EXPECT_OK(program);
    return *std::move(program);
  }

  Variation variation;
  GraphMaker::Attrs t;
  GraphMaker maker;
  int count = 0;
};

using Spelling = std::function<std::string(Pieces&)>;
const Spelling kSpellings[] = {
    // BERT
    [](Pieces& p) {
      const std::string mean = p.Mean("x"), variance = p.Mean(p("SquaredDifference", {"x", mean}));
      const std::string normal = p("Mul", {p("Sub", {"x", mean}), p("Rsqrt", {p("AddV2", {variance, "epsilon"})})});
      return p("AddV2", {p("Mul", {normal, "gamma"}), "beta"});
    },
    [](Pieces& p) {
      const std::string centered = p("Sub", {"x", p.Mean("x")}), variance = p.Mean(p("Square", {centered}));
      const std::string scaled = p("Mul", {"gamma", centered});
      return p("Add", {"beta", p("RealDiv", {scaled, p("Sqrt", {p("Add", {"epsilon", variance})})})});
    },
    [](Pieces& p) {
      const std::string centered = p("Sub", {"x", p.Mean("x")}), variance = p.Mean(p("Mul", {centered, centered}));
      const std::string normal = p("RealDiv", {centered, p("Sqrt", {p("AddV2", {variance, "epsilon"})})});
      return p("AddV2", {p("Mul", {normal, "gamma"}), "beta"});
    },
    // tf.nn.moments and tf.nn.batch_normalization
    [](Pieces& p) {
      const std::string mean = p.Mean("x"), variance = p.Mean(p("SquaredDifference", {"x", mean}));
      const std::string scale = p("Mul", {p("Rsqrt", {p("AddV2", {variance, "epsilon"})}), "gamma"});
      return p("AddV2", {p("Mul", {"x", scale}), p("Sub", {"beta", p("Mul", {mean, scale})})});
    },
    // Keras 3
    [](Pieces& p) {
      const std::string mean = p.Mean("x"), variance = p.Mean(p("SquaredDifference", {"x", mean}));
      const std::string scale = p("Mul", {p("Rsqrt", {p("AddV2", {variance, "epsilon"})}), "gamma"});
      return p("AddV2", {p("Mul", {"x", scale}), p("AddV2", {p("Mul", {p("Neg", {mean}), scale}), "beta"})});
    },
};

TEST(RecognizeLayerNormTest, EachSpelling) {
  for (const Spelling& spelling : kSpellings) {
    for (const Shape& gamma : {Shape({8}), Shape({1, 1, 8})}) {
      Variation variation;
      variation.gamma = gamma;
      Pieces p(variation);
      const Program after = ExpectChanged(kPass, p.Make({spelling(p)}));
      EXPECT_EQ(CountOps(after), (std::map<std::string, int>{{"_LayerNorm", 1}})) << after.ToString();
    }
  }
}

TEST(RecognizeLayerNormTest, WithoutGammaOrBeta) {
  Pieces none({});
  const std::string centered = none("Sub", {"x", none.Mean("x")}), variance = none.Mean(none("Square", {centered}));
  const std::string normal = none("Mul", {none("Rsqrt", {none("AddV2", {variance, "epsilon"})}), centered});
  EXPECT_EQ(ExpectChanged(kPass, none.Make({normal})).ops.size(), 1u);
  EXPECT_EQ(ExpectChanged(kPass, none.Make({none("Mul", {"gamma", normal})})).ops.size(), 1u);
  Pieces no_beta({});
  const std::string mean = no_beta.Mean("x"), squares = no_beta.Mean(no_beta("SquaredDifference", {mean, "x"}));
  const std::string scale = no_beta("Rsqrt", {no_beta("AddV2", {squares, "epsilon"})});
  const std::string y =
      no_beta("AddV2", {no_beta("Mul", {"x", scale}), no_beta("Neg", {no_beta("Mul", {mean, scale})})});
  EXPECT_EQ(ExpectChanged(kPass, no_beta.Make({y})).ops.size(), 1u);
}

void ExpectNone(const Variation& variation) {
  for (const Spelling& spelling : kSpellings) {
    Pieces p(variation);
    ExpectUnchanged(kPass, p.Make({spelling(p)}));
  }
}

TEST(RecognizeLayerNormTest, WhatIsOverAnotherAxis) {
  Variation variation;
  variation.axis = 1;
  ExpectNone(variation);
  // The mean of each row along another row.
  Variation square;
  square.shape = {8, 8};
  square.keep_dims = false;
  ExpectNone(square);
}

TEST(RecognizeLayerNormTest, WhatIsSpread) {
  Variation unknown;
  unknown.shape = {kAny, 5, kAny};
  for (const Spelling& spelling : kSpellings) {
    Pieces p(unknown);
    absl::StatusOr<Program> program = p.maker.Lower({spelling(p)});
    ASSERT_OK(program);
    ExpectUnchanged(kPass, *program);
  }
  // A number a row, and one that adds a dimension: at most the norm without them is one.
  for (const Shape& gamma : {Shape({5, 1}), Shape({1, 1, 1, 8})}) {
    Variation other;
    other.gamma = gamma;
    for (const Spelling& spelling : kSpellings) {
      Pieces p(other);
      const Program before = p.Make({spelling(p)});
      Program after = before;
      ASSERT_OK(testing::RunPass(kPass, after));
      testing::ExpectSameResults(before, after);
      EXPECT_GE(CountOps(after)["Mul"], 1) << after.ToString();
    }
  }
  Variation epsilon;
  epsilon.epsilon = Shape({1, 1, 1, 1});
  ExpectNone(epsilon);
}

TEST(RecognizeLayerNormTest, OtherTypes) {
  Variation half;
  half.dtype = DType::kHalf;
  ExpectNone(half);
}

TEST(RecognizeLayerNormTest, WhatIsUsedElsewhere) {
  for (const Spelling& spelling : kSpellings) {
    Pieces p({});
    const std::string result = spelling(p);
    ExpectUnchanged(kPass, p.Make({result, "n1"}));
  }
}

TEST(RecognizeLayerNormTest, AnotherTensorsVariance) {
  Pieces p({});
  p.maker.Input("z", {kAny, 5, 8});
  const std::string mean = p.Mean("z"), variance = p.Mean(p("SquaredDifference", {"z", mean}));
  ExpectUnchanged(kPass,
                  p.Make({p("Mul", {p("Sub", {"x", p.Mean("x")}), p("Rsqrt", {p("AddV2", {variance, "epsilon"})})})}));
}

// Keras 2: a batch normalisation of one channel a row.
Program BatchNorm(bool training, const std::string& format, float scale, const Tensor& to, bool scales = true) {
  GraphMaker maker;
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kFloat)}};
  maker.Input("x", {kAny, 5, 8});
  maker.Op("Reshape", "rows", {"x", maker.Const("to", to)}, t);
  maker.Op("Shape", "sizes", {"rows"}, t);
  const auto at = [&](const std::string& name, int32_t i) { return maker.Const(name, Tensor::Of<int32_t>({i})); };
  maker.Op("StridedSlice", "count", {"sizes", at("i1", 1), at("i2", 2), at("i3", 1)},
           {{"T", AttrValue::Type(DType::kInt32)}});
  maker.Op("Fill", "ones", {"count", maker.Const("one", Tensor::Scalar<float>(scale))}, t);
  maker.Op("Fill", "zeros", {"count", maker.Const("zero", Tensor::Scalar<float>(0))}, t);
  const std::string empty = maker.Const("empty", Tensor(DType::kFloat, Shape({0})));
  maker.Op("FusedBatchNormV3", "normal",
           {"rows", "ones", "zeros", training ? empty : "ones", training ? empty : "ones"},
           {t[0],
            {"is_training", AttrValue::Bool(training)},
            {"data_format", AttrValue::String(format)},
            {"epsilon", AttrValue::Float(0.001f)}});
  maker.Op("Reshape", "back", {"normal", maker.Op("Shape", "shape", {"x"}, t)}, t);
  std::string result = "back";
  if (scales) {
    maker.Op("Mul", "scaled", {"back", maker.Weights("gamma", Shape({8}))}, t);
    result = maker.Op("AddV2", "y", {"scaled", maker.Weights("beta", Shape({8}))}, t);
  }
  absl::StatusOr<Program> program = maker.Lower({result});
  EXPECT_OK(program);
  for (Value& value : program->values) {  // as shape inference that looks into sizes has it
    if (value.name == "back") value.shape = {kAny, 5, 8};
  }
  return *std::move(program);
}

TEST(RecognizeLayerNormTest, BatchNormalisationOfRows) {
  const Tensor rows = Tensor::Of<int32_t>({1, -1, 8, 1});
  for (const bool scales : {false, true}) {
    auto counts = CountOps(ExpectChanged(kPass, BatchNorm(true, "NCHW", 1, rows, scales)));
    EXPECT_EQ(counts["_LayerNorm"], 1);
    EXPECT_EQ(counts["Mul"] + counts["AddV2"] + counts["FusedBatchNormV3"], 0);
  }
  ExpectUnchanged(kPass, BatchNorm(true, "NCHW", 2, rows));
  ExpectUnchanged(kPass, BatchNorm(true, "NCHW", 1, Tensor::Of<int32_t>({1, -1, 4, 1})));
  ExpectUnchanged(kPass, BatchNorm(true, "NCHW", 1, Tensor::Of<int32_t>({1, -1, 4, 2})));
}

}  // namespace
}  // namespace floe
