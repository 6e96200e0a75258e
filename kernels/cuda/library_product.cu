// The libraries count columns first. A row-major matrix is the transpose of the column-major one that lies the same, so
// C = A B is asked for as C' = B' A': b comes first, rows and columns change places, and a bias of C's columns is one
// of C's rows there, which is the kind that cuBLASLt has.
#include "kernels/cuda/library_product.h"

#include <algorithm>
#include <climits>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "kernels/cuda/cublas.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/stream.h"

namespace floe {
namespace {

// What NVIDIA advises for the workspace.
constexpr int kFirstHopper = 90;
constexpr int64_t kWorkspaceBytes = int64_t{4} << 20, kHopperWorkspaceBytes = int64_t{32} << 20;
// What both libraries want of its address.
constexpr int64_t kWorkspaceAlignment = 256;

int64_t WorkspaceLimit(const CudaContext& context) {
  return context.target().sm >= kFirstHopper ? kHopperWorkspaceBytes : kWorkspaceBytes;
}
// In scratch memory of so many bytes and kWorkspaceAlignment more.
void* AlignedWorkspace(void* scratch) {
  const auto address = reinterpret_cast<uintptr_t>(scratch);
  return static_cast<char*>(scratch) + (kWorkspaceAlignment - address % kWorkspaceAlignment) % kWorkspaceAlignment;
}

cublas::DataType DataTypeOf(DType dtype) {
  switch (dtype) {
    case DType::kHalf:
      return cublas::kFloat16;
    case DType::kBfloat16:
      return cublas::kBfloat16;
    default:
      return cublas::kFloat32;
  }
}

// Sums are float32 always; halves are multiplied as they are.
cublas::ComputeType ComputeTypeOf(DType dtype, Precision precision) {
  if (dtype != DType::kFloat) return cublas::kCompute32F;
  switch (precision) {
    case Precision::kFp32:
      return cublas::kCompute32F;
    case Precision::kTf32:
      return cublas::kCompute32FFastTf32;
    case Precision::kFp16:
      return cublas::kCompute32FFast16F;
    case Precision::kBf16:
      return cublas::kCompute32FFast16BF;
  }
  return cublas::kCompute32F;
}

// Row-major matrices of one product, or of a batch of them.
struct Product {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  int64_t batches = 1;
  int64_t a_stride = 0, b_stride = 0;  // in elements
  DType dtype = DType::kFloat;
  cublas::ComputeType compute = cublas::kCompute32F;

