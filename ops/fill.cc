#include "ops/fill.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/tensor_list.h"
#include "ops/types.h"

namespace floe {
namespace {

using OnesTypes = Join<NumberTypes, TypeList<bool>>;

absl::Status InferFill(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(context.dtype(1), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalFill(EvalContext& context) {
  const Tensor& value = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  if (value.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted one value, got a tensor of shape ", value.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return FillElements(value, output);
}

// What Empty leaves unsaid is zeros here, with `init` or without: no result may hold what memory held before.
absl::Status InferEmpty(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Join<OnesTypes, TypeList<std::string>>(), "attribute 'dtype'", dtype));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("init", false).status());
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalEmpty(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return ZeroElements(output);
}

absl::Status InferZerosLike(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  if (context.dtype(0) == DType::kVariant) {
    context.AddList(context.input(0).list);
    return absl::OkStatus();
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalZerosLike(EvalContext& context) {
  if (context.input(0).dtype() == DType::kVariant) return ListZerosLike(context);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, context.input(0).shape()));
  return ZeroElements(output);
}

absl::Status InferOnesLike(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(OnesTypes(), "input 0", context.dtype(0)));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalOnesLike(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, context.input(0).shape()));
  return OnDType(OnesTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    std::fill_n(output->mutable_data<T>(), output->num_elements(), T(1));
    return absl::OkStatus();
  });
}

using RangeTypes = Join<FloatTypes, SignedTypes, TypeList<uint16_t, uint32_t, uint64_t>>;

// How many elements lie in [start, limit) in steps of delta.
template <typename T>
absl::StatusOr<int64_t> RangeSize(T start, T limit, T delta) {
  using W = Wide<T>;
  const auto show = [](T value) { return absl::StrCat(W(value)); };
  if (delta == T(0)) return absl::InvalidArgumentError("input 2: wanted a step other than 0");
  const bool up = delta > T(0);
  // Written so that a NaN is refused too.
  if (!(up ? start <= limit : start >= limit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a step of ", show(delta), " does not lead from ", show(start), " to ", show(limit)));
  }
  if constexpr (kIsInteger<T>) {
    // The distance may need all 64 bits, and the step may be the least integer.
    const uint64_t distance = up ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start)
                                 : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
    const uint64_t step = up ? static_cast<uint64_t>(delta) : uint64_t{0} - static_cast<uint64_t>(delta);
    const uint64_t size = distance / step + (distance % step != 0 ? 1 : 0);
    if (size <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return static_cast<int64_t>(size);
  } else {
    const double size = std::ceil(std::abs(static_cast<double>(W(T(T(limit - start) / delta)))));
    if (size < 0x1p63) return static_cast<int64_t>(size);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("too many elements from ", show(start), " to ", show(limit), " in steps of ", show(delta)));
}

absl::StatusOr<int64_t> RangeSize(const Tensor& start, const Tensor& limit, const Tensor& delta) {
  int input = 0;
  for (const Tensor* tensor : {&start, &limit, &delta}) {
    if (tensor->num_elements() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", input, ": wanted one number, got a tensor of shape ", tensor->shape().ToString()));
    }
    ++input;
  }
  int64_t size = 0;
  FLOE_RETURN_IF_ERROR(OnDType(RangeTypes(), start.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(size, RangeSize<T>(start.scalar<T>(), limit.scalar<T>(), delta.scalar<T>()));
    return absl::OkStatus();
  }));
  return size;
}

absl::Status InferRange(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RangeTypes(), "input 0", context.dtype(0)));
  for (int i = 0; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  const Tensor *const start = context.input(0).value, *const limit = context.input(1).value,
                      *const delta = context.input(2).value;
  int64_t size = PartialShape::kUnknownDim;
  if (start != nullptr && limit != nullptr && delta != nullptr) {
    FLOE_ASSIGN_OR_RETURN(size, RangeSize(*start, *limit, *delta));
  }
  context.AddOutput(context.dtype(0), PartialShape({size}));
  return absl::OkStatus();
}

absl::Status EvalRange(EvalContext& context) {
  const Tensor &start = context.input(0), &delta = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const int64_t size, RangeSize(start, context.input(1), delta));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({size})));
  return OnDType(RangeTypes(), start.dtype(), [&]<typename T>() -> absl::Status {
    const T first = start.scalar<T>(), step = delta.scalar<T>();
    T* const to = output->mutable_data<T>();
    for (int64_t i = 0; i < size; ++i) {
      if constexpr (kIsInteger<T>) {
        to[i] = WrapAdd<T>(first, static_cast<T>(static_cast<uint64_t>(step) * static_cast<uint64_t>(i)));
      } else {
        to[i] = T(first + T(T(static_cast<Wide<T>>(i)) * step));
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> WantPositive(int64_t num) {
  if (num > 0) return num;
  return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 1 element or more, got ", num));
}

absl::Status InferLinSpace(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 2));
  for (int i = 0; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> num, KnownScalar(context, 2));
  int64_t size = PartialShape::kUnknownDim;
  if (num.has_value()) {
    FLOE_ASSIGN_OR_RETURN(size, WantPositive(*num));
  }
  context.AddOutput(context.dtype(0), PartialShape({size}));
  return absl::OkStatus();
}

absl::Status EvalLinSpace(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t num, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const int64_t size, WantPositive(num));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({size})));
  return OnDType(FloatTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    const W start = context.input(0).scalar<T>(), stop = context.input(1).scalar<T>();
    const W step = size > 1 ? (stop - start) / static_cast<W>(size - 1) : W(0);
    T* const to = output->mutable_data<T>();
    to[0] = T(start);  // also where the step is infinite
    for (int64_t i = 1; i < size; ++i) to[i] = T(start + step * static_cast<W>(i));
    if (size > 1) to[size - 1] = T(stop);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Fill", InferFill, EvalFill},
    {"Empty", InferEmpty, EvalEmpty},
    {"ZerosLike", InferZerosLike, EvalZerosLike, kFromShape},
    {"OnesLike", InferOnesLike, EvalOnesLike, kFromShape},
    {"Range", InferRange, EvalRange},
    {"LinSpace", InferLinSpace, EvalLinSpace},
};

}  // namespace

absl::Span<const OpInfo> FillOps() { return kOps; }

}  // namespace floe
