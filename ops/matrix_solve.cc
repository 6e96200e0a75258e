#include "ops/matrix_solve.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/matrices.h"

namespace floe {
namespace {

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
      Matrix<T> matrix = MatrixAt<T>(left, i, a.rows, a.rows);
      if (adjoint) matrix = matrix.adjoint().eval();
      const Eigen::PartialPivLU<Matrix<T>> lu(matrix);
      if (HasZeroPivot<T>(lu)) return Singular(i);
      PutMatrix<T>(lu.solve(MatrixAt<T>(right, i, b.rows, b.columns)), i, output);
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
        Matrix<T> matrix = MatrixAt<T>(left, number, a.rows, a.rows);
        // An upper triangle's adjoint is a lower one.
        if (adjoint) matrix = matrix.adjoint().eval();
        Matrix<T> solution = MatrixAt<T>(right, offsets[1] + i * walk.row_stride(1), b.rows, b.columns);
        if (lower != adjoint) {
          matrix.template triangularView<Eigen::Lower>().solveInPlace(solution);
        } else {
          matrix.template triangularView<Eigen::Upper>().solveInPlace(solution);
        }
        PutMatrix<T>(solution, first + i, output);
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
      if (a.rows > 0 &&
          !LeastSquares<T>(MatrixAt<T>(left, i, a.rows, a.columns), MatrixAt<T>(right, i, b.rows, b.columns),
                           regularizer.scalar<double>(), fast, &solution)) {
        return absl::InvalidArgumentError(absl::StrCat("matrix ", i, " has rows or columns that depend on each other"));
      }
      PutMatrix<T>(solution, i, output);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"MatrixSolve", InferSolve<Solver::kSquare>, EvalSolve},
    {"MatrixTriangularSolve", InferSolve<Solver::kTriangular>, EvalTriangularSolve},
    {"MatrixSolveLs", InferSolve<Solver::kLeastSquares>, EvalLeastSquares},
};

}  // namespace

absl::Span<const OpInfo> MatrixSolveOps() { return kOps; }

}  // namespace floe
