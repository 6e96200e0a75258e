#include "ops/sparse_tensor.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/conjugate.h"
#include "ops/scratch.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// ---- What the ops below share: inputs `first` and on are indices, values and the dense shape.

absl::Status WantIndices(const InferContext& context, int input) {
  FLOE_RETURN_IF_ERROR(context.WantDType(input, DType::kInt64));
  return context.WantRank(input, 2);
}

absl::Status WantDenseShape(const InferContext& context, int input) {
  FLOE_RETURN_IF_ERROR(context.WantDType(input, DType::kInt64));
  return context.WantRank(input, 1);
}

// The number of columns of the indices, and of numbers in the dense shape.
absl::StatusOr<int64_t> RankOf(const InferContext& context, int indices, int shape) {
  const PartialShape& rows = context.shape(indices);
  absl::StatusOr<int64_t> rank =
      MergeDim(rows.has_rank() ? rows.dim(1) : kUnknown, DimOrUnknown(context.shape(shape), 0));
  if (!rank.ok()) return Annotate(rank.status(), "columns of the indices and length of the dense shape");
  return rank;
}

absl::Status CheckParts(const Tensor& indices, const Tensor* values, const Tensor& shape) {
  if (indices.rank() != 2 || shape.rank() != 1 || indices.shape().dim(1) != shape.num_elements() ||
      (values != nullptr && (values->rank() != 1 || values->num_elements() != indices.shape().dim(0)))) {
    return absl::InvalidArgumentError(absl::StrCat("no sparse tensor has indices of shape ", indices.shape().ToString(),
                                                   ", values of ", values == nullptr ? "" : values->shape().ToString(),
                                                   " and a dense shape of ", shape.shape().ToString()));
  }
  return absl::OkStatus();
}

absl::Status OutOfRange(int64_t row, absl::Span<const int64_t> index, const Dims& shape) {
  return absl::InvalidArgumentError(absl::StrCat("index ", Shape(index).ToString(), " of element ", row,
                                                 " is out of range for shape ", Shape(shape).ToString()));
}

bool IsInside(absl::Span<const int64_t> index, const Dims& shape) {
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (index[axis] < 0 || index[axis] >= shape[axis]) return false;
  }
  return true;
}

absl::Span<const int64_t> IndexAt(const Tensor& indices, int64_t row) {
  const auto rank = static_cast<size_t>(indices.shape().dim(1));
  return indices.flat<int64_t>().subspan(static_cast<size_t>(row) * rank, rank);
}

// ---- SparseReshape

absl::Status InferReshape(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantIndices(context, 0));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, 1));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, 2));
  FLOE_RETURN_IF_ERROR(RankOf(context, 0, 1).status());
  const int64_t rank = DimOrUnknown(context.shape(2), 0);
  context.AddOutput(DType::kInt64, PartialShape({DimOrUnknown(context.shape(0), 0), rank}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

// A -1 among the sizes becomes what the others leave.
absl::Status FillInSize(int64_t elements, Dims* sizes) {
  int64_t known = 1;
  int unknown = -1;
  for (size_t axis = 0; axis < sizes->size(); ++axis) {
    const int64_t size = (*sizes)[axis];
    if (size == -1 && unknown < 0) {
      unknown = static_cast<int>(axis);
    } else if (size < 0) {
      return absl::InvalidArgumentError(absl::StrCat("input 2: ", size, " is no size, or a second unknown one"));
    } else if (!CheckedMul(known, size, &known)) {
      return absl::InvalidArgumentError("input 2: the sizes come to too many elements");
    }
  }
  if (unknown >= 0 && known > 0 && elements % known == 0) {
    (*sizes)[static_cast<size_t>(unknown)] = elements / known;
    return absl::OkStatus();
  }
  if (unknown < 0 && known == elements) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a sparse tensor of ", elements, " elements does not reshape to ", Shape(*sizes).ToString()));
}

absl::Status EvalReshape(EvalContext& context) {
  const Tensor &indices = context.input(0), &shape = context.input(1);
  FLOE_RETURN_IF_ERROR(CheckParts(indices, nullptr, shape));
  FLOE_ASSIGN_OR_RETURN(const Dims from, ToInt64s(shape));
  FLOE_ASSIGN_OR_RETURN(Dims to, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Shape dense, Shape::Checked(from));
  FLOE_RETURN_IF_ERROR(FillInSize(dense.num_elements(), &to));
  const int64_t count = indices.shape().dim(0), rank = static_cast<int64_t>(to.size());
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_indices, context.Output(0, Shape({count, rank})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_shape, context.Output(1, Shape({rank})));
  std::copy(to.begin(), to.end(), out_shape->mutable_data<int64_t>());
  for (int64_t row = 0; row < count; ++row) {
    const absl::Span<const int64_t> index = IndexAt(indices, row);
    if (!IsInside(index, from)) return OutOfRange(row, index, from);
    int64_t place = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) place = place * from[axis] + index[axis];
    int64_t* const out = out_indices->mutable_data<int64_t>() + row * rank;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      out[axis] = place % to[static_cast<size_t>(axis)];
      place /= to[static_cast<size_t>(axis)];
    }
  }
  return absl::OkStatus();
}

