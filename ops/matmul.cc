#include "ops/matmul.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/conjugate.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

using MatMulTypes = Join<FloatTypes, TypeList<int16_t, int32_t, int64_t>, ComplexTypes>;

// One product. Sums run over k in the outer loop, so that the inner one walks contiguous rows of b and of the sums; a
// transposed b has been laid out as rows before.
template <typename T>
void Multiply(const MatMulGeometry& g, const T* a, const T* b, Wide<T>* row, T* out) {
  for (int64_t i = 0; i < g.m; ++i) {
    std::fill_n(row, g.n, Wide<T>(0));
    for (int64_t p = 0; p < g.k; ++p) {
      const Wide<T> x = MaybeConj<Wide<T>>(g.transpose_a ? a[p * g.m + i] : a[i * g.k + p], g.adjoint && g.transpose_a);
      const T* const y = b + p * g.n;
      for (int64_t j = 0; j < g.n; ++j) row[j] = WrapAdd<Wide<T>>(row[j], WrapMul<Wide<T>>(x, y[j]));
    }
    for (int64_t j = 0; j < g.n; ++j) out[i * g.n + j] = T(row[j]);
  }
}

template <typename T>
void TransposeB(const MatMulGeometry& g, const T* b, T* rows) {
  for (int64_t j = 0; j < g.n; ++j) {
    for (int64_t p = 0; p < g.k; ++p) rows[p * g.n + j] = MaybeConj(b[j * g.k + p], g.adjoint);
  }
}

Shape LeadingDims(const Shape& shape) { return Shape(shape.dims().subspan(0, shape.rank() - 2)); }

absl::StatusOr<bool> EitherAttr(const AttrMap& attrs, absl::string_view name, absl::string_view other) {
  return attrs.Bool(attrs.Has(name) ? name : other, false);
}

template <bool kMatricesOnly>
absl::Status InferMatMul(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(MatMulTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, i, 2));
  const PartialShape &a = context.shape(0), &b = context.shape(1);
  PartialShape shape = PartialShape::UnknownRank();
  if (kMatricesOnly) {
    for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 2));
    FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry,
                          ComputeMatMulGeometry(context.attrs(), a.has_rank() ? a : PartialShape::UnknownDims(2),
                                                b.has_rank() ? b : PartialShape::UnknownDims(2)));
    shape = geometry.OutputShape();
  } else if (a.has_rank() && b.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry, ComputeMatMulGeometry(context.attrs(), a, b));
    shape = geometry.OutputShape();
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// BatchMatMulV3 says its result's dtype: its inputs', or a wider one where an input is of bytes.
bool Widens(DType a, DType b, DType out) {
  const auto is_byte = [](DType dtype) { return dtype == DType::kInt8 || dtype == DType::kUint8; };
  if (out == DType::kInt32) return is_byte(a) && is_byte(b);
  return out == DType::kBfloat16 && ((is_byte(a) && b == out) || (a == out && is_byte(b)));
}

absl::Status InferBatchMatMulV3(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  const DType a = context.dtype(0), b = context.dtype(1);
  FLOE_ASSIGN_OR_RETURN(const DType out, context.attrs().Type("Tout", a));
  if (a == b && a == out) return InferMatMul<false>(context);
  if (!Widens(a, b, out)) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'Tout': no product of ", DTypeName(a), " and ",
                                                   DTypeName(b), " is of ", DTypeName(out)));
  }
  const std::vector<TensorInfo> widened = {{out, context.shape(0), nullptr}, {out, context.shape(1), nullptr}};
  InferContext inner(context.name(), context.attrs(), widened);
  FLOE_RETURN_IF_ERROR(InferMatMul<false>(inner));
  context.AddOutput(out, inner.outputs()[0].shape);
  return absl::OkStatus();
}

absl::StatusOr<Tensor> Widened(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  FLOE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(dtype, tensor.shape()));
  FLOE_RETURN_IF_ERROR(OnDType(TypeList<int8_t, uint8_t>(), tensor.dtype(), [&]<typename From>() -> absl::Status {
    return OnDType(TypeList<int32_t, Bfloat16>(), dtype, [&]<typename To>() -> absl::Status {
      std::transform(tensor.data<From>(), tensor.data<From>() + tensor.num_elements(), wide.mutable_data<To>(),
                     [](From value) { return To(value); });
      return absl::OkStatus();
    });
  }));
  return wide;
}

