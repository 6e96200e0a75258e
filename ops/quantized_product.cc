#include "ops/quantized_product.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/matmul.h"
#include "ops/quantized_range.h"
#include "ops/scratch.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

using Range8 = QuantizedRange<uint8_t>;

// The integer that stands for 0, which is outside of 8 bits where the range leaves 0 out.
int32_t ZeroOf(const Range8& range) { return static_cast<int32_t>(range.Unclamped(0)); }

// Adds x times a row of factors to a row of sums.
void AddRow(int32_t x, const uint8_t* row, int32_t zero, int64_t count, int32_t* sums) {
  for (int64_t i = 0; i < count; ++i) {
    sums[i] = WrapAdd(sums[i], WrapMul(x, WrapSub(static_cast<int32_t>(row[i]), zero)));
  }
}

absl::Status SetProductRange(EvalContext& context, const Range8& a, const Range8& b) {
  const auto products = RangeOfProducts<int32_t>(a, b);
  return SetRange(context, products.min, products.max);
}

absl::Status WantOperands(InferContext& context, absl::string_view result) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kQuint8));
  FLOE_RETURN_IF_ERROR(WantRanges(context, 2));
  return WantResult(context, result, DType::kQint32);
}

absl::Status InferMatMul(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantOperands(context, "Toutput"));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 2));
  const PartialShape &a = context.shape(0), &b = context.shape(1);
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry geometry,
                        ComputeMatMulGeometry(context.attrs(), a.has_rank() ? a : PartialShape::UnknownDims(2),
                                              b.has_rank() ? b : PartialShape::UnknownDims(2)));
  context.AddOutput(DType::kQint32, geometry.OutputShape());
  AddRange(context);
  return absl::OkStatus();
}

absl::Status EvalMatMul(EvalContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g, ComputeMatMulGeometry(context.attrs(), a.shape(), b.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({g.m, g.n})));
  const auto a_range = RangeOfInputs<uint8_t>(context, 2), b_range = RangeOfInputs<uint8_t>(context, 4);
  FLOE_RETURN_IF_ERROR(WantWideRange(a_range.min, a_range.max, "a"));
  FLOE_RETURN_IF_ERROR(WantWideRange(b_range.min, b_range.max, "b"));
  const int32_t a_zero = ZeroOf(a_range), b_zero = ZeroOf(b_range);
  const uint8_t* factors = QuantizedData<uint8_t>(b);
  std::unique_ptr<uint8_t[]> transposed;
  if (g.transpose_b) {
    FLOE_ASSIGN_OR_RETURN(transposed, Scratch<uint8_t>(b.num_elements()));
    for (int64_t n = 0; n < g.n; ++n) {
      for (int64_t k = 0; k < g.k; ++k) transposed[k * g.n + n] = factors[n * g.k + k];
    }
    factors = transposed.get();
  }
  auto* const to = MutableQuantizedData<int32_t>(output);
  std::fill_n(to, output->num_elements(), 0);
  FLOE_RETURN_IF_ERROR(SetProductRange(context, a_range, b_range));
  if (output->num_elements() == 0) return absl::OkStatus();
  for (int64_t m = 0; m < g.m; ++m) {
    for (int64_t k = 0; k < g.k; ++k) {
      const uint8_t value = QuantizedData<uint8_t>(a)[g.transpose_a ? k * g.m + m : m * g.k + k];
      AddRow(WrapSub(static_cast<int32_t>(value), a_zero), factors + k * g.n, b_zero, g.n, to + m * g.n);
    }
  }
  return absl::OkStatus();
}

// Where the windows lie as the kernel of quantized convolutions has it: in the middle of the image also where strides
// leave more of it over than windows take in, which plain convolutions begin at its edge.
void Centre(Padding padding, Window1D* window) {
  if (!window->known() || window->input < 0) return;
  const int64_t missing = (window->output - 1) * window->stride + window->filter - window->input;
  window->pad_before = (padding == Padding::kValid ? missing + 1 : missing) / 2;
}

