#include "ops/requantize.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/quantized_range.h"
#include "ops/types.h"

namespace floe {
namespace {

using Range32 = QuantizedRange<int32_t>;

// From 32 bits to 8 by whole numbers of 65536ths of a step, which is how TensorFlow does it for quint8.
class FixedPoint {
 public:
  FixedPoint(const Range32& from, float min, float max) {
    const float length = max - min;
    if (length == 0) return;
    constexpr double kOne = 1 << kBits;
    const auto per_length = static_cast<float>(kLargest / static_cast<double>(length));
    const auto middle = static_cast<float>(static_cast<double>(from.min + from.max) / 2.0);
    scale_ = ToInteger(kLargest * kOne * static_cast<double>(from.max - from.min) / static_cast<double>(length), kFar);
    offset_ = ToInteger(static_cast<double>(middle * per_length) * kOne, kFar) -
              ToInteger(kOne * (static_cast<double>(min) * kLargest) / static_cast<double>(length), kFar) +
              (int64_t{1} << (kBits - 1));
    // What would not fit the product lies far outside of the range.
    most_ = scale_ == 0 ? INT64_MAX : INT64_MAX / std::abs(scale_);
  }

  uint8_t operator()(int32_t value) const {
    const int64_t steps = ((std::clamp<int64_t>(value, -most_, most_) * scale_ >> 32) + offset_) >> kBits;
    return static_cast<uint8_t>(std::clamp<int64_t>(steps, 0, kLargest));
  }

 private:
  static constexpr int kBits = 16;
  static constexpr int64_t kLargest = 255;
  static constexpr double kFar = 0x1p60;

  int64_t scale_ = 0, offset_ = 0, most_ = INT64_MAX;
};

// The input in the range [min, max], as result 0.
absl::Status Move(EvalContext& context, const Range32& from, float min, float max) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const auto* const values = QuantizedData<int32_t>(input);
  if (output->dtype() == DType::kQuint8) {
    std::transform(values, values + input.num_elements(), MutableQuantizedData<uint8_t>(output),
                   FixedPoint(from, min, max));
  } else {
    const TensorDequantizer<int32_t> real(from);
    const TensorQuantizer<int8_t> narrow(QuantizedRange<int8_t>{min, max});
    std::transform(values, values + input.num_elements(), MutableQuantizedData<int8_t>(output),
                   [&](int32_t value) { return narrow(real(value)); });
  }
  return SetRange(context, min, max);
}

// The range of the numbers that there are, with 0 in it.
Range32 UsedRange(const EvalContext& context) {
  const Tensor& input = context.input(0);
  const auto from = RangeOfInputs<int32_t>(context, 1);
  int32_t least = INT32_MAX, largest = INT32_MIN;
  for (const auto* value = QuantizedData<int32_t>(input); value != QuantizedData<int32_t>(input) + input.num_elements();
       ++value) {
    least = std::min(least, *value);
    largest = std::max(largest, *value);
  }
  return {std::min(0.0f, from.ToReal(least)), from.ToReal(largest)};
}

absl::Status InferRange(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 1));
  AddRange(context);
  return absl::OkStatus();
}

absl::Status EvalRange(EvalContext& context) {
  const Range32 used = UsedRange(context);
  FLOE_ASSIGN_OR_RETURN(Tensor* const min, context.Output(0, Shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const max, context.Output(1, Shape()));
  *min->mutable_data<float>() = used.min;
  *max->mutable_data<float>() = used.max;
  return absl::OkStatus();
}

absl::Status InferMove(InferContext& context, int inputs, bool to_int8) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("out_type"));
  if (dtype != DType::kQuint8 && !(to_int8 && dtype == DType::kQint8)) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'out_type': wanted quint8", to_int8 ? " or qint8" : "", ", got ", DTypeName(dtype)));
  }
  context.AddOutput(dtype, context.shape(0));
  AddRange(context);
  return absl::OkStatus();
}

absl::Status InferDown(InferContext& context) { return InferMove(context, 3, false); }
absl::Status EvalDown(EvalContext& context) {
  const Range32 used = UsedRange(context);
  return Move(context, RangeOfInputs<int32_t>(context, 1), used.min, used.max);
}

absl::Status InferRequantize(InferContext& context) { return InferMove(context, 5, true); }
absl::Status EvalRequantize(EvalContext& context) {
  const float min = *context.input(3).data<float>(), max = *context.input(4).data<float>();
  if (!(min <= 0)) return absl::InvalidArgumentError(absl::StrCat("input 3: wanted 0 or less, got ", min));
  if (!(max >= min)) {
    return absl::InvalidArgumentError(absl::StrCat("input 4: wanted the least ", min, " or more, got ", max));
  }
  return Move(context, RangeOfInputs<int32_t>(context, 1), min, max);
}

constexpr OpInfo kOps[] = {
    {"RequantizationRange", InferRange, EvalRange},
    {"Requantize", InferRequantize, EvalRequantize},
    {"QuantizeDownAndShrinkRange", InferDown, EvalDown},
};

}  // namespace

absl::Span<const OpInfo> RequantizeOps() { return kOps; }

}  // namespace floe
