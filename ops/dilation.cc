#include "ops/dilation.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

// Images are [batch,height,width,depth], filters [height,width,depth].
struct Geometry {
  int64_t batch, depth;
  Window1D height, width;

  static absl::StatusOr<Geometry> Of(const AttrMap& attrs, const PartialShape& input, const PartialShape& filter) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, attrs.Ints("strides"));
    FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> rates, attrs.Ints("rates"));
    FLOE_ASSIGN_OR_RETURN(const std::string padding, attrs.String("padding"));
    for (const auto* const steps : {&strides, &rates}) {
      if (steps->size() == 4 && steps->front() == 1 && steps->back() == 1) continue;
      return absl::InvalidArgumentError("attributes 'strides' and 'rates': wanted [1, height, width, 1]");
    }
    if (padding != "SAME" && padding != "VALID") {
      return absl::InvalidArgumentError(absl::StrCat("attribute 'padding': wanted SAME or VALID, got '", padding, "'"));
    }
    const Padding kind = padding == "SAME" ? Padding::kSame : Padding::kValid;
    Geometry geometry;
    geometry.batch = input.dim(0);
    absl::StatusOr<int64_t> depth = MergeDim(input.dim(3), filter.dim(2));
    if (!depth.ok()) return Annotate(depth.status(), "depth of image and filter");
    geometry.depth = *depth;
    FLOE_ASSIGN_OR_RETURN(geometry.height, ComputeWindow(input.dim(1), filter.dim(0), strides[1], rates[1], kind));
    FLOE_ASSIGN_OR_RETURN(geometry.width, ComputeWindow(input.dim(2), filter.dim(1), strides[2], rates[2], kind));
    return geometry;
  }
};

absl::Status InferDilation(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 3));
  const auto known = [&](int input, int rank) {
    return context.shape(input).has_rank() ? context.shape(input) : PartialShape::UnknownDims(rank);
  };
  FLOE_ASSIGN_OR_RETURN(const Geometry g, Geometry::Of(context.attrs(), known(0, 4), known(1, 3)));
  context.AddOutput(context.dtype(0), PartialShape({g.batch, g.height.output, g.width.output, g.depth}));
  return absl::OkStatus();
}

// The lowest finite number, as TensorFlow has it.
template <typename T>
T Lowest() {
  if constexpr (std::is_same_v<T, Half>) {
    return T(-65504.0f);
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return std::bit_cast<Bfloat16>(uint16_t{0xff7f});
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

template <typename T>
void Dilate(const Geometry& g, const T* image, const T* filter, T* to) {
  for (int64_t y = 0; y < g.height.output; ++y) {
    for (int64_t x = 0; x < g.width.output; ++x, to += g.depth) {
      std::fill_n(to, g.depth, Lowest<T>());
      for (int64_t fy = g.height.FirstTap(y); fy < g.height.LastTap(y); ++fy) {
        for (int64_t fx = g.width.FirstTap(x); fx < g.width.LastTap(x); ++fx) {
          const int64_t row = g.height.Start(y) + fy * g.height.dilation;
          const int64_t column = g.width.Start(x) + fx * g.width.dilation;
          const T* const from = image + (row * g.width.input + column) * g.depth;
          const T* const with = filter + (fy * g.width.filter + fx) * g.depth;
          for (int64_t d = 0; d < g.depth; ++d) {
            const T sum = WrapAdd(from[d], with[d]);
            if (sum > to[d]) to[d] = sum;
          }
        }
      }
    }
  }
}

absl::Status EvalDilation(EvalContext& context) {
  const Tensor &input = context.input(0), &filter = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Geometry g, Geometry::Of(context.attrs(), input.shape(), filter.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({g.batch, g.height.output, g.width.output, g.depth})));
  const int64_t image = g.height.input * g.width.input * g.depth;
  const int64_t result = g.height.output * g.width.output * g.depth;
  return OnDType(RealTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t n = 0; n < g.batch; ++n) {
      Dilate(g, input.data<T>() + n * image, filter.data<T>(), output->mutable_data<T>() + n * result);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Dilation2D", InferDilation, EvalDilation},
};

}  // namespace

absl::Span<const OpInfo> DilationOps() { return kOps; }

}  // namespace floe
