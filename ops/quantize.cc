#include "ops/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"
#include "ops/types.h"

namespace floe {
namespace {

enum class Mode { kMinCombined, kMinFirst, kScaled };

absl::StatusOr<Mode> ModeOf(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("mode", "MIN_COMBINED"));
  if (mode == "MIN_COMBINED") return Mode::kMinCombined;
  if (mode == "MIN_FIRST") return Mode::kMinFirst;
  if (mode == "SCALED") return Mode::kScaled;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'mode': wanted MIN_COMBINED, MIN_FIRST or SCALED, got '", mode, "'"));
}

// Whether halves go to the even neighbour; else away from zero, or up, as the op has it.
absl::StatusOr<bool> HalvesToEven(const AttrMap& attrs, absl::string_view other, absl::string_view missing) {
  FLOE_ASSIGN_OR_RETURN(const std::string mode, attrs.String("round_mode", missing));
  if (mode == "HALF_TO_EVEN") return true;
  if (mode == other) return false;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'round_mode': wanted HALF_TO_EVEN or ", other, ", got '", mode, "'"));
}

// Calls `body.template operator()<Q>()` with the integer that a quantized dtype is kept as.
template <typename Body>
absl::Status OnQuantized(DType dtype, Body&& body) {
  if (PlainDType(dtype) == dtype) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a quantized dtype, got ", DTypeName(dtype)));
  }
  return OnDType(TypeList<int8_t, uint8_t, int16_t, uint16_t, int32_t>(), PlainDType(dtype), body);
}

absl::Status WantQuantized(DType dtype) {
  return OnQuantized(dtype, []<typename Q>() -> absl::Status { return absl::OkStatus(); });
}

// Ranges are one for the whole tensor (axis -1), or one a slice along an axis.
absl::StatusOr<int64_t> RangeAxis(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, attrs.Int("axis", -1));
  if (axis >= -1) return axis;
  return absl::InvalidArgumentError(absl::StrCat("attribute 'axis': wanted -1 or more, got ", axis));
}

// Input `range` against the tensor's shape.
absl::Status CheckRange(const PartialShape& shape, int64_t axis, const PartialShape& range, int input) {
  if (axis < 0) {
    if (!range.IsFullyDefined() || range.ToShape().num_elements() == 1) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("input ", input, ": wanted one number, got shape ", range.ToString()));
  }
  if (shape.has_rank() && axis >= shape.rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'axis': there is no axis ", axis, " in shape ", shape.ToString()));
  }
  const int64_t slices = shape.has_rank() ? shape.dim(static_cast<int>(axis)) : PartialShape::kUnknownDim;
  const bool fits = !range.has_rank() || (range.rank() == 1 && MergeDim(range.dim(0), slices).ok());
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("input ", input, ": wanted a number for each slice along axis ", axis,
                                                 " of ", shape.ToString(), ", got shape ", range.ToString()));
}

// The tensor as [outer, slices, inner]; without an axis it is one slice.
AxisView SlicesOf(const Shape& shape, int64_t axis) {
  if (axis >= 0) return AxisView::Of(shape, static_cast<int>(axis));
  AxisView view;
  view.inner = shape.num_elements();
  return view;
}

// body(slice, first, count) for each run of elements of one slice.
template <typename Body>
void ForEachRun(const AxisView& view, Body&& body) {
  if (view.inner == 0) return;
  for (int64_t o = 0; o < view.outer; ++o) {
    for (int64_t s = 0; s < view.size; ++s) body(s, (o * view.size + s) * view.inner, view.inner);
  }
}

absl::Status InferRangesAgainst(const InferContext& context, int64_t axis) {
  for (int i = 1; i <= 2; ++i) FLOE_RETURN_IF_ERROR(CheckRange(context.shape(0), axis, context.shape(i), i));
  return absl::OkStatus();
}

absl::Status InferQuantize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  for (int i = 0; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
  FLOE_ASSIGN_OR_RETURN(const bool even, HalvesToEven(context.attrs(), "HALF_AWAY_FROM_ZERO", "HALF_AWAY_FROM_ZERO"));
  FLOE_ASSIGN_OR_RETURN(const Mode mode, ModeOf(context.attrs()));
  if (even && mode != Mode::kScaled) {
    return absl::InvalidArgumentError("attribute 'round_mode': HALF_TO_EVEN goes with mode SCALED only");
  }
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("T"));
  FLOE_RETURN_IF_ERROR(Annotate(WantQuantized(dtype), "attribute 'T'"));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  FLOE_RETURN_IF_ERROR(InferRangesAgainst(context, axis));
  context.AddOutput(dtype, context.shape(0));
  for (int i = 0; i < 2; ++i) {
    const bool known = context.shape(0).has_rank();
    context.AddOutput(DType::kFloat, axis < 0
                                         ? PartialShape(Dims())
                                         : PartialShape({known ? context.shape(0).dim(static_cast<int>(axis)) : -1}));
  }
  return absl::OkStatus();
}