// ---- SparseFillEmptyRows

absl::Status InferFillEmptyRows(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantIndices(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(3, 0));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 3));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, RankOf(context, 0, 2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> shape, context.KnownInts(2));
  const int64_t rows = shape.has_value() && !shape->empty() && (*shape)[0] >= 0 ? (*shape)[0] : kUnknown;
  context.AddOutput(DType::kInt64, PartialShape({kUnknown, rank}));
  context.AddOutput(context.dtype(1), PartialShape({kUnknown}));
  context.AddOutput(DType::kBool, PartialShape({rows}));
  context.AddOutput(DType::kInt64, PartialShape({DimOrUnknown(context.shape(0), 0)}));
  return absl::OkStatus();
}

// Elements come out by rows, those of a row in their order.
absl::Status EvalFillEmptyRows(EvalContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(1);
  FLOE_RETURN_IF_ERROR(CheckParts(indices, &values, context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims shape, ToInt64s(context.input(2)));
  if (shape.empty() || shape[0] < 0) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: ", Shape(shape).ToString(), " has no rows"));
  }
  const int64_t rows = shape[0], count = indices.shape().dim(0), rank = indices.shape().dim(1);
  FLOE_ASSIGN_OR_RETURN(Tensor* const empty, context.Output(2, Shape({rows})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const reverse, context.Output(3, Shape({count})));
  // next[r]: where row r's next element goes.
  FLOE_ASSIGN_OR_RETURN(const auto next, Scratch<int64_t>(rows));
  std::fill_n(next.get(), rows, int64_t{0});
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = IndexAt(indices, i)[0];
    if (row < 0 || row >= rows) return OutOfRange(i, IndexAt(indices, i), shape);
    ++next[row];
  }
  int64_t total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    empty->mutable_data<bool>()[row] = next[row] == 0;
    const int64_t first = total;
    total += std::max<int64_t>(next[row], 1);
    next[row] = first;
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_indices, context.Output(0, Shape({total, rank})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_values, context.Output(1, Shape({total})));
  for (int64_t row = 0; row < rows; ++row) {
    if (!empty->data<bool>()[row]) continue;
    int64_t* const index = out_indices->mutable_data<int64_t>() + next[row] * rank;
    std::fill_n(index, rank, int64_t{0});
    index[0] = row;
    CopyElements(context.input(3), 0, out_values, next[row], 1);
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t place = next[IndexAt(indices, i)[0]]++;
    CopyElements(indices, i * rank, out_indices, place * rank, rank);
    CopyElements(values, i, out_values, place, 1);
    reverse->mutable_data<int64_t>()[i] = place;
  }
  return absl::OkStatus();
}

// ---- SparseTensorDenseMatMul

using ProductTypes = Join<FloatTypes, TypeList<int32_t>, ComplexTypes>;

struct Product {
  bool adjoint_a, adjoint_b;
  int64_t m, k, n;
};