  int64_t a_leading() const { return transpose_a ? m : k; }
  int64_t b_leading() const { return transpose_b ? k : n; }
  int64_t flops() const { return 2 * batches * m * n * k; }
};

// How far an operand's matrices are apart, where that is the same from each to the next; false where it is not.
bool FindStride(const Shape& operand, const Dims& batch, int64_t* stride) {
  const auto rank = static_cast<int>(batch.size());
  const int missing = rank + 2 - operand.rank();
  const Dims own = operand.Strides();
  int64_t expected = -1;  // of the next axis outwards
  *stride = 0;
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (batch[axis] == 1) continue;
    const int from = axis - missing;
    const int64_t here = from < 0 || operand.dim(from) == 1 ? 0 : own[from];
    if (expected < 0) *stride = here;
    if (expected >= 0 && here != expected) return false;
    expected = here * batch[axis];
  }
  return true;
}

// False where a batch is of no one stride.
bool Describe(const MatMulGeometry& g, const Shape& a, const Shape& b, Product* product) {
  product->m = g.m;
  product->n = g.n;
  product->k = g.k;
  product->transpose_a = g.transpose_a;
  product->transpose_b = g.transpose_b;
  for (const int64_t dim : g.batch) product->batches *= dim;
  if (!FindStride(a, g.batch, &product->a_stride) || !FindStride(b, g.batch, &product->b_stride)) return false;
  // Rows that are all multiplied by one matrix are one product.
  if (product->batches > 1 && product->b_stride == 0 && !product->transpose_a && product->a_stride == g.m * g.k) {
    product->m *= product->batches;
    product->batches = 1;
  }
  return true;
}

// ---- One product, by cuBLASLt

// The steps at the front that an epilogue does.
struct LibrarySteps {
  size_t count = 0;
  int bias = -1, residual = -1;  // inputs
  cublas::EpilogueKind kind = cublas::kEpilogueNone;
};

LibrarySteps TakeSteps(absl::Span<const FusedStep> steps, const Shape& result, DType dtype,
                       absl::Span<const TensorInfo> inputs) {
  LibrarySteps taken;
  const int64_t columns = result.dim(result.rank() - 1);
  for (; taken.count < steps.size(); ++taken.count) {
    const FusedStep& step = steps[taken.count];
    const bool adds = step.kind == FusedKind::kBiasAdd || step.kind == FusedKind::kAdd;
    if (!adds || inputs[step.first_arg].dtype != dtype) break;
    const Shape arg = inputs[step.first_arg].shape.ToShape();
    const bool is_bias = arg.rank() > 0 && arg.dim(arg.rank() - 1) == columns && arg.num_elements() == columns;
    if (is_bias && taken.bias < 0) {
      taken.bias = step.first_arg;
    } else if (arg == result && taken.residual < 0) {
      taken.residual = step.first_arg;
    } else {
      break;
    }
  }
  const bool has_bias = taken.bias >= 0;
  const FusedKind next = taken.count < steps.size() ? steps[taken.count].kind : FusedKind::kAdd;
  if (next == FusedKind::kRelu || next == FusedKind::kGeluTanh) ++taken.count;
  if (next == FusedKind::kRelu) {
    taken.kind = has_bias ? cublas::kEpilogueReluBias : cublas::kEpilogueRelu;
  } else if (next == FusedKind::kGeluTanh) {
    taken.kind = has_bias ? cublas::kEpilogueGeluBias : cublas::kEpilogueGelu;
  } else if (has_bias) {
    taken.kind = cublas::kEpilogueBias;
  }
  return taken;
}

// cuBLASLt's descriptors, which go with this.
class LtProduct {
 public:
  explicit LtProduct(const Cublas& cublas) : cublas_(cublas) {}
  ~LtProduct() {
    if (desc_ != nullptr) cublas_.lt().MatmulDescDestroy(desc_);
    for (const cublas::Layout layout : {a_, b_, c_}) {
      if (layout != nullptr) cublas_.lt().MatrixLayoutDestroy(layout);
    }
  }
  LtProduct(const LtProduct&) = delete;
  LtProduct& operator=(const LtProduct&) = delete;

  // False where the library has no algorithm.
  absl::StatusOr<bool> Prepare(const Product& product, const LibrarySteps& steps, int64_t workspace_bytes);
  int64_t workspace_bytes() const { return workspace_bytes_; }
  absl::Status Launch(CudaStream& stream, const void* a, const void* b, const void* bias, const void* residual,
                      void* result, void* workspace) const;

 private:
  // Which of the algorithms: for addresses that are whole vectors, and for any.
  enum Alignment { kVectors, kElements, kAlignments };
  static constexpr uint32_t kVectorBytes = 16;

  template <typename T>
  absl::Status SetDesc(cublas::DescAttribute attribute, T value) const {
    return cublas_.Check(cublas_.lt().MatmulDescSetAttribute(desc_, attribute, &value, sizeof value),
                         "cublasLtMatmulDescSetAttribute");
  }
  absl::StatusOr<bool> FindAlgorithm(uint32_t alignment_bytes, int64_t workspace_bytes, cublas::Algorithm* found);
  absl::Status Choose(cublas::Preference preference, uint32_t alignment_bytes, uint64_t workspace_bytes, bool* any,
                      cublas::HeuristicResult* result) const;

