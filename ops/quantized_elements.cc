#include "ops/quantized_elements.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"
#include "ops/pool_windows.h"
#include "ops/quantized_range.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

absl::Status WantDTypeOf(const InferContext& context, int input, DType a, DType b) {
  const DType dtype = context.dtype(input);
  if (dtype == a || dtype == b) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted ", DTypeName(a), " or ", DTypeName(b), ", got ", DTypeName(dtype)));
}

absl::Status PassRange(EvalContext& context, int first) {
  return SetRange(context, *context.input(first).data<float>(), *context.input(first + 1).data<float>());
}

// ---- QuantizedRelu, QuantizedRelu6

absl::Status InferRelu(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeOf(context, 0, DType::kQuint8, DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("out_type", DType::kQuint8));
  FLOE_RETURN_IF_ERROR(Annotate(context.WantDType(0, dtype), "for attribute 'out_type'"));
  context.AddOutput(dtype, context.shape(0));
  AddRange(context);
  return absl::OkStatus();
}

template <bool kSix>
absl::Status EvalRelu(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(TypeList<uint8_t, int32_t>(), PlainDType(input.dtype()), [&]<typename Q>() -> absl::Status {
    const auto range = RangeOfInputs<Q>(context, 1);
    const Q least = range.Nearest(0), most = kSix ? range.Nearest(6) : std::numeric_limits<Q>::max();
    const Q* const from = QuantizedData<Q>(input);
    std::transform(from, from + input.num_elements(), MutableQuantizedData<Q>(output),
                   [=](Q value) { return std::min(std::max(value, least), most); });
    return PassRange(context, 1);
  });
}

// ---- QuantizedMaxPool, QuantizedAvgPool

absl::Status InferPool(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeOf(context, 0, DType::kQuint8, DType::kQint8));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 1));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), context.shape(0)));
  context.AddOutput(context.dtype(0), geometry.OutputShape());
  AddRange(context);
  return absl::OkStatus();
}

// The largest of a window, or the mean of what lies in the image, without its fraction.
template <bool kMean, typename Q>
void Pool(const Pool2DGeometry& g, const Q* input, Q* output) {
  const ImageSteps in = ImageSteps::OfInput(g), out = ImageSteps::OfOutput(g);
  ForEachWindow(g, [&](int64_t to, int64_t first, int64_t rows, int64_t columns) {
    const int64_t count = rows * columns;
    for (int64_t c = 0; c < g.channels; ++c) {
      int64_t result = kMean ? 0 : std::numeric_limits<Q>::min();
      for (int64_t y = 0; y < rows; ++y) {
        for (int64_t x = 0; x < columns; ++x) {
          const int64_t value = input[first + y * in.row + x * in.column + c * in.channel];
          result = kMean ? result + value : std::max(result, value);
        }
      }
      output[to + c * out.channel] = static_cast<Q>(kMean && count > 0 ? result / count : result);
    }
  });
}

template <bool kMean>
absl::Status EvalPool(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), input.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  FLOE_RETURN_IF_ERROR(PassRange(context, 1));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(TypeList<uint8_t, int8_t>(), PlainDType(input.dtype()), [&]<typename Q>() -> absl::Status {
    Pool<kMean>(geometry, QuantizedData<Q>(input), MutableQuantizedData<Q>(output));
    return absl::OkStatus();
  });
}

// ---- QuantizedReshape, QuantizedConcat: as Reshape and Concat of the first inputs

absl::Status InferAs(const char* op, int inputs, InferContext& context) {
  std::vector<TensorInfo> infos;
  for (int i = 0; i < inputs; ++i) infos.push_back(context.input(i));
  InferContext plain(context.name(), context.attrs(), infos);
  FLOE_RETURN_IF_ERROR(FindOp(op)->infer(plain));
  context.AddOutput(plain.outputs()[0].dtype, plain.outputs()[0].shape);
  AddRange(context);
  return absl::OkStatus();
}

// Ends of ranges, which are one number each whatever their rank.
absl::Status WantNumbers(const InferContext& context, int first) {
  for (int i = first; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
    const PartialShape& shape = context.shape(i);
    const auto is_one = [](int64_t dim) { return dim == 1 || dim == PartialShape::kUnknownDim; };
    if (!shape.has_rank() || std::all_of(shape.dims().begin(), shape.dims().end(), is_one)) continue;
    return absl::InvalidArgumentError(absl::StrCat("input ", i, ": wanted one number, got shape ", shape.ToString()));
  }
  return absl::OkStatus();
}

