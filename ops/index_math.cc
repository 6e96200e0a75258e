#include "ops/index_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/elementwise.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

absl::StatusOr<DType> IndexAttr(const AttrMap& attrs, absl::string_view name) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type(name, DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), absl::StrCat("attribute '", name, "'"), dtype));
  return dtype;
}

// ---- ListDiff: what of x is not in y, and where it was

using ListTypes = Join<RealTypes, TypeList<bool, std::string>>;

absl::Status InferListDiff(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ListTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  FLOE_ASSIGN_OR_RETURN(const DType index, IndexAttr(context.attrs(), "out_idx"));
  context.AddOutput(context.dtype(0), PartialShape({kUnknown}));
  context.AddOutput(index, PartialShape({kUnknown}));
  return absl::OkStatus();
}

absl::Status WriteIndices(const std::vector<int64_t>& values, Tensor* output) {
  return OnDType(IndexTypes(), output->dtype(), [&]<typename Index>() -> absl::Status {
    if (!values.empty() && *std::max_element(values.begin(), values.end()) > std::numeric_limits<Index>::max()) {
      return absl::InvalidArgumentError(absl::StrCat(DTypeName(output->dtype()), " does not hold the indices"));
    }
    std::transform(values.begin(), values.end(), output->mutable_data<Index>(),
                   [](int64_t value) { return static_cast<Index>(value); });
    return absl::OkStatus();
  });
}

absl::Status EvalListDiff(EvalContext& context) {
  const Tensor &x = context.input(0), &y = context.input(1);
  std::vector<int64_t> kept;
  FLOE_RETURN_IF_ERROR(OnDType(ListTypes(), x.dtype(), [&]<typename T>() -> absl::Status {
    using Key = Wide<T>;
    absl::flat_hash_set<Key> known;
    for (const T& value : y.flat<T>()) known.insert(Key(value));
    for (int64_t i = 0; i < x.num_elements(); ++i) {
      if (!known.contains(Key(x.data<T>()[i]))) kept.push_back(i);
    }
    return absl::OkStatus();
  }));
  const Shape shape({static_cast<int64_t>(kept.size())});
  FLOE_ASSIGN_OR_RETURN(Tensor* const out, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(1, shape));
  for (size_t i = 0; i < kept.size(); ++i) CopyElements(x, kept[i], out, static_cast<int64_t>(i), 1);
  return WriteIndices(kept, indices);
}

// ---- UnravelIndex: places in a tensor as coordinates

absl::Status InferUnravel(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, KnownLength(context, 1));
  const PartialShape& indices = context.shape(0);
  PartialShape shape;
  if (indices.has_rank() && indices.rank() <= 1) {
    shape = indices.rank() == 0 ? PartialShape({rank}) : PartialShape({rank, indices.dim(0)});
  } else if (indices.has_rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted an index or a vector of them, got shape ", indices.ToString()));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalUnravel(EvalContext& context) {
  const Tensor& indices = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Shape dims, ShapeOf(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const Dims places, ToInt64s(indices));
  const int64_t rank = dims.rank(), count = indices.num_elements();
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, indices.rank() == 0 ? Shape({rank}) : Shape({rank, count})));
  return OnDType(IndexTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < count; ++i) {
      int64_t rest = places[static_cast<size_t>(i)];
      if (rest < 0 || rest >= dims.num_elements()) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 0: index ", rest, " is out of range for shape ", dims.ToString()));
      }
      for (int axis = dims.rank() - 1; axis >= 0; --axis) {
        output->mutable_data<T>()[axis * count + i] = static_cast<T>(rest % dims.dim(axis));
        rest /= dims.dim(axis);
      }
    }
    return absl::OkStatus();
  });
}

// ---- LowerBound and UpperBound: where values go into sorted rows

absl::Status InferBound(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 2));
  FLOE_RETURN_IF_ERROR(MergeDim(DimOrUnknown(context.shape(0), 0), DimOrUnknown(context.shape(1), 0)).status());
  FLOE_ASSIGN_OR_RETURN(const DType index, IndexAttr(context.attrs(), "out_type"));
  context.AddOutput(index, context.shape(1).has_rank() ? context.shape(1) : PartialShape::UnknownDims(2));
  return absl::OkStatus();
}

template <bool kUpper>
absl::Status EvalBound(EvalContext& context) {
  const Tensor &rows = context.input(0), &values = context.input(1);
  if (rows.shape().dim(0) != values.shape().dim(0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted ", rows.shape().dim(0), " rows, got ", values.shape().dim(0)));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, values.shape()));
  const int64_t length = rows.shape().dim(1), count = values.shape().dim(1);
  std::vector<int64_t> places(static_cast<size_t>(values.num_elements()));
  FLOE_RETURN_IF_ERROR(OnDType(RealTypes(), rows.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < values.num_elements(); ++i) {
      const T *const first = rows.data<T>() + i / count * length, *const last = first + length;
      const T value = values.data<T>()[i];
      places[static_cast<size_t>(i)] =
          (kUpper ? std::upper_bound(first, last, value) : std::lower_bound(first, last, value)) - first;
    }
    return absl::OkStatus();
  }));
  return WriteIndices(places, output);
}