// How the floats of one slice become integers: min and max are what the result's ends stand for.
template <typename Q>
struct SliceQuantizer {
  using Limits = std::numeric_limits<Q>;
  static constexpr float kLowest = static_cast<float>(Limits::min()), kHighest = static_cast<float>(Limits::max());
  static constexpr double kSteps = static_cast<double>(Limits::max()) - static_cast<double>(Limits::min());

  Mode mode;
  bool even, narrow;
  float min, max;
  float scale = 0;

  SliceQuantizer(Mode mode, bool even, bool narrow, float min, float max)
      : mode(mode), even(even), narrow(narrow), min(min), max(max) {
    if (mode != Mode::kScaled) {
      scale = static_cast<float>(kSteps / (static_cast<double>(max) - static_cast<double>(min)));
      if (mode == Mode::kMinCombined) scale = static_cast<float>(kSteps) / (max - min);
      return;
    }
    const float lowest = kLowest + (narrow ? 1.0f : 0.0f);
    const auto from = [](float end, float bound) {
      return end * bound > 0 ? end / bound : std::numeric_limits<float>::max();
    };
    scale = std::min(from(lowest, min), from(kHighest, max));
    this->min = lowest / scale;
    this->max = kHighest / scale;
  }

  Q Apply(float x) const {
    if (mode == Mode::kMinFirst) {
      const double offset = std::round(static_cast<double>(min) * scale) - static_cast<double>(Limits::min());
      return Clamp(std::round(x * scale) - offset);
    }
    const float inside = std::max(std::min(x, max), min);
    if (mode == Mode::kScaled) {
      return Clamp(even ? std::nearbyint(inside * scale) : std::round(inside * scale));
    }
    constexpr float kHalf = Limits::is_signed ? static_cast<float>((kSteps + 1) / 2) : 0.0f;
    return Clamp(std::round((inside - min) * scale - kHalf));
  }

  static Q Clamp(double value) {
    if (std::isnan(value)) return Q(0);
    return static_cast<Q>(std::clamp(value, static_cast<double>(Limits::min()), static_cast<double>(Limits::max())));
  }
};

