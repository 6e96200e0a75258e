#include "ops/pool.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/pool_windows.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

// What is below every number of T.
template <typename T>
T Lowest() {
  if constexpr (kIsHalf<T>) {
    return T(-std::numeric_limits<float>::infinity());
  } else if constexpr (kIsFloat<T>) {
    return -std::numeric_limits<T>::infinity();
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

struct MaxPooling {
  template <typename T>
  using Sum = T;
  template <typename T>
  static T Start() {
    return Lowest<T>();
  }
  template <typename T>
  static void Add(T& most, T value) {
    if (most < value) most = value;
  }
  template <typename T>
  static T Finish(T most, int64_t) {
    return most;
  }
};

// The mean of the elements inside the input: padding does not count.
struct AveragePooling {
  template <typename T>
  using Sum = Wide<T>;
  template <typename T>
  static Wide<T> Start() {
    return 0;
  }
  template <typename T>
  static void Add(Wide<T>& sum, T value) {
    sum += Wide<T>(value);
  }
  template <typename T>
  static T Finish(Wide<T> sum, int64_t count) {
    return T(sum / static_cast<Wide<T>>(count));
  }
};

template <typename Pooling, typename T>
void Pool(const Pool2DGeometry& g, const T* input, T* output) {
  const ImageSteps in = ImageSteps::OfInput(g), out = ImageSteps::OfOutput(g);
  ForEachWindow(g, [&](int64_t result, int64_t first, int64_t rows, int64_t columns) {
    for (int64_t c = 0; c < g.channels; ++c) {
      auto sum = Pooling::template Start<T>();
      for (int64_t y = 0; y < rows; ++y) {
        for (int64_t x = 0; x < columns; ++x) {
          Pooling::template Add<T>(sum, input[first + y * in.row + x * in.column + c * in.channel]);
        }
      }
      output[result + c * out.channel] = Pooling::template Finish<T>(sum, rows * columns);
    }
  });
}

template <typename Types>
absl::Status InferPool(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(context.attrs(), context.shape(0)));
  context.AddOutput(context.dtype(0), geometry.OutputShape());
  return absl::OkStatus();
}

template <typename Pooling, typename Types>
absl::Status RunPool(EvalContext& context, const Pool2DGeometry& geometry) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, geometry.OutputShape().ToShape()));
  if (output->num_elements() == 0) return absl::OkStatus();
  return OnDType(Types(), input.dtype(), [&]<typename T>() -> absl::Status {
    Pool<Pooling>(geometry, input.data<T>(), output->mutable_data<T>());
    return absl::OkStatus();
  });
}

template <typename Pooling, typename Types>
absl::Status EvalPool(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry,
                        ComputePool2DGeometry(context.attrs(), context.input(0).shape()));
  return RunPool<Pooling, Types>(context, geometry);
}

// ksize and strides as inputs.
absl::Status InferMaxPoolV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> ksize, context.KnownInts(1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> strides, context.KnownInts(2));
  if (!ksize.has_value() || !strides.has_value()) {
    PartialShape shape = PartialShape::UnknownDims(4);
    shape.set_dim(0, DimOrUnknown(context.shape(0), 0));
    context.AddOutput(context.dtype(0), std::move(shape));
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry,
                        ComputePool2DGeometry(context.attrs(), context.shape(0), *ksize, *strides));
  context.AddOutput(context.dtype(0), geometry.OutputShape());
  return absl::OkStatus();
}

absl::Status EvalMaxPoolV2(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims ksize, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims strides, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry,
                        ComputePool2DGeometry(context.attrs(), context.input(0).shape(), ksize, strides));
  return RunPool<MaxPooling, RealTypes>(context, geometry);
}

constexpr OpInfo kOps[] = {
    {"MaxPool", InferPool<RealTypes>, EvalPool<MaxPooling, RealTypes>},
    {"MaxPoolV2", InferMaxPoolV2, EvalMaxPoolV2},
    {"AvgPool", InferPool<FloatTypes>, EvalPool<AveragePooling, FloatTypes>},
};

}  // namespace

absl::Span<const OpInfo> PoolOps() { return kOps; }

}  // namespace floe
