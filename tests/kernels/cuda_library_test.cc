// Products by cuBLASLt and cuBLAS (their stand-ins in tests/simt refuse what the libraries would) and by Floe's own
// kernels where those are absent: every case that TensorFlow answered both ways, what follows a product in the library
// and behind it, addresses of any alignment, and each precision.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "tests/kernels/made_up_case.h"
#include "tests/simt/control.h"
#include "tests/testing/cuda_module.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::GoldenCase;
using testing::MadeUpCase;
using testing::RandomFloats;
using testing::TestCudaModule;

const Backend& BackendWith(bool library_products) {
  const auto make = [](bool library) {
    CudaBackendOptions options;
    options.library_products = library;
    return TestCudaModule().create_backend(options)->release();
  };
  static const Backend* const backends[] = {make(false), make(true)};
  return *backends[library_products ? 1 : 0];
}

class CudaProductTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaProductTest, EveryCaseByTheLibraryAndWithout) {
  FLOE_REQUIRE_SHARED("ops");
  for (const bool library : {true, false}) {
    SCOPED_TRACE(library ? "by the library" : "by Floe's kernels");
    const int64_t before = simt_library_products();
    int supported = 0;
    for (const std::string& directory : {std::string("ops"), testing::SourcePath("tests/ops/golden")}) {
      const absl::StatusOr<std::vector<GoldenCase>> cases = testing::LoadGoldenCases(GetParam(), directory);
      if (absl::IsNotFound(cases.status())) continue;
      ASSERT_OK(cases.status());
      for (const GoldenCase& golden : *cases) {
        const absl::Status status = testing::RunOnBackend(BackendWith(library), *FindOp(GetParam()), golden);
        supported += absl::IsUnimplemented(status) ? 0 : 1;
        EXPECT_TRUE(status.ok() || absl::IsUnimplemented(status)) << golden.name << ": " << status;
      }
    }
    EXPECT_GT(supported, 0);
    EXPECT_EQ(simt_library_products() > before, library);
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, CudaProductTest,
                         ::testing::Values("MatMul", "BatchMatMul", "BatchMatMulV2", "_FusedMatMul"),
                         [](const auto& op) { return op.param; });

// What follows a product of 7 by 33 by 10; how many of the launches are left to Floe's kernels.
struct Steps {
  std::vector<std::string> names;
  int left;
};

MadeUpCase Fused(const Steps& steps, int64_t m, int64_t n, int64_t k) {
  MadeUpCase made{.op = "_FusedMatMul", .attrs = {}, .inputs = {}, .constant = {}};
  made.inputs = {RandomFloats(Shape({m, k}), 1), RandomFloats(Shape({k, n}), 2)};
  for (const std::string& name : steps.names) {
    if (name == "BiasAdd") made.inputs.push_back(RandomFloats(Shape({n}), 3));
    if (name == "Add") made.inputs.push_back(RandomFloats(Shape({m, n}), 4));
    if (name == "Mul") made.inputs.push_back(RandomFloats(Shape({m, 1}), 5));
  }
  made.attrs.Set("fused_ops", AttrValue::Strings(steps.names));
  return made;
}

TEST(CudaLibraryTest, DoesWhatItsEpiloguesMean) {
  const std::vector<Steps> all = {
      {{}, 0},
      {{"Relu"}, 0},
      {{"GeluApproximate"}, 0},
      {{"BiasAdd"}, 0},
      {{"BiasAdd", "Relu"}, 0},
      {{"BiasAdd", "GeluApproximate"}, 0},
      // A graph's GELU by erf is not the library's.
      {{"BiasAdd", "GeluExact"}, 1},
      {{"BiasAdd", "Tanh"}, 1},
      // A residual is C, but only before the activation.
      {{"BiasAdd", "Add"}, 0},
      {{"Add", "BiasAdd", "Relu"}, 0},
      {{"BiasAdd", "Add", "GeluApproximate"}, 0},
      {{"BiasAdd", "Relu", "Add"}, 1},
      {{"Add", "Add", "Relu"}, 2},
      {{"BiasAdd", "BiasAdd"}, 1},
      {{"Mul", "BiasAdd", "Relu"}, 3},
  };
  for (const Steps& steps : all) {
    const MadeUpCase made = Fused(steps, 7, 33, 10);
    SCOPED_TRACE(made.ToString());
    const int64_t products = simt_library_products(), kernels = simt_kernels_run();
    EXPECT_OK(testing::CompareWithReference(BackendWith(true), made));
    // Launched once, recorded, and replayed.
    EXPECT_EQ(simt_library_products() - products, 2);
    EXPECT_EQ(simt_kernels_run() - kernels, 2 * (1 + steps.left));
  }
}

TEST(CudaLibraryTest, SizesAndWorkspaces) {
  for (const int64_t n : {1, 4, 31, 64}) {
    for (const int64_t k : {1, 3, 32, 200}) {
      EXPECT_OK(testing::CompareWithReference(BackendWith(true), Fused({{"BiasAdd", "Relu"}, 0}, 5, n, k)));
    }
  }
  // Without elements there is nothing to ask a library for.
  const int64_t products = simt_library_products();
  EXPECT_OK(testing::CompareWithReference(BackendWith(true), Fused({{"BiasAdd"}, 0}, 5, 4, 0)));
  EXPECT_OK(testing::CompareWithReference(BackendWith(true), Fused({{"BiasAdd"}, 0}, 0, 4, 3)));
  EXPECT_EQ(simt_library_products(), products);
}

TEST(CudaLibraryTest, BatchesOfOneStrideAreOneCall) {
  struct Batch {
    Shape a, b;
    bool by_library;
  };
  for (const Batch& batch : std::vector<Batch>{
           {Shape({2, 3, 4, 5}), Shape({2, 3, 5, 6}), true},
           {Shape({2, 3, 4, 5}), Shape({5, 6}), true},  // one product of more rows
           {Shape({4, 5}), Shape({2, 3, 5, 6}), true},  // a factor used again and again
           {Shape({2, 1, 4, 5}), Shape({1, 3, 5, 6}), false},
           {Shape({2, 3, 4, 5}), Shape({3, 5, 6}), false},
       }) {
    MadeUpCase made{.op = "BatchMatMulV2", .attrs = {}, .inputs = {}, .constant = {}};
    made.inputs = {RandomFloats(batch.a, 1), RandomFloats(batch.b, 2)};
    SCOPED_TRACE(made.ToString());
    const int64_t products = simt_library_products();
    EXPECT_OK(testing::CompareWithReference(BackendWith(true), made));
    EXPECT_EQ(simt_library_products() > products, batch.by_library);
  }
}

TEST(CudaLibraryTest, WithoutAnAlgorithmFloesOwnProductDoes) {
  simt_set_algorithms(false);
  const int64_t products = simt_library_products();
  EXPECT_OK(testing::CompareWithReference(BackendWith(true), Fused({{"BiasAdd", "Relu"}, 0}, 9, 20, 30)));
  EXPECT_EQ(simt_library_products(), products);
  simt_set_algorithms(true);
}

// A product whose operands begin `offset` elements into their memory.
absl::StatusOr<Tensor> MultiplyAt(const Tensor& a, const Tensor& b, int64_t offset, Precision precision) {
  const Backend& backend = BackendWith(true);
  const AttrMap attrs;
  const Shape result({a.shape().dim(0), b.shape().dim(1)});
  const std::vector<TensorInfo> inputs = {{a.dtype(), a.shape()}, {b.dtype(), b.shape()}};
  const std::vector<TensorInfo> outputs = {{a.dtype(), result}};
  const OpSignature signature{*FindOp("MatMul"), "node", attrs, inputs, outputs, precision};
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Kernel> kernel, backend.Create(signature));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<PreparedKernel> prepared, kernel->Prepare(inputs, outputs));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, backend.CreateStream());
  const auto offset_bytes = offset * static_cast<int64_t>(sizeof(float));
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  std::vector<Tensor> slots;
  Tensor got(a.dtype(), result);
  for (const Tensor* const tensor : {&a, &b, &static_cast<const Tensor&>(got)}) {
    FLOE_ASSIGN_OR_RETURN(memory.emplace_back(), backend.Allocate(tensor->byte_size() + offset_bytes));
    char* const data = static_cast<char*>(memory.back()->data()) + offset_bytes;
    slots.push_back(Tensor::View(tensor->dtype(), tensor->shape(), data, nullptr));
  }
  FLOE_RETURN_IF_ERROR(backend.CopyToDevice(stream.get(), a.raw_data(), slots[0].raw_mutable_data(), a.byte_size()));
  FLOE_RETURN_IF_ERROR(backend.CopyToDevice(stream.get(), b.raw_data(), slots[1].raw_mutable_data(), b.byte_size()));
  FLOE_ASSIGN_OR_RETURN(const auto scratch, backend.Allocate(prepared->scratch_bytes() + 1));
  const std::vector<int> in = {0, 1}, out = {2};
  FLOE_RETURN_IF_ERROR(prepared->Launch(LaunchArgs(stream.get(), slots.data(), in, out, scratch->data())));
  FLOE_RETURN_IF_ERROR(backend.CopyToHost(stream.get(), slots[2].raw_data(), got.raw_mutable_data(), got.byte_size()));
  FLOE_RETURN_IF_ERROR(stream->Synchronize());
  return got;
}