absl::Status EvalQuantize(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Mode mode, ModeOf(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const bool even, HalvesToEven(context.attrs(), "HALF_AWAY_FROM_ZERO", "HALF_AWAY_FROM_ZERO"));
  FLOE_ASSIGN_OR_RETURN(const bool narrow, context.attrs().Bool("narrow_range", false));
  FLOE_ASSIGN_OR_RETURN(const float least_range, context.attrs().Float("ensure_minimum_range", 0.01f));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  for (int i = 1; i <= 2; ++i) FLOE_RETURN_IF_ERROR(CheckRange(input.shape(), axis, context.input(i).shape(), i));
  const AxisView view = SlicesOf(input.shape(), axis);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const Shape range_shape = axis < 0 ? Shape() : Shape({view.size});
  FLOE_ASSIGN_OR_RETURN(Tensor* const output_min, context.Output(1, range_shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output_max, context.Output(2, range_shape));
  return OnQuantized(output->dtype(), [&]<typename Q>() -> absl::Status {
    std::vector<SliceQuantizer<Q>> slices;
    for (int64_t s = 0; s < view.size; ++s) {
      const float given_min = context.input(1).data<float>()[s], given_max = context.input(2).data<float>()[s];
      if (!(given_min <= given_max)) {
        return absl::InvalidArgumentError(
            absl::StrCat("the range's least ", given_min, " is above its largest ", given_max));
      }
      // Zero is in the range, and its ends are apart.
      const float epsilon = std::max(1.0f, std::max(std::abs(given_min), std::abs(given_max))) * least_range;
      const float min = std::min(0.0f, given_min);
      slices.emplace_back(mode, even, narrow, min, std::max(0.0f, std::max(given_max, min + epsilon)));
      output_min->mutable_data<float>()[s] = slices.back().min;
      output_max->mutable_data<float>()[s] = slices.back().max;
    }
    Q* const to = static_cast<Q*>(output->raw_mutable_data());
    ForEachRun(view, [&](int64_t s, int64_t first, int64_t count) {
      const SliceQuantizer<Q>& slice = slices[static_cast<size_t>(s)];
      for (int64_t i = first; i < first + count; ++i) to[i] = slice.Apply(input.data<float>()[i]);
    });
    return absl::OkStatus();
  });
}

absl::Status InferDequantize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(Annotate(WantQuantized(context.dtype(0)), "input 0"));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype", DType::kFloat));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<float, Bfloat16>(), "attribute 'dtype'", dtype));
  FLOE_ASSIGN_OR_RETURN(const Mode mode, ModeOf(context.attrs()));
  if (dtype == DType::kBfloat16 && mode != Mode::kMinCombined) {
    return absl::InvalidArgumentError("attribute 'dtype': bfloat16 goes with mode MIN_COMBINED only");
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  FLOE_RETURN_IF_ERROR(InferRangesAgainst(context, axis));
  context.AddOutput(dtype, context.shape(0));
  return absl::OkStatus();
}

// y = (x + shift) * scale + offset
struct SliceDequantizer {
  double shift = 0;
  float scale = 1, offset = 0;

  template <typename Q>
  static SliceDequantizer Of(Mode mode, bool narrow, float min, float max) {
    using Limits = std::numeric_limits<Q>;
    constexpr double kSteps = static_cast<double>(Limits::max()) - static_cast<double>(Limits::min());
    SliceDequantizer slice;
    switch (mode) {
      case Mode::kMinCombined:
        slice.shift = Limits::is_signed ? (kSteps + 1) / 2 : 0;
        slice.scale = (max - min) / static_cast<float>(kSteps);
        slice.offset = min;
        break;
      case Mode::kMinFirst:
        slice.shift = -static_cast<double>(Limits::min());
        slice.scale = static_cast<float>((max - min) / kSteps);
        slice.offset = max == min ? min : std::round(min / slice.scale) * slice.scale;
        break;
      case Mode::kScaled: {
        const auto lowest = static_cast<float>(static_cast<double>(Limits::min()) + (narrow ? 1 : 0));
        const float from_max = max / static_cast<float>(Limits::max());
        slice.scale = lowest == 0 || !Limits::is_signed ? from_max : std::max(min / lowest, from_max);
        break;
      }
    }
    return slice;
  }
};

absl::Status EvalDequantize(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Mode mode, ModeOf(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const bool narrow, context.attrs().Bool("narrow_range", false));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  for (int i = 1; i <= 2; ++i) FLOE_RETURN_IF_ERROR(CheckRange(input.shape(), axis, context.input(i).shape(), i));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const AxisView view = SlicesOf(input.shape(), axis);
  return OnQuantized(input.dtype(), [&]<typename Q>() -> absl::Status {
    const Q* const from = static_cast<const Q*>(input.raw_data());
    return OnDType(TypeList<float, Bfloat16>(), output->dtype(), [&]<typename T>() -> absl::Status {
      T* const to = output->mutable_data<T>();
      ForEachRun(view, [&](int64_t s, int64_t first, int64_t count) {
        const auto slice =
            SliceDequantizer::Of<Q>(mode, narrow, context.input(1).data<float>()[s], context.input(2).data<float>()[s]);
        for (int64_t i = first; i < first + count; ++i) {
          to[i] = T(static_cast<float>(static_cast<double>(from[i]) + slice.shift) * slice.scale + slice.offset);
        }
      });
      return absl::OkStatus();
    });
  });
}

// V3 takes the number of bits as an input.
template <bool kBitsInput>
absl::Status InferQuantizeAndDequantize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kBitsInput ? 4 : 3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
  if (kBitsInput) FLOE_RETURN_IF_ERROR(context.WantDType(3, DType::kInt32));
  if (!kBitsInput) FLOE_RETURN_IF_ERROR(HalvesToEven(context.attrs(), "HALF_UP", "HALF_TO_EVEN").status());
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const bool given, context.attrs().Bool("range_given", kBitsInput));
  if (given) FLOE_RETURN_IF_ERROR(InferRangesAgainst(context, axis));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

// One slice's range, scaled so that one of its ends falls on the last integer.
template <typename W>
struct SliceRounder {
  W min, max, scale, inverse;

  SliceRounder(W low, W high, bool is_signed, bool narrow, int bits) : min(low), max(high) {
    const W lowest = is_signed ? W(-std::ldexp(1.0, bits - 1) + (narrow ? 1 : 0)) : W(0);
    const W highest = W(std::ldexp(1.0, is_signed ? bits - 1 : bits) - 1);
    const auto from = [](W end, W bound) { return end * bound > 0 ? end / bound : std::numeric_limits<W>::max(); };
    const W from_min = from(lowest, min), from_max = from(highest, max);
    if (from_min < from_max) {
      scale = from_min;
      inverse = min / lowest;
      max = highest * inverse;
    } else {
      scale = from_max;
      inverse = max / highest;
      min = lowest * inverse;
    }
  }

