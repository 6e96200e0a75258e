#include "ops/lrn.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/types.h"

namespace floe {
namespace {

using LrnTypes = TypeList<Half, Bfloat16, float>;

struct LrnAttrs {
  int64_t radius;
  float bias, alpha, beta;

  static absl::StatusOr<LrnAttrs> Of(const AttrMap& attrs) {
    LrnAttrs lrn;
    FLOE_ASSIGN_OR_RETURN(lrn.radius, attrs.Int("depth_radius", 5));
    FLOE_ASSIGN_OR_RETURN(lrn.bias, attrs.Float("bias", 1.0f));
    FLOE_ASSIGN_OR_RETURN(lrn.alpha, attrs.Float("alpha", 1.0f));
    FLOE_ASSIGN_OR_RETURN(lrn.beta, attrs.Float("beta", 0.5f));
    if (lrn.radius < 0 || lrn.radius > INT32_MAX) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'depth_radius': wanted 0 or more channels, got ", lrn.radius));
    }
    return lrn;
  }
};

absl::Status InferLrn(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(LrnTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(LrnAttrs::Of(context.attrs()).status());
  PartialShape shape = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(4);
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// Each channel is divided by a power of the squares of its neighbours.
template <typename T>
void Normalise(const LrnAttrs& lrn, const T* from, int64_t channels, T* to) {
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t k = std::max<int64_t>(0, c - lrn.radius), last = std::min(channels, c + lrn.radius + 1); k < last;
         ++k) {
      sum += static_cast<double>(from[k]) * static_cast<double>(from[k]);
    }
    const double norm = std::pow(lrn.bias + lrn.alpha * sum, -static_cast<double>(lrn.beta));
    to[c] = T(static_cast<float>(static_cast<double>(from[c]) * norm));
  }
}

absl::Status EvalLrn(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const LrnAttrs lrn, LrnAttrs::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const int64_t channels = input.shape().dim(3), pixels = channels == 0 ? 0 : input.num_elements() / channels;
  return OnDType(LrnTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < pixels; ++i) {
      Normalise(lrn, input.data<T>() + i * channels, channels, output->mutable_data<T>() + i * channels);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"LRN", InferLrn, EvalLrn},
};

}  // namespace

absl::Span<const OpInfo> LrnOps() { return kOps; }

}  // namespace floe
