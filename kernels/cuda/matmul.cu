// MatMul, its fused form, and the batched products.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/integer_product.h"
#include "kernels/cuda/library_product.h"
#include "kernels/cuda/matrix_batches.h"
#include "kernels/cuda/packed_operand.h"
#include "kernels/cuda/product_form.h"
#include "kernels/cuda/tensor_product.h"
#include "ops/matmul.h"

namespace floe {
namespace {

// ---- Launcher (the kernels are product.h's and tensor_product.h's)

// A product bound to shapes.
struct MatMulPlan {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  int64_t batches = 1;
  BatchOffsets offsets{};
  ProductForm form = ProductForm::kPlain;
  PackedOperand weights;
  OperandLayout b_layout;  // of the second operand, where the form wants it packed
};

// Where the second operand lies packed; it may have come so.
template <typename T>
absl::StatusOr<const void*> FindPacked(const MatMulPlan& plan, const LaunchArgs& launch) {
  const void* const b = launch.input(1).raw_data();
  constexpr int64_t kAlignment = 16;
  if (!plan.weights.is_packed() && !std::is_same_v<T, float> && plan.transpose_b &&
      PackedDepth(plan.form, plan.k) == plan.k && IsAligned(b, kAlignment)) {
    return b;
  }
  return plan.weights.Find(StreamOf(launch), plan.form, launch.input(1), plan.b_layout, launch.scratch());
}

template <typename T>
absl::Status LaunchMatMul(const MatMulPlan& plan, const EpiloguePlan& epilogue, const LaunchArgs& launch) {
  const auto* const a = launch.input(0).data<T>();
  MatrixSource<T> source{};
  source.data = a;
  source.rows = plan.m;
  source.depth = plan.k;
  source.row_stride = plan.transpose_a ? 1 : plan.k;
  source.depth_stride = plan.transpose_a ? plan.m : 1;
  constexpr int64_t kPackBytes = 4 * sizeof(T);
  source.packs = !plan.transpose_a && plan.k % 4 == 0 && IsAligned(a, kPackBytes);
  ProductArgs<T> args{};
  args.c = launch.output(0)->mutable_data<T>();
  args.rows = plan.m;
  args.columns = plan.n;
  args.depth = plan.k;
  if (plan.form == ProductForm::kPlain) {
    args.b = launch.input(1).data<T>();
    args.b_depth_stride = plan.transpose_b ? 1 : plan.n;
    args.b_column_stride = plan.transpose_b ? plan.k : 1;
    args.b_packs = !plan.transpose_b && plan.n % 4 == 0 && IsAligned(args.b, kPackBytes);
  } else {
    FLOE_ASSIGN_OR_RETURN(args.packed_b, FindPacked<T>(plan, launch));
    args.packed_depth = PackedDepth(plan.form, plan.k);
  }
  args.c_row_stride = plan.n;
  args.c_batch_stride = plan.m * plan.n;
  args.batch_rows = plan.m;
  args.batches = plan.batches;
  args.offsets = plan.offsets;
  args.epilogue = epilogue.Bind(launch);
  FLOE_RETURN_IF_ERROR(LaunchProduct(StreamOf(launch), plan.form, args, source));
  return epilogue.LaunchRest(launch);
}

// ---- Supports

constexpr DType kFloats[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
constexpr DType kIntegers[] = {DType::kInt32, DType::kInt64};
constexpr int kMostRank = kMostBatchDims + 2;

bool IsInteger(const OpSignature& op) {
  return std::find(std::begin(kIntegers), std::end(kIntegers), op.inputs[0].dtype) != std::end(kIntegers);
}

template <bool kFused>
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  const bool integers = !kFused && IsInteger(op);
  for (int i = 0; i < static_cast<int>(op.inputs.size()); ++i) {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, i, integers ? absl::MakeConstSpan(kIntegers) : kFloats));
  }
  if (op.outputs[0].dtype != op.inputs[0].dtype || op.inputs[1].dtype != op.inputs[0].dtype)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to another dtype"));
  for (int i = 0; i < 2; ++i) {
    const PartialShape& shape = op.inputs[i].shape;
    if (!shape.has_rank() || shape.rank() > kMostRank)
      return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", shape.ToString()));
  }
  return FusedSteps::Supports(op, kFused);
}

// ---- Create

class MatMulKernel final : public Kernel {
 public:
  MatMulKernel(const CudaContext& context, const OpSignature& op, FusedSteps steps, ProductForm form,
               PackedOperand weights)
      : context_(context),
        attrs_(op.attrs),
        precision_(op.precision),
        steps_(std::move(steps)),
        form_(form),
        weights_(std::move(weights)) {}
  bool Reads(int input) const override { return input != 1 || !weights_.is_packed(); }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const CudaContext& context_;
  const AttrMap attrs_;
  const Precision precision_;
  const FusedSteps steps_;
  const ProductForm form_;
  const PackedOperand weights_;
};

