#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CountOps;
using ::floe::testing::ExpectChanged;
using ::floe::testing::ExpectUnchanged;
using ::floe::testing::GraphMaker;

constexpr char kPass[] = "expand_einsum";
constexpr int64_t kAny = PartialShape::kUnknownDim;

Program Einsum(const std::string& equation, const std::vector<PartialShape>& shapes, DType dtype = DType::kFloat,
               bool weights = false) {
  GraphMaker maker;
  std::vector<std::string> inputs;
  for (const PartialShape& shape : shapes) {
    const std::string name(1, static_cast<char>('p' + inputs.size()));
    inputs.push_back(weights && !inputs.empty() ? maker.Weights(name, shape.ToShape(), dtype)
                                                : maker.Input(name, shape, dtype));
  }
  maker.Op("Einsum", "y", inputs, {{"T", AttrValue::Type(dtype)}, {"equation", AttrValue::String(equation)}});
  absl::StatusOr<Program> program = maker.Lower({"y"});
  EXPECT_OK(program);
  return *std::move(program);
}

struct Case {
  std::string equation;
  std::vector<PartialShape> shapes;
  const char* product;
  int others;  // ops beside the product and the Identity
};

TEST(ExpandEinsumTest, ProductsOfMatrices) {
  const Case cases[] = {
      {"ij,jk->ik", {{kAny, 3}, {3, 4}}, "MatMul", 0},
      {"ji,kj->ik", {{3, kAny}, {4, 3}}, "MatMul", 0},
      {"ij,jk->ki", {{kAny, 3}, {3, 4}}, "MatMul", 0},  // the operands in the other order
      {"bij,bjk->bik", {{kAny, 2, 3}, {kAny, 3, 4}}, "BatchMatMulV2", 0},
      {"bij,bkj->bik", {{kAny, kAny, 3}, {kAny, kAny, 3}}, "BatchMatMulV2", 0},
      {"...ij,...jk->...ik", {{kAny, 1, 2, 3}, {kAny, 4, 3, 2}}, "BatchMatMulV2", 0},
      // Attention: heads in front, and behind again.
      {"BTNH,BSNH->BNTS", {{kAny, kAny, 2, 4}, {kAny, kAny, 2, 4}}, "BatchMatMulV2", 2},
      {"aecd,abcd->acbe", {{kAny, 5, 2, 4}, {kAny, 6, 2, 4}}, "BatchMatMulV2", 2},
      {"acbe,aecd->abcd", {{kAny, 2, 5, 6}, {kAny, 6, 2, 4}}, "BatchMatMulV2", 2},
      // Dense layers: groups of dimensions are one.
      {"abc,cd->abd", {{kAny, 5, 3}, {3, 4}}, "MatMul", 2},
      {"...c,cd->...d", {{kAny, 5, 3}, {3, 4}}, "MatMul", 2},
      {"abc,cde->abde", {{kAny, 5, 3}, {3, 4, 2}}, "MatMul", 3},
      {"abcd,cde->abe", {{kAny, 5, 3, 2}, {3, 2, 4}}, "MatMul", 3},
      {"abc,bcde->ade", {{kAny, 5, 3}, {5, 3, 4, 2}}, "MatMul", 3},
      {"...ijk,...jkl->...il", {{kAny, 2, 3, 2}, {kAny, 3, 2, 2}}, "BatchMatMulV2", 2},
      {"bi,bi->b", {{kAny, 3}, {kAny, 3}}, "BatchMatMulV2", 3},
      {"i,i->", {{3}, {3}}, "MatMul", 3},
      {"bhwc,ck->bkhw", {{kAny, 3, 2, 5}, {5, 4}}, "MatMul", 3},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.equation);
    const Program after = ExpectChanged(kPass, Einsum(one.equation, one.shapes));
    auto counts = CountOps(after);
    EXPECT_EQ(counts[one.product], 1) << after.ToString();
    EXPECT_EQ(counts["Identity"], 1);
    EXPECT_EQ(static_cast<int>(after.ops.size()) - 2, one.others) << after.ToString();
  }
}

TEST(ExpandEinsumTest, SizesThatAreKnownWhenItRuns) {
  for (const char* const equation : {"abc,cde->abde", "abc,cde->baed", "abc,cde->adbe"})
    ExpectChanged(kPass, Einsum(equation, {{kAny, kAny, 3}, {3, 4, 2}}));
  ExpectChanged(kPass, Einsum("abcd,bcde->ae", {{kAny, kAny, kAny, 2}, {kAny, kAny, 2, kAny}}));
  ExpectChanged(kPass, Einsum("abcd,cde->abe", {{kAny, kAny, 3, 2}, {3, 2, 4}}));
}

TEST(ExpandEinsumTest, WeightsAreArrangedOnce) {
  const Program after = ExpectChanged(kPass, Einsum("abc,dec->abde", {{kAny, 5, 3}, {4, 2, 3}}, DType::kFloat, true));
  auto counts = CountOps(after);
  EXPECT_EQ(counts["Reshape"], 2) << after.ToString();
  EXPECT_EQ(counts["Transpose"], 0) << after.ToString();
}

TEST(ExpandEinsumTest, WhatIsNoSuchProduct) {
  const Case cases[] = {
      {"ii,ij->ij", {{3, 3}, {3, 4}}, "", 0}, {"ij,jk->iik", {{2, 3}, {3, 4}}, "", 0},
      {"ij,k->k", {{2, 3}, {4}}, "", 0},       // sums one operand by itself
      {"ij,ij->ij", {{2, 3}, {2, 3}}, "", 0},  // sums nothing
      {"i,j->ij", {{2}, {3}}, "", 0},         {"ij->ji", {{2, 3}}, "", 0},
      {"ij,jk->ik", {{0, 3}, {3, 4}}, "", 0}, {"...ij,...jk->...ik", {{5, 1, 2, 3}, {4, 3, 2}}, "", 0},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.equation);
    ExpectUnchanged(kPass, Einsum(one.equation, one.shapes));
  }
  ExpectUnchanged(kPass, Einsum("...ij,...jkl->...ikl", {{kAny, 2, 3}, {kAny, 3, 2, 2}}));
  ExpectUnchanged(kPass, Einsum("ij,jk->ik", {{2, 3}, {3, 4}}, DType::kInt32));
}

}  // namespace
}  // namespace floe
