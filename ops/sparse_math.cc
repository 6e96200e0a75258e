#include "ops/sparse_math.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/sparse_tensor.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

void AddSparse(InferContext& context, DType dtype, int64_t count, int64_t rank) {
  context.AddOutput(DType::kInt64, PartialShape({count, rank}));
  context.AddOutput(dtype, PartialShape({count}));
  context.AddOutput(DType::kInt64, PartialShape({rank}));
}

// A sparse operand at hand.
struct Sparse {
  const int64_t* indices;
  const Tensor* values;
  Dims shape;
  int64_t count;

  size_t rank() const { return shape.size(); }
  const int64_t* at(int64_t i) const { return indices + i * static_cast<int64_t>(rank()); }

  static absl::StatusOr<Sparse> Of(const EvalContext& context, int first) {
    FLOE_ASSIGN_OR_RETURN(Dims shape, ToInt64s(context.input(first + 2)));
    return Sparse{context.input(first).data<int64_t>(), &context.input(first + 1), std::move(shape),
                  context.input(first + 1).num_elements()};
  }

  // OK where the dense tensor could be, and all indices are in it.
  absl::Status Check() const {
    FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(shape).status(), "dense shape"));
    for (int64_t i = 0; i < count; ++i) {
      for (size_t axis = 0; axis < rank(); ++axis) {
        if (at(i)[axis] >= 0 && at(i)[axis] < shape[axis]) continue;
        return absl::InvalidArgumentError(absl::StrCat("index ", at(i)[axis], " of element ", i,
                                                       " is out of range for size ", shape[axis], " of dimension ",
                                                       axis));
      }
    }
    return absl::OkStatus();
  }
};

// ---- SparseAdd

using AddTypes = Join<SignedTypes, TypeList<float, double>, ComplexTypes>;

template <typename T>
double MagnitudeOf(T value) {
  if constexpr (kIsComplex<T>) {
    return static_cast<double>(std::abs(value));
  } else {
    return std::abs(static_cast<double>(value));
  }
}

absl::Status InferAdd(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(7));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(AddTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 4));
  FLOE_ASSIGN_OR_RETURN(const int64_t a, WantSparse(context, 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t b, WantSparse(context, 3));
  absl::StatusOr<int64_t> rank = MergeDim(a, b);
  if (!rank.ok()) return Annotate(rank.status(), "ranks of the operands");
  const DType dtype = context.dtype(1);
  const DType least = dtype == DType::kComplex64 ? DType::kFloat : dtype == DType::kComplex128 ? DType::kDouble : dtype;
  FLOE_RETURN_IF_ERROR(context.WantDType(6, least));
  FLOE_RETURN_IF_ERROR(context.WantRank(6, 0));
  AddSparse(context, dtype, kUnknown, *rank);
  return absl::OkStatus();
}

// Both operands' elements in their order; of what both have the sum, unless it is too small to keep.
template <typename T, typename Take>
void Merge(const Sparse& a, const Sparse& b, double least, Take&& take) {
  const T *const x = a.values->data<T>(), *const y = b.values->data<T>();
  int64_t i = 0, j = 0;
  while (i < a.count || j < b.count) {
    int order = i < a.count ? -1 : 1;
    if (i < a.count && j < b.count) {
      order = 0;
      for (size_t axis = 0; axis < a.rank() && order == 0; ++axis) {
        if (a.at(i)[axis] != b.at(j)[axis]) order = a.at(i)[axis] < b.at(j)[axis] ? -1 : 1;
      }
    }
    if (order < 0) {
      take(a.at(i), x[i]);
      ++i;
    } else if (order > 0) {
      take(b.at(j), y[j]);
      ++j;
    } else {
      const T sum = WrapAdd(x[i], y[j]);
      if (least <= MagnitudeOf(sum)) take(a.at(i), sum);
      ++i;
      ++j;
    }
  }
}

