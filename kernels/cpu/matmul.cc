// MatMul, its fused form, and the batched products: oneDNN's matmul.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/fused_product.h"
#include "ops/matmul.h"

namespace floe {
namespace {

using MatMulDesc = dnnl::matmul::primitive_desc;
using MatMulChoice = ProductChoice<MatMulDesc>;

// oneDNN's most dimensions.
constexpr int kMostDims = 6;
constexpr int64_t kTypicalRows = 1;

// An operand's matrices as they lie, in the order of the product: `rank` dimensions, ones in front.
dnnl::memory::desc OperandDesc(const Shape& shape, bool transposed, int rank) {
  dnnl::memory::dims dims(rank, 1), strides(rank);
  std::copy(shape.dims().begin(), shape.dims().end(), dims.end() - shape.rank());
  int64_t stride = 1;
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= dims[i];
  }
  if (transposed) {
    std::swap(dims[rank - 2], dims[rank - 1]);
    std::swap(strides[rank - 2], strides[rank - 1]);
  }
  return OneDnnDesc(dims, strides);
}

MatMulChoice Choose(const MatMulGeometry& g, const FusedChain& chain, absl::Span<const TensorInfo> inputs,
                    const dnnl::memory::desc& weights) {
  const Shape result = g.OutputShape().ToShape();
  const dnnl::memory::dims dims(result.dims().begin(), result.dims().end());
  const dnnl::memory::desc source = OperandDesc(inputs[0].shape.ToShape(), g.transpose_a, result.rank());
  return ChooseProduct<MatMulDesc>(chain, dims, inputs, [&](bool has_bias, const dnnl::primitive_attr& attr) {
    dnnl::memory::dims bias(dims.size(), 1);
    bias.back() = g.n;
    const auto desc = has_bias ? dnnl::matmul::desc(source, weights, OneDnnDesc(bias), OneDnnDesc(dims))
                               : dnnl::matmul::desc(source, weights, OneDnnDesc(dims));
    return MatMulDesc(desc, attr, OneDnnEngine(), /*allow_empty=*/true);
  });
}

// ---- Supports

template <bool kFused>
absl::Status Supports(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantFloat(op, static_cast<int>(op.inputs.size())));
  for (int i = 0; i < 2; ++i) {
    const PartialShape& shape = op.inputs[i].shape;
    if (!shape.has_rank()) return absl::UnimplementedError(absl::StrCat(op.op.name, " of matrices of unknown rank"));
    if (shape.rank() > kMostDims)
      return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", shape.rank(), " dimensions"));
  }
  return ParseFusedChain(op, kFused).status();
}

// ---- Create

class MatMulKernel final : public Kernel {
 public:
  MatMulKernel(const OpSignature& op, FusedChain chain) : name_(op.name), attrs_(op.attrs), chain_(std::move(chain)) {}

  absl::Status Pack(const OpSignature& op) {
    const Tensor* const weights = op.inputs[1].value;
    if (weights == nullptr || weights->num_elements() == 0) return absl::OkStatus();
    PartialShape a = op.inputs[0].shape;
    FLOE_ASSIGN_OR_RETURN(const MatMulGeometry partial, ComputeMatMulGeometry(attrs_, a, weights->shape()));
    for (int axis = 0; axis < a.rank(); ++axis) {
      if (a.dim(axis) >= 0) continue;
      a.set_dim(axis, axis == a.rank() - (partial.transpose_a ? 2 : 1) ? partial.k : kTypicalRows);
    }
    FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g, ComputeMatMulGeometry(attrs_, a, weights->shape()));
    const Shape result = g.OutputShape().ToShape();
    if (result.num_elements() == 0) return absl::OkStatus();
    std::vector<TensorInfo> inputs = FillArguments(op.inputs, result);
    inputs[0].shape = a;
    return CatchOneDnn(name_, [&]() -> absl::Status {
      const dnnl::memory::desc plain = OperandDesc(weights->shape(), g.transpose_b, result.rank());
      const MatMulChoice choice = Choose(g, chain_, inputs, OneDnnAnyDesc(plain.dims()));
      if (!choice.valid()) return OneDnnError(name_, dnnl_unimplemented, "no implementation");
      weights_.Pack(dnnl::memory(plain, OneDnnEngine(), const_cast<void*>(weights->raw_data())),
                    choice.desc.weights_desc());
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;
  bool Reads(int input) const override { return input != 1 || weights_.empty(); }

 private:
  std::string name_;
  AttrMap attrs_;
  FusedChain chain_;
  mutable PackedWeights weights_;  // guards itself; empty where they are not constant
};

template <bool kFused>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(FusedChain chain, ParseFusedChain(op, kFused));
  auto kernel = std::make_unique<MatMulKernel>(op, std::move(chain));
  FLOE_RETURN_IF_ERROR(kernel->Pack(op));
  return kernel;
}

// ---- Prepare

absl::StatusOr<std::unique_ptr<PreparedKernel>> MatMulKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g, ComputeMatMulGeometry(attrs_, inputs[0].shape, inputs[1].shape));
  const Shape result = g.OutputShape().ToShape();
  if (result.num_elements() == 0 || g.k == 0)
    return std::make_unique<ZeroPrepared>(ChainPlan(chain_, 0, result, inputs));
  std::unique_ptr<ProductPrepared> prepared;
  const absl::Status status = CatchOneDnn(name_, [&]() -> absl::Status {
    const dnnl::memory::desc plain = OperandDesc(inputs[1].shape.ToShape(), g.transpose_b, result.rank());
    MatMulChoice choice = Choose(g, chain_, inputs, weights_.empty() ? plain : weights_.first().get_desc());
    if (!choice.valid() || choice.is_reference()) choice = Choose(g, chain_, inputs, OneDnnAnyDesc(plain.dims()));
    if (!choice.valid()) return OneDnnError(name_, dnnl_unimplemented, "no implementation");
    prepared = std::make_unique<ProductPrepared>(absl::StrCat("onednn ", choice.implementation()),
                                                 2 * result.num_elements() * g.k,
                                                 ChainPlan(chain_, choice.steps, result, inputs));
    OneDnnCall& call = prepared->main();
    call.SetPrimitive(dnnl::matmul(choice.desc));
    call.AddInput(DNNL_ARG_SRC, choice.desc.src_desc(), 0);
    AddWeights(plain, choice.desc.weights_desc(), &weights_, prepared.get());
    if (choice.has_bias) call.AddInput(DNNL_ARG_BIAS, choice.desc.bias_desc(), chain_.steps[0].first_arg);
    AddRest(choice.post_ops, choice.desc.scratchpad_desc(), prepared.get());
    call.AddOutput(DNNL_ARG_DST, choice.desc.dst_desc(), 0);
    call.Finish();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return prepared;
}

constexpr CpuOp kOps[] = {
    {"MatMul", Supports<false>, Create<false>},        {"_FusedMatMul", Supports<true>, Create<true>},
    {"BatchMatMul", Supports<false>, Create<false>},   {"BatchMatMulV2", Supports<false>, Create<false>},
    {"BatchMatMulV3", Supports<false>, Create<false>},
};

}  // namespace

absl::Span<const CpuOp> MatMulKernels() { return kOps; }

}  // namespace floe
