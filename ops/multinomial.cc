#include "ops/multinomial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/random_fill.h"
#include "ops/random_stream.h"
#include "ops/scratch.h"
#include "ops/stateless_random.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status CheckCounts(int64_t classes, int64_t samples) {
  if (classes == 0) return absl::InvalidArgumentError("input 0: wanted one class at least, got none");
  if (samples < 0) return absl::InvalidArgumentError(absl::StrCat("input 1: wanted 0 samples or more, got ", samples));
  return absl::OkStatus();
}

template <bool kStateless>
absl::Status Infer(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kStateless ? 3 : 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  if (kStateless) FLOE_RETURN_IF_ERROR(WantRandomSeed(context, 2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("output_dtype", DType::kInt64));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'output_dtype'", dtype));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> samples, KnownScalar(context, 1));
  FLOE_RETURN_IF_ERROR(CheckCounts(DimOrUnknown(context.shape(0), 1), samples.value_or(0)));
  context.AddOutput(dtype,
                    PartialShape({DimOrUnknown(context.shape(0), 0), samples.value_or(PartialShape::kUnknownDim)}));
  return absl::OkStatus();
}

// The sums of the classes' probabilities up to each, not made to end at 1; what is not finite has none.
template <typename T>
void SumUp(const T* logits, absl::Span<double> sums) {
  double largest = static_cast<double>(std::numeric_limits<Wide<T>>::lowest());
  for (size_t c = 0; c < sums.size(); ++c) {
    const auto logit = static_cast<double>(logits[c]);
    if (std::isfinite(logit)) largest = std::max(largest, logit);
  }
  double sum = 0;
  for (size_t c = 0; c < sums.size(); ++c) {
    const auto logit = static_cast<double>(logits[c]);
    if (std::isfinite(logit)) sum += std::exp(logit - largest);
    sums[c] = sum;
  }
}

template <typename T, typename Out>
absl::Status Draw(EvalContext& context, const Philox& start, int64_t samples, Tensor* output) {
  const Tensor& logits = context.input(0);
  const int64_t rows = logits.shape().dim(0), classes = logits.shape().dim(1);
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<double[]> kept, Scratch<double>(classes));
  const absl::Span<double> sums(kept.get(), static_cast<size_t>(classes));
  SinglePhilox random(start);
  Out* to = output->mutable_data<Out>();
  for (int64_t row = 0; row < rows; ++row) {
    SumUp(logits.data<T>() + row * classes, sums);
    for (int64_t s = 0; s < samples; ++s) {
      const uint32_t high = random();
      const double wanted = RandomDouble(high, random()) * sums.back();
      *to++ = static_cast<Out>(std::upper_bound(sums.begin(), sums.end(), wanted) - sums.begin());
    }
  }
  return absl::OkStatus();
}

template <bool kStateless>
absl::Status Eval(EvalContext& context) {
  const Tensor& logits = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t samples, ScalarInt(context.input(1), "input 1"));
  FLOE_RETURN_IF_ERROR(CheckCounts(logits.shape().dim(1), samples));
  const int64_t rows = logits.shape().dim(0);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({rows, samples}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  Philox start;
  if constexpr (kStateless) {
    FLOE_ASSIGN_OR_RETURN(const Philox::Place place, PlaceOfSeed(context.input(2)));
    start = Philox(place);
  } else {
    // Two numbers a sample, and whole blocks a row.
    const auto whole = static_cast<uint64_t>((samples + 3) / 4 * 4);
    FLOE_ASSIGN_OR_RETURN(start, ReserveRandom(context, static_cast<uint64_t>(rows) * whole * 2 * kReservedBlocks));
  }
  return OnDType(FloatTypes(), logits.dtype(), [&]<typename T>() -> absl::Status {
    return output->dtype() == DType::kInt32 ? Draw<T, int32_t>(context, start, samples, output)
                                            : Draw<T, int64_t>(context, start, samples, output);
  });
}

constexpr OpInfo kOps[] = {
    {"Multinomial", Infer<false>, Eval<false>, kStateful, RandomStream::Make},
    {"StatelessMultinomial", Infer<true>, Eval<true>},
};

}  // namespace

absl::Span<const OpInfo> MultinomialOps() { return kOps; }

}  // namespace floe
