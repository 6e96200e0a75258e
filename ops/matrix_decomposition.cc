#include "ops/matrix_decomposition.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/matrices.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

int64_t Smaller(int64_t a, int64_t b) { return a < 0 || b < 0 ? kUnknown : std::min(a, b); }

// ---- Lu

absl::Status InferLu(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, true));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("output_idx_type", DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'output_idx_type'", dtype));
  if (!matrices.has_value()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    context.AddOutput(dtype, PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  context.AddOutput(context.dtype(0), PartialShape(matrices->With({matrices->rows, matrices->columns})));
  context.AddOutput(dtype, PartialShape(matrices->With({matrices->rows})));
  return absl::OkStatus();
}

absl::Status EvalLu(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, true));
  const int64_t n = matrices.rows;
  FLOE_ASSIGN_OR_RETURN(Tensor* const factors, context.Output(0, input.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const rows, context.Output(1, Shape(matrices.With({n}))));
  if (input.num_elements() == 0) return absl::OkStatus();
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < matrices.count(); ++i) {
      const Eigen::PartialPivLU<Matrix<T>> lu(MatrixAt<T>(input, i, n, n));
      if (HasZeroPivot<T>(lu)) return Singular(i);
      PutMatrix<T>(lu.matrixLU(), i, factors);
      const auto order = lu.permutationP().indices();  // where each row went
      FLOE_RETURN_IF_ERROR(OnDType(IndexTypes(), rows->dtype(), [&]<typename Index>() -> absl::Status {
        for (int64_t r = 0; r < n; ++r) rows->mutable_data<Index>()[i * n + order(r)] = static_cast<Index>(r);
        return absl::OkStatus();
      }));
    }
    return absl::OkStatus();
  });
}

// ---- Qr, Svd, SelfAdjointEigV2

absl::Status InferQr(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, false));
  FLOE_ASSIGN_OR_RETURN(const bool full, context.attrs().Bool("full_matrices", false));
  if (!matrices.has_value()) {
    for (int i = 0; i < 2; ++i) context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  const int64_t inner = full ? matrices->rows : Smaller(matrices->rows, matrices->columns);
  context.AddOutput(context.dtype(0), PartialShape(matrices->With({matrices->rows, inner})));
  context.AddOutput(context.dtype(0), PartialShape(matrices->With({inner, matrices->columns})));
  return absl::OkStatus();
}

absl::Status EvalQr(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool full, context.attrs().Bool("full_matrices", false));
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, false));
  const int64_t rows = matrices.rows, columns = matrices.columns, inner = full ? rows : std::min(rows, columns);
  FLOE_ASSIGN_OR_RETURN(const Shape q_shape, Shape::Checked(matrices.With({rows, inner})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const q, context.Output(0, q_shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const r, context.Output(1, Shape(matrices.With({inner, columns}))));
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < matrices.count(); ++i) {
      Matrix<T> unitary = Matrix<T>::Identity(rows, inner), upper = Matrix<T>::Zero(inner, columns);
      if (inner > 0 && columns > 0) {
        const Eigen::HouseholderQR<Matrix<T>> qr(MatrixAt<T>(input, i, rows, columns));
        unitary = (qr.householderQ() * unitary).eval();
        const int64_t top = std::min(rows, columns);
        upper.topRows(top) = qr.matrixQR().topRows(top);
        upper.template triangularView<Eigen::StrictlyLower>().setZero();
      }
      PutMatrix<T>(unitary, i, q);
      PutMatrix<T>(upper, i, r);
    }
    return absl::OkStatus();
  });
}

absl::Status InferSvd(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, false));
  FLOE_ASSIGN_OR_RETURN(const bool vectors, context.attrs().Bool("compute_uv", true));
  FLOE_ASSIGN_OR_RETURN(const bool full, context.attrs().Bool("full_matrices", false));
  const auto add = [&](std::initializer_list<int64_t> dims) {
    context.AddOutput(context.dtype(0),
                      matrices.has_value() ? PartialShape(matrices->With(dims)) : PartialShape::UnknownRank());
  };
  const int64_t rows = matrices.has_value() ? matrices->rows : kUnknown;
  const int64_t columns = matrices.has_value() ? matrices->columns : kUnknown, inner = Smaller(rows, columns);
  add({inner});
  if (vectors) {
    add({rows, full ? rows : inner});
    add({columns, full ? columns : inner});
  } else {
    for (int i = 0; i < 2; ++i) context.AddOutput(context.dtype(0), PartialShape({0}));
  }
  return absl::OkStatus();
}

