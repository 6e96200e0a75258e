#include <functional>
#include <limits>
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

constexpr char kPass[] = "recognize_attention";
constexpr int64_t kAny = PartialShape::kUnknownDim;

// Two heads of q, k and v, and pieces of what stands between the products.
struct Pieces {
  explicit Pieces(DType dtype = DType::kFloat, int64_t batch = kAny) : t{{"T", AttrValue::Type(dtype)}} {
    maker.Input("q", {batch, 2, 5, 4}, dtype);
    maker.Input("k", {batch, 2, 6, 4}, dtype);
    maker.Input("v", {batch, 2, 6, 3}, dtype);
    maker.Input("mask", {batch, 1, 1, 6}, dtype);
    if (dtype != DType::kFloat) return;
    Number("scale", 0.5f);
    Number("zero", 0);
    Number("one", 1);
    Number("far", -1e9f);
    maker.Op("Greater", "condition", {"mask", "zero"}, t);
  }
  std::string operator()(const std::string& op, const std::vector<std::string>& inputs) {
    return maker.Op(op, absl::StrCat("n", ++count), inputs, t);
  }
  std::string Number(const std::string& name, float number) { return maker.Const(name, Tensor::Scalar<float>(number)); }
  std::string Product(const std::string& a, const std::string& b, bool turn_b,
                      const std::string& op = "BatchMatMulV2") {
    GraphMaker::Attrs attrs = t;
    attrs.emplace_back("adj_y", AttrValue::Bool(turn_b));
    return maker.Op(op, absl::StrCat("n", ++count), {a, b}, attrs);
  }
  std::string Transposed(const std::string& x, const std::vector<int32_t>& perm) {
    const std::string axes = maker.Const(absl::StrCat("n", ++count),
                                         Tensor::FromSpan<int32_t>(Shape({static_cast<int64_t>(perm.size())}), perm));
    return maker.Op("Transpose", absl::StrCat("n", ++count), {x, axes}, t);
  }
  std::string Cast(const std::string& x) {
    return maker.Op("Cast", absl::StrCat("n", ++count), {x},
                    {{"SrcT", AttrValue::Type(DType::kBool)}, {"DstT", AttrValue::Type(DType::kFloat)}});
  }
  std::string Scores() { return Product("q", "k", true); }
  std::string Attend(const std::string& scores) { return Product((*this)("Softmax", {scores}), "v", false); }
  Program Make(const std::vector<std::string>& outputs) const {
    absl::StatusOr<Program> program = maker.Lower(outputs);
    EXPECT_OK(program);
    return *std::move(program);
  }

  GraphMaker::Attrs t;
  GraphMaker maker;
  int count = 0;
};

using Spelling = std::function<std::string(Pieces&)>;

// The one op that an attention has become; others are those of the mask.
Op OnlyAttention(const Program& program) {
  const auto counts = CountOps(program);
  EXPECT_EQ(counts.count("Softmax") + counts.count("BatchMatMulV2") + counts.count("BatchMatMul"), 0u)
      << program.ToString();
  for (const Op& op : program.ops) {
    if (absl::string_view(op.info->name) == "_FusedAttention") return op;
  }
  ADD_FAILURE() << program.ToString();
  return {};
}

TEST(RecognizeAttentionTest, Scales) {
  const Spelling spellings[] = {
      [](Pieces& p) { return p.Attend(p.Scores()); },
      [](Pieces& p) {
        return p.Attend(p("Mul", {p.Scores(), "scale"}));
      },
      [](Pieces& p) {
        return p.Attend(p("Mul", {"scale", p.Scores()}));
      },
      [](Pieces& p) {
        return p.Attend(p("RealDiv", {p.Scores(), p.Number("two", 2)}));
      },
      [](Pieces& p) {
        return p.Attend(p.Product(p("Mul", {"q", "scale"}), "k", true));
      },
      [](Pieces& p) {
        return p.Attend(p.Product(p("Mul", {"q", "scale"}), p("RealDiv", {"k", p.Number("two", 2)}), true));
      },
      // As if to keep the logarithm of nothing away.
      [](Pieces& p) {
        return p.Attend(p("AddV2", {p("Mul", {p.Scores(), "scale"}), p.Number("tiny", 1e-9f)}));
      },
      [](Pieces& p) { return p.Attend(p.Product("q", "k", true, "BatchMatMul")); },
  };
  for (const Spelling& spelling : spellings) {
    Pieces p;
    const Program after = ExpectChanged(kPass, p.Make({spelling(p)}));
    EXPECT_EQ(OnlyAttention(after).inputs.size(), 3u) << after.ToString();
  }
}

