#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

// Sums are kept in more digits than the elements have, so that the order of adding does not matter to the result.
template <typename T>
using Accumulator =
    std::conditional_t<kIsFloat<T>, double, std::conditional_t<std::is_same_v<T, Complex64>, Complex128, T>>;

// Integer results wrap; floating ones round once.
template <typename T, typename A>
T Narrow(A value) {
  if constexpr (kIsHalf<T>) {
    return T(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

struct Sum {
  template <typename T>
  using State = Accumulator<T>;
  template <typename T>
  static State<T> Start() {
    return State<T>(0);
  }
  template <typename T>
  static void Add(State<T>& sum, T value) {
    sum = WrapAdd(sum, State<T>(value));
  }
  template <typename T>
  static T Finish(State<T> sum, int64_t) {
    return Narrow<T>(sum);
  }
};

struct Mean {
  template <typename T>
  using State = std::conditional_t<kIsInteger<T>, int64_t, Accumulator<T>>;
  template <typename T>
  static State<T> Start() {
    return State<T>(0);
  }
  template <typename T>
  static void Add(State<T>& sum, T value) {
    sum = WrapAdd(sum, static_cast<State<T>>(value));
  }
  template <typename T>
  static T Finish(State<T> sum, int64_t count) {
    if constexpr (kIsInteger<T>) {
      return count == 0 ? T(0) : static_cast<T>(sum / count);
    } else {
      return Narrow<T>(sum / static_cast<double>(count));
    }
  }
};

struct Product {
  template <typename T>
  using State = Accumulator<T>;
  template <typename T>
  static State<T> Start() {
    return State<T>(1);
  }
  template <typename T>
  static void Add(State<T>& product, T value) {
    product = WrapMul(product, State<T>(value));
  }
  template <typename T>
  static T Finish(State<T> product, int64_t) {
    return Narrow<T>(product);
  }
};

struct EuclideanNorm {
  template <typename T>
  using State = Accumulator<T>;
  template <typename T>
  static State<T> Start() {
    return State<T>(0);
  }
  template <typename T>
  static void Add(State<T>& sum, T value) {
    const State<T> wide(value);
    if constexpr (kIsComplex<T>) {
      sum += wide * std::conj(wide);
    } else {
      sum = WrapAdd(sum, WrapMul(wide, wide));
    }
  }
  template <typename T>
  static T Finish(State<T> sum, int64_t) {
    if constexpr (kIsInteger<T>) {
      return static_cast<T>(std::sqrt(static_cast<double>(sum)));
    } else {
      return Narrow<T>(std::sqrt(sum));
    }
  }
};

template <typename T>
T Least() {
  if constexpr (kIsInteger<T>) {
    return std::numeric_limits<T>::lowest();
  } else {
    return T(-std::numeric_limits<Wide<T>>::infinity());
  }
}
template <typename T>
T Greatest() {
  if constexpr (kIsInteger<T>) {
    return std::numeric_limits<T>::max();
  } else {
    return T(std::numeric_limits<Wide<T>>::infinity());
  }
}

// NaN wins, wherever it stands.
struct Max {
  template <typename T>
  using State = T;
  template <typename T>
  static T Start() {
    return Least<T>();
  }
  template <typename T>
  static void Add(T& most, T value) {
    if (most < value || value != value) most = value;
  }
  template <typename T>
  static T Finish(T most, int64_t) {
    return most;
  }
};

struct Min {
  template <typename T>
  using State = T;
  template <typename T>
  static T Start() {
    return Greatest<T>();
  }
  template <typename T>
  static void Add(T& least, T value) {
    if (value < least || value != value) least = value;
  }
  template <typename T>
  static T Finish(T least, int64_t) {
    return least;
  }
};

struct All {
  template <typename T>
  using State = bool;
  template <typename T>
  static bool Start() {
    return true;
  }
  template <typename T>
  static void Add(bool& all, bool value) {
    all = all && value;
  }
  template <typename T>
  static bool Finish(bool all, int64_t) {
    return all;
  }
};

struct Any {
  template <typename T>
  using State = bool;
  template <typename T>
  static bool Start() {
    return false;
  }
  template <typename T>
  static void Add(bool& any, bool value) {
    any = any || value;
  }
  template <typename T>
  static bool Finish(bool any, int64_t) {
    return any;
  }
};

// The input's shape with 1 for each reduced dimension.
absl::StatusOr<PartialShape> KeptShape(const PartialShape& shape, absl::Span<const int64_t> axes) {
  PartialShape kept = shape;
  std::vector<bool> reduced(shape.rank(), false);
  for (const int64_t axis : axes) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank()));
    if (reduced[at]) return absl::InvalidArgumentError(absl::StrCat("axis ", at, " is named twice"));
    reduced[at] = true;
    kept.set_dim(at, 1);
  }
  return kept;
}