  const Cublas& cublas_;
  cublas::Desc desc_ = nullptr;
  cublas::Layout a_ = nullptr, b_ = nullptr, c_ = nullptr;  // a_ is the library's first operand
  cublas::Algorithm algorithms_[kAlignments]{};
  bool has_algorithm_[kAlignments]{};
  int64_t workspace_bytes_ = 0;
  mutable std::mutex mutex_;  // the bias's address is a part of desc_, and a launch's own
};

absl::StatusOr<bool> LtProduct::Prepare(const Product& product, const LibrarySteps& steps, int64_t workspace_bytes) {
  const cublas::LtFunctions& lt = cublas_.lt();
  const cublas::DataType type = DataTypeOf(product.dtype);
  FLOE_RETURN_IF_ERROR(
      cublas_.Check(lt.MatmulDescCreate(&desc_, product.compute, cublas::kFloat32), "cublasLtMatmulDescCreate"));
  FLOE_RETURN_IF_ERROR(
      SetDesc<int32_t>(cublas::kDescTransA, product.transpose_b ? cublas::kTransposed : cublas::kPlain));
  FLOE_RETURN_IF_ERROR(
      SetDesc<int32_t>(cublas::kDescTransB, product.transpose_a ? cublas::kTransposed : cublas::kPlain));
  FLOE_RETURN_IF_ERROR(SetDesc<uint32_t>(cublas::kDescEpilogue, steps.kind));
  if (steps.bias >= 0) {
    FLOE_RETURN_IF_ERROR(SetDesc<int32_t>(cublas::kDescBiasDataType, type));
    // Without any, some versions find no algorithm.
    FLOE_RETURN_IF_ERROR(SetDesc<const void*>(cublas::kDescBiasPointer, reinterpret_cast<const void*>(kVectorBytes)));
  }
  const auto make = [&](cublas::Layout* layout, int64_t rows, int64_t columns, int64_t leading) {
    return cublas_.Check(
        lt.MatrixLayoutCreate(layout, type, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), leading),
        "cublasLtMatrixLayoutCreate");
  };
  const auto [m, n, k] = std::tuple(product.m, product.n, product.k);
  FLOE_RETURN_IF_ERROR(product.transpose_b ? make(&a_, k, n, k) : make(&a_, n, k, n));
  FLOE_RETURN_IF_ERROR(product.transpose_a ? make(&b_, m, k, m) : make(&b_, k, m, k));
  FLOE_RETURN_IF_ERROR(make(&c_, n, m, n));
  const auto element_bytes = static_cast<uint32_t>(ElementBytes(product.dtype));
  for (const Alignment alignment : {kVectors, kElements}) {
    FLOE_ASSIGN_OR_RETURN(has_algorithm_[alignment], FindAlgorithm(alignment == kVectors ? kVectorBytes : element_bytes,
                                                                   workspace_bytes, &algorithms_[alignment]));
  }
  // Addresses are known when it is launched, and it may not find out then that there is none for them.
  return has_algorithm_[kElements];
}