absl::Status EvalAdd(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Sparse a, Sparse::Of(context, 0));
  FLOE_ASSIGN_OR_RETURN(const Sparse b, Sparse::Of(context, 3));
  if (a.shape != b.shape) {
    return absl::InvalidArgumentError(absl::StrCat("wanted operands of one dense shape, got ",
                                                   Shape(a.shape).ToString(), " and ", Shape(b.shape).ToString()));
  }
  return OnDType(AddTypes(), a.values->dtype(), [&]<typename T>() -> absl::Status {
    double least = 0;
    FLOE_RETURN_IF_ERROR(
        OnDType(Join<SignedTypes, TypeList<float, double>>(), context.input(6).dtype(), [&]<typename R>() {
          least = static_cast<double>(*context.input(6).data<R>());
          return absl::OkStatus();
        }));
    int64_t count = 0;
    Merge<T>(a, b, least, [&](const int64_t*, T) { ++count; });
    const auto rank = static_cast<int64_t>(a.rank());
    FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({count, rank})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, Shape({count})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({rank})));
    auto* index = indices->mutable_data<int64_t>();
    T* to = values->mutable_data<T>();
    Merge<T>(a, b, least, [&](const int64_t* from, T value) {
      index = std::copy_n(from, rank, index);
      *to++ = value;
    });
    std::copy(a.shape.begin(), a.shape.end(), shape->mutable_data<int64_t>());
    return absl::OkStatus();
  });
}

// ---- SparseReduceSum, SparseReduceMax, and with sparse results

struct SumOf {
  using Types = NumberTypes;
  template <typename T>
  static T Apply(T a, T b) {
    return WrapAdd(a, b);
  }
};
struct MaxOf {
  using Types = RealTypes;
  template <typename T>
  static T Apply(T a, T b) {
    return a < b ? b : a;
  }
};

// Which dimensions stay, by the axes of a tensor of integers.
absl::StatusOr<Dims> KeptAxes(const Tensor& axes, int rank) {
  FLOE_ASSIGN_OR_RETURN(const Dims given, IntElements(axes, "input 3"));
  absl::InlinedVector<bool, 8> reduced(static_cast<size_t>(rank), false);
  for (const int64_t axis : given) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, rank));
    reduced[static_cast<size_t>(at)] = true;
  }
  Dims kept;
  for (int axis = 0; axis < rank; ++axis) {
    if (!reduced[static_cast<size_t>(axis)]) kept.push_back(axis);
  }
  return kept;
}

template <typename Reduction, bool kSparseResult>
absl::Status InferReduce(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(typename Reduction::Types(), "input 1", context.dtype(1)));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, WantSparse(context, 0));
  if (rank > kMaxRank) return absl::InvalidArgumentError(absl::StrCat("input 2: ", rank, " dimensions are too many"));
  FLOE_RETURN_IF_ERROR(context.WantDType(3, DType::kInt32));
  FLOE_ASSIGN_OR_RETURN(const bool keeps, context.attrs().Bool("keep_dims", false));
  std::optional<Dims> kept;
  if (context.input(3).value != nullptr && rank >= 0) {
    FLOE_ASSIGN_OR_RETURN(kept, KeptAxes(*context.input(3).value, static_cast<int>(rank)));
  }
  const int64_t result_rank = keeps ? rank : (kept.has_value() ? static_cast<int64_t>(kept->size()) : kUnknown);
  if constexpr (kSparseResult) {
    AddSparse(context, context.dtype(1), kUnknown, result_rank);
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> dims, context.KnownInts(2));
  PartialShape shape =
      result_rank < 0 ? PartialShape::UnknownRank() : PartialShape::UnknownDims(static_cast<int>(result_rank));
  if (dims.has_value() && kept.has_value()) {
    FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(*dims).status(), "input 2"));
    for (int axis = 0; keeps && axis < shape.rank(); ++axis) shape.set_dim(axis, 1);
    for (size_t i = 0; i < kept->size(); ++i) {
      const int64_t axis = (*kept)[i];
      shape.set_dim(keeps ? static_cast<int>(axis) : static_cast<int>(i), (*dims)[static_cast<size_t>(axis)]);
    }
  }
  context.AddOutput(context.dtype(1), std::move(shape));
  return absl::OkStatus();
}