// What the scores are, with the masks that the op then has.
struct Masked {
  Spelling spelling;
  size_t inputs;
};

TEST(RecognizeAttentionTest, Masks) {
  const Masked all[] = {
      {[](Pieces& p) {
         return p("AddV2", {p.Scores(), "mask"});
       },
       4},
      {[](Pieces& p) {
         return p("Add", {"mask", p.Scores()});
       },
       4},
      {[](Pieces& p) {
         return p("Sub", {p.Scores(), "mask"});
       },
       4},
      // Scaled behind the mask, and before it.
      {[](Pieces& p) {
         return p("Mul", {p("AddV2", {p.Scores(), "mask"}), "scale"});
       },
       4},
      {[](Pieces& p) {
         return p("AddV2", {p("Mul", {p.Scores(), "scale"}), "mask"});
       },
       4},
      {[](Pieces& p) {
         return p("AddV2", {p("AddV2", {p.Scores(), "mask"}), p.maker.Weights("m", Shape({5, 6}))});
       },
       4},
      // Ones where a score counts.
      {[](Pieces& p) {
         const std::string far = p("Mul", {p("Sub", {"one", p.Cast("condition")}), "far"});
         return p("AddV2", {p.Scores(), far});
       },
       4},
      {[](Pieces& p) {
         return p("SelectV2", {"condition", p.Scores(), "far"});
       },
       4},
      {[](Pieces& p) {
         return p("SelectV2", {"condition", "far", p("Mul", {p.Scores(), "scale"})});
       },
       4},
      {[](Pieces& p) {
         return p("Mul", {p("SelectV2", {"condition", p.Scores(), "far"}), "scale"});
       },
       4},
      {[](Pieces& p) {
         return p("SelectV2", {"condition", p.Scores(), p.Number("least", -std::numeric_limits<float>::infinity())});
       },
       4},
      {[](Pieces& p) {
         return p("AddV2", {p("SelectV2", {"condition", p.Scores(), "far"}), "mask"});
       },
       5},
      {[](Pieces& p) {
         return p("SelectV2", {"condition", p("AddV2", {p.Scores(), "mask"}), "far"});
       },
       5},
      // Keras 3's Attention: what does not count is moved far away.
      {[](Pieces& p) {
         const std::string scores = p.Scores();
         return p("SelectV2", {"condition", p("Sub", {scores, p.Number("much", 1e9f)}), scores});
       },
       4},
      {[](Pieces& p) {
         const std::string scores = p.Scores();
         return p("SelectV2", {"condition", scores, p("AddV2", {"far", scores})});
       },
       4},
      // GPT-2: times ones and zeros, less something where there are zeros.
      {[](Pieces& p) {
         const std::string ones = p.Cast("condition");
         const std::string less = p("Mul", {p.Number("much", 1e4f), p("Sub", {"one", ones})});
         return p("Sub", {p("Mul", {p.Scores(), ones}), less});
       },
       5},
      // Keras 3: spread to the shape of the scores first.
      {[](Pieces& p) {
         const std::string scores = p("Mul", {p.Scores(), "scale"});
         const std::string shape = p("Shape", {scores});
         const std::string filled = p("Fill", {shape, p.maker.Const("true", Tensor::Scalar<bool>(true))});
         return p("SelectV2", {p.maker.Op("LogicalAnd", "both", {filled, "condition"}), scores, "far"});
       },
       4},
      {[](Pieces& p) {
         const std::string scores = p.Scores();
         return p("SelectV2", {"condition", scores, p("Fill", {p("Shape", {scores}), "far"})});
       },
       4},
  };
  for (const Masked& masked : all) {
    Pieces p;
    const Program after = ExpectChanged(kPass, p.Make({p.Attend(masked.spelling(p))}));
    EXPECT_EQ(OnlyAttention(after).inputs.size(), masked.inputs) << after.ToString();
  }
}