absl::StatusOr<bool> LtProduct::FindAlgorithm(uint32_t alignment_bytes, int64_t workspace_bytes,
                                              cublas::Algorithm* found) {
  const cublas::LtFunctions& lt = cublas_.lt();
  cublas::Preference preference = nullptr;
  FLOE_RETURN_IF_ERROR(cublas_.Check(lt.MatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate"));
  bool any = false;
  cublas::HeuristicResult result{};
  const absl::Status status =
      Choose(preference, alignment_bytes, static_cast<uint64_t>(workspace_bytes), &any, &result);
  lt.MatmulPreferenceDestroy(preference);
  FLOE_RETURN_IF_ERROR(status);
  if (!any) return false;
  *found = result.algorithm;
  workspace_bytes_ = std::max(workspace_bytes_, static_cast<int64_t>(result.workspace_bytes));
  return true;
}

absl::Status LtProduct::Choose(cublas::Preference preference, uint32_t alignment_bytes, uint64_t workspace_bytes,
                               bool* any, cublas::HeuristicResult* result) const {
  const cublas::LtFunctions& lt = cublas_.lt();
  const auto set = [&](cublas::PreferenceAttribute attribute, const auto& value) {
    return cublas_.Check(lt.MatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value),
                         "cublasLtMatmulPreferenceSetAttribute");
  };
  FLOE_RETURN_IF_ERROR(set(cublas::kPreferenceWorkspaceBytes, workspace_bytes));
  for (const cublas::PreferenceAttribute attribute : {cublas::kPreferenceAlignmentA, cublas::kPreferenceAlignmentB,
                                                      cublas::kPreferenceAlignmentC, cublas::kPreferenceAlignmentD}) {
    FLOE_RETURN_IF_ERROR(set(attribute, alignment_bytes));
  }
  int got = 0;
  const cublas::Status status =
      lt.MatmulAlgoGetHeuristic(cublas_.lt_handle(), desc_, a_, b_, c_, c_, preference, 1, result, &got);
  *any = status == cublas::kSuccess && got == 1 && result->state == cublas::kSuccess;
  return status == cublas::kNotSupported ? absl::OkStatus() : cublas_.Check(status, "cublasLtMatmulAlgoGetHeuristic");
}

absl::Status LtProduct::Launch(CudaStream& stream, const void* a, const void* b, const void* bias, const void* residual,
                               void* result, void* workspace) const {
  const bool are_vectors = IsAligned(a, kVectorBytes) && IsAligned(b, kVectorBytes) &&
                           IsAligned(result, kVectorBytes) && IsAligned(bias, kVectorBytes) &&
                           IsAligned(residual, kVectorBytes);
  const Alignment alignment = are_vectors && has_algorithm_[kVectors] ? kVectors : kElements;
  const float alpha = 1, beta = residual != nullptr ? 1.0f : 0.0f;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (bias != nullptr) FLOE_RETURN_IF_ERROR(SetDesc<const void*>(cublas::kDescBiasPointer, bias));
  return cublas_.Check(
      cublas_.lt().Matmul(cublas_.lt_handle(), desc_, &alpha, b, a_, a, b_, &beta,
                          residual != nullptr ? residual : result, c_, result, c_, &algorithms_[alignment], workspace,
                          static_cast<size_t>(workspace_bytes_), stream.get()),
      "cublasLtMatmul");
}

class LtPrepared final : public PreparedKernel {
 public:
  LtPrepared(std::unique_ptr<LtProduct> product, const LibrarySteps& steps, EpiloguePlan rest, int64_t flops)
      : product_(std::move(product)), steps_(steps), rest_(std::move(rest)), flops_(flops) {}
  int64_t scratch_bytes() const override {
    return product_->workspace_bytes() == 0 ? 0 : product_->workspace_bytes() + kWorkspaceAlignment;
  }
  int64_t flops() const override { return flops_; }
  std::string description() const override { return "cuBLASLt"; }
  absl::Status Launch(const LaunchArgs& args) const override {
    const auto input = [&](int i) { return i >= 0 ? args.input(i).raw_data() : nullptr; };
    FLOE_RETURN_IF_ERROR(product_->Launch(StreamOf(args), input(0), input(1), input(steps_.bias),
                                          input(steps_.residual), args.output(0)->raw_mutable_data(),
                                          AlignedWorkspace(args.scratch())));
    return rest_.LaunchRest(args);
  }

 private:
  const std::unique_ptr<const LtProduct> product_;
  const LibrarySteps steps_;
  const EpiloguePlan rest_;
  const int64_t flops_;
};

// ---- A batch, by cuBLAS

class BatchPrepared final : public PreparedKernel {
 public:
  BatchPrepared(const Cublas& cublas, const Product& product, int64_t workspace_bytes)
      : cublas_(cublas), product_(product), workspace_bytes_(workspace_bytes) {}
  int64_t scratch_bytes() const override { return workspace_bytes_ + kWorkspaceAlignment; }
  int64_t flops() const override { return product_.flops(); }
  std::string description() const override { return "cuBLAS batch"; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const Cublas& cublas_;
  const Product product_;
  const int64_t workspace_bytes_;
};

absl::Status BatchPrepared::Launch(const LaunchArgs& args) const {
  const Product& p = product_;
  const cublas::DataType type = DataTypeOf(p.dtype);
  const float alpha = 1, beta = 0;
  const auto transposed = [](bool is) { return is ? cublas::kTransposed : cublas::kPlain; };
  const cublas::Functions& functions = cublas_.functions();
  const auto lock = cublas_.lock();
  FLOE_RETURN_IF_ERROR(cublas_.Check(functions.SetStream(cublas_.handle(), StreamOf(args).get()), "cublasSetStream"));
  // After the stream, which takes the library's own workspace again.
  FLOE_RETURN_IF_ERROR(cublas_.Check(
      functions.SetWorkspace(cublas_.handle(), AlignedWorkspace(args.scratch()), static_cast<size_t>(workspace_bytes_)),
      "cublasSetWorkspace"));
  return cublas_.Check(
      functions.GemmStridedBatched(cublas_.handle(), transposed(p.transpose_b), transposed(p.transpose_a),
                                   static_cast<int>(p.n), static_cast<int>(p.m), static_cast<int>(p.k), &alpha,
                                   args.input(1).raw_data(), type, static_cast<int>(p.b_leading()), p.b_stride,
                                   args.input(0).raw_data(), type, static_cast<int>(p.a_leading()), p.a_stride, &beta,
                                   args.output(0)->raw_mutable_data(), type, static_cast<int>(p.n), p.m * p.n,
                                   static_cast<int>(p.batches), p.compute, cublas::kDefaultAlgorithm),
      "cublasGemmStridedBatchedEx");
}

bool FitsInts(const Product& p) { return std::max({p.m, p.n, p.k, p.batches}) <= INT_MAX; }

}  // namespace

absl::StatusOr<std::unique_ptr<PreparedKernel>> PrepareLibraryProduct(const CudaContext& context,
                                                                      const MatMulGeometry& geometry,
                                                                      Precision precision, const FusedSteps& steps,
                                                                      absl::Span<const TensorInfo> inputs,
                                                                      const TensorInfo& output) {
  FLOE_ASSIGN_OR_RETURN(const Cublas* const cublas, context.cublas());
  if (cublas == nullptr) return nullptr;
  Product product;
  product.dtype = output.dtype;
  product.compute = ComputeTypeOf(output.dtype, precision);
  if (!Describe(geometry, inputs[0].shape.ToShape(), inputs[1].shape.ToShape(), &product)) return nullptr;
  if (product.flops() == 0) return nullptr;
  if (product.batches > 1) {
    if (!steps.steps().empty() || !FitsInts(product)) return nullptr;
    return std::make_unique<BatchPrepared>(*cublas, product, WorkspaceLimit(context));
  }
  const Shape result = output.shape.ToShape();
  const LibrarySteps taken = TakeSteps(steps.steps(), result, output.dtype, inputs);
  absl::StatusOr<EpiloguePlan> rest = EpiloguePlan::MakeAfter(steps, taken.count, result, output.dtype, inputs);
  if (absl::IsUnimplemented(rest.status())) return nullptr;
  FLOE_RETURN_IF_ERROR(rest.status());
  auto lt = std::make_unique<LtProduct>(*cublas);
  FLOE_ASSIGN_OR_RETURN(const bool found, lt->Prepare(product, taken, WorkspaceLimit(context)));
  if (!found) return nullptr;
  return std::make_unique<LtPrepared>(std::move(lt), taken, *std::move(rest), product.flops());
}

}  // namespace floe