// An element's place in the result, and where it was.
struct Placed {
  int64_t place = 0, at = 0;
  friend bool operator<(const Placed& a, const Placed& b) {
    return a.place != b.place ? a.place < b.place : a.at < b.at;
  }
};

template <typename Reduction, bool kSparseResult>
absl::Status EvalReduce(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Sparse input, Sparse::Of(context, 0));
  FLOE_RETURN_IF_ERROR(input.Check());
  FLOE_ASSIGN_OR_RETURN(const bool keeps, context.attrs().Bool("keep_dims", false));
  FLOE_ASSIGN_OR_RETURN(const Dims kept, KeptAxes(context.input(3), static_cast<int>(input.rank())));
  Dims result = keeps ? Dims(input.rank(), 1) : Dims();
  for (const int64_t axis : kept) {
    const int64_t size = input.shape[static_cast<size_t>(axis)];
    keeps ? static_cast<void>(result[static_cast<size_t>(axis)] = size) : result.push_back(size);
  }
  FLOE_ASSIGN_OR_RETURN(const Shape dense, Shape::Checked(result));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Placed[]> order, Scratch<Placed>(input.count));
  for (int64_t i = 0; i < input.count; ++i) {
    int64_t place = 0;
    for (const int64_t axis : kept) place = place * input.shape[static_cast<size_t>(axis)] + input.at(i)[axis];
    order[i] = {place, i};
  }
  std::sort(order.get(), order.get() + input.count);
  return OnDType(typename Reduction::Types(), input.values->dtype(), [&]<typename T>() -> absl::Status {
    const T* const from = input.values->data<T>();
    // `take(place, value)` for each place that has elements.
    const auto for_each = [&](auto&& take) {
      for (int64_t i = 0; i < input.count;) {
        const int64_t place = order[i].place;
        auto value = Wide<T>(from[order[i].at]);
        for (++i; i < input.count && order[i].place == place; ++i) {
          value = Reduction::Apply(value, Wide<T>(from[order[i].at]));
        }
        take(place, T(value));
      }
    };
    if constexpr (!kSparseResult) {
      FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, dense));
      FLOE_RETURN_IF_ERROR(ZeroElements(output));
      for_each([&](int64_t place, T value) { output->mutable_data<T>()[place] = value; });
      return absl::OkStatus();
    }
    int64_t count = 0;
    for_each([&](int64_t, T) { ++count; });
    const auto rank = static_cast<int64_t>(result.size());
    FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({count, rank})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, Shape({count})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({rank})));
    auto* index = indices->mutable_data<int64_t>();
    T* to = values->mutable_data<T>();
    for_each([&](int64_t place, T value) {
      for (size_t axis = result.size(); axis-- > 0; place /= result[axis]) index[axis] = place % result[axis];
      index += rank;
      *to++ = value;
    });
    std::copy(result.begin(), result.end(), shape->mutable_data<int64_t>());
    return absl::OkStatus();
  });
}

// ---- SparseSoftmax

using SoftmaxTypes = TypeList<Half, float, double>;

absl::Status InferSoftmax(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(SoftmaxTypes(), "input 1", context.dtype(1)));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, WantSparse(context, 0));
  if (rank == 0 || rank == 1) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted a shape of rank 2 or more, got ", rank));
  }
  context.AddOutput(context.dtype(1), context.shape(1));
  return absl::OkStatus();
}

// Over the elements that there are of each row, which stand one after another.
absl::Status EvalSoftmax(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Sparse input, Sparse::Of(context, 0));
  FLOE_RETURN_IF_ERROR(input.Check());
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.values->shape()));
  return OnDType(SoftmaxTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    const T* const from = input.values->data<T>();
    T* const to = output->mutable_data<T>();
    for (int64_t begin = 0, end = 0; begin < input.count; begin = end) {
      W most = W(from[begin]), sum = 0;
      for (end = begin + 1; end < input.count; ++end) {
        if (!std::equal(input.at(begin), input.at(begin) + input.rank() - 1, input.at(end))) break;
        most = std::max(most, W(from[end]));
      }
      for (int64_t i = begin; i < end; ++i) sum += std::exp(W(from[i]) - most);
      for (int64_t i = begin; i < end; ++i) to[i] = T(std::exp(W(from[i]) - most) / sum);
    }
    return absl::OkStatus();
  });
}

