#include "ops/random.h"

#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/random_fill.h"
#include "ops/random_stream.h"
#include "ops/scratch.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status InferFloats(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "attribute 'dtype'", dtype));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

absl::StatusOr<Philox> ReserveFor(EvalContext& context, const Tensor& result) {
  return ReserveRandom(context, static_cast<uint64_t>(result.num_elements()) * kReservedBlocks);
}

template <Distribution kDistribution>
absl::Status EvalFloats(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(const Philox random, ReserveFor(context, *output));
  return FillRandom(kDistribution, random, output);
}

absl::Status InferInts(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("Tout", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'Tout'", dtype));
  for (int i = 1; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, dtype));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownSizes(context, 0));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalInts(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(context.input(0), "input 0"));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(ScalarInt(context.input(i), absl::StrCat("input ", i)).status());
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(const Philox random, ReserveFor(context, *output));
  return FillRandomInts(random, context.input(1), context.input(2), output);
}

absl::Status InferShuffle(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  const DType dtype = context.dtype(0);
  if (dtype != DType::kString && ElementBytes(dtype) <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: there is no shuffling of ", DTypeName(dtype)));
  }
  context.AddOutput(dtype, context.shape(0));
  return absl::OkStatus();
}

// The rows in another order: each place is given one of the rows that are left.
absl::Status EvalShuffle(EvalContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() == 0 || input.num_elements() <= 1 || input.shape().dim(0) <= 1) return context.SetOutput(0, input);
  const int64_t rows = input.shape().dim(0), size = input.num_elements() / rows;
  if (rows > std::numeric_limits<uint32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: ", rows, " rows are too many for 32-bit random numbers"));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  FLOE_ASSIGN_OR_RETURN(const Philox start, ReserveRandom(context, static_cast<uint64_t>(rows + 2) / 4));
  SinglePhilox random(start);
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<uint32_t[]> order, Scratch<uint32_t>(rows));
  std::iota(order.get(), order.get() + rows, 0);
  for (int64_t i = 0; i + 1 < rows; ++i) std::swap(order[i], order[i + random() % static_cast<uint32_t>(rows - i)]);
  for (int64_t i = 0; i < rows; ++i) CopyElements(input, order[i] * size, output, i * size, size);
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"RandomUniform", InferFloats, EvalFloats<Distribution::kUniform>, kStateful, RandomStream::Make},
    {"RandomStandardNormal", InferFloats, EvalFloats<Distribution::kNormal>, kStateful, RandomStream::Make},
    {"TruncatedNormal", InferFloats, EvalFloats<Distribution::kTruncatedNormal>, kStateful, RandomStream::Make},
    {"RandomUniformInt", InferInts, EvalInts, kStateful, RandomStream::Make},
    {"RandomShuffle", InferShuffle, EvalShuffle, kStateful, RandomStream::Make},
};

}  // namespace

absl::Span<const OpInfo> RandomOps() { return kOps; }

}  // namespace floe
