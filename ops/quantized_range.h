// What the integers of a quantized tensor stand for, as the older quantized ops have it: the ends of a range for the
// least and the largest integer, and the others evenly between. Rounded as TensorFlow's CPU kernels do, which have two
// ways of it: numbers one by one in double, tensors in float. Values and pure functions; any thread.
//
// Q is the integer that a quantized dtype is kept as: uint8_t, int8_t, int32_t.
#ifndef FLOE_OPS_QUANTIZED_RANGE_H_
#define FLOE_OPS_QUANTIZED_RANGE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/op.h"
#include "ops/types.h"

namespace floe {

// Without the fraction. What no integer can hold is `far` away all the same; what is no number is 0.
inline int64_t ToInteger(double value, double far) {
  return std::isnan(value) ? 0 : static_cast<int64_t>(std::clamp(value, -far, far));
}

template <typename Q>
struct QuantizedRange {
  using Limits = std::numeric_limits<Q>;
  static constexpr double kSteps = static_cast<double>(Limits::max()) - static_cast<double>(Limits::min());

  float min = 0, max = 0;

  // From one integer to the next. In float, as the products' ranges are computed.
  float Step() const { return (max - min) / static_cast<float>(kSteps); }

  float ToReal(Q value) const {
    if (min == max) return min;
    const double scale = StepInDouble();
    const auto rounded = static_cast<float>(scale);
    const float first = std::round(min / rounded) * rounded;
    const double steps = static_cast<double>(static_cast<float>(value)) - static_cast<double>(Limits::min());
    return static_cast<float>(static_cast<double>(first) + steps * scale);
  }

  // The nearest integer, which may be none of Q's.
  int64_t Unclamped(float real) const {
    const auto least = static_cast<int64_t>(Limits::min());
    if (min == max) return least;
    return ToInteger(std::round(real * PerStep()) - std::round(min * PerStep()), 0x1p62) + least;
  }
  Q Nearest(float real) const {
    return static_cast<Q>(std::clamp<int64_t>(Unclamped(real), Limits::min(), Limits::max()));
  }

 private:
  // As many steps as a Q has values, the range made longer by one of them.
  static constexpr double kValues = kSteps + 1;
  double Length() const { return static_cast<double>(max - min) * (kValues / kSteps); }
  double StepInDouble() const { return Length() / kValues; }
  double PerStep() const { return kValues / Length(); }
};

// The integers of a tensor as reals.
template <typename Q>
struct TensorDequantizer {
  float scale, offset;

  explicit TensorDequantizer(const QuantizedRange<Q>& range)
      : scale(static_cast<float>(static_cast<double>(range.max - range.min) / QuantizedRange<Q>::kSteps)) {
    const float first = range.min == range.max ? range.min : std::round(range.min / scale) * scale;
    offset = first - static_cast<float>(std::numeric_limits<Q>::min()) * scale;
  }
  float operator()(Q value) const { return offset + static_cast<float>(value) * scale; }
};

// Reals as the integers of a tensor.
template <typename Q>
struct TensorQuantizer {
  using Limits = std::numeric_limits<Q>;
  // The largest float that an int32 holds is not its largest number.
  static constexpr float kLeast = static_cast<float>(Limits::min());
  static constexpr float kLargest = sizeof(Q) == 4 ? 2147483520.0f : static_cast<float>(Limits::max());
  float scale, shift;

  explicit TensorQuantizer(const QuantizedRange<Q>& range)
      : scale(range.min == range.max
                  ? 0.0f
                  : static_cast<float>(QuantizedRange<Q>::kSteps / static_cast<double>(range.max - range.min))),
        shift(std::round(range.min * scale) - kLeast) {}
  Q operator()(float real) const {
    const float value = std::round(real * scale) - shift;
    return std::isnan(value) ? Q(0) : static_cast<Q>(std::clamp(value, kLeast, kLargest));
  }
};

// The range of sums of products of integers of two ranges.
template <typename C, typename A, typename B>
QuantizedRange<C> RangeOfProducts(const QuantizedRange<A>& a, const QuantizedRange<B>& b) {
  const float step = a.Step() * b.Step();
  return {step * static_cast<float>(std::numeric_limits<C>::min()),
          step * static_cast<float>(std::numeric_limits<C>::max())};
}

template <typename Q>
const Q* QuantizedData(const Tensor& tensor) {
  return static_cast<const Q*>(tensor.raw_data());
}
template <typename Q>
Q* MutableQuantizedData(Tensor* tensor) {
  return static_cast<Q*>(tensor->raw_mutable_data());
}

// The range whose ends are inputs `first` and the one after it.
template <typename Q>
QuantizedRange<Q> RangeOfInputs(const EvalContext& context, int first) {
  return {*context.input(first).data<float>(), *context.input(first + 1).data<float>()};
}

// Inputs from `first` to the last are numbers, ends of ranges.
absl::Status WantRanges(const InferContext& context, int first);
// The ends of a result's range: results 1 and 2.
void AddRange(InferContext& context);
absl::Status SetRange(EvalContext& context, float min, float max);
// INVALID_ARGUMENT where the range is a point or the wrong way around. `what`: "a".
absl::Status WantWideRange(float min, float max, absl::string_view what);
// The attribute, which the one result that there is a kernel for must have.
absl::Status WantResult(const InferContext& context, absl::string_view attribute, DType dtype);

}  // namespace floe

#endif  // FLOE_OPS_QUANTIZED_RANGE_H_
