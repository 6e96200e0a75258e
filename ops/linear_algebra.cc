#include "ops/linear_algebra.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "base/status.h"
#include "ops/matrices.h"

namespace floe {
namespace {

// ---- MatrixInverse, Cholesky: square matrices to square matrices

absl::Status InferSquare(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("adjoint", false).status());
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, true));
  context.AddOutput(context.dtype(0), matrices.has_value()
                                          ? PartialShape(matrices->With({matrices->rows, matrices->columns}))
                                          : PartialShape::UnknownRank());
  return absl::OkStatus();
}

absl::Status EvalInverse(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool adjoint, context.attrs().Bool("adjoint", false));
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, true));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0, n = matrices.rows; i < matrices.count(); ++i) {
      Matrix<T> matrix = MatrixAt<T>(input, i, n, n);
      if (adjoint) matrix = matrix.adjoint().eval();
      const Eigen::PartialPivLU<Matrix<T>> lu(matrix);
      if (HasZeroPivot<T>(lu)) return Singular(i);
      PutMatrix<T>(lu.inverse(), i, output);
    }
    return absl::OkStatus();
  });
}

absl::Status EvalCholesky(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, true));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0, n = matrices.rows; i < matrices.count(); ++i) {
      const Eigen::LLT<Matrix<T>> factor(MatrixAt<T>(input, i, n, n));
      Matrix<T> lower = Matrix<T>::Zero(n, n);
      // TensorFlow's kernel does not refuse what is not positive definite either.
      if (factor.info() == Eigen::Success) {
        lower = factor.matrixL();
      } else {
        lower.template triangularView<Eigen::Lower>().setConstant(std::nan(""));
      }
      PutMatrix<T>(lower, i, output);
    }
    return absl::OkStatus();
  });
}

// ---- MatrixDeterminant, LogMatrixDeterminant

template <bool kLog>
absl::Status InferDeterminant(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, 1, true));
  const PartialShape shape = matrices.has_value() ? PartialShape(matrices->batch) : PartialShape::UnknownRank();
  for (int i = 0; i < (kLog ? 2 : 1); ++i) context.AddOutput(context.dtype(0), shape);
  return absl::OkStatus();
}

// A determinant as its sign (of complex ones, the number on the unit circle) and the logarithm of its size.
template <typename T>
struct Determinant {
  T sign = T(1), log = T(0);

  static Determinant Of(const Matrix<T>& matrix) {
    Determinant determinant;
    if (matrix.size() == 0) return determinant;
    const Eigen::PartialPivLU<Matrix<T>> lu(matrix);
    determinant.sign = T(static_cast<typename Eigen::NumTraits<T>::Real>(lu.permutationP().determinant()));
    for (int64_t i = 0; i < matrix.rows(); ++i) {
      const T pivot = lu.matrixLU()(i, i);
      const auto size = std::abs(pivot);
      determinant.sign *= size == 0 ? T(0) : pivot / T(size);
      determinant.log += T(std::log(size));
    }
    return determinant;
  }
};

template <bool kLog>
absl::Status EvalDeterminant(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Matrices matrices, MatricesOf(input, true));
  FLOE_ASSIGN_OR_RETURN(Tensor* const first, context.Output(0, Shape(matrices.batch)));
  Tensor* logs = nullptr;
  if constexpr (kLog) {
    FLOE_ASSIGN_OR_RETURN(logs, context.Output(1, Shape(matrices.batch)));
  }
  return OnMatrices(input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < matrices.count(); ++i) {
      const auto determinant = Determinant<T>::Of(MatrixAt<T>(input, i, matrices.rows, matrices.columns));
      const T value = kLog ? determinant.sign : determinant.sign * std::exp(determinant.log);
      PutMatrix<T>(Matrix<T>::Constant(1, 1, value), i, first);
      if constexpr (kLog) PutMatrix<T>(Matrix<T>::Constant(1, 1, determinant.log), i, logs);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"MatrixInverse", InferSquare, EvalInverse},
    {"Cholesky", InferSquare, EvalCholesky},
    {"MatrixDeterminant", InferDeterminant<false>, EvalDeterminant<false>},
    {"LogMatrixDeterminant", InferDeterminant<true>, EvalDeterminant<true>},
};

}  // namespace

absl::Span<const OpInfo> LinearAlgebraOps() { return kOps; }

}  // namespace floe