// ---- InTopK: whether fewer than k classes are likelier than the target

template <bool kInput>
absl::Status InferInTopK(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kInput ? 3 : 2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kFloat));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  if (kInput) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
    FLOE_RETURN_IF_ERROR(context.WantRank(2, 0));
  } else {
    FLOE_RETURN_IF_ERROR(context.attrs().Int("k").status());
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t batch,
                        MergeDim(DimOrUnknown(context.shape(0), 0), DimOrUnknown(context.shape(1), 0)));
  context.AddOutput(DType::kBool, PartialShape({batch}));
  return absl::OkStatus();
}

template <bool kInput>
absl::Status EvalInTopK(EvalContext& context) {
  const Tensor& predictions = context.input(0);
  int64_t k = 0;
  if constexpr (kInput) {
    FLOE_ASSIGN_OR_RETURN(k, ScalarInt(context.input(2), "input 2"));
  } else {
    FLOE_ASSIGN_OR_RETURN(k, context.attrs().Int("k"));
  }
  FLOE_ASSIGN_OR_RETURN(const Dims targets, ToInt64s(context.input(1)));
  const int64_t batch = predictions.shape().dim(0), classes = predictions.shape().dim(1);
  if (static_cast<int64_t>(targets.size()) != batch) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", batch, " targets, got ", targets.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({batch})));
  for (int64_t b = 0; b < batch; ++b) {
    const float* const row = predictions.data<float>() + b * classes;
    const int64_t target = targets[static_cast<size_t>(b)];
    // Nothing can be said of a target that is no class, or among numbers that are not finite.
    bool sayable = target >= 0 && target < classes && std::isfinite(row[target]);
    int64_t likelier = 0;
    for (int64_t c = 0; c < classes && sayable; ++c) {
      sayable = std::isfinite(row[c]);
      if (sayable && row[c] > row[target]) ++likelier;
    }
    output->mutable_data<bool>()[b] = sayable && likelier < k;
  }
  return absl::OkStatus();
}

// ---- DataFormatVecPermute and DataFormatDimMap: from one layout's dimensions to another's

struct Layouts {
  std::string from, to;

  static absl::StatusOr<Layouts> Of(const AttrMap& attrs) {
    Layouts layouts;
    FLOE_ASSIGN_OR_RETURN(layouts.from, attrs.String("src_format", "NHWC"));
    FLOE_ASSIGN_OR_RETURN(layouts.to, attrs.String("dst_format", "NCHW"));
    std::string a = layouts.from, b = layouts.to;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    const bool once = std::adjacent_find(a.begin(), a.end()) == a.end();
    if (a == b && once && (a.size() == 4 || a.size() == 5)) return layouts;
    return absl::InvalidArgumentError(absl::StrCat("no layout '", layouts.from, "' becomes '", layouts.to, "'"));
  }
  // Without batch and channels, for vectors that lack them.
  Layouts Spatial() const {
    Layouts spatial = *this;
    for (std::string* layout : {&spatial.from, &spatial.to}) {
      std::erase_if(*layout, [](char c) { return c == 'N' || c == 'C'; });
    }
    return spatial;
  }
};

absl::Status InferVecPermute(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_ASSIGN_OR_RETURN(const Layouts layouts, Layouts::Of(context.attrs()));
  const PartialShape& shape = context.shape(0);
  if (shape.has_rank()) {
    const auto full = static_cast<int64_t>(layouts.from.size());
    const bool right = (shape.rank() == 1 || (shape.rank() == 2 && MergeDim(shape.dim(1), 2).ok())) &&
                       (shape.dim(0) < 0 || shape.dim(0) == full || shape.dim(0) == full - 2);
    if (!right) {
      return absl::InvalidArgumentError(absl::StrCat("input 0: wanted a number or two a dimension of ", layouts.from,
                                                     ", got shape ", shape.ToString()));
    }
  }
  context.AddOutput(context.dtype(0), shape);
  return absl::OkStatus();
}

