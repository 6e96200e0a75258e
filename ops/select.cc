#include "ops/select.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status WantChoice(const InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kBool));
  return context.WantSameDType(1, 2);
}

// The condition has the shape of both, or is a scalar, or a vector that chooses rows.
absl::StatusOr<PartialShape> SelectShape(const PartialShape& condition, const PartialShape& then,
                                         const PartialShape& otherwise) {
  absl::StatusOr<PartialShape> merged = MergeShapes(then, otherwise);
  if (!merged.ok()) return Annotate(merged.status(), "inputs 1 and 2");
  if (!condition.has_rank() || condition.rank() == 0 || !merged->has_rank()) return merged;
  if (condition.rank() == 1 && merged->rank() > 1) {
    absl::StatusOr<int64_t> rows = MergeDim(condition.dim(0), merged->dim(0));
    if (!rows.ok()) return Annotate(rows.status(), "inputs 0 and 1, rows");
    merged->set_dim(0, *rows);
    return merged;
  }
  merged = MergeShapes(*merged, condition);
  if (!merged.ok()) return Annotate(merged.status(), "inputs 0 and 1");
  return merged;
}

absl::Status InferSelect(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantChoice(context));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, SelectShape(context.shape(0), context.shape(1), context.shape(2)));
  context.AddOutput(context.dtype(1), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSelect(EvalContext& context) {
  const Tensor &condition = context.input(0), &then = context.input(1), &otherwise = context.input(2);
  FLOE_RETURN_IF_ERROR(SelectShape(condition.shape(), then.shape(), otherwise.shape()).status());
  if (condition.rank() == 0) return context.SetOutput(0, condition.scalar<bool>() ? then : otherwise);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, then.shape()));
  const int64_t rows = condition.num_elements(), row = rows == 0 ? 0 : then.num_elements() / rows;
  for (int64_t i = 0; i < rows; ++i) {
    CopyElements(condition.data<bool>()[i] ? then : otherwise, i * row, output, i * row, row);
  }
  return absl::OkStatus();
}

absl::Status InferSelectV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantChoice(context));
  absl::StatusOr<PartialShape> shape = BroadcastShapes(context.shape(1), context.shape(2));
  if (!shape.ok()) return Annotate(shape.status(), "inputs 1 and 2");
  shape = BroadcastShapes(context.shape(0), *shape);
  if (!shape.ok()) return Annotate(shape.status(), "input 0 and what inputs 1 and 2 broadcast to");
  context.AddOutput(context.dtype(1), *std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSelectV2(EvalContext& context) {
  const Tensor &condition = context.input(0), &then = context.input(1), &otherwise = context.input(2);
  FLOE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(then.shape(), otherwise.shape()));
  FLOE_ASSIGN_OR_RETURN(shape, BroadcastShapes(condition.shape(), shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const BroadcastWalk walk = BroadcastWalk::Of(shape, {&condition.shape(), &then.shape(), &otherwise.shape()});
  return OnElementSize(then.dtype(), [&]<typename T>() -> absl::Status {
    const int64_t c = walk.row_stride(0), t = walk.row_stride(1), e = walk.row_stride(2);
    ForEachRow(walk, [&](int64_t first, const auto& offsets) {
      const bool* const choice = condition.data<bool>() + offsets[0];
      const T *const yes = then.data<T>() + offsets[1], *const no = otherwise.data<T>() + offsets[2];
      T* const to = output->mutable_data<T>() + first;
      for (int64_t i = 0; i < walk.row(); ++i) to[i] = choice[i * c] ? yes[i * t] : no[i * e];
    });
    return absl::OkStatus();
  });
}

// Whether `a` comes before `b`; complex numbers are ordered by their real parts.
template <typename T>
bool Before(T a, T b) {
  if constexpr (kIsComplex<T>) {
    return a.real() < b.real();
  } else {
    return a < b;
  }
}

// The lower bound wins where the bounds cross. A NaN stays, and a bound that is one does not bind.
template <typename T>
T Clip(T value, T low, T high) {
  const T below = Before(high, value) ? high : value;
  if constexpr (kIsComplex<T>) {
    return Before(low, below) ? below : low;
  } else {
    return Before(below, low) ? low : below;
  }
}

absl::Status CheckBounds(const PartialShape& shape, const PartialShape& low, const PartialShape& high) {
  int input = 1;
  for (const PartialShape* bound : {&low, &high}) {
    const bool scalar = !bound->has_rank() || bound->rank() == 0;
    if (!scalar && !MergeShapes(shape, *bound).ok()) {
      return absl::InvalidArgumentError(absl::StrCat("input ", input, ": wanted a scalar or shape ", shape.ToString(),
                                                     ", got shape ", bound->ToString()));
    }
    ++input;
  }
  return absl::OkStatus();
}

absl::Status InferClip(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(NumberTypes(), "input 0", context.dtype(0)));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
  FLOE_RETURN_IF_ERROR(CheckBounds(context.shape(0), context.shape(1), context.shape(2)));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalClip(EvalContext& context) {
  const Tensor &input = context.input(0), &low = context.input(1), &high = context.input(2);
  FLOE_RETURN_IF_ERROR(CheckBounds(input.shape(), low.shape(), high.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const int64_t l = low.rank() == 0 ? 0 : 1, h = high.rank() == 0 ? 0 : 1;
  return OnDType(NumberTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    const T *const from = input.data<T>(), *const lows = low.data<T>(), *const highs = high.data<T>();
    T* const to = output->mutable_data<T>();
    for (int64_t i = 0, n = input.num_elements(); i < n; ++i) to[i] = Clip<T>(from[i], lows[i * l], highs[i * h]);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Select", InferSelect, EvalSelect},
    {"SelectV2", InferSelectV2, EvalSelectV2, kElementwise},
    {"ClipByValue", InferClip, EvalClip, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> SelectOps() { return kOps; }

}  // namespace floe