// ---- SparseSplit

absl::StatusOr<int> NumSplit(const AttrMap& attrs) {
  constexpr int64_t kMost = 1 << 16;
  FLOE_ASSIGN_OR_RETURN(const int64_t parts, attrs.Int("num_split"));
  if (parts >= 1 && parts <= kMost) return static_cast<int>(parts);
  return absl::InvalidArgumentError(absl::StrCat("attribute 'num_split': wanted 1 to ", kMost, ", got ", parts));
}

absl::Status InferSplit(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt64));
  FLOE_ASSIGN_OR_RETURN(const int parts, NumSplit(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, WantSparse(context, 1));
  const DType dtype = context.dtype(2);
  for (int i = 0; i < parts; ++i) context.AddOutput(DType::kInt64, PartialShape({kUnknown, rank}));
  for (int i = 0; i < parts; ++i) context.AddOutput(dtype, PartialShape({kUnknown}));
  for (int i = 0; i < parts; ++i) context.AddOutput(DType::kInt64, PartialShape({rank}));
  return absl::OkStatus();
}

absl::Status EvalSplit(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t given, ScalarInt(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const int parts, NumSplit(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Sparse input, Sparse::Of(context, 1));
  FLOE_RETURN_IF_ERROR(input.Check());
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(given, static_cast<int>(input.rank())));
  const int64_t size = input.shape[static_cast<size_t>(axis)];
  if (parts > size) {
    return absl::InvalidArgumentError(absl::StrCat("size ", size, " does not split into ", parts));
  }
  // What does not come out even, the first parts have more.
  const int64_t least = size / parts, larger = size % parts;
  const auto begin_of = [&](int64_t part) { return part * least + std::min(part, larger); };
  const auto rank = static_cast<int64_t>(input.rank());
  for (int part = 0; part < parts; ++part) {
    const int64_t begin = begin_of(part), end = begin_of(part + 1);
    const auto is_in = [&](int64_t i) { return input.at(i)[axis] >= begin && input.at(i)[axis] < end; };
    int64_t count = 0;
    for (int64_t i = 0; i < input.count; ++i) count += is_in(i) ? 1 : 0;
    FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(part, Shape({count, rank})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(parts + part, Shape({count})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2 * parts + part, Shape({rank})));
    int64_t to = 0;
    for (int64_t i = 0; i < input.count; ++i) {
      if (!is_in(i)) continue;
      int64_t* const index = indices->mutable_data<int64_t>() + to * rank;
      std::copy_n(input.at(i), rank, index);
      index[axis] -= begin;
      CopyElements(*input.values, i, values, to++, 1);
    }
    std::copy(input.shape.begin(), input.shape.end(), shape->mutable_data<int64_t>());
    shape->mutable_data<int64_t>()[axis] = end - begin;
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"SparseAdd", InferAdd, EvalAdd},
    {"SparseReduceSum", InferReduce<SumOf, false>, EvalReduce<SumOf, false>},
    {"SparseReduceSumSparse", InferReduce<SumOf, true>, EvalReduce<SumOf, true>},
    {"SparseReduceMax", InferReduce<MaxOf, false>, EvalReduce<MaxOf, false>},
    {"SparseReduceMaxSparse", InferReduce<MaxOf, true>, EvalReduce<MaxOf, true>},
    {"SparseSoftmax", InferSoftmax, EvalSoftmax},
    {"SparseSplit", InferSplit, EvalSplit},
};

}  // namespace

absl::Span<const OpInfo> SparseMathOps() { return kOps; }

}  // namespace floe
