#include "ops/linear_algebra.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using MatrixTypes = Join<TypeList<float, double>, ComplexTypes>;

// Everything is computed in double: one instance of each decomposition for real numbers and one for complex ones.
template <typename T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
// The last two dimensions of a shape of rank 2 or more, and those before.
struct Matrices {
  int64_t rows, columns;
  Dims batch;

  static Matrices Of(absl::Span<const int64_t> dims) {
    return {dims[dims.size() - 2], dims[dims.size() - 1], Dims(dims.begin(), dims.end() - 2)};
  }
  int64_t count() const { return Shape(batch).num_elements(); }
  Dims With(std::initializer_list<int64_t> dims) const {
    Dims all = batch;
    all.insert(all.end(), dims);
    return all;
  }
};

absl::Status NotSquare(const std::string& shape) {
  return absl::InvalidArgumentError(absl::StrCat("input 0: wanted square matrices, got shape ", shape));
}

absl::Status Singular(int64_t number) {
  return absl::InvalidArgumentError(absl::StrCat("matrix ", number, " has no inverse"));
}

// Input 0 as matrices; its rank where known, or nothing. `square`: rows and columns are as many.
absl::StatusOr<std::optional<Matrices>> InferMatrices(InferContext& context, int inputs, bool square) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(MatrixTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  const PartialShape& shape = context.shape(0);
  if (!shape.has_rank()) return std::optional<Matrices>();
  Matrices matrices = Matrices::Of(shape.dims());
  if (square) {
    const absl::StatusOr<int64_t> side = MergeDim(matrices.rows, matrices.columns);
    if (!side.ok()) return NotSquare(shape.ToString());
    matrices.rows = matrices.columns = *side;
  }
  return std::optional<Matrices>(std::move(matrices));
}

absl::StatusOr<Matrices> MatricesOf(const Tensor& input, bool square) {
  if (input.rank() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted matrices, got shape ", input.shape().ToString()));
  }
  Matrices matrices = Matrices::Of(input.shape().dims());
  if (square && matrices.rows != matrices.columns) return NotSquare(input.shape().ToString());
  return matrices;
}

int64_t Smaller(int64_t a, int64_t b) { return a < 0 || b < 0 ? kUnknown : std::min(a, b); }

// Calls `body.template operator()<T>()` with double or its complex numbers. Eigen throws where memory is refused;
// nothing may throw out of here.
template <typename Body>
absl::Status OnMatrices(DType dtype, Body&& body) {
  try {
    return Contains(ComplexTypes(), dtype) ? body.template operator()<Complex128>()
                                           : body.template operator()<double>();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("no memory to decompose matrices of this size");
  }
}

template <typename T>
using Stored = std::conditional_t<kIsComplex<T>, ComplexTypes, TypeList<float, double>>;

// Matrix `number` of a tensor, and into one.
template <typename T>
Matrix<T> At(const Tensor& tensor, int64_t number, int64_t rows, int64_t columns) {
  Matrix<T> matrix(rows, columns);
  OnDType(Stored<T>(), tensor.dtype(), [&]<typename S>() -> absl::Status {
    std::transform(tensor.data<S>() + number * rows * columns, tensor.data<S>() + (number + 1) * rows * columns,
                   matrix.data(), [](S value) { return T(value); });
    return absl::OkStatus();
  }).IgnoreError();  // the dtype was checked
  return matrix;
}
template <typename T>
void Put(const Matrix<T>& matrix, int64_t number, Tensor* tensor) {
  OnDType(Stored<T>(), tensor->dtype(), [&]<typename S>() -> absl::Status {
    std::transform(matrix.data(), matrix.data() + matrix.size(), tensor->mutable_data<S>() + number * matrix.size(),
                   [](T value) { return S(value); });
    return absl::OkStatus();
  }).IgnoreError();  // the dtype was checked
}

template <typename T>
bool HasZeroPivot(const Eigen::PartialPivLU<Matrix<T>>& lu) {
  return !(lu.matrixLU().diagonal().cwiseAbs().minCoeff() > 0);
}

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
      Matrix<T> matrix = At<T>(input, i, n, n);
      if (adjoint) matrix = matrix.adjoint().eval();
      const Eigen::PartialPivLU<Matrix<T>> lu(matrix);
      if (HasZeroPivot<T>(lu)) return Singular(i);
      Put<T>(lu.inverse(), i, output);
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
      const Eigen::LLT<Matrix<T>> factor(At<T>(input, i, n, n));
      Matrix<T> lower = Matrix<T>::Zero(n, n);
      // TensorFlow's kernel does not refuse what is not positive definite either.
      if (factor.info() == Eigen::Success) {
        lower = factor.matrixL();
      } else {
        lower.template triangularView<Eigen::Lower>().setConstant(std::nan(""));
      }
      Put<T>(lower, i, output);
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
      const auto determinant = Determinant<T>::Of(At<T>(input, i, matrices.rows, matrices.columns));
      const T value = kLog ? determinant.sign : determinant.sign * std::exp(determinant.log);
      Put<T>(Matrix<T>::Constant(1, 1, value), i, first);
      if constexpr (kLog) Put<T>(Matrix<T>::Constant(1, 1, determinant.log), i, logs);
    }
    return absl::OkStatus();
  });
}