absl::Status EvalVecPermute(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Layouts layouts, Layouts::Of(context.attrs()));
  const int64_t rows = input.shape().dim(0), columns = input.rank() == 1 ? 1 : 2;
  if (rows == static_cast<int64_t>(layouts.from.size()) - 2) layouts = layouts.Spatial();
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  for (int64_t row = 0; row < rows; ++row) {
    const auto from = static_cast<int64_t>(layouts.from.find(layouts.to[static_cast<size_t>(row)]));
    CopyElements(input, from * columns, output, row * columns, columns);
  }
  return absl::OkStatus();
}

absl::Status InferDimMap(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(Layouts::Of(context.attrs()).status());
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalDimMap(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Layouts layouts, Layouts::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims axes, ToInt64s(input));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  std::vector<int64_t> mapped;
  for (const int64_t axis : axes) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, static_cast<int>(layouts.from.size())));
    mapped.push_back(static_cast<int64_t>(layouts.to.find(layouts.from[static_cast<size_t>(at)])));
  }
  return WriteIndices(mapped, output);
}

// ---- ConcatOffset: where each of joined tensors begins

absl::Status InferConcatOffset(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(3));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 0));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  int64_t rank = kUnknown;
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(1, i));
    FLOE_ASSIGN_OR_RETURN(const int64_t own, KnownLength(context, i));
    FLOE_ASSIGN_OR_RETURN(rank, MergeDim(rank, own));
  }
  for (int i = 1; i < context.num_inputs(); ++i) context.AddOutput(context.dtype(1), PartialShape({rank}));
  return absl::OkStatus();
}

absl::Status EvalConcatOffset(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_input, ScalarInt(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const Dims first, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_input, static_cast<int>(first.size())));
  int64_t offset = 0;
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_ASSIGN_OR_RETURN(const Dims dims, ToInt64s(context.input(i)));
    bool fits = dims.size() == first.size();
    for (size_t k = 0; fits && k < dims.size(); ++k) fits = static_cast<int>(k) == axis || dims[k] == first[k];
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat("input ", i, ": shape ", Shape(dims).ToString(), " does not join ",
                                                     Shape(first).ToString(), " along axis ", axis));
    }
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(i - 1, Shape({static_cast<int64_t>(dims.size())})));
    std::vector<int64_t> offsets(dims.size(), 0);
    offsets[static_cast<size_t>(axis)] = offset;
    FLOE_RETURN_IF_ERROR(WriteIndices(offsets, output));
    if (!CheckedAdd(offset, dims[static_cast<size_t>(axis)], &offset)) {
      return absl::InvalidArgumentError(absl::StrCat("input ", i, ": the sizes come to too much"));
    }
  }
  return absl::OkStatus();
}

// ---- Cross and PopulationCount

absl::Status InferCross(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, i, 1));
  absl::StatusOr<PartialShape> shape = MergeShapes(context.shape(0), context.shape(1));
  if (!shape.ok()) return Annotate(shape.status(), "inputs 0 and 1");
  if (shape->has_rank() && !MergeDim(shape->dim(shape->rank() - 1), 3).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted vectors of 3, got shape ", shape->ToString()));
  }
  context.AddOutput(context.dtype(0), *std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalCross(EvalContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  if (a.shape() != b.shape()) return absl::InvalidArgumentError("inputs 0 and 1 must have one shape");
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, a.shape()));
  return OnDType(RealTypes(), a.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < a.num_elements(); i += 3) {
      const T *const x = a.data<T>() + i, *const y = b.data<T>() + i;
      for (int k = 0; k < 3; ++k) {
        const int m = (k + 1) % 3, n = (k + 2) % 3;
        output->mutable_data<T>()[i + k] = WrapSub<T>(WrapMul<T>(x[m], y[n]), WrapMul<T>(x[n], y[m]));
      }
    }
    return absl::OkStatus();
  });
}

struct PopulationCount {
  template <typename T>
  static uint8_t Apply(T x) {
    return static_cast<uint8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
  }
};

absl::Status InferPopulationCount(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IntegerTypes(), "input 0", context.dtype(0)));
  context.AddOutput(DType::kUint8, context.shape(0));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ListDiff", InferListDiff, EvalListDiff},
    {"UnravelIndex", InferUnravel, EvalUnravel},
    {"LowerBound", InferBound, EvalBound<false>},
    {"UpperBound", InferBound, EvalBound<true>},
    {"InTopK", InferInTopK<false>, EvalInTopK<false>},
    {"InTopKV2", InferInTopK<true>, EvalInTopK<true>},
    {"DataFormatVecPermute", InferVecPermute, EvalVecPermute},
    {"DataFormatDimMap", InferDimMap, EvalDimMap},
    {"ConcatOffset", InferConcatOffset, EvalConcatOffset},
    {"Cross", InferCross, EvalCross},
    {"PopulationCount", InferPopulationCount, EvalUnary<PopulationCount, IntegerTypes>, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> IndexMathOps() { return kOps; }

}  // namespace floe