// The result's shape: as kept, or without the reduced dimensions.
PartialShape ReducedShape(const PartialShape& kept, absl::Span<const int64_t> axes, bool keep_dims) {
  if (keep_dims) return kept;
  std::vector<bool> reduced(kept.rank(), false);
  for (const int64_t axis : axes) reduced[axis < 0 ? axis + kept.rank() : axis] = true;
  Dims dims;
  for (int axis = 0; axis < kept.rank(); ++axis) {
    if (!reduced[axis]) dims.push_back(kept.dim(axis));
  }
  return PartialShape(std::move(dims));
}

absl::StatusOr<bool> KeepDims(const AttrMap& attrs) { return attrs.Bool("keep_dims", false); }

template <typename Types>
absl::Status InferReduction(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_ASSIGN_OR_RETURN(const bool keep_dims, KeepDims(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> axes, context.KnownInts(1));
  const PartialShape& shape = context.shape(0);
  PartialShape result = PartialShape::UnknownRank();
  if (shape.has_rank() && axes.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const PartialShape kept, KeptShape(shape, *axes));
    result = ReducedShape(kept, *axes, keep_dims);
  } else if (shape.has_rank() && keep_dims) {
    result = PartialShape::UnknownDims(shape.rank());
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

// Walks the input in its order; each row adds to one state or to as many as it is long.
template <typename F, typename T>
absl::Status Reduce(const Tensor& input, const Shape& kept, Tensor* output) {
  using State = typename F::template State<T>;
  const int64_t results = output->num_elements();
  FLOE_ASSIGN_OR_RETURN(const auto states, Scratch<State>(results));
  std::fill_n(states.get(), results, F::template Start<T>());
  const BroadcastWalk walk = BroadcastWalk::Of(input.shape(), {&kept});
  const int64_t n = walk.row();
  ForEachRow(walk, [&](int64_t first, const auto& offsets) {
    const T* const from = input.data<T>() + first;
    State* const to = states.get() + offsets[0];
    if (walk.row_stride(0) == 0) {
      State state = *to;
      for (int64_t i = 0; i < n; ++i) F::template Add<T>(state, from[i]);
      *to = state;
    } else {
      for (int64_t i = 0; i < n; ++i) F::template Add<T>(to[i], from[i]);
    }
  });
  const int64_t count = results == 0 ? 0 : input.num_elements() / results;
  T* const to = output->mutable_data<T>();
  for (int64_t i = 0; i < results; ++i) to[i] = F::template Finish<T>(states[i], count);
  return absl::OkStatus();
}

template <typename F, typename Types>
absl::Status EvalReduction(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool keep_dims, KeepDims(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Dims axes, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape kept, KeptShape(input.shape(), axes));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, ReducedShape(kept, axes, keep_dims).ToShape()));
  return OnDType(Types(), input.dtype(),
                 [&]<typename T>() -> absl::Status { return Reduce<F, T>(input, kept.ToShape(), output); });
}

absl::Status InferL2Loss(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  context.AddOutput(context.dtype(0), Shape());
  return absl::OkStatus();
}

// Half the sum of the squares.
absl::Status EvalL2Loss(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    double sum = 0;
    for (const T value : input.flat<T>()) sum += static_cast<double>(value) * static_cast<double>(value);
    *output->mutable_data<T>() = Narrow<T>(sum / 2);
    return absl::OkStatus();
  });
}

template <typename F, typename Types>
constexpr OpInfo ReductionOp(const char* name) {
  return {name, InferReduction<Types>, EvalReduction<F, Types>};
}

constexpr OpInfo kOps[] = {
    ReductionOp<Sum, NumberTypes>("Sum"),      ReductionOp<Mean, NumberTypes>("Mean"),
    ReductionOp<Product, NumberTypes>("Prod"), ReductionOp<Max, RealTypes>("Max"),
    ReductionOp<Min, RealTypes>("Min"),        ReductionOp<EuclideanNorm, NumberTypes>("EuclideanNorm"),
    ReductionOp<All, TypeList<bool>>("All"),   ReductionOp<Any, TypeList<bool>>("Any"),
    {"L2Loss", InferL2Loss, EvalL2Loss},
};

}  // namespace

absl::Span<const OpInfo> ReduceOps() { return kOps; }

}  // namespace floe