// ---- MatrixSolve, MatrixTriangularSolve, MatrixSolveLs: right hand sides to solutions

enum class Solver { kSquare, kTriangular, kLeastSquares };

// Of which rows and columns the solution is, or why the two do not go together. Only triangular systems broadcast.
template <Solver kSolver>
absl::StatusOr<PartialShape> SolutionShape(const PartialShape& left, const PartialShape& right) {
  const Matrices a = Matrices::Of(left.dims()), b = Matrices::Of(right.dims());
  absl::StatusOr<int64_t> rows = MergeDim(a.rows, b.rows);
  absl::StatusOr<PartialShape> batch = kSolver == Solver::kTriangular
                                           ? BroadcastShapes(PartialShape(a.batch), PartialShape(b.batch))
                                           : MergeShapes(PartialShape(a.batch), PartialShape(b.batch));
  if (!rows.ok() || !batch.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("wanted right hand sides of as many rows as the matrices have, got ",
                                                   left.ToString(), " and ", right.ToString()));
  }
  if (batch->has_rank()) {
    batch->Append(a.columns);
    batch->Append(b.columns);
  }
  return batch;
}

template <Solver kSolver>
absl::Status InferSolve(InferContext& context) {
  constexpr bool kSquare = kSolver != Solver::kLeastSquares;
  FLOE_ASSIGN_OR_RETURN(const auto matrices, InferMatrices(context, kSquare ? 2 : 3, kSquare));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 1, 2));
  if (!kSquare) FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kDouble));
  for (const char* const attr : {"adjoint", "fast", "lower"}) {
    FLOE_RETURN_IF_ERROR(context.attrs().Bool(attr, true).status());
  }
  if (!context.shape(0).has_rank() || !context.shape(1).has_rank()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, SolutionShape<kSolver>(context.shape(0), context.shape(1)));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSolve(EvalContext& context) {
  const Tensor &left = context.input(0), &right = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const bool adjoint, context.attrs().Bool("adjoint", false));
  FLOE_ASSIGN_OR_RETURN(const Matrices a, MatricesOf(left, true));
  FLOE_ASSIGN_OR_RETURN(const Matrices b, MatricesOf(right, false));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, SolutionShape<Solver::kSquare>(left.shape(), right.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnMatrices(left.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < a.count(); ++i) {
      Matrix<T> matrix = At<T>(left, i, a.rows, a.rows);
      if (adjoint) matrix = matrix.adjoint().eval();
      const Eigen::PartialPivLU<Matrix<T>> lu(matrix);
      if (HasZeroPivot<T>(lu)) return Singular(i);
      Put<T>(lu.solve(At<T>(right, i, b.rows, b.columns)), i, output);
    }
    return absl::OkStatus();
  });
}

absl::Status EvalTriangularSolve(EvalContext& context) {
  const Tensor &left = context.input(0), &right = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const bool lower, context.attrs().Bool("lower", true));
  FLOE_ASSIGN_OR_RETURN(const bool adjoint, context.attrs().Bool("adjoint", false));
  FLOE_ASSIGN_OR_RETURN(const Matrices a, MatricesOf(left, true));
  FLOE_ASSIGN_OR_RETURN(const Matrices b, MatricesOf(right, false));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, SolutionShape<Solver::kTriangular>(left.shape(), right.shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked(shape.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, checked));
  if (output->num_elements() == 0) return absl::OkStatus();
  const Shape batch(Matrices::Of(checked.dims()).batch), a_batch(a.batch), b_batch(b.batch);
  const BroadcastWalk walk = BroadcastWalk::Of(batch, {&a_batch, &b_batch});
  return OnMatrices(left.dtype(), [&]<typename T>() -> absl::Status {
    ForEachRow(walk, [&](int64_t first, const auto& offsets) {
      for (int64_t i = 0; i < walk.row(); ++i) {
        const int64_t number = offsets[0] + i * walk.row_stride(0);
        Matrix<T> matrix = At<T>(left, number, a.rows, a.rows);
        // An upper triangle's adjoint is a lower one.
        if (adjoint) matrix = matrix.adjoint().eval();
        Matrix<T> solution = At<T>(right, offsets[1] + i * walk.row_stride(1), b.rows, b.columns);
        if (lower != adjoint) {
          matrix.template triangularView<Eigen::Lower>().solveInPlace(solution);
        } else {
          matrix.template triangularView<Eigen::Upper>().solveInPlace(solution);
        }
        Put<T>(solution, first + i, output);
      }
    });
    return absl::OkStatus();
  });
}