absl::StatusOr<Conv2DGeometry> GeometryOf(const AttrMap& attrs, const PartialShape& input, const PartialShape& filter) {
  FLOE_ASSIGN_OR_RETURN(const WindowAttrs window, ParseWindowAttrs(attrs, 2));
  if (window.strides[0] != window.strides[1] || window.padding == Padding::kExplicit || window.channels_first) {
    return absl::InvalidArgumentError("wanted equal strides of rows and columns, padding SAME or VALID, and NHWC");
  }
  if (std::any_of(window.dilations.begin(), window.dilations.end(), [](int64_t d) { return d != 1; })) {
    return absl::InvalidArgumentError("attribute 'dilations': wanted 1 everywhere");
  }
  FLOE_ASSIGN_OR_RETURN(Conv2DGeometry g, ComputeConv2DGeometry(attrs, input, filter));
  if (g.groups > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted a filter of ", g.in_channels, " channels, got ", g.in_channels / g.groups));
  }
  Centre(window.padding, &g.height);
  Centre(window.padding, &g.width);
  return g;
}

absl::Status InferConv(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantOperands(context, "out_type"));
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g, GeometryOf(context.attrs(), context.shape(0), context.shape(1)));
  context.AddOutput(DType::kQint32, g.OutputShape());
  AddRange(context);
  return absl::OkStatus();
}

absl::Status EvalConv(EvalContext& context) {
  const Tensor &input = context.input(0), &filter = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Conv2DGeometry g, GeometryOf(context.attrs(), input.shape(), filter.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, g.OutputShape().ToShape()));
  const auto input_range = RangeOfInputs<uint8_t>(context, 2), filter_range = RangeOfInputs<uint8_t>(context, 4);
  const int32_t zero = ZeroOf(input_range), filter_zero = ZeroOf(filter_range);
  // Around the image are 0s, as bytes: which the one that stands for 0 wraps to where the range leaves 0 out.
  const int32_t padding = WrapSub(static_cast<int32_t>(static_cast<uint8_t>(zero)), zero);
  auto* sums = MutableQuantizedData<int32_t>(output);
  std::fill_n(sums, output->num_elements(), 0);
  FLOE_RETURN_IF_ERROR(SetProductRange(context, input_range, filter_range));
  if (output->num_elements() == 0 || g.in_channels == 0) return absl::OkStatus();
  for (int64_t n = 0; n < g.batch; ++n) {
    const uint8_t* const image = QuantizedData<uint8_t>(input) + n * g.height.input * g.width.input * g.in_channels;
    for (int64_t y = 0; y < g.height.output; ++y) {
      for (int64_t x = 0; x < g.width.output; ++x, sums += g.out_channels) {
        const uint8_t* row = QuantizedData<uint8_t>(filter);
        for (int64_t tap = 0; tap < g.height.filter * g.width.filter; ++tap) {
          const int64_t from_y = g.height.Start(y) + tap / g.width.filter,
                        from_x = g.width.Start(x) + tap % g.width.filter;
          const bool inside = from_y >= 0 && from_y < g.height.input && from_x >= 0 && from_x < g.width.input;
          if (!inside && padding == 0) {
            row += g.in_channels * g.out_channels;
            continue;
          }
          const uint8_t* const pixel = inside ? image + (from_y * g.width.input + from_x) * g.in_channels : nullptr;
          for (int64_t c = 0; c < g.in_channels; ++c, row += g.out_channels) {
            const int32_t value = inside ? WrapSub(static_cast<int32_t>(pixel[c]), zero) : padding;
            AddRow(value, row, filter_zero, g.out_channels, sums);
          }
        }
      }
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"QuantizedMatMul", InferMatMul, EvalMatMul},
    {"QuantizedConv2D", InferConv, EvalConv},
};

}  // namespace

absl::Span<const OpInfo> QuantizedProductOps() { return kOps; }

}  // namespace floe