absl::StatusOr<Product> ProductOf(const AttrMap& attrs, const Dims& a, const PartialShape& b) {
  Product product{};
  FLOE_ASSIGN_OR_RETURN(product.adjoint_a, attrs.Bool("adjoint_a", false));
  FLOE_ASSIGN_OR_RETURN(product.adjoint_b, attrs.Bool("adjoint_b", false));
  if (a.size() != 2) return absl::InvalidArgumentError("input 2: wanted the shape of a matrix");
  product.m = a[product.adjoint_a ? 1 : 0];
  product.k = a[product.adjoint_a ? 0 : 1];
  product.n = b.dim(product.adjoint_b ? 0 : 1);
  if (!MergeDim(product.k, b.dim(product.adjoint_b ? 1 : 0)).ok() || product.m < 0 || product.k < 0) {
    return absl::InvalidArgumentError(absl::StrCat("matrices ", Shape(a).ToString(),
                                                   product.adjoint_a ? " (adjoint)" : "", " and ", b.ToString(),
                                                   product.adjoint_b ? " (adjoint)" : "", " do not multiply"));
  }
  return product;
}

absl::Status InferMatMul(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(3, 2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ProductTypes(), "input 1", context.dtype(1)));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> a, context.KnownInts(2));
  const PartialShape b = context.shape(3).has_rank() ? context.shape(3) : PartialShape::UnknownDims(2);
  FLOE_ASSIGN_OR_RETURN(const bool adjoint_b, context.attrs().Bool("adjoint_b", false));
  Product product{false, adjoint_b, kUnknown, kUnknown, b.dim(adjoint_b ? 0 : 1)};
  if (a.has_value()) {
    FLOE_ASSIGN_OR_RETURN(product, ProductOf(context.attrs(), *a, b));
  }
  context.AddOutput(context.dtype(1), PartialShape({product.m, product.n}));
  return absl::OkStatus();
}

absl::Status EvalMatMul(EvalContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(1), &b = context.input(3);
  FLOE_RETURN_IF_ERROR(CheckParts(indices, &values, context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims shape, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Product p, ProductOf(context.attrs(), shape, b.shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape result, Shape::Checked({p.m, p.n}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, result));
  FLOE_ASSIGN_OR_RETURN(const Dims places, ToInt64s(indices));
  return OnDType(ProductTypes(), values.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(output->num_elements()));
    std::fill_n(sums.get(), output->num_elements(), Wide<T>(0));
    for (int64_t e = 0; e < values.num_elements(); ++e) {
      const absl::Span<const int64_t> index = absl::MakeConstSpan(places).subspan(static_cast<size_t>(e) * 2, 2);
      if (!IsInside(index, shape)) return OutOfRange(e, index, shape);
      const int64_t row = index[p.adjoint_a ? 1 : 0], k = index[p.adjoint_a ? 0 : 1];
      const Wide<T> x = MaybeConj(Wide<T>(values.data<T>()[e]), p.adjoint_a);
      for (int64_t j = 0; j < p.n; ++j) {
        const Wide<T> y = MaybeConj(Wide<T>(b.data<T>()[p.adjoint_b ? j * p.k + k : k * p.n + j]), p.adjoint_b);
        Wide<T>& sum = sums[row * p.n + j];
        sum = WrapAdd<Wide<T>>(sum, WrapMul<Wide<T>>(x, y));
      }
    }
    std::transform(sums.get(), sums.get() + output->num_elements(), output->mutable_data<T>(),
                   [](Wide<T> sum) { return T(sum); });
    return absl::OkStatus();
  });
}

// ---- SparseReorder, SparseSlice, SparseConcat: elements in the order of rows

// The elements to take, in the order of their indices (equal ones in their own).
std::vector<int64_t> InOrder(absl::Span<const int64_t> indices, int64_t count, int64_t rank) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const int64_t *const x = indices.data() + a * rank, *const y = indices.data() + b * rank;
    return std::lexicographical_compare(x, x + rank, y, y + rank);
  });
  return order;
}

absl::Status InferReorder(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantIndices(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, 2));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, RankOf(context, 0, 2));
  const int64_t count = DimOrUnknown(context.shape(0), 0);
  context.AddOutput(DType::kInt64, PartialShape({count, rank}));
  context.AddOutput(context.dtype(1), PartialShape({count}));
  return absl::OkStatus();
}