TEST(RecognizeAttentionTest, SelectOfOneShape) {
  Pieces p(DType::kFloat, 3);
  p.maker.Op("Greater", "whole", {p.maker.Weights("m", Shape({3, 2, 5, 6})), "zero"}, p.t);
  p.maker.Const("fars", Tensor::Of<float>({-1e9f}).Reshaped(Shape({1, 1, 1, 1})));
  OnlyAttention(ExpectChanged(
      kPass, p.Make({p.Attend(p("Select", {"whole", p.Scores(), p("Fill", {p("Shape", {"n1"}), "far"})}))})));
}

TEST(RecognizeAttentionTest, TheShapeOfTheScoresIsAskedFor) {
  Pieces p;
  const std::string scores = p("Mul", {p.Scores(), "scale"});
  const Program after = ExpectChanged(kPass, p.Make({p.Attend(scores), p("Shape", {scores})}));
  OnlyAttention(after);
}

TEST(RecognizeAttentionTest, TransposesAreItsLayout) {
  Pieces p;
  p.maker.Input("q2", {kAny, 5, 2, 4});
  p.maker.Input("k2", {kAny, 6, 2, 4});
  p.maker.Input("v2", {kAny, 6, 2, 3});
  const std::string q = p.Transposed("q2", {0, 2, 1, 3}), k = p.Transposed("k2", {0, 2, 3, 1}),
                    v = p.Transposed("v2", {0, 2, 1, 3});
  const std::string scores = p("Mul", {p.Product(q, k, false), "scale"});
  const std::string result = p.Product(p("Softmax", {scores}), v, false);
  const Program after = ExpectChanged(kPass, p.Make({p.Transposed(result, {0, 2, 1, 3})}));
  const Op op = OnlyAttention(after);
  for (const char* const name : {"q_perm", "k_perm", "v_perm", "out_perm"})
    EXPECT_THAT(*op.attrs.Ints(name), ::testing::ElementsAre(0, 2, 1, 3)) << name;
}

TEST(RecognizeAttentionTest, MatricesAndEinsums) {
  GraphMaker maker;
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kFloat)}};
  for (const char* const name : {"q", "k", "v"}) maker.Input(name, {kAny, 4});
  maker.Op("MatMul", "scores", {"q", "k"}, {t[0], {"transpose_b", AttrValue::Bool(true)}});
  maker.Op("MatMul", "y", {maker.Op("Softmax", "softmax", {"scores"}, t), "v"}, t);
  ASSERT_OK_AND_ASSIGN(const Program matrices, maker.Lower({"y"}));
  OnlyAttention(ExpectChanged(kPass, matrices));

  // Keras 2, once the Einsums are expanded.
  GraphMaker keras;
  for (const char* const name : {"q", "k", "v"}) keras.Input(name, {kAny, 5, 2, 4});
  const auto einsum = [&](const std::string& name, const std::string& equation,
                          const std::vector<std::string>& inputs) {
    return keras.Op("Einsum", name, inputs, {t[0], {"equation", AttrValue::String(equation)}});
  };
  einsum("scores", "aecd,abcd->acbe", {"k", "q"});
  einsum("y", "acbe,aecd->abcd", {keras.Op("Softmax", "softmax", {"scores"}, t), "v"});
  ASSERT_OK_AND_ASSIGN(Program program, keras.Lower({"y"}));
  for (const char* const pass : {"expand_einsum", "drop_identities"}) ASSERT_OK(testing::RunPass(pass, program));
  const Op op = OnlyAttention(ExpectChanged(kPass, program));
  for (const char* const name : {"q_perm", "k_perm", "v_perm", "out_perm"})
    EXPECT_THAT(*op.attrs.Ints(name), ::testing::ElementsAre(0, 2, 1, 3)) << name;
}

