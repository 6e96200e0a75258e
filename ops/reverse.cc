#include "ops/reverse.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::StatusOr<std::vector<bool>> ReversedAxes(absl::Span<const int64_t> axes, int rank) {
  std::vector<bool> reversed(rank, false);
  for (const int64_t axis : axes) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, rank));
    if (reversed[at]) return absl::InvalidArgumentError(absl::StrCat("axis ", at, " is named twice"));
    reversed[at] = true;
  }
  return reversed;
}

absl::Status ReverseAxes(const Tensor& input, const std::vector<bool>& reversed, Tensor* output) {
  const Dims dims(input.shape().dims().begin(), input.shape().dims().end()), strides = input.shape().Strides();
  StridedView from{0, strides};
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (!reversed[axis]) continue;
    from.first += (dims[axis] - 1) * strides[axis];
    from.strides[axis] = -strides[axis];
  }
  return StridedCopy(dims, input, from, output, {0, strides});
}

bool IsScalar(const PartialShape& shape) { return shape.has_rank() && shape.rank() == 0; }

// A scalar is its own reverse, whatever axes are named.
absl::Status InferReverseV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  if (context.shape(0).has_rank() && !IsScalar(context.shape(0))) FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> axes, context.KnownInts(1));
  if (axes.has_value() && context.shape(0).has_rank() && !IsScalar(context.shape(0))) {
    FLOE_RETURN_IF_ERROR(ReversedAxes(*axes, context.shape(0).rank()).status());
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalReverseV2(EvalContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() == 0) return context.SetOutput(0, input);
  FLOE_ASSIGN_OR_RETURN(const Dims axes, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const std::vector<bool> reversed, ReversedAxes(axes, input.rank()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return ReverseAxes(input, reversed, output);
}

// The older form: one boolean a dimension.
absl::Status InferReverse(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kBool));
  const PartialShape& shape = context.shape(0);
  if (!shape.has_rank() || IsScalar(shape)) {
    context.AddOutput(context.dtype(0), shape);
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  if (length >= 0 && length != shape.rank()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", shape.rank(), " booleans, got ", length));
  }
  context.AddOutput(context.dtype(0), shape);
  return absl::OkStatus();
}

absl::Status EvalReverse(EvalContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() == 0) return context.SetOutput(0, input);
  const absl::Span<const bool> flags = context.input(1).flat<bool>();
  if (static_cast<int>(flags.size()) != input.rank()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", input.rank(), " booleans, got ", flags.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return ReverseAxes(input, std::vector<bool>(flags.begin(), flags.end()), output);
}

struct SequenceAxes {
  int64_t sequence, batch;
};

// Axes are not counted from the end here.
absl::StatusOr<SequenceAxes> ParseSequenceAxes(const AttrMap& attrs, const PartialShape& shape) {
  SequenceAxes axes;
  FLOE_ASSIGN_OR_RETURN(axes.sequence, attrs.Int("seq_dim"));
  FLOE_ASSIGN_OR_RETURN(axes.batch, attrs.Int("batch_dim", 0));
  if (axes.sequence == axes.batch) {
    return absl::InvalidArgumentError(absl::StrCat("seq_dim and batch_dim must differ, both are ", axes.batch));
  }
  const int rank = shape.has_rank() ? shape.rank() : kMaxRank;
  for (const int64_t axis : {axes.sequence, axes.batch}) {
    if (axis < 0 || axis >= rank) {
      return absl::InvalidArgumentError(absl::StrCat(axis == axes.batch ? "batch_dim " : "seq_dim ", axis,
                                                     " is out of range for shape ", shape.ToString()));
    }
  }
  return axes;
}

absl::Status InferReverseSequence(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, KnownLength(context, 1));
  PartialShape shape = context.shape(0);
  FLOE_ASSIGN_OR_RETURN(const SequenceAxes axes, ParseSequenceAxes(context.attrs(), shape));
  if (shape.has_rank()) {
    absl::StatusOr<int64_t> batch = MergeDim(shape.dim(static_cast<int>(axes.batch)), length);
    if (!batch.ok()) return Annotate(batch.status(), "batch of input 0 and length of input 1");
    shape.set_dim(static_cast<int>(axes.batch), *batch);
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalReverseSequence(EvalContext& context) {
  const Tensor& input = context.input(0);
  const Shape& shape = input.shape();
  FLOE_ASSIGN_OR_RETURN(const SequenceAxes axes, ParseSequenceAxes(context.attrs(), shape));
  FLOE_ASSIGN_OR_RETURN(const Dims lengths, ToInt64s(context.input(1)));
  const int64_t batch = shape.dim(static_cast<int>(axes.batch)), steps = shape.dim(static_cast<int>(axes.sequence));
  if (static_cast<int64_t>(lengths.size()) != batch) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", batch, " lengths, got ", lengths.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const Dims strides = shape.Strides();
  Dims dims(shape.dims().begin(), shape.dims().end());
  dims[axes.batch] = 1;
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t length = lengths[b], first = b * strides[axes.batch], stride = strides[axes.sequence];
    if (length < 0 || length > steps) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: wanted lengths in [0, ", steps, "], got ", length, " at ", b));
    }
    StridedView backward{first + (length - 1) * stride, strides};
    backward.strides[axes.sequence] = -stride;
    dims[axes.sequence] = length;
    FLOE_RETURN_IF_ERROR(StridedCopy(dims, input, backward, output, {first, strides}));
    const StridedView rest{first + length * stride, strides};
    dims[axes.sequence] = steps - length;
    FLOE_RETURN_IF_ERROR(StridedCopy(dims, input, rest, output, rest));
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ReverseV2", InferReverseV2, EvalReverseV2},
    {"Reverse", InferReverse, EvalReverse},
    {"ReverseSequence", InferReverseSequence, EvalReverseSequence},
};

}  // namespace

absl::Span<const OpInfo> ReverseOps() { return kOps; }

}  // namespace floe