absl::Status EvalReorder(EvalContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(1);
  FLOE_RETURN_IF_ERROR(CheckParts(indices, &values, context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims shape, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_indices, context.Output(0, indices.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_values, context.Output(1, values.shape()));
  const int64_t count = indices.shape().dim(0), rank = indices.shape().dim(1);
  for (int64_t i = 0; i < count; ++i) {
    if (!IsInside(IndexAt(indices, i), shape)) return OutOfRange(i, IndexAt(indices, i), shape);
  }
  const std::vector<int64_t> order = InOrder(indices.flat<int64_t>(), count, rank);
  for (int64_t i = 0; i < count; ++i) {
    CopyElements(indices, order[static_cast<size_t>(i)] * rank, out_indices, i * rank, rank);
    CopyElements(values, order[static_cast<size_t>(i)], out_values, i, 1);
  }
  return absl::OkStatus();
}

absl::Status InferSlice(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(5));
  FLOE_RETURN_IF_ERROR(WantIndices(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  for (int i = 2; i < 5; ++i) FLOE_RETURN_IF_ERROR(WantDenseShape(context, i));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, RankOf(context, 0, 2));
  context.AddOutput(DType::kInt64, PartialShape({kUnknown, rank}));
  context.AddOutput(context.dtype(1), PartialShape({kUnknown}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

absl::Status EvalSlice(EvalContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(1);
  FLOE_RETURN_IF_ERROR(CheckParts(indices, &values, context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims shape, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Dims start, ToInt64s(context.input(3)));
  FLOE_ASSIGN_OR_RETURN(const Dims size, ToInt64s(context.input(4)));
  const size_t rank = shape.size();
  if (start.size() != rank || size.size() != rank) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted ", rank, " starts and sizes, got ", start.size(), " and ", size.size()));
  }
  Dims sliced(rank, 0);
  for (size_t axis = 0; axis < rank; ++axis) {
    if (start[axis] < 0 || size[axis] < 0) {
      return absl::InvalidArgumentError(absl::StrCat("a slice from ", start[axis], " of ", size[axis], " is none"));
    }
    if (start[axis] < shape[axis]) sliced[axis] = std::min(size[axis], shape[axis] - start[axis]);
  }
  const auto count = indices.shape().dim(0);
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < count; ++i) {
    const absl::Span<const int64_t> index = IndexAt(indices, i);
    bool inside = true;
    for (size_t axis = 0; axis < rank; ++axis) {
      inside = inside && index[axis] >= start[axis] && index[axis] - start[axis] < sliced[axis];
    }
    if (inside) taken.push_back(i);
  }
  const auto out_count = static_cast<int64_t>(taken.size()), columns = static_cast<int64_t>(rank);
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_indices, context.Output(0, Shape({out_count, columns})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_values, context.Output(1, Shape({out_count})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_shape, context.Output(2, Shape({columns})));
  std::copy(sliced.begin(), sliced.end(), out_shape->mutable_data<int64_t>());
  int64_t* to = out_indices->mutable_data<int64_t>();
  for (size_t i = 0; i < taken.size(); ++i) {
    const absl::Span<const int64_t> index = IndexAt(indices, taken[i]);
    for (size_t axis = 0; axis < rank; ++axis) *to++ = index[axis] - start[axis];
    CopyElements(values, taken[i], out_values, static_cast<int64_t>(i), 1);
  }
  return absl::OkStatus();
}

// N tensors: their indices, then their values, then their shapes.
absl::StatusOr<int> PartCount(const AttrMap& attrs, int inputs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t count, attrs.Int("N"));
  if (count >= 1 && count <= inputs && inputs == 3 * count) return static_cast<int>(count);
  return absl::InvalidArgumentError(absl::StrCat("attribute 'N' is ", count, ", and there are ", inputs, " inputs"));
}

absl::Status InferConcat(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int parts, PartCount(context.attrs(), context.num_inputs()));
  FLOE_RETURN_IF_ERROR(context.attrs().Int("concat_dim").status());
  int64_t count = 0, rank = kUnknown;
  for (int i = 0; i < parts; ++i) {
    FLOE_RETURN_IF_ERROR(WantIndices(context, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(parts + i, 1));
    FLOE_RETURN_IF_ERROR(context.WantSameDType(parts, parts + i));
    FLOE_RETURN_IF_ERROR(WantDenseShape(context, 2 * parts + i));
    FLOE_ASSIGN_OR_RETURN(const int64_t own, RankOf(context, i, 2 * parts + i));
    FLOE_ASSIGN_OR_RETURN(rank, MergeDim(rank, own));
    const int64_t more = DimOrUnknown(context.shape(i), 0);
    count = count < 0 || more < 0 ? kUnknown : count + more;
  }
  context.AddOutput(DType::kInt64, PartialShape({count, rank}));
  context.AddOutput(context.dtype(parts), PartialShape({count}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

absl::Status EvalConcat(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int parts, PartCount(context.attrs(), context.num_inputs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_attr, context.attrs().Int("concat_dim"));
  FLOE_ASSIGN_OR_RETURN(Dims shape, ToInt64s(context.input(2 * parts)));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_attr, static_cast<int>(shape.size())));
  const size_t rank = shape.size();
  std::vector<int64_t> indices;
  std::vector<std::pair<int, int64_t>> from;  // the part, and the element in it
  shape[static_cast<size_t>(axis)] = 0;
  for (int i = 0; i < parts; ++i) {
    FLOE_RETURN_IF_ERROR(CheckParts(context.input(i), &context.input(parts + i), context.input(2 * parts + i)));
    FLOE_ASSIGN_OR_RETURN(Dims own, ToInt64s(context.input(2 * parts + i)));
    int64_t& total = shape[static_cast<size_t>(axis)];
    const int64_t before = total;
    const bool fits = own.size() == rank && CheckedAdd(before, own[static_cast<size_t>(axis)], &total);
    if (fits) own[static_cast<size_t>(axis)] = total;
    if (!fits || own != shape) {
      return absl::InvalidArgumentError(absl::StrCat("input ", 2 * parts + i, ": shape ",
                                                     context.input(2 * parts + i).ToString(),
                                                     " does not join those before it along axis ", axis));
    }
    for (int64_t row = 0, rows = context.input(i).shape().dim(0); row < rows; ++row) {
      const absl::Span<const int64_t> index = IndexAt(context.input(i), row);
      indices.insert(indices.end(), index.begin(), index.end());
      int64_t& moved = indices[indices.size() - rank + static_cast<size_t>(axis)];
      if (!CheckedAdd(moved, before, &moved)) return OutOfRange(row, index, shape);
      from.emplace_back(parts + i, row);
    }
  }
  const auto count = static_cast<int64_t>(from.size()), columns = static_cast<int64_t>(rank);
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_indices, context.Output(0, Shape({count, columns})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_values, context.Output(1, Shape({count})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_shape, context.Output(2, Shape({columns})));
  std::copy(shape.begin(), shape.end(), out_shape->mutable_data<int64_t>());
  int64_t place = 0;
  for (const int64_t e : InOrder(indices, count, columns)) {
    std::copy_n(indices.data() + e * columns, rank, out_indices->mutable_data<int64_t>() + place * columns);
    const auto [part, row] = from[static_cast<size_t>(e)];
    CopyElements(context.input(part), row, out_values, place++, 1);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"SparseReshape", InferReshape, EvalReshape},
    {"SparseFillEmptyRows", InferFillEmptyRows, EvalFillEmptyRows},
    {"SparseTensorDenseMatMul", InferMatMul, EvalMatMul},
    {"SparseReorder", InferReorder, EvalReorder},
    {"SparseSlice", InferSlice, EvalSlice},
    {"SparseConcat", InferConcat, EvalConcat},
};

}  // namespace

absl::Span<const OpInfo> SparseTensorOps() { return kOps; }

absl::StatusOr<int64_t> WantSparse(const InferContext& context, int first) {
  FLOE_RETURN_IF_ERROR(WantIndices(context, first));
  FLOE_RETURN_IF_ERROR(context.WantRank(first + 1, 1));
  FLOE_RETURN_IF_ERROR(WantDenseShape(context, first + 2));
  const absl::StatusOr<int64_t> count =
      MergeDim(DimOrUnknown(context.shape(first), 0), DimOrUnknown(context.shape(first + 1), 0));
  if (!count.ok()) return Annotate(count.status(), "rows of the indices and number of values");
  return RankOf(context, first, first + 2);
}

}  // namespace floe
