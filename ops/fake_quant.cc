#include "ops/fake_quant.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"

namespace floe {
namespace {

// The whole numbers that a quantized value may be.
struct Levels {
  float least, most;

  static absl::StatusOr<Levels> Of(const AttrMap& attrs) {
    FLOE_ASSIGN_OR_RETURN(const int64_t bits, attrs.Int("num_bits", 8));
    FLOE_ASSIGN_OR_RETURN(const bool narrow, attrs.Bool("narrow_range", false));
    if (bits < 2 || bits > 16) {
      return absl::InvalidArgumentError(absl::StrCat("attribute 'num_bits': wanted 2 to 16, got ", bits));
    }
    return Levels{narrow ? 1.0f : 0.0f, static_cast<float>((1 << bits) - 1)};
  }
};

// How TensorFlow's kernels find a level: by dividing by the width of one (Vars), or by multiplying with how many there
// are in a unit (Args, VarsPerChannel). In the middle between two levels the results differ.
enum class Rounding { kDivides, kMultiplies };

// What a range rounds to, moved so that zero is a level.
template <Rounding rounding>
class Quantizer {
 public:
  Quantizer(Levels levels, float min, float max) {
    all_zero_ = min == 0 && max == 0;
    scale_ = (max - min) / (levels.most - levels.least);
    levels_in_unit_ = (levels.most - levels.least) / (max - min);
    const float zero_point = levels.least - min / scale_;
    const float nudged = zero_point < levels.least  ? levels.least
                         : zero_point > levels.most ? levels.most
                                                    : std::round(zero_point);
    min_ = (levels.least - nudged) * scale_;
    max_ = (levels.most - nudged) * scale_;
    zero_ = std::floor(InLevels(-min_) + 0.5f);
  }

  float operator()(float value) const {
    if (all_zero_) return 0;
    const float shifted = std::max(std::min(value, max_), min_) - min_;  // the lower bound wins where min > max
    return std::floor(InLevels(shifted) - zero_ + 0.5f) * scale_;
  }

 private:
  float InLevels(float value) const {
    return rounding == Rounding::kDivides ? value / scale_ : value * levels_in_unit_;
  }

  bool all_zero_;
  float scale_, levels_in_unit_, min_, max_, zero_;
};

absl::Status InferArgs(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kFloat));
  FLOE_RETURN_IF_ERROR(Levels::Of(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const float min, context.attrs().Float("min", -6.0f));
  FLOE_ASSIGN_OR_RETURN(const float max, context.attrs().Float("max", 6.0f));
  if (!(min < max)) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'min' must be less than 'max', got ", min, " and ", max));
  }
  context.AddOutput(DType::kFloat, context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalArgs(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Levels levels, Levels::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const float min, context.attrs().Float("min", -6.0f));
  FLOE_ASSIGN_OR_RETURN(const float max, context.attrs().Float("max", 6.0f));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const absl::Span<const float> from = input.flat<float>();
  std::transform(from.begin(), from.end(), output->mutable_data<float>(),
                 Quantizer<Rounding::kMultiplies>(levels, min, max));
  return absl::OkStatus();
}

absl::Status WantFloats(const InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  for (int i = 0; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
  return Levels::Of(context.attrs()).status();
}

absl::Status InferVars(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFloats(context));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  context.AddOutput(DType::kFloat, context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalVars(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Levels levels, Levels::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const float min, ScalarFloat(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const float max, ScalarFloat(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const absl::Span<const float> from = input.flat<float>();
  std::transform(from.begin(), from.end(), output->mutable_data<float>(),
                 Quantizer<Rounding::kDivides>(levels, min, max));
  return absl::OkStatus();
}

// One range a channel: the last dimension.
absl::Status InferPerChannel(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFloats(context));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  PartialShape shape = context.shape(0);
  for (int i = 1; i < 3; ++i) {
    FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, i));
    if (!shape.has_rank()) continue;
    absl::StatusOr<int64_t> channels = MergeDim(shape.dim(shape.rank() - 1), length);
    if (!channels.ok()) return Annotate(channels.status(), absl::StrCat("channels of input 0 and length of input ", i));
    shape.set_dim(shape.rank() - 1, *channels);
  }
  context.AddOutput(DType::kFloat, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalPerChannel(EvalContext& context) {
  const Tensor &input = context.input(0), &min = context.input(1), &max = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const Levels levels, Levels::Of(context.attrs()));
  const int64_t channels = input.rank() == 0 ? -1 : input.shape().dim(input.rank() - 1);
  if (min.num_elements() != channels || max.num_elements() != channels) {
    return absl::InvalidArgumentError(absl::StrCat("inputs 1 and 2: wanted one number a channel of shape ",
                                                   input.shape().ToString(), ", got ", min.num_elements(), " and ",
                                                   max.num_elements()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  const float* const from = input.data<float>();
  float* const to = output->mutable_data<float>();
  for (int64_t c = 0; c < channels; ++c) {
    const Quantizer<Rounding::kMultiplies> quantizer(levels, min.data<float>()[c], max.data<float>()[c]);
    for (int64_t i = c; i < input.num_elements(); i += channels) to[i] = quantizer(from[i]);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"FakeQuantWithMinMaxArgs", InferArgs, EvalArgs, kElementwise},
    {"FakeQuantWithMinMaxVars", InferVars, EvalVars, kElementwise},
    {"FakeQuantWithMinMaxVarsPerChannel", InferPerChannel, EvalPerChannel, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> FakeQuantOps() { return kOps; }

}  // namespace floe
