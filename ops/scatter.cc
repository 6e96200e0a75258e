#include "ops/scatter.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

using ScatterIndexTypes = TypeList<int16_t, int32_t, int64_t, uint16_t>;

// How an update meets what is at its place: `static void Apply(T& at, const T& update)`.
struct Assign {
  template <typename T>
  static void Apply(T& at, const T& update) {
    at = update;
  }
};
struct Add {
  template <typename T>
  static void Apply(T& at, const T& update) {
    if constexpr (std::is_same_v<T, bool>) {
      at = at || update;
    } else if constexpr (std::is_same_v<T, std::string>) {
      at += update;
    } else {
      at = WrapAdd(at, update);
    }
  }
};
struct Subtract {
  template <typename T>
  static void Apply(T& at, const T& update) {
    at = WrapSub(at, update);
  }
};
struct Least {
  template <typename T>
  static void Apply(T& at, const T& update) {
    if (update < at) at = update;
  }
};
struct Greatest {
  template <typename T>
  static void Apply(T& at, const T& update) {
    if (at < update) at = update;
  }
};

absl::StatusOr<bool> IgnoresBadIndices(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string policy, attrs.String("bad_indices_policy", ""));
  if (policy.empty() || policy == "DEFAULT" || policy == "ERROR") return false;
  if (policy == "IGNORE") return true;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'bad_indices_policy': wanted ERROR or IGNORE, got '", policy, "'"));
}

// The indices' last dimension names places in the leading dimensions of `shape`; an update a place has the rest.
absl::Status CheckShapes(const PartialShape& indices, const PartialShape& updates, const PartialShape& shape) {
  if (!indices.has_rank() || !updates.has_rank() || !shape.has_rank()) return absl::OkStatus();
  const int64_t depth = indices.dim(indices.rank() - 1);
  if (depth < 0) return absl::OkStatus();
  if (depth > shape.rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("indices of ", depth, " numbers each do not fit a tensor of rank ", shape.rank()));
  }
  Dims wanted(indices.dims().begin(), indices.dims().end() - 1);
  wanted.insert(wanted.end(), shape.dims().begin() + depth, shape.dims().end());
  const PartialShape expected(std::move(wanted));
  if (MergeShapes(expected, updates).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("updates: wanted shape ", expected.ToString(), " for indices ",
                                                 indices.ToString(), " into shape ", shape.ToString(), ", got ",
                                                 updates.ToString()));
}

template <typename F, typename T, typename Index>
absl::Status Scatter(const Tensor& indices, const Tensor& updates, bool ignores, Tensor* output) {
  const Shape& shape = output->shape();
  const int depth = static_cast<int>(indices.shape().dim(indices.rank() - 1));
  int64_t places = 1, slice = 1;
  for (int i = 0; i < indices.rank() - 1; ++i) places *= indices.shape().dim(i);
  for (int i = depth; i < shape.rank(); ++i) slice *= shape.dim(i);
  if (depth == 0 && places > 0) {
    return absl::InvalidArgumentError("indices: wanted 1 number or more each, got 0");
  }
  const Dims strides = shape.Strides();
  const Index* index = indices.data<Index>();
  const T* from = updates.data<T>();
  T* const to = output->mutable_data<T>();
  for (int64_t p = 0; p < places; ++p, index += depth, from += slice) {
    int64_t first = 0;
    bool inside = true;
    for (int k = 0; k < depth; ++k) {
      const auto at = static_cast<int64_t>(index[k]);
      inside = inside && at >= 0 && at < shape.dim(k);
      if (inside) first += at * strides[k];
    }
    if (!inside && !ignores) {
      return absl::InvalidArgumentError(absl::StrCat("indices[", p, "] = [",
                                                     absl::StrJoin(absl::MakeSpan(index, depth), ","),
                                                     "] is outside a tensor of shape ", shape.ToString()));
    }
    for (int64_t i = 0; inside && i < slice; ++i) F::Apply(to[first + i], from[i]);
  }
  return absl::OkStatus();
}

template <typename F, typename Types>
absl::Status ScatterInto(const EvalContext& context, const Tensor& indices, const Tensor& updates, Tensor* output) {
  FLOE_RETURN_IF_ERROR(CheckShapes(indices.shape(), updates.shape(), output->shape()));
  FLOE_ASSIGN_OR_RETURN(const bool ignores, IgnoresBadIndices(context.attrs()));
  return OnDType(ScatterIndexTypes(), indices.dtype(), [&]<typename Index>() -> absl::Status {
    const auto body = [&]<typename T>() -> absl::Status {
      return Scatter<F, T, Index>(indices, updates, ignores, output);
    };
    if constexpr (std::is_same_v<F, Assign>) {
      return OnElementSize(output->dtype(), body);
    } else {
      return OnDType(Types(), output->dtype(), body);
    }
  });
}

using AddTypes = Join<NumberTypes, TypeList<bool, std::string>>;

absl::Status InferScatterNd(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(AddTypes(), "input 1", context.dtype(1)));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, i, 1));
  FLOE_RETURN_IF_ERROR(IgnoresBadIndices(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 2));
  FLOE_RETURN_IF_ERROR(CheckShapes(context.shape(0), context.shape(1), shape));
  context.AddOutput(context.dtype(1), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalScatterNd(EvalContext& context) {
  const Tensor &indices = context.input(0), &updates = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(ZeroElements(output));
  return ScatterInto<Add, AddTypes>(context, indices, updates, output);
}

template <typename F, typename Types>
absl::Status InferTensorScatter(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 2));
  if constexpr (!std::is_same_v<F, Assign>) FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ScatterIndexTypes(), "input 1", context.dtype(1)));
  for (int i = 0; i < 3; ++i) FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, i, 1));
  FLOE_RETURN_IF_ERROR(IgnoresBadIndices(context.attrs()).status());
  FLOE_RETURN_IF_ERROR(CheckShapes(context.shape(1), context.shape(2), context.shape(0)));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

template <typename F, typename Types>
absl::Status EvalTensorScatter(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  CopyElements(input, 0, output, 0, input.num_elements());
  return ScatterInto<F, Types>(context, context.input(1), context.input(2), output);
}

template <typename F, typename Types>
constexpr OpInfo TensorScatterOp(const char* name) {
  return {name, InferTensorScatter<F, Types>, EvalTensorScatter<F, Types>};
}

constexpr OpInfo kOps[] = {
    {"ScatterNd", InferScatterNd, EvalScatterNd},
    TensorScatterOp<Assign, AddTypes>("TensorScatterUpdate"),
    TensorScatterOp<Add, NumberTypes>("TensorScatterAdd"),
    TensorScatterOp<Add, AddTypes>("ScatterNdNonAliasingAdd"),
    TensorScatterOp<Subtract, NumberTypes>("TensorScatterSub"),
    TensorScatterOp<Least, RealTypes>("TensorScatterMin"),
    TensorScatterOp<Greatest, RealTypes>("TensorScatterMax"),
};

}  // namespace

absl::Span<const OpInfo> ScatterOps() { return kOps; }

}  // namespace floe
