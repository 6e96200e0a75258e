#include "ops/quantized_arithmetic.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/elementwise.h"
#include "ops/quantized_range.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

using Range32 = QuantizedRange<int32_t>;

// A range around 0 that has room for sums: `room` times what the operands reach.
template <typename Q>
Range32 RangeOfSums(const QuantizedRange<Q>& a, const QuantizedRange<Q>& b, float room) {
  const float most = std::max(std::max(a.max, -a.min), std::max(b.max, -b.min)) * room;
  return {-most, most};
}

absl::Status InferBias(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  if (context.dtype(0) != DType::kQuint8 && context.dtype(0) != DType::kQint8) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted quint8 or qint8, got ", DTypeName(context.dtype(0))));
  }
  FLOE_RETURN_IF_ERROR(WantRanges(context, 2));
  FLOE_RETURN_IF_ERROR(WantResult(context, "out_type", DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  const PartialShape& shape = context.shape(0);
  if (shape.has_rank() && !MergeDim(shape.dim(shape.rank() - 1), DimOrUnknown(context.shape(1), 0)).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted a number for each channel of ", shape.ToString(),
                                                   ", got shape ", context.shape(1).ToString()));
  }
  context.AddOutput(DType::kQint32, shape);
  AddRange(context);
  return absl::OkStatus();
}

absl::Status EvalBias(EvalContext& context) {
  constexpr float kRoom = 1 << 17;
  const Tensor &input = context.input(0), &bias = context.input(1);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(TypeList<uint8_t, int8_t>(), PlainDType(input.dtype()), [&]<typename Q>() -> absl::Status {
    const auto range = RangeOfInputs<Q>(context, 2), bias_range = RangeOfInputs<Q>(context, 4);
    const Range32 sums = RangeOfSums(range, bias_range, kRoom);
    const TensorDequantizer<Q> real(range), bias_real(bias_range);
    const TensorQuantizer<int32_t> quantized(sums);
    const int32_t zero = sums.Nearest(0);
    const int64_t channels = bias.num_elements(), rows = channels > 0 ? input.num_elements() / channels : 0;
    FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<int32_t[]> shifts, Scratch<int32_t>(channels));
    for (int64_t c = 0; c < channels; ++c) {
      shifts[c] = WrapAdd(quantized(bias_real(QuantizedData<Q>(bias)[c])), zero);
    }
    const Q* from = QuantizedData<Q>(input);
    auto* to = MutableQuantizedData<int32_t>(output);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t c = 0; c < channels; ++c) *to++ = WrapAdd(quantized(real(*from++)), shifts[c]);
    }
    return SetRange(context, sums.min, sums.max);
  });
}

absl::Status InferBinary(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kQuint8));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 2));
  FLOE_RETURN_IF_ERROR(WantResult(context, "Toutput", DType::kQint32));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, InferBroadcast(context, 0, 1));
  context.AddOutput(DType::kQint32, std::move(shape));
  AddRange(context);
  return absl::OkStatus();
}

// Integers of a range in another: exactly, or along the line through what 0 and 1 become. TensorFlow does the former
// with an operand of one element, the latter with any other.
class Moved {
 public:
  Moved(const QuantizedRange<uint8_t>& from, const Range32& to, bool exactly)
      : from_(from),
        to_(to),
        exactly_(exactly),
        first_(to.Unclamped(from.ToReal(0))),
        step_(to.Unclamped(from.ToReal(1)) - first_) {}

  int32_t operator()(uint8_t value) const {
    if (exactly_) return to_.Nearest(from_.ToReal(value));
    return static_cast<int32_t>(WrapAdd(first_, WrapMul<int64_t>(step_, value)));
  }

 private:
  const QuantizedRange<uint8_t> from_;
  const Range32 to_;
  const bool exactly_;
  const int64_t first_, step_;
};

// result 0 = function(x, y), broadcast.
template <typename Function>
absl::Status Map(EvalContext& context, Function&& function) {
  const Tensor &x = context.input(0), &y = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(x.shape(), y.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  const BroadcastWalk walk = BroadcastWalk::Of(shape, {&x.shape(), &y.shape()});
  BroadcastBinary(walk, QuantizedData<uint8_t>(x), QuantizedData<uint8_t>(y), MutableQuantizedData<int32_t>(output),
                  function);
  return absl::OkStatus();
}

absl::Status EvalAdd(EvalContext& context) {
  constexpr float kRoom = 1 << 14;
  const auto x_range = RangeOfInputs<uint8_t>(context, 2), y_range = RangeOfInputs<uint8_t>(context, 4);
  FLOE_RETURN_IF_ERROR(WantWideRange(x_range.min, x_range.max, "x"));
  FLOE_RETURN_IF_ERROR(WantWideRange(y_range.min, y_range.max, "y"));
  const Range32 sums = RangeOfSums(x_range, y_range, kRoom);
  const bool x_is_one = context.input(0).num_elements() == 1;
  const Moved x(x_range, sums, x_is_one), y(y_range, sums, !x_is_one && context.input(1).num_elements() == 1);
  FLOE_RETURN_IF_ERROR(Map(context, [&](uint8_t a, uint8_t b) { return WrapAdd(x(a), y(b)); }));
  return SetRange(context, sums.min, sums.max);
}

absl::Status EvalMul(EvalContext& context) {
  const auto x_range = RangeOfInputs<uint8_t>(context, 2), y_range = RangeOfInputs<uint8_t>(context, 4);
  FLOE_RETURN_IF_ERROR(WantWideRange(x_range.min, x_range.max, "x"));
  FLOE_RETURN_IF_ERROR(WantWideRange(y_range.min, y_range.max, "y"));
  const auto x_zero = static_cast<int32_t>(x_range.Unclamped(0)), y_zero = static_cast<int32_t>(y_range.Unclamped(0));
  FLOE_RETURN_IF_ERROR(Map(context, [&](uint8_t a, uint8_t b) {
    return WrapMul(WrapSub(int32_t{a}, x_zero), WrapSub(int32_t{b}, y_zero));
  }));
  const auto products = RangeOfProducts<int32_t>(x_range, y_range);
  return SetRange(context, products.min, products.max);
}

constexpr OpInfo kOps[] = {
    {"QuantizedBiasAdd", InferBias, EvalBias},
    {"QuantizedAdd", InferBinary, EvalAdd},
    {"QuantizedMul", InferBinary, EvalMul},
};

}  // namespace

absl::Span<const OpInfo> QuantizedArithmeticOps() { return kOps; }

}  // namespace floe
