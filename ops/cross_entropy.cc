#include "ops/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

// What the rows of logits come to: largest, and the logarithm of the sum of exponentials, both for one row.
template <typename W>
struct RowSums {
  W largest, sum, log_sum;

  template <typename T>
  static RowSums Of(const T* logits, int64_t classes, int64_t step) {
    RowSums sums{W(logits[0]), 0, 0};
    for (int64_t i = 1; i < classes; ++i) sums.largest = std::max<W>(sums.largest, W(logits[i * step]));
    for (int64_t i = 0; i < classes; ++i) sums.sum += std::exp(W(logits[i * step]) - sums.largest);
    sums.log_sum = std::log(sums.sum);
    return sums;
  }
};

absl::Status InferDense(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  absl::StatusOr<PartialShape> shape = BroadcastShapes(context.shape(0), context.shape(1));
  if (!shape.ok()) return Annotate(shape.status(), "logits and labels");
  if (shape->has_rank() && shape->rank() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted logits and labels of [rows,classes], got ",
                                                   context.shape(0).ToString(), " and ", context.shape(1).ToString()));
  }
  context.AddOutput(context.dtype(0), PartialShape({DimOrUnknown(*shape, 0)}));
  context.AddOutput(context.dtype(0), shape->has_rank() ? *shape : PartialShape::UnknownDims(2));
  return absl::OkStatus();
}

// How far it is from an element to the next of its row, and from a row to the next, where one is repeated.
struct Steps {
  int64_t row, column;

  static Steps Of(const Shape& shape) {
    const int64_t columns = shape.rank() > 0 ? shape.dim(shape.rank() - 1) : 1;
    return {shape.rank() == 2 && shape.dim(0) != 1 ? columns : 0, columns == 1 ? 0 : 1};
  }
};

absl::Status EvalDense(EvalContext& context) {
  const Tensor &logits = context.input(0), &labels = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(logits.shape(), labels.shape()));
  if (shape.rank() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted logits and labels of [rows,classes], got ", shape.ToString()));
  }
  const int64_t rows = shape.dim(0), classes = shape.dim(1);
  const Steps from = Steps::Of(logits.shape()), at = Steps::Of(labels.shape());
  FLOE_ASSIGN_OR_RETURN(Tensor* const loss, context.Output(0, Shape({rows})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const gradient, context.Output(1, shape));
  return OnDType(FloatTypes(), logits.dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    if (classes == 0) std::fill_n(loss->mutable_data<T>(), rows, T(0));
    for (int64_t r = 0; r < rows && classes > 0; ++r) {
      const T* const row = logits.data<T>() + r * from.row;
      const T* const label = labels.data<T>() + r * at.row;
      T* const to = gradient->mutable_data<T>() + r * classes;
      const auto sums = RowSums<W>::Of(row, classes, from.column);
      W total = 0;
      for (int64_t i = 0; i < classes; ++i) {
        const W shifted = W(row[i * from.column]) - sums.largest, share = W(label[i * at.column]);
        total += share * (sums.log_sum - shifted);
        to[i] = T(std::exp(shifted) / sums.sum - share);
      }
      loss->mutable_data<T>()[r] = T(total);
    }
    return absl::OkStatus();
  });
}

absl::Status InferSparse(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  PartialShape shape = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(2);
  absl::StatusOr<int64_t> rows = MergeDim(shape.dim(0), DimOrUnknown(context.shape(1), 0));
  if (!rows.ok()) return Annotate(rows.status(), "rows of the logits and length of the labels");
  if (shape.dim(1) == 0) return absl::InvalidArgumentError("input 0: wanted one class or more, got none");
  shape.set_dim(0, *rows);
  context.AddOutput(context.dtype(0), PartialShape({*rows}));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSparse(EvalContext& context) {
  const Tensor& logits = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims labels, ToInt64s(context.input(1)));
  if (logits.rank() != 2 || context.input(1).rank() != 1 || logits.shape().dim(0) != context.input(1).num_elements() ||
      logits.shape().dim(1) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("wanted logits [rows,classes] and a label a row, got shapes ",
                                                   logits.shape().ToString(), " and ",
                                                   context.input(1).shape().ToString()));
  }
  const int64_t rows = logits.shape().dim(0), classes = logits.shape().dim(1);
  FLOE_ASSIGN_OR_RETURN(Tensor* const loss, context.Output(0, Shape({rows})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const gradient, context.Output(1, logits.shape()));
  return OnDType(FloatTypes(), logits.dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t label = labels[static_cast<size_t>(r)];
      if (label < 0 || label >= classes) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 1: wanted labels in [0, ", classes, "), got ", label, " in row ", r));
      }
      const T* const row = logits.data<T>() + r * classes;
      T* const to = gradient->mutable_data<T>() + r * classes;
      const auto sums = RowSums<W>::Of(row, classes, 1);
      for (int64_t i = 0; i < classes; ++i) {
        to[i] = T(std::exp(W(row[i]) - sums.largest) / sums.sum - (i == label ? W(1) : W(0)));
      }
      loss->mutable_data<T>()[r] = T(sums.log_sum - (W(row[label]) - sums.largest));
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"SoftmaxCrossEntropyWithLogits", InferDense, EvalDense},
    {"SparseSoftmaxCrossEntropyWithLogits", InferSparse, EvalSparse},
};

}  // namespace

absl::Span<const OpInfo> CrossEntropyOps() { return kOps; }

}  // namespace floe
