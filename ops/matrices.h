// What the ops over the last two dimensions of a tensor, matrices, have in common: their shapes, and matrices as
// Eigen's. Values and pure functions; any thread.
#ifndef FLOE_OPS_MATRICES_H_
#define FLOE_OPS_MATRICES_H_

#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <new>
#include <optional>

#include "ops/op.h"
#include "ops/types.h"

namespace floe {

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

// Input 0 as matrices; nothing where its rank is not known. `square`: rows and columns are as many.
absl::StatusOr<std::optional<Matrices>> InferMatrices(InferContext& context, int inputs, bool square);
absl::StatusOr<Matrices> MatricesOf(const Tensor& input, bool square);
// Why matrix `number` cannot be solved for.
absl::Status Singular(int64_t number);

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

// The dtypes whose elements are computed as T.
template <typename T>
using StoredAs = std::conditional_t<kIsComplex<T>, ComplexTypes, TypeList<float, double>>;

// Matrix `number` of a tensor, and into one.
template <typename T>
Matrix<T> MatrixAt(const Tensor& tensor, int64_t number, int64_t rows, int64_t columns) {
  Matrix<T> matrix(rows, columns);
  OnDType(StoredAs<T>(), tensor.dtype(), [&]<typename S>() -> absl::Status {
    std::transform(tensor.data<S>() + number * rows * columns, tensor.data<S>() + (number + 1) * rows * columns,
                   matrix.data(), [](S value) { return T(value); });
    return absl::OkStatus();
  }).IgnoreError();  // the dtype was checked
  return matrix;
}
template <typename T>
void PutMatrix(const Matrix<T>& matrix, int64_t number, Tensor* tensor) {
  OnDType(StoredAs<T>(), tensor->dtype(), [&]<typename S>() -> absl::Status {
    std::transform(matrix.data(), matrix.data() + matrix.size(), tensor->mutable_data<S>() + number * matrix.size(),
                   [](T value) { return S(value); });
    return absl::OkStatus();
  }).IgnoreError();  // the dtype was checked
}

template <typename T>
bool HasZeroPivot(const Eigen::PartialPivLU<Matrix<T>>& lu) {
  return !(lu.matrixLU().diagonal().cwiseAbs().minCoeff() > 0);
}

}  // namespace floe

#endif  // FLOE_OPS_MATRICES_H_