  // What lies outside a given range becomes its end; a range that was found holds everything, but for negative numbers
  // taken as unsigned, which TensorFlow leaves.
  W Apply(W x, bool clamp, bool even) const {
    const W scaled = (clamp ? std::max(std::min(x, max), min) : x) * scale;
    return (even ? std::nearbyint(scaled) : std::floor(scaled + W(0.5))) * inverse;
  }
};

template <bool kBitsInput>
absl::Status EvalQuantizeAndDequantize(EvalContext& context) {
  const Tensor& input = context.input(0);
  int64_t bits = 0;
  bool even = true;
  if constexpr (kBitsInput) {
    FLOE_ASSIGN_OR_RETURN(bits, ScalarInt(context.input(3), "input 3"));
  } else {
    FLOE_ASSIGN_OR_RETURN(bits, context.attrs().Int("num_bits", 8));
    FLOE_ASSIGN_OR_RETURN(even, HalvesToEven(context.attrs(), "HALF_UP", "HALF_TO_EVEN"));
  }
  FLOE_ASSIGN_OR_RETURN(const bool is_signed, context.attrs().Bool("signed_input", true));
  FLOE_ASSIGN_OR_RETURN(const bool narrow, context.attrs().Bool("narrow_range", false));
  FLOE_ASSIGN_OR_RETURN(const bool given, context.attrs().Bool("range_given", kBitsInput));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, RangeAxis(context.attrs()));
  constexpr int64_t kMostBits = 63;
  if (bits < (is_signed ? 2 : 1) || bits > kMostBits) {
    return absl::InvalidArgumentError(
        absl::StrCat("num_bits: wanted ", is_signed ? 2 : 1, " to ", kMostBits, ", got ", bits));
  }
  for (int i = 1; i <= 2 && given; ++i) {
    FLOE_RETURN_IF_ERROR(CheckRange(input.shape(), axis, context.input(i).shape(), i));
  }
  if (axis >= input.rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'axis': there is no axis ", axis, " in shape ", input.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const AxisView view = SlicesOf(input.shape(), axis);
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    using W = Wide<T>;
    const T* const from = input.data<T>();
    std::vector<W> lows(static_cast<size_t>(view.size)), highs(lows);
    if (given) {
      for (size_t s = 0; s < lows.size(); ++s) {
        lows[s] = W(context.input(1).data<T>()[s]);
        highs[s] = W(context.input(2).data<T>()[s]);
        if (!(lows[s] <= highs[s])) {
          return absl::InvalidArgumentError(absl::StrCat("the range's least ", static_cast<double>(lows[s]),
                                                         " is above its largest ", static_cast<double>(highs[s])));
        }
      }
    } else {
      std::fill(lows.begin(), lows.end(), std::numeric_limits<W>::infinity());
      std::fill(highs.begin(), highs.end(), -std::numeric_limits<W>::infinity());
      ForEachRun(view, [&](int64_t s, int64_t first, int64_t count) {
        const auto [low, high] =
            std::minmax_element(from + first, from + first + count, [](const T& a, const T& b) { return W(a) < W(b); });
        lows[static_cast<size_t>(s)] = std::min(lows[static_cast<size_t>(s)], W(*low));
        highs[static_cast<size_t>(s)] = std::max(highs[static_cast<size_t>(s)], W(*high));
      });
    }
    T* const to = output->mutable_data<T>();
    ForEachRun(view, [&](int64_t s, int64_t first, int64_t count) {
      const SliceRounder<W> slice(lows[static_cast<size_t>(s)], highs[static_cast<size_t>(s)], is_signed, narrow,
                                  static_cast<int>(bits));
      for (int64_t i = first; i < first + count; ++i) to[i] = T(slice.Apply(W(from[i]), given, even));
    });
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"QuantizeV2", InferQuantize, EvalQuantize},
    {"Dequantize", InferDequantize, EvalDequantize},
    {"QuantizeAndDequantizeV2", InferQuantizeAndDequantize<false>, EvalQuantizeAndDequantize<false>},
    {"QuantizeAndDequantizeV3", InferQuantizeAndDequantize<true>, EvalQuantizeAndDequantize<true>},
    {"QuantizeAndDequantizeV4", InferQuantizeAndDequantize<false>, EvalQuantizeAndDequantize<false>},
};

}  // namespace

absl::Span<const OpInfo> QuantizeOps() { return kOps; }

}  // namespace floe
