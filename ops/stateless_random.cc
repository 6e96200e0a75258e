#include "ops/stateless_random.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/random_fill.h"
#include "ops/types.h"

namespace floe {

absl::Status WantRandomSeed(const InferContext& context, int input) {
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, input));
  const PartialShape& shape = context.shape(input);
  if (MergeShapes(shape, PartialShape({2})).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted a seed of two numbers, got shape ", shape.ToString()));
}

absl::StatusOr<Philox::Place> PlaceOfSeed(const Tensor& seed) {
  FLOE_ASSIGN_OR_RETURN(const Dims seeds, IntElements(seed, "seed"));
  if (seeds.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a seed of two numbers, got ", seeds.size()));
  }
  constexpr uint64_t kMixingKey = 0x02461e293ec8f720;
  const Philox::Block mix =
      Philox({.key = kMixingKey, .counter = {static_cast<uint64_t>(seeds[0]), static_cast<uint64_t>(seeds[1])}}).Next();
  return Philox::Place{.key = mix[0] | uint64_t{mix[1]} << 32, .counter = {0, mix[2] | uint64_t{mix[3]} << 32}};
}

namespace {

// The numbers that TensorFlow has for its algorithms. The one that it chooses by itself on a CPU is Philox.
constexpr int64_t kPhilox = 1, kAutoSelect = 3;

enum class Numbers : uint8_t { kUniform, kNormal, kTruncatedNormal, kInts, kBits };

// Inputs: shape, then where the numbers begin (seed; of V2 key, counter, alg), then minval and maxval of integers.
constexpr int FirstArgument(bool v2) { return v2 ? 4 : 2; }

absl::Status WantKeyCounter(const InferContext& context) {
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kUint64));
  FLOE_RETURN_IF_ERROR(context.WantDType(3, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(3, 0));
  if (!MergeShapes(context.shape(1), PartialShape({1})).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted a key of one number, got shape ", context.shape(1).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 2));
  if (length == 0 || length == 1) {
    return absl::InvalidArgumentError(absl::StrCat("input 2: wanted a counter of two numbers, got ", length));
  }
  return absl::OkStatus();
}

absl::StatusOr<Philox> StartOf(const EvalContext& context, bool v2) {
  if (!v2) {
    FLOE_ASSIGN_OR_RETURN(const Philox::Place place, PlaceOfSeed(context.input(1)));
    return Philox(place);
  }
  const Tensor &key = context.input(1), &counter = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const int64_t algorithm, ScalarInt(context.input(3), "input 3"));
  if (algorithm != kPhilox && algorithm != kAutoSelect) {
    return absl::InvalidArgumentError(absl::StrCat("input 3: wanted algorithm ", kPhilox, " (Philox) or ", kAutoSelect,
                                                   " (chosen by itself), got ", algorithm));
  }
  if (key.num_elements() != 1 || counter.num_elements() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a key of one number and a counter of two, got ",
                                                   key.num_elements(), " and ", counter.num_elements()));
  }
  const auto* const counts = counter.data<uint64_t>();
  return Philox({.key = *key.data<uint64_t>(), .counter = {counts[0], counts[1]}});
}

template <Numbers kNumbers, bool kV2>
absl::Status Infer(InferContext& context) {
  constexpr int kFirst = FirstArgument(kV2);
  constexpr bool kInts = kNumbers == Numbers::kInts, kBits = kNumbers == Numbers::kBits;
  FLOE_RETURN_IF_ERROR(context.WantInputs(kInts ? kFirst + 2 : kFirst));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
  FLOE_RETURN_IF_ERROR(kV2 ? WantKeyCounter(context) : WantRandomSeed(context, 1));
  DType dtype = kBits ? DType::kUint64 : DType::kFloat;
  if constexpr (kInts) dtype = context.dtype(kFirst);
  FLOE_ASSIGN_OR_RETURN(dtype, context.attrs().Type("dtype", dtype));
  if constexpr (kInts && !kV2) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'dtype'", dtype));
  } else if constexpr (kInts || kBits) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(RandomIntTypes(), "attribute 'dtype'", dtype));
  } else {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "attribute 'dtype'", dtype));
  }
  for (int i = kFirst; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, dtype));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

