#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/gradient.h"
#include "ops/pool_windows.h"
#include "ops/scratch.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

absl::Status CheckGradient(const Pool2DGeometry& geometry, const PartialShape& gradient, int input) {
  const absl::StatusOr<PartialShape> merged = MergeShapes(geometry.OutputShape(), gradient);
  if (merged.ok()) return absl::OkStatus();
  return Annotate(merged.status(), absl::StrCat("input ", input, " and the shape that the pool's result has"));
}

// ---- MaxPoolGrad: to the first of the largest elements of each window

absl::Status InferMaxPoolGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), context.shape(0)));
  for (int i = 1; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 4));
    FLOE_RETURN_IF_ERROR(CheckGradient(geometry, context.shape(i), i));
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalMaxPoolGradient(EvalContext& context) {
  const Tensor &input = context.input(0), &gradient = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry g, ComputePool2DGeometry(context.attrs(), input.shape()));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(CheckGradient(g, context.input(i).shape(), i));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const ImageSteps in = ImageSteps::OfInput(g), out = ImageSteps::OfOutput(g);
  return OnDType(RealTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    const T *const from = input.data<T>(), *const of = gradient.data<T>();
    T* const to = output->mutable_data<T>();
    std::fill_n(to, output->num_elements(), T(0));
    ForEachWindow(g, [&](int64_t result, int64_t window, int64_t rows, int64_t columns) {
      if (rows == 0 || columns == 0) return;
      for (int64_t c = 0; c < g.channels; ++c) {
        int64_t largest = window + c * in.channel;
        for (int64_t y = 0; y < rows; ++y) {
          for (int64_t x = 0; x < columns; ++x) {
            const int64_t at = window + y * in.row + x * in.column + c * in.channel;
            if (from[largest] < from[at]) largest = at;
          }
        }
        to[largest] = WrapAdd<T>(to[largest], of[result + c * out.channel]);
      }
    });
    return absl::OkStatus();
  });
}

// ---- AvgPoolGrad: to all elements of each window alike. Input 0 is the pool's input's shape.

absl::Status InferAvgPoolGradient(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 4));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  if (!shape.has_rank()) shape = PartialShape::UnknownDims(4);
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), shape));
  FLOE_RETURN_IF_ERROR(CheckGradient(geometry, context.shape(1), 1));
  context.AddOutput(context.dtype(1), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalAvgPoolGradient(EvalContext& context) {
  const Tensor& gradient = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry g, ComputePool2DGeometry(context.attrs(), shape));
  FLOE_RETURN_IF_ERROR(CheckGradient(g, gradient.shape(), 1));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const ImageSteps in = ImageSteps::OfInput(g), out = ImageSteps::OfOutput(g);
  return OnDType(FloatTypes(), gradient.dtype(), [&]<typename T>() -> absl::Status {
    const T* const of = gradient.data<T>();
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(output->num_elements()));
    std::fill_n(sums.get(), output->num_elements(), Wide<T>(0));
    ForEachWindow(g, [&](int64_t result, int64_t window, int64_t rows, int64_t columns) {
      if (rows == 0 || columns == 0) return;
      for (int64_t c = 0; c < g.channels; ++c) {
        const Wide<T> share = Wide<T>(of[result + c * out.channel]) / static_cast<Wide<T>>(rows * columns);
        for (int64_t y = 0; y < rows; ++y) {
          for (int64_t x = 0; x < columns; ++x) sums[window + y * in.row + x * in.column + c * in.channel] += share;
        }
      }
    });
    std::transform(sums.get(), sums.get() + output->num_elements(), output->mutable_data<T>(),
                   [](Wide<T> sum) { return T(sum); });
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"MaxPoolGrad", InferMaxPoolGradient, EvalMaxPoolGradient},
    {"AvgPoolGrad", InferAvgPoolGradient, EvalAvgPoolGradient},
};

}  // namespace

absl::Span<const OpInfo> PoolGradientOps() { return kOps; }

}  // namespace floe
