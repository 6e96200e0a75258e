#include "ops/unique.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

using UniqueTypes = Join<RealTypes, TypeList<bool, std::string>>;
constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Without an axis input the tensor must be a vector; so it must where the axis is an empty list.
absl::StatusOr<int> UniqueAxis(absl::Span<const int64_t> axes, const PartialShape& shape) {
  if (axes.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted one axis or none, got ", axes.size()));
  }
  if (axes.size() == 1) return NormalAxis(axes[0], shape.rank());
  if (shape.rank() == 1) return 0;
  return absl::InvalidArgumentError(absl::StrCat("input 0: wanted a vector, got shape ", shape.ToString()));
}

template <bool kAxis, bool kCounts>
absl::Status InferUnique(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kAxis ? 2 : 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(UniqueTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const DType index_type, context.attrs().Type("out_idx", DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'out_idx'", index_type));
  std::optional<Dims> axes = Dims();
  if constexpr (kAxis) {
    FLOE_RETURN_IF_ERROR(KnownLength(context, 1).status());
    FLOE_ASSIGN_OR_RETURN(axes, context.KnownInts(1));
  } else {
    FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
  }
  PartialShape shape = context.shape(0);
  int64_t slices = kUnknown;
  if (shape.has_rank() && axes.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const int axis, UniqueAxis(*axes, shape));
    slices = shape.dim(axis);
    shape.set_dim(axis, kUnknown);
  } else if (shape.has_rank()) {
    shape = PartialShape::UnknownDims(shape.rank());
  } else if (!kAxis) {
    shape = PartialShape::UnknownDims(1);
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  context.AddOutput(index_type, PartialShape({slices}));
  if (kCounts) context.AddOutput(index_type, PartialShape({kUnknown}));
  return absl::OkStatus();
}

// The slices of a tensor along an axis, compared by their elements; a NaN differs from all, itself too. Of a vector of
// halves TensorFlow tells 0 from -0, since it finds them by their bits.
template <typename T>
struct Slices {
  const T* data;
  AxisView view;

  template <typename F>
  bool All(F&& holds) const {
    for (int64_t o = 0; o < view.outer; ++o) {
      for (int64_t i = 0; i < view.inner; ++i) {
        if (!holds(o * view.size * view.inner + i)) return false;
      }
    }
    return true;
  }
  size_t operator()(int64_t slice) const {
    size_t hash = 0;
    All([&](int64_t at) {
      const T& value = data[at + slice * view.inner];
      if constexpr (kIsHalf<T>) {
        hash = absl::HashOf(hash, static_cast<float>(value));  // the same for 0 and -0
      } else {
        hash = absl::HashOf(hash, value);
      }
      return true;
    });
    return hash;
  }
  bool operator()(int64_t a, int64_t b) const {
    if constexpr (kIsHalf<T>) {
      if (view.outer * view.inner == 1 && data[a].bits != data[b].bits) return false;
    }
    return All([&](int64_t at) { return data[at + a * view.inner] == data[at + b * view.inner]; });
  }
};

// The first slice of each kind, in order, and each slice's kind.
struct Kinds {
  std::vector<int64_t> first, of_slice, counts;
};

template <typename T>
Kinds FindKinds(const Slices<T>& slices) {
  Kinds kinds;
  std::vector<int64_t> kind_of_first(static_cast<size_t>(slices.view.size));
  absl::flat_hash_set<int64_t, Slices<T>, Slices<T>> seen(0, slices, slices);
  for (int64_t s = 0; s < slices.view.size; ++s) {
    // A slice with a NaN is of a kind of its own; in the set all of them would be neighbours.
    int64_t first = s;
    bool fresh = true;
    if (slices(s, s)) {
      const auto [found, inserted] = seen.insert(s);
      first = *found;
      fresh = inserted;
    }
    if (fresh) {
      kind_of_first[s] = static_cast<int64_t>(kinds.first.size());
      kinds.first.push_back(s);
      kinds.counts.push_back(0);
    }
    kinds.of_slice.push_back(kind_of_first[first]);
    ++kinds.counts[kinds.of_slice.back()];
  }
  return kinds;
}

absl::Status WriteInts(EvalContext& context, int result, const std::vector<int64_t>& values) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(result, Shape({static_cast<int64_t>(values.size())})));
  return OnDType(IndexTypes(), output->dtype(), [&]<typename Index>() -> absl::Status {
    if (static_cast<int64_t>(values.size()) > std::numeric_limits<Index>::max()) {
      return absl::InvalidArgumentError(absl::StrCat("attribute 'out_idx': ", DTypeName(output->dtype()),
                                                     " does not hold ", values.size(), " indices"));
    }
    for (size_t i = 0; i < values.size(); ++i) output->mutable_data<Index>()[i] = static_cast<Index>(values[i]);
    return absl::OkStatus();
  });
}

template <bool kAxis, bool kCounts>
absl::Status EvalUnique(EvalContext& context) {
  const Tensor& input = context.input(0);
  Dims axes;
  if constexpr (kAxis) {
    FLOE_ASSIGN_OR_RETURN(axes, ToInt64s(context.input(1)));
  }
  FLOE_ASSIGN_OR_RETURN(const int axis, UniqueAxis(axes, input.shape()));
  const AxisView view = AxisView::Of(input.shape(), axis);
  Kinds kinds;
  FLOE_RETURN_IF_ERROR(OnDType(UniqueTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    kinds = FindKinds(Slices<T>{input.data<T>(), view});
    return absl::OkStatus();
  }));
  Shape shape = input.shape();
  const auto count = static_cast<int64_t>(kinds.first.size());
  shape.set_dim(axis, count);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  for (int64_t o = 0; o < view.outer; ++o) {
    for (int64_t k = 0; k < count; ++k) {
      CopyElements(input, (o * view.size + kinds.first[k]) * view.inner, output, (o * count + k) * view.inner,
                   view.inner);
    }
  }
  FLOE_RETURN_IF_ERROR(WriteInts(context, 1, kinds.of_slice));
  return kCounts ? WriteInts(context, 2, kinds.counts) : absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"Unique", InferUnique<false, false>, EvalUnique<false, false>},
    {"UniqueV2", InferUnique<true, false>, EvalUnique<true, false>},
    {"UniqueWithCounts", InferUnique<false, true>, EvalUnique<false, true>},
    {"UniqueWithCountsV2", InferUnique<true, true>, EvalUnique<true, true>},
};

}  // namespace

absl::Span<const OpInfo> UniqueOps() { return kOps; }

}  // namespace floe