absl::Status InferReshape(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(4));
  FLOE_RETURN_IF_ERROR(WantDTypeOf(context, 0, DType::kQuint8, DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantNumbers(context, 2));
  return InferAs("Reshape", 2, context);
}

absl::Status EvalReshape(EvalContext& context) {
  FLOE_RETURN_IF_ERROR(FindOp("Reshape")->evaluate(context));
  return PassRange(context, 2);
}

absl::StatusOr<int> NumParts(const AttrMap& attrs, int inputs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t parts, attrs.Int("N", (inputs - 1) / 3));
  if (parts > 0 && parts <= inputs && inputs == 1 + 3 * parts) return static_cast<int>(parts);
  return absl::InvalidArgumentError(
      absl::StrCat("wanted an axis, and ", parts, " tensors with the ends of their ranges, got ", inputs, " inputs"));
}

absl::Status InferConcat(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int parts, NumParts(context.attrs(), context.num_inputs()));
  FLOE_RETURN_IF_ERROR(WantDTypeOf(context, 1, DType::kQuint8, DType::kQint32));
  FLOE_RETURN_IF_ERROR(WantNumbers(context, parts + 1));
  return InferAs("Concat", parts + 1, context);
}

// The range of all, with 0 in it; where integers have a sign, as far above 0 as below.
template <typename Q>
QuantizedRange<Q> RangeOfAll(const std::vector<QuantizedRange<Q>>& ranges) {
  QuantizedRange<Q> all{0, std::numeric_limits<float>::lowest()};
  for (const QuantizedRange<Q>& range : ranges) {
    all.min = std::min(all.min, range.min);
    all.max = std::max(all.max, range.max);
  }
  if (std::is_unsigned_v<Q>) return all;
  const float most = std::max(std::abs(all.min), std::abs(all.max));
  return {-most, most};
}

template <typename Q>
absl::Status Join(EvalContext& context, int parts, const AxisView& whole, Tensor* output) {
  std::vector<QuantizedRange<Q>> ranges;
  for (int i = 1; i <= parts; ++i) {
    ranges.push_back({*context.input(parts + i).data<float>(), *context.input(2 * parts + i).data<float>()});
  }
  const QuantizedRange<Q> all = RangeOfAll(ranges);
  const TensorQuantizer<Q> quantized(all);
  FLOE_RETURN_IF_ERROR(SetRange(context, all.min, all.max));
  if (output->num_elements() == 0) return absl::OkStatus();
  int64_t place = 0;
  for (int i = 1; i <= parts; ++i) {
    const QuantizedRange<Q>& range = ranges[static_cast<size_t>(i) - 1];
    const bool same = range.min == all.min && range.max == all.max;
    const TensorDequantizer<Q> real(range);
    const Tensor& input = context.input(i);
    const int64_t count = input.num_elements() / whole.outer;
    for (int64_t o = 0; o < whole.outer; ++o) {
      const Q* const from = QuantizedData<Q>(input) + o * count;
      Q* const to = MutableQuantizedData<Q>(output) + o * whole.size * whole.inner + place;
      std::transform(from, from + count, to, [&](Q value) { return same ? value : quantized(real(value)); });
    }
    place += count;
  }
  return absl::OkStatus();
}

absl::Status EvalConcat(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int parts, NumParts(context.attrs(), context.num_inputs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(0), "input 0"));
  std::vector<TensorInfo> infos;
  for (int i = 0; i <= parts; ++i) {
    infos.push_back({context.input(i).dtype(), context.input(i).shape(), &context.input(i)});
  }
  InferContext plain(context.name(), context.attrs(), infos);
  FLOE_RETURN_IF_ERROR(FindOp("Concat")->infer(plain));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(plain.outputs()[0].shape.dims()));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return OnDType(TypeList<uint8_t, int32_t>(), PlainDType(output->dtype()), [&]<typename Q>() -> absl::Status {
    return Join<Q>(context, parts, AxisView::Of(shape, at), output);
  });
}

constexpr OpInfo kOps[] = {
    {"QuantizedRelu", InferRelu, EvalRelu<false>},    {"QuantizedRelu6", InferRelu, EvalRelu<true>},
    {"QuantizedMaxPool", InferPool, EvalPool<false>}, {"QuantizedAvgPool", InferPool, EvalPool<true>},
    {"QuantizedReshape", InferReshape, EvalReshape},  {"QuantizedConcat", InferConcat, EvalConcat},
};

}  // namespace

absl::Span<const OpInfo> QuantizedElementOps() { return kOps; }

}  // namespace floe