// Of a second operand [..., k, n], or [..., n, k] where it is transposed.
OperandLayout LayoutOf(const Shape& b, bool transposed) {
  const int64_t down = b.dim(b.rank() - 2), across = b.dim(b.rank() - 1);
  const int64_t matrices = down * across == 0 ? 0 : b.num_elements() / (down * across);
  return OperandLayout::OfMatrices(matrices, transposed ? across : down, transposed ? down : across, transposed);
}

template <bool kFused>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext& context, const OpSignature& op) {
  if (IsInteger(op)) return CreateIntegerProduct(context, op);
  FLOE_ASSIGN_OR_RETURN(FusedSteps steps, FusedSteps::Create(context, op, kFused));
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g,
                        ComputeMatMulGeometry(op.attrs, op.inputs[0].shape, op.inputs[1].shape));
  const ProductForm form = ChooseProductForm(context.target(), op.precision, op.inputs[0].dtype);
  FLOE_ASSIGN_OR_RETURN(const Cublas* const library, context.cublas());
  const Tensor* const b = op.inputs[1].value;
  PackedOperand weights;
  // The library takes them as they are.
  if (b != nullptr && library == nullptr) {
    FLOE_ASSIGN_OR_RETURN(weights, PackedOperand::Create(context, form, b, LayoutOf(b->shape(), g.transpose_b)));
  }
  return std::make_unique<MatMulKernel>(context, op, std::move(steps), form, std::move(weights));
}

// ---- Prepare

class MatMulPrepared final : public PreparedKernel {
 public:
  MatMulPrepared(MatMulPlan plan, EpiloguePlan epilogue, DType dtype)
      : plan_(std::move(plan)), epilogue_(std::move(epilogue)), dtype_(dtype) {}
  int64_t scratch_bytes() const override { return plan_.weights.ScratchBytes(plan_.form, plan_.b_layout); }
  int64_t flops() const override { return 2 * plan_.batches * plan_.m * plan_.n * plan_.k; }
  std::string description() const override {
    return absl::StrCat("product ", DescribeProduct(plan_.form, plan_.m, plan_.n, plan_.batches));
  }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const MatMulPlan plan_;
  const EpiloguePlan epilogue_;
  const DType dtype_;
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> MatMulKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g, ComputeMatMulGeometry(attrs_, inputs[0].shape, inputs[1].shape));
  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<PreparedKernel> by_library,
                        PrepareLibraryProduct(context_, g, precision_, steps_, inputs, outputs[0]));
  if (by_library != nullptr) return by_library;
  MatMulPlan plan;
  plan.m = g.m;
  plan.n = g.n;
  plan.k = g.k;
  plan.transpose_a = g.transpose_a;
  plan.transpose_b = g.transpose_b;
  const Shape b = inputs[1].shape.ToShape();
  plan.offsets = BatchOffsetsOf(g, inputs[0].shape.ToShape(), b, &plan.batches);
  plan.form = form_;
  plan.weights = weights_;
  if (form_ != ProductForm::kPlain) {
    plan.b_layout = LayoutOf(b, g.transpose_b);
    // Whole matrices, packed.
    for (int axis = 0; axis < plan.offsets.rank && plan.b_layout.matrices > 0; ++axis) {
      plan.offsets.b[axis] = plan.offsets.b[axis] / (g.k * g.n) * PackedDepth(form_, g.k) * g.n;
    }
  }
  FLOE_ASSIGN_OR_RETURN(EpiloguePlan epilogue,
                        EpiloguePlan::Make(steps_, g.OutputShape().ToShape(), outputs[0].dtype, inputs));
  return std::make_unique<MatMulPrepared>(std::move(plan), std::move(epilogue), outputs[0].dtype);
}

// ---- Launch

absl::Status MatMulPrepared::Launch(const LaunchArgs& args) const {
  return OnFloatType(dtype_, [&]<typename T>() { return LaunchMatMul<T>(plan_, epilogue_, args); });
}

constexpr CudaOp kOps[] = {
    {"MatMul", Supports<false>, Create<false>},        {"_FusedMatMul", Supports<true>, Create<true>},
    {"BatchMatMul", Supports<false>, Create<false>},   {"BatchMatMulV2", Supports<false>, Create<false>},
    {"BatchMatMulV3", Supports<false>, Create<false>},
};

}  // namespace

absl::Span<const CudaOp> MatMulKernels() { return kOps; }

}  // namespace floe