template <Numbers kNumbers, bool kV2>
absl::Status Eval(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const Philox start, StartOf(context, kV2));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  switch (kNumbers) {
    case Numbers::kUniform:
      return FillRandom(Distribution::kUniform, start, output);
    case Numbers::kNormal:
      return FillRandom(Distribution::kNormal, start, output);
    case Numbers::kTruncatedNormal:
      return FillRandom(Distribution::kTruncatedNormal, start, output);
    case Numbers::kBits:
      return FillRandomBits(start, output);
    case Numbers::kInts:
      break;
  }
  constexpr int kFirst = FirstArgument(kV2);
  for (int i = kFirst; i < kFirst + 2; ++i) {
    FLOE_RETURN_IF_ERROR(ScalarInt(context.input(i), absl::StrCat("input ", i)).status());
  }
  return FillRandomInts(start, context.input(kFirst), context.input(kFirst + 1), output);
}

template <bool kKeyCounter, bool kAlgorithm>
absl::Status InferPlace(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kKeyCounter ? 1 : 0));
  if constexpr (kKeyCounter) {
    FLOE_RETURN_IF_ERROR(WantRandomSeed(context, 0));
    context.AddOutput(DType::kUint64, PartialShape({1}));
    context.AddOutput(DType::kUint64, PartialShape({2}));
  }
  if constexpr (kAlgorithm) context.AddOutput(DType::kInt32, PartialShape(Dims()));
  return absl::OkStatus();
}

template <bool kKeyCounter, bool kAlgorithm>
absl::Status EvalPlace(EvalContext& context) {
  if constexpr (kKeyCounter) {
    FLOE_ASSIGN_OR_RETURN(const Philox::Place place, PlaceOfSeed(context.input(0)));
    FLOE_ASSIGN_OR_RETURN(Tensor* const key, context.Output(0, Shape({1})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const counter, context.Output(1, Shape({2})));
    *key->mutable_data<uint64_t>() = place.key;
    std::copy(place.counter.begin(), place.counter.end(), counter->mutable_data<uint64_t>());
  }
  if constexpr (kAlgorithm) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const algorithm, context.Output(kKeyCounter ? 2 : 0, Shape()));
    *algorithm->mutable_data<int32_t>() = static_cast<int32_t>(kPhilox);
  }
  return absl::OkStatus();
}

template <Numbers kNumbers, bool kV2 = false>
constexpr OpInfo Sampler(const char* name) {
  return {name, Infer<kNumbers, kV2>, Eval<kNumbers, kV2>};
}

constexpr OpInfo kOps[] = {
    Sampler<Numbers::kUniform>("StatelessRandomUniform"),
    Sampler<Numbers::kUniform, true>("StatelessRandomUniformV2"),
    Sampler<Numbers::kInts>("StatelessRandomUniformInt"),
    Sampler<Numbers::kInts, true>("StatelessRandomUniformIntV2"),
    Sampler<Numbers::kBits>("StatelessRandomUniformFullInt"),
    Sampler<Numbers::kBits, true>("StatelessRandomUniformFullIntV2"),
    Sampler<Numbers::kNormal>("StatelessRandomNormal"),
    Sampler<Numbers::kNormal, true>("StatelessRandomNormalV2"),
    Sampler<Numbers::kTruncatedNormal>("StatelessTruncatedNormal"),
    Sampler<Numbers::kTruncatedNormal, true>("StatelessTruncatedNormalV2"),
    {"StatelessRandomGetKeyCounter", InferPlace<true, false>, EvalPlace<true, false>},
    {"StatelessRandomGetAlg", InferPlace<false, true>, EvalPlace<false, true>},
    {"StatelessRandomGetKeyCounterAlg", InferPlace<true, true>, EvalPlace<true, true>},
};

}  // namespace

absl::Span<const OpInfo> StatelessRandomOps() { return kOps; }

}  // namespace floe