TEST(RecognizeAttentionTest, OneBehindTheOther) {
  Pieces p;
  const auto turned = [&](const std::string& x) { return p.Transposed(x, {0, 2, 1, 3}); };
  p.maker.Input("x", {kAny, 6, 2, 4});
  std::string x = "x";
  for (int layer = 0; layer < 3; ++layer) {
    const std::string heads = turned(x);
    x = turned(p.Product(p("Softmax", {p.Product(heads, heads, true)}), heads, false));
  }
  const Program after = ExpectChanged(kPass, p.Make({x}));
  EXPECT_EQ(CountOps(after)["_FusedAttention"], 3) << after.ToString();
}

TEST(RecognizeAttentionTest, WhatIsReadElsewhere) {
  for (const char* const also : {"n1", "n2", "n3"}) {
    Pieces p;
    const std::string y = p.Attend(p("Mul", {p.Scores(), "scale"}));
    ExpectUnchanged(kPass, p.Make({y, also}));
  }
  // By another op.
  Pieces p;
  const std::string scores = p.Scores();
  ExpectUnchanged(kPass, p.Make({p.Attend(p("AddV2", {scores, "mask"})), p("Relu", {scores})}));
  // The shape of scores that a mask may have spread.
  Pieces q;
  const std::string masked = q("AddV2", {q.Scores(), "mask"});
  ExpectUnchanged(kPass, q.Make({q.Attend(masked), q("Shape", {masked})}));
}

TEST(RecognizeAttentionTest, WhatIsNone) {
  const Spelling spellings[] = {
      // Something else between.
      [](Pieces& p) { return p.Attend(p("Tanh", {p.Scores()})); },
      [](Pieces& p) { return p.Product(p("Sigmoid", {p.Scores()}), "v", false); },
      [](Pieces& p) {
        return p.Attend(p("Mul", {p.Scores(), "mask"}));
      },
      [](Pieces& p) {
        return p.Attend(p("RealDiv", {"one", p.Scores()}));
      },
      [](Pieces& p) {
        return p.Attend(p("Sub", {"mask", p.Scores()}));
      },
      [](Pieces& p) {
        return p.Attend(p("SelectV2", {"condition", p.Scores(), p.maker.Weights("other", Shape({5, 6}))}));
      },
      // Kept by one mask and by another, with something else for each.
      [](Pieces& p) {
        return p.Attend(p("SelectV2", {"condition", p("SelectV2", {"condition", p.Scores(), "far"}), "zero"}));
      },
      // Both sides of the sum are scores.
      [](Pieces& p) {
        const std::string scores = p.Scores();
        return p.Attend(p("AddV2", {scores, scores}));
      },
      // The softmax is the second factor.
      [](Pieces& p) { return p.Product("v", p("Softmax", {p.Scores()}), true); },
  };
  for (const Spelling& spelling : spellings) {
    Pieces p;
    const std::string y = spelling(p);
    absl::StatusOr<Program> program = p.maker.Lower({y});
    if (program.ok()) ExpectUnchanged(kPass, *program);
  }
  // Weights are a layer's, with a softmax behind it.
  Pieces p;
  p.maker.Weights("w", Shape({4, 6}));
  ExpectUnchanged(kPass, p.Make({p.Attend(p.Product("q", "w", false))}));
}

TEST(RecognizeAttentionTest, OtherTypes) {
  Pieces p(DType::kHalf);
  ExpectUnchanged(kPass, p.Make({p.Attend(p.Scores())}));
}

}  // namespace
}  // namespace floe
