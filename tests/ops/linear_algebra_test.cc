// Vectors whose signs no definition says: the matrix comes back from them.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

Tensor Numbers(const Shape& shape, uint32_t seed) {
  Tensor tensor(DType::kDouble, shape);
  uint32_t state = seed * 2654435761u + 12345u;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    tensor.mutable_data<double>()[i] = static_cast<double>(state >> 8) / (1 << 23) - 1;
  }
  return tensor;
}

std::vector<Tensor> All(const std::string& op, std::vector<Tensor> inputs, const AttrMap& attrs = {}) {
  absl::StatusOr<std::vector<Tensor>> results = Evaluate(*FindOp(op), "node", attrs, inputs);
  EXPECT_TRUE(results.ok()) << op << ": " << results.status();
  return results.ok() ? *std::move(results) : std::vector<Tensor>(3);
}

// a b, or a and b turned over.
Tensor Product(const Tensor& a, const Tensor& b, const char* turned = "") {
  AttrMap attrs;
  if (*turned != '\0') attrs.Set(turned, AttrValue::Bool(true));
  return All("BatchMatMulV2", {a, b}, attrs)[0];
}

void ExpectNear(const Tensor& actual, const Tensor& wanted) {
  EXPECT_OK(testing::CompareGolden(*FindOp("MatMul"), wanted, actual));
}

Tensor Identity(int64_t n) {
  Tensor identity(DType::kDouble, Shape({n, n}));
  for (int64_t i = 0; i < n * n; ++i) identity.mutable_data<double>()[i] = i % (n + 1) == 0 ? 1 : 0;
  return identity;
}

TEST(LinearAlgebraTest, SingularVectorsGiveTheMatrixBack) {
  for (const Shape& shape :
       {Shape({4, 3}), Shape({3, 5}), Shape({6, 6}), Shape({1, 4}), Shape({7, 1}), Shape({20, 18})}) {
    SCOPED_TRACE(shape.ToString());
    const Tensor matrix = Numbers(shape, 5);
    const std::vector<Tensor> svd = All("Svd", {matrix});
    const Tensor scales = svd[0].Reshaped(Shape({1, svd[0].num_elements()}));
    ExpectNear(Product(All("Mul", {svd[1], scales})[0], svd[2], "adj_y"), matrix);
    ExpectNear(Product(svd[1], svd[1], "adj_x"), Identity(svd[0].num_elements()));
    ExpectNear(Product(svd[2], svd[2], "adj_x"), Identity(svd[0].num_elements()));
    AttrMap alone, full;
    alone.Set("compute_uv", AttrValue::Bool(false));
    ExpectNear(All("Svd", {matrix}, alone)[0], svd[0]);
    full.Set("full_matrices", AttrValue::Bool(true));
    const std::vector<Tensor> whole = All("Svd", {matrix}, full);
    ExpectNear(Product(whole[1], whole[1], "adj_x"), Identity(shape.dim(0)));
    ExpectNear(Product(whole[2], whole[2], "adj_x"), Identity(shape.dim(1)));
  }
}

TEST(LinearAlgebraTest, EigenvectorsAreStretchedByTheirValues) {
  for (const int64_t n : {1, 2, 5, 12}) {
    const Tensor half = Numbers(Shape({n, n}), 3), matrix = Product(half, half, "adj_y");
    const std::vector<Tensor> eigen = All("SelfAdjointEigV2", {matrix});
    AttrMap alone;
    alone.Set("compute_v", AttrValue::Bool(false));
    ExpectNear(All("SelfAdjointEigV2", {matrix}, alone)[0], eigen[0]);
    const Tensor values = eigen[0].Reshaped(Shape({1, n}));
    ExpectNear(Product(matrix, eigen[1]), All("Mul", {eigen[1], values})[0]);
    ExpectNear(Product(eigen[1], eigen[1], "adj_x"), Identity(n));
  }
}

}  // namespace
}  // namespace floe
