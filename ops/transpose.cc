#include "ops/transpose.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status CheckPermutation(absl::Span<const int64_t> perm, int rank) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: [", absl::StrJoin(perm, ","), "] is no permutation of ", rank, " dimensions"));
  };
  if (static_cast<int>(perm.size()) != rank) return wrong();
  std::vector<bool> seen(rank, false);
  for (const int64_t axis : perm) {
    // TensorFlow counts negative axes from the end here too.
    if (!NormalAxis(axis, rank).ok()) return wrong();
    const int64_t at = axis < 0 ? axis + rank : axis;
    if (seen[at]) return wrong();
    seen[at] = true;
  }
  return absl::OkStatus();
}

absl::Status InferTranspose(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> perm, context.KnownInts(1));
  const PartialShape& shape = context.shape(0);
  PartialShape result = PartialShape::UnknownRank();
  if (shape.has_rank()) {
    if (length >= 0 && length != shape.rank()) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", shape.rank(), " axes, got ", length));
    }
    result = PartialShape::UnknownDims(shape.rank());
  } else if (length >= 0 && length <= kMaxRank) {
    result = PartialShape::UnknownDims(static_cast<int>(length));
  }
  if (perm.has_value() && result.has_rank()) {
    FLOE_RETURN_IF_ERROR(CheckPermutation(*perm, result.rank()));
    for (int i = 0; i < result.rank(); ++i) {
      const int64_t axis = (*perm)[i];
      result.set_dim(i, DimOrUnknown(shape, static_cast<int>(axis < 0 ? axis + result.rank() : axis)));
    }
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status EvalTranspose(EvalContext& context) {
  const Tensor& input = context.input(0);
  const int rank = input.rank();
  FLOE_ASSIGN_OR_RETURN(Dims perm, ToInt64s(context.input(1)));
  FLOE_RETURN_IF_ERROR(CheckPermutation(perm, rank));
  const Dims strides = input.shape().Strides();
  Dims dims(rank);
  StridedView from{0, Dims(rank)};
  for (int i = 0; i < rank; ++i) {
    const int64_t axis = perm[i] < 0 ? perm[i] + rank : perm[i];
    dims[i] = input.shape().dim(static_cast<int>(axis));
    from.strides[i] = strides[axis];
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape(dims)));
  return StridedCopy(dims, input, from, output, {0, output->shape().Strides()});
}

absl::Status InferInvertPermutation(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 0));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalInvertPermutation(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const int64_t n = input.num_elements();
  return OnDType(IndexTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    T* const to = output->mutable_data<T>();
    std::fill_n(to, n, T(-1));
    for (int64_t i = 0; i < n; ++i) {
      const T at = input.data<T>()[i];
      if (at < 0 || at >= n) return absl::InvalidArgumentError(absl::StrCat("index ", at, " is not in [0, ", n, ")"));
      if (to[at] != T(-1)) return absl::InvalidArgumentError(absl::StrCat("index ", at, " is named twice"));
      to[at] = static_cast<T>(i);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Transpose", InferTranspose, EvalTranspose},
    {"InvertPermutation", InferInvertPermutation, EvalInvertPermutation},
};

}  // namespace

absl::Span<const OpInfo> TransposeOps() { return kOps; }

}  // namespace floe