absl::Status EvalMatMul(EvalContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry, ComputeMatMulGeometry(context.attrs(), a.shape(), b.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  return ReferenceMatMul(geometry, a, b, output);
}

absl::Status EvalBatchMatMulV3(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Tensor a, Widened(context.input(0), context.output_dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Tensor b, Widened(context.input(1), context.output_dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry, ComputeMatMulGeometry(context.attrs(), a.shape(), b.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  return ReferenceMatMul(geometry, a, b, output);
}

constexpr OpInfo kOps[] = {
    {"MatMul", InferMatMul<true>, EvalMatMul},
    {"BatchMatMul", InferMatMul<false>, EvalMatMul},
    {"BatchMatMulV2", InferMatMul<false>, EvalMatMul},
    {"BatchMatMulV3", InferBatchMatMulV3, EvalBatchMatMulV3},
};

}  // namespace

PartialShape MatMulGeometry::OutputShape() const {
  Dims dims = batch;
  dims.push_back(m);
  dims.push_back(n);
  return PartialShape(std::move(dims));
}

absl::StatusOr<MatMulGeometry> ComputeMatMulGeometry(const AttrMap& attrs, const PartialShape& a,
                                                     const PartialShape& b) {
  MatMulGeometry g;
  FLOE_ASSIGN_OR_RETURN(g.transpose_a, EitherAttr(attrs, "transpose_a", "adj_x"));
  FLOE_ASSIGN_OR_RETURN(g.transpose_b, EitherAttr(attrs, "transpose_b", "adj_y"));
  g.adjoint = attrs.Has("adj_x") || attrs.Has("adj_y");
  const int ra = a.rank(), rb = b.rank();
  g.m = a.dim(ra - (g.transpose_a ? 1 : 2));
  g.n = b.dim(rb - (g.transpose_b ? 2 : 1));
  const int64_t ka = a.dim(ra - (g.transpose_a ? 2 : 1)), kb = b.dim(rb - (g.transpose_b ? 1 : 2));
  if (!MergeDim(ka, kb).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("matrices ", a.ToString(), g.transpose_a ? " (transposed)" : "",
                                                   " and ", b.ToString(), g.transpose_b ? " (transposed)" : "",
                                                   " do not multiply: sizes ", ka, " and ", kb));
  }
  FLOE_ASSIGN_OR_RETURN(g.k, MergeDim(ka, kb));
  const PartialShape batch_a(Dims(a.dims().begin(), a.dims().end() - 2)),
      batch_b(Dims(b.dims().begin(), b.dims().end() - 2));
  FLOE_ASSIGN_OR_RETURN(const PartialShape batch, BroadcastShapes(batch_a, batch_b));
  g.batch.assign(batch.dims().begin(), batch.dims().end());
  return g;
}

absl::Status ReferenceMatMul(const MatMulGeometry& g, const Tensor& a, const Tensor& b, Tensor* output) {
  const Shape batch(g.batch), batch_a = LeadingDims(a.shape()), batch_b = LeadingDims(b.shape());
  const BroadcastWalk walk = BroadcastWalk::Of(batch, {&batch_a, &batch_b});
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(MatMulTypes(), a.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(g.n));
    FLOE_ASSIGN_OR_RETURN(const auto rows, Scratch<T>(g.transpose_b ? g.k * g.n : 0));
    const T* laid_out = nullptr;
    ForEachRow(walk, [&](int64_t first, const auto& offsets) {
      for (int64_t i = 0; i < walk.row(); ++i) {
        const T* const x = a.data<T>() + (offsets[0] + i * walk.row_stride(0)) * g.m * g.k;
        const T* y = b.data<T>() + (offsets[1] + i * walk.row_stride(1)) * g.k * g.n;
        if (g.transpose_b) {
          if (y != laid_out) TransposeB(g, y, rows.get());
          laid_out = y;
          y = rows.get();
        }
        Multiply(g, x, y, sums.get(), output->mutable_data<T>() + (first + i) * g.m * g.n);
      }
    });
    return absl::OkStatus();
  });
}

absl::Span<const OpInfo> MatMulOps() { return kOps; }

}  // namespace floe