absl::Status EvalSvd(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool vectors, context.attrs().Bool("compute_uv", true));
  FLOE_ASSIGN_OR_RETURN(const bool full, context.attrs().Bool("full_matrices", false));
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, false));
  const int64_t rows = matrices.rows, columns = matrices.columns, inner = std::min(rows, columns);
  const int64_t u_columns = full ? rows : inner, v_columns = full ? columns : inner;
  FLOE_ASSIGN_OR_RETURN(const Shape u_shape, Shape::Checked(vectors ? matrices.With({rows, u_columns}) : Dims{0}));
  FLOE_ASSIGN_OR_RETURN(const Shape v_shape, Shape::Checked(vectors ? matrices.With({columns, v_columns}) : Dims{0}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const s, context.Output(0, Shape(matrices.With({inner}))));
  FLOE_ASSIGN_OR_RETURN(Tensor* const u, context.Output(1, u_shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const v, context.Output(2, v_shape));
  const unsigned int options = !vectors ? 0
                               : full   ? Eigen::ComputeFullU | Eigen::ComputeFullV
                                        : Eigen::ComputeThinU | Eigen::ComputeThinV;
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < matrices.count(); ++i) {
      if (inner == 0) {
        if (vectors) PutMatrix<T>(Matrix<T>::Identity(rows, u_columns), i, u);
        if (vectors) PutMatrix<T>(Matrix<T>::Identity(columns, v_columns), i, v);
        continue;
      }
      const Matrix<T> matrix = MatrixAt<T>(input, i, rows, columns);
      if (!matrix.allFinite()) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, " has elements that are not finite"));
      }
      const Eigen::JacobiSVD<Matrix<T>, Eigen::HouseholderQRPreconditioner> svd(matrix, options);
      PutMatrix<T>(svd.singularValues().template cast<T>(), i, s);
      if (!vectors) continue;
      PutMatrix<T>(svd.matrixU(), i, u);
      PutMatrix<T>(svd.matrixV(), i, v);
    }
    return absl::OkStatus();
  });
}

absl::Status InferEigen(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, true));
  FLOE_ASSIGN_OR_RETURN(const bool vectors, context.attrs().Bool("compute_v", true));
  if (!matrices.has_value()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    context.AddOutput(context.dtype(0), vectors ? PartialShape::UnknownRank() : PartialShape({0}));
    return absl::OkStatus();
  }
  context.AddOutput(context.dtype(0), PartialShape(matrices->With({matrices->rows})));
  context.AddOutput(context.dtype(0),
                    vectors ? PartialShape(matrices->With({matrices->rows, matrices->rows})) : PartialShape({0}));
  return absl::OkStatus();
}

absl::Status EvalEigen(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool vectors, context.attrs().Bool("compute_v", true));
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, true));
  const int64_t n = matrices.rows;
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(0, Shape(matrices.With({n}))));
  FLOE_ASSIGN_OR_RETURN(Tensor* const v, context.Output(1, vectors ? input.shape() : Shape({0})));
  if (input.num_elements() == 0) return absl::OkStatus();
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < matrices.count(); ++i) {
      const Eigen::SelfAdjointEigenSolver<Matrix<T>> solver(
          MatrixAt<T>(input, i, n, n), vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
      if (solver.info() != Eigen::Success) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, ": its eigenvalues were not found"));
      }
      PutMatrix<T>(solver.eigenvalues().template cast<T>(), i, values);
      if (vectors) PutMatrix<T>(solver.eigenvectors(), i, v);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Lu", InferLu, EvalLu},
    {"Qr", InferQr, EvalQr},
    {"Svd", InferSvd, EvalSvd},
    {"SelfAdjointEigV2", InferEigen, EvalEigen},
};

}  // namespace

absl::Span<const OpInfo> MatrixDecompositionOps() { return kOps; }

}  // namespace floe