// The X that makes |A X - B|^2 + l2 |X|^2 least: by the normal equations where it may be fast, else by an orthogonal
// decomposition, which heeds no regularizer. False where the normal equations have no one solution.
template <typename T>
bool LeastSquares(const Matrix<T>& a, const Matrix<T>& b, double l2, bool fast, Matrix<T>* to) {
  if (!fast) {
    *to = Eigen::CompleteOrthogonalDecomposition<Matrix<T>>(a).solve(b);
    return true;
  }
  const bool tall = a.rows() >= a.cols();
  const int64_t side = tall ? a.cols() : a.rows();
  const auto weight = T(static_cast<typename Eigen::NumTraits<T>::Real>(l2));
  Matrix<T> normal = weight * Matrix<T>::Identity(side, side);
  if (tall) {
    normal += a.adjoint() * a;
  } else {
    normal += a * a.adjoint();
  }
  const Eigen::LLT<Matrix<T>> factor(normal);
  if (factor.info() != Eigen::Success) return false;
  if (tall) {
    *to = factor.solve(a.adjoint() * b);
  } else {
    *to = a.adjoint() * factor.solve(b);
  }
  return true;
}

absl::Status EvalLeastSquares(EvalContext& context) {
  const Tensor &left = context.input(0), &right = context.input(1), &regularizer = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const bool fast, context.attrs().Bool("fast", true));
  FLOE_ASSIGN_OR_RETURN(const Matrices a, MatricesOf(left, false));
  FLOE_ASSIGN_OR_RETURN(const Matrices b, MatricesOf(right, false));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, SolutionShape<Solver::kLeastSquares>(left.shape(), right.shape()));
  if (regularizer.num_elements() != 1 || !(regularizer.scalar<double>() >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 2: wanted one number, 0 or more, got ", regularizer.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked(shape.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, checked));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnMatrices(left.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < a.count(); ++i) {
      Matrix<T> solution = Matrix<T>::Zero(a.columns, b.columns);
      if (a.rows > 0 && !LeastSquares<T>(At<T>(left, i, a.rows, a.columns), At<T>(right, i, b.rows, b.columns),
                                         regularizer.scalar<double>(), fast, &solution)) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, " has rows or columns that depend on each other"));
      }
      Put<T>(solution, i, output);
    }
    return absl::OkStatus();
  });
}

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
      const Eigen::PartialPivLU<Matrix<T>> lu(At<T>(input, i, n, n));
      if (HasZeroPivot<T>(lu)) return Singular(i);
      Put<T>(lu.matrixLU(), i, factors);
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
        const Eigen::HouseholderQR<Matrix<T>> qr(At<T>(input, i, rows, columns));
        unitary = (qr.householderQ() * unitary).eval();
        const int64_t top = std::min(rows, columns);
        upper.topRows(top) = qr.matrixQR().topRows(top);
        upper.template triangularView<Eigen::StrictlyLower>().setZero();
      }
      Put<T>(unitary, i, q);
      Put<T>(upper, i, r);
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
        if (vectors) Put<T>(Matrix<T>::Identity(rows, u_columns), i, u);
        if (vectors) Put<T>(Matrix<T>::Identity(columns, v_columns), i, v);
        continue;
      }
      const Matrix<T> matrix = At<T>(input, i, rows, columns);
      if (!matrix.allFinite()) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, " has elements that are not finite"));
      }
      const Eigen::JacobiSVD<Matrix<T>, Eigen::HouseholderQRPreconditioner> svd(matrix, options);
      Put<T>(svd.singularValues().template cast<T>(), i, s);
      if (!vectors) continue;
      Put<T>(svd.matrixU(), i, u);
      Put<T>(svd.matrixV(), i, v);
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
          At<T>(input, i, n, n), vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
      if (solver.info() != Eigen::Success) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, ": its eigenvalues were not found"));
      }
      Put<T>(solver.eigenvalues().template cast<T>(), i, values);
      if (vectors) Put<T>(solver.eigenvectors(), i, v);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"MatrixInverse", InferSquare, EvalInverse},
    {"Cholesky", InferSquare, EvalCholesky},
    {"MatrixDeterminant", InferDeterminant<false>, EvalDeterminant<false>},
    {"LogMatrixDeterminant", InferDeterminant<true>, EvalDeterminant<true>},
    {"MatrixSolve", InferSolve<Solver::kSquare>, EvalSolve},
    {"MatrixTriangularSolve", InferSolve<Solver::kTriangular>, EvalTriangularSolve},
    {"MatrixSolveLs", InferSolve<Solver::kLeastSquares>, EvalLeastSquares},
    {"Lu", InferLu, EvalLu},
    {"Qr", InferQr, EvalQr},
    {"Svd", InferSvd, EvalSvd},
    {"SelfAdjointEigV2", InferEigen, EvalEigen},
};

}  // namespace

absl::Span<const OpInfo> LinearAlgebraOps() { return kOps; }

}  // namespace floe