TEST(CudaLibraryTest, TakesAddressesBetweenVectors) {
  const Tensor a = RandomFloats(Shape({8, 40}), 1), b = RandomFloats(Shape({40, 12}), 2);
  ASSERT_OK_AND_ASSIGN(const Tensor aligned, MultiplyAt(a, b, 0, Precision::kFp32));
  for (const int64_t offset : {1, 2, 3, 4}) {
    ASSERT_OK_AND_ASSIGN(const Tensor got, MultiplyAt(a, b, offset, Precision::kFp32));
    EXPECT_OK(testing::CompareGolden(*FindOp("MatMul"), aligned, got));
  }
}

TEST(CudaLibraryTest, RoundsAsThePrecisionSays) {
  // One bit past each form's fraction.
  const auto product = [](Precision precision, int bit) {
    Tensor a(DType::kFloat, Shape({1, 1})), b(DType::kFloat, Shape({1, 1}));
    *a.mutable_data<float>() = 1 + std::ldexp(1.0f, -bit);
    *b.mutable_data<float>() = 1;
    const absl::StatusOr<Tensor> got = MultiplyAt(a, b, 0, precision);
    EXPECT_OK(got);
    return got.ok() && *got->data<float>() == *a.data<float>();
  };
  EXPECT_TRUE(product(Precision::kFp32, 23));
  EXPECT_TRUE(product(Precision::kTf32, 10));
  EXPECT_FALSE(product(Precision::kTf32, 12));
  EXPECT_TRUE(product(Precision::kFp16, 10));
  EXPECT_FALSE(product(Precision::kFp16, 12));
  EXPECT_TRUE(product(Precision::kBf16, 7));
  EXPECT_FALSE(product(Precision::kBf16, 9));
}

}  // namespace
}  // namespace floe
