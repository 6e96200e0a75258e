// Ops that move elements without looking at them: each is one or more strided copies, by one kernel.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/stream.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"
#include "ops/slice.h"

namespace floe {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 1 << 16;
constexpr int kMostDims = 8;

// ---- Kernels

// to[view] = from[view] for every index below dims; strides in elements of T.
struct MoveArgs {
  const void* from;
  void* to;
  int64_t elements;
  int rank;
  int64_t dims[kMostDims], from_strides[kMostDims], to_strides[kMostDims];
};

template <typename T, typename Index>
__global__ void __launch_bounds__(kThreads) MoveKernel(MoveArgs args) {
  const Index elements = static_cast<Index>(args.elements);
  const Index stride = static_cast<Index>(gridDim.x) * kThreads;
  for (Index i = static_cast<Index>(blockIdx.x) * kThreads + threadIdx.x; i < elements; i += stride) {
    int64_t from = 0, to = 0;
    Index rest = i;
    for (int axis = args.rank - 1; axis >= 0; --axis) {
      const Index dim = static_cast<Index>(args.dims[axis]);
      const Index above = axis == 0 ? 0 : rest / dim;
      const auto index = static_cast<int64_t>(rest - above * dim);
      from += index * args.from_strides[axis];
      to += index * args.to_strides[axis];
      rest = above;
    }
    static_cast<T*>(args.to)[to] = static_cast<const T*>(args.from)[from];
  }
}

template <typename T>
__global__ void __launch_bounds__(kThreads) FillKernel(T* to, int64_t elements, const T* value, T otherwise) {
  const T fill = value != nullptr ? *value : otherwise;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < elements; i += stride) to[i] = fill;
}

// ---- Launchers

dim3 GridFor(int64_t elements) {
  return dim3(static_cast<unsigned>(std::min(CeilDiv(elements, kThreads), kMostBlocks)));
}

// A copy between two tensors, as the op means it; then with neighbours merged and elements joined into larger ones.
struct Move {
  int input = 0, output = 0;
  Dims dims;
  StridedView from, to;
};

// Dimensions of one element dropped, and neighbours merged wherever both sides allow it.
Move Merged(const Move& move) {
  Move merged = move;
  merged.dims.clear();
  merged.from.strides.clear();
  merged.to.strides.clear();
  for (size_t axis = 0; axis < move.dims.size(); ++axis) {
    const int64_t dim = move.dims[axis];
    if (dim == 1) continue;
    if (!merged.dims.empty() && merged.from.strides.back() == move.from.strides[axis] * dim &&
        merged.to.strides.back() == move.to.strides[axis] * dim) {
      merged.dims.back() *= dim;
      merged.from.strides.back() = move.from.strides[axis];
      merged.to.strides.back() = move.to.strides[axis];
    } else {
      merged.dims.push_back(dim);
      merged.from.strides.push_back(move.from.strides[axis]);
      merged.to.strides.push_back(move.to.strides[axis]);
    }
  }
  if (merged.dims.empty()) {
    merged.dims.push_back(1);
    merged.from.strides.push_back(1);
    merged.to.strides.push_back(1);
  }
  return merged;
}

// Whether `factor` neighbours of the last dimension can move as one element.
bool Joins(const Move& move, int64_t factor, const void* from, const void* to, int64_t bytes) {
  const auto fits = [&](const StridedView& view, const void* data) {
    if (view.strides.back() != 1 || view.first % factor != 0 || !IsAligned(data, bytes)) return false;
    return std::all_of(view.strides.begin(), view.strides.end() - 1,
                       [&](int64_t stride) { return stride % factor == 0; });
  };
  return move.dims.back() % factor == 0 && fits(move.from, from) && fits(move.to, to);
}

template <typename T>
absl::Status LaunchAs(const Move& move, int64_t factor, const void* from, void* to, CudaStream& stream) {
  MoveArgs args{};
  args.from = static_cast<const T*>(from) + move.from.first / factor;
  args.to = static_cast<T*>(to) + move.to.first / factor;
  args.rank = static_cast<int>(move.dims.size());
  args.elements = 1;
  for (int axis = 0; axis < args.rank; ++axis) {
    const bool last = axis + 1 == args.rank;
    args.dims[axis] = last ? move.dims[axis] / factor : move.dims[axis];
    args.from_strides[axis] = last ? move.from.strides[axis] : move.from.strides[axis] / factor;
    args.to_strides[axis] = last ? move.to.strides[axis] : move.to.strides[axis] / factor;
    args.elements *= args.dims[axis];
  }
  if (args.elements == 0) return absl::OkStatus();
  return args.elements < int64_t{1} << 31
             ? Launch(MoveKernel<T, uint32_t>, GridFor(args.elements), dim3(kThreads), 0, stream, args)
             : Launch(MoveKernel<T, uint64_t>, GridFor(args.elements), dim3(kThreads), 0, stream, args);
}

absl::Status LaunchMove(const Move& move, int64_t element_bytes, const void* from, void* to, CudaStream& stream) {
  constexpr int64_t kLargest = 16;
  int64_t bytes = kLargest;
  while (bytes > element_bytes && !Joins(move, bytes / element_bytes, from, to, bytes)) bytes /= 2;
  const int64_t factor = bytes / element_bytes;
  switch (bytes) {
    case 1:
      return LaunchAs<uint8_t>(move, factor, from, to, stream);
    case 2:
      return LaunchAs<uint16_t>(move, factor, from, to, stream);
    case 4:
      return LaunchAs<uint32_t>(move, factor, from, to, stream);
    case 8:
      return LaunchAs<uint64_t>(move, factor, from, to, stream);
    default:
      return LaunchAs<uint4>(move, factor, from, to, stream);
  }
}

// `value` on the device, or null for zeros.
absl::Status LaunchFill(void* to, int64_t elements, int64_t element_bytes, const void* value, CudaStream& stream) {
  if (elements == 0) return absl::OkStatus();
  const auto fill = [&]<typename T>() {
    return Launch(FillKernel<T>, GridFor(elements), dim3(kThreads), 0, stream, static_cast<T*>(to), elements,
                  static_cast<const T*>(value), T{});
  };
  switch (element_bytes) {
    case 1:
      return fill.template operator()<uint8_t>();
    case 2:
      return fill.template operator()<uint16_t>();
    case 4:
      return fill.template operator()<uint32_t>();
    default:
      return fill.template operator()<uint64_t>();
  }
}

// ---- What each op moves

struct MovePlan {
  std::vector<Move> moves;
  bool fills = false;   // the first output, before the moves
  int fill_input = -1;  // whose element; -1 for zero
};
using Infos = absl::Span<const TensorInfo>;
using PlanFunction = absl::Status (*)(const AttrMap& attrs, Infos inputs, Infos outputs, MovePlan* plan);

Shape ShapeOfInfo(const TensorInfo& info) { return info.shape.ToShape(); }

absl::Status PlanTranspose(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  FLOE_ASSIGN_OR_RETURN(const Dims perm, ToInt64s(*inputs[1].value));
  const Shape result = ShapeOfInfo(outputs[0]);
  const Dims strides = ShapeOfInfo(inputs[0]).Strides();
  Move& move = plan->moves.emplace_back();
  move.dims.assign(result.dims().begin(), result.dims().end());
  for (const int64_t axis : perm) move.from.strides.push_back(strides[axis]);
  move.to.strides = result.Strides();
  return absl::OkStatus();
}

absl::Status PlanSlice(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  FLOE_ASSIGN_OR_RETURN(const Dims begin, ToInt64s(*inputs[1].value));
  const Shape from = ShapeOfInfo(inputs[0]), result = ShapeOfInfo(outputs[0]);
  Move& move = plan->moves.emplace_back();
  move.dims.assign(result.dims().begin(), result.dims().end());
  move.from.strides = from.Strides();
  move.to.strides = result.Strides();
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (begin[axis] < 0 || begin[axis] > from.dim(axis) - result.dim(axis)) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted begin[", axis, "] in [0, ", from.dim(axis) - result.dim(axis), "], got ", begin[axis]));
    }
    move.from.first += begin[axis] * move.from.strides[axis];
  }
  return absl::OkStatus();
}

absl::Status PlanStridedSlice(const AttrMap& attrs, Infos inputs, Infos, MovePlan* plan) {
  FLOE_ASSIGN_OR_RETURN(const SliceView view, ComputeStridedSlice(attrs, ShapeOfInfo(inputs[0]), *inputs[1].value,
                                                                  *inputs[2].value, *inputs[3].value));
  Move& move = plan->moves.emplace_back();
  move.dims = view.dims;
  move.from = view.from;
  move.to.strides = Shape(view.dims).Strides();
  return absl::OkStatus();
}

// `count` rows of each outer index, from row `from_row` of one side to row `to_row` of the other.
Move RowsOf(const AxisView& from, int64_t from_row, const AxisView& to, int64_t to_row, int64_t count) {
  Move move;
  move.dims = {from.outer, count * from.inner};
  move.from = {from_row * from.inner, {from.size * from.inner, 1}};
  move.to = {to_row * to.inner, {to.size * to.inner, 1}};
  return move;
}

absl::Status PlanConcatOf(Infos inputs, int first, int last, const Tensor& axis_tensor, Infos outputs, MovePlan* plan) {
  const Shape result = ShapeOfInfo(outputs[0]);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_number, ScalarInt(axis_tensor, "axis"));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_number, result.rank()));
  const AxisView to = AxisView::Of(result, axis);
  int64_t row = 0;
  for (int i = first; i < last; ++i) {
    const AxisView from = AxisView::Of(ShapeOfInfo(inputs[i]), axis);
    plan->moves.push_back(RowsOf(from, 0, to, row, from.size));
    plan->moves.back().input = i;
    row += from.size;
  }
  return absl::OkStatus();
}
absl::Status PlanConcat(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  return PlanConcatOf(inputs, 1, static_cast<int>(inputs.size()), *inputs[0].value, outputs, plan);
}
absl::Status PlanConcatV2(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  const int count = static_cast<int>(inputs.size()) - 1;
  return PlanConcatOf(inputs, 0, count, *inputs[count].value, outputs, plan);
}

absl::Status PlanPack(const AttrMap& attrs, Infos inputs, Infos outputs, MovePlan* plan) {
  const Shape result = ShapeOfInfo(outputs[0]);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_number, attrs.Int("axis", 0));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_number, result.rank()));
  const AxisView to = AxisView::Of(result, axis);
  for (size_t i = 0; i < inputs.size(); ++i) {
    plan->moves.push_back(RowsOf({to.outer, 1, to.inner}, 0, to, static_cast<int64_t>(i), 1));
    plan->moves.back().input = static_cast<int>(i);
  }
  return absl::OkStatus();
}

absl::Status PlanUnpack(const AttrMap& attrs, Infos inputs, Infos outputs, MovePlan* plan) {
  const Shape from_shape = ShapeOfInfo(inputs[0]);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_number, attrs.Int("axis", 0));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_number, from_shape.rank()));
  const AxisView from = AxisView::Of(from_shape, axis);
  for (size_t i = 0; i < outputs.size(); ++i) {
    plan->moves.push_back(RowsOf(from, static_cast<int64_t>(i), {from.outer, 1, from.inner}, 0, 1));
    plan->moves.back().output = static_cast<int>(i);
  }
  return absl::OkStatus();
}

absl::Status PlanSplitOf(int input, const Tensor& axis_tensor, Infos inputs, Infos outputs, MovePlan* plan) {
  const Shape from_shape = ShapeOfInfo(inputs[input]);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis_number, ScalarInt(axis_tensor, "axis"));
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(axis_number, from_shape.rank()));
  const AxisView from = AxisView::Of(from_shape, axis);
  int64_t row = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const AxisView to = AxisView::Of(ShapeOfInfo(outputs[i]), axis);
    plan->moves.push_back(RowsOf(from, row, to, 0, to.size));
    plan->moves.back().input = input;
    plan->moves.back().output = static_cast<int>(i);
    row += to.size;
  }
  return absl::OkStatus();
}
absl::Status PlanSplit(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  return PlanSplitOf(1, *inputs[0].value, inputs, outputs, plan);
}
absl::Status PlanSplitV(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  return PlanSplitOf(0, *inputs[2].value, inputs, outputs, plan);
}

absl::Status PlanPad(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  FLOE_ASSIGN_OR_RETURN(const Dims paddings, ToInt64s(*inputs[1].value));
  const Shape from = ShapeOfInfo(inputs[0]), result = ShapeOfInfo(outputs[0]);
  plan->fills = true;
  plan->fill_input = inputs.size() > 2 ? 2 : -1;
  Move& move = plan->moves.emplace_back();
  move.dims.assign(from.dims().begin(), from.dims().end());
  move.from.strides = from.Strides();
  move.to.strides = result.Strides();
  for (int axis = 0; axis < from.rank(); ++axis) move.to.first += paddings[2 * axis] * move.to.strides[axis];
  return absl::OkStatus();
}

absl::Status PlanFill(const AttrMap&, Infos, Infos, MovePlan* plan) {
  plan->fills = true;
  plan->fill_input = 1;
  return absl::OkStatus();
}

absl::Status PlanTile(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  const Shape from = ShapeOfInfo(inputs[0]), result = ShapeOfInfo(outputs[0]);
  const Dims from_strides = from.Strides(), to_strides = result.Strides();
  Move& move = plan->moves.emplace_back();
  // Each dimension is two: which copy, and where in it.
  for (int axis = 0; axis < from.rank(); ++axis) {
    const int64_t dim = from.dim(axis), copies = dim == 0 ? 0 : result.dim(axis) / dim;
    move.dims.push_back(copies);
    move.from.strides.push_back(0);
    move.to.strides.push_back(dim * to_strides[axis]);
    move.dims.push_back(dim);
    move.from.strides.push_back(from_strides[axis]);
    move.to.strides.push_back(to_strides[axis]);
  }
  return absl::OkStatus();
}

absl::Status PlanBroadcastTo(const AttrMap&, Infos inputs, Infos outputs, MovePlan* plan) {
  const Shape from = ShapeOfInfo(inputs[0]), result = ShapeOfInfo(outputs[0]);
  const Dims from_strides = from.Strides();
  Move& move = plan->moves.emplace_back();
  move.dims.assign(result.dims().begin(), result.dims().end());
  move.to.strides = result.Strides();
  for (int axis = 0; axis < result.rank(); ++axis) {
    const int own = axis - (result.rank() - from.rank());
    move.from.strides.push_back(own < 0 || from.dim(own) == 1 ? 0 : from_strides[own]);
  }
  return absl::OkStatus();
}

absl::Status PlanReverse(const AttrMap&, Infos inputs, Infos, MovePlan* plan) {
  const Shape from = ShapeOfInfo(inputs[0]);
  FLOE_ASSIGN_OR_RETURN(const Dims axes, ToInt64s(*inputs[1].value));
  Move& move = plan->moves.emplace_back();
  move.dims.assign(from.dims().begin(), from.dims().end());
  move.from.strides = move.to.strides = from.Strides();
  for (const int64_t number : axes) {
    FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(number, from.rank()));
    move.from.first += std::max<int64_t>(from.dim(axis) - 1, 0) * move.from.strides[axis];
    move.from.strides[axis] = -move.from.strides[axis];
  }
  return absl::OkStatus();
}

// The walk over [batch, height, row in block, width, column in block, channels]: the deep form has the blocks among the
// channels, the wide one in the image.
template <bool kToSpace>
absl::Status PlanBlocks(const AttrMap& attrs, Infos inputs, Infos outputs, MovePlan* plan) {
  FLOE_ASSIGN_OR_RETURN(const int64_t block, attrs.Int("block_size"));
  FLOE_ASSIGN_OR_RETURN(const std::string format, attrs.String("data_format", "NHWC"));
  const bool channels_first = format == "NCHW";
  const int h = channels_first ? 2 : 1, w = h + 1, c = channels_first ? 1 : 3;
  const Shape deep_shape = ShapeOfInfo(kToSpace ? inputs[0] : outputs[0]),
              wide_shape = ShapeOfInfo(kToSpace ? outputs[0] : inputs[0]);
  const Dims deep = deep_shape.Strides(), wide = wide_shape.Strides();
  const int64_t channels = wide_shape.dim(c);
  Move& move = plan->moves.emplace_back();
  move.dims = {deep_shape.dim(0), deep_shape.dim(h), block, deep_shape.dim(w), block, channels};
  const StridedView in_deep{0, {deep[0], deep[h], block * channels * deep[c], deep[w], channels * deep[c], deep[c]}};
  const StridedView in_wide{0, {wide[0], block * wide[h], wide[h], block * wide[w], wide[w], wide[c]}};
  move.from = kToSpace ? in_deep : in_wide;
  move.to = kToSpace ? in_wide : in_deep;
  return absl::OkStatus();
}

// ---- Supports

constexpr uint32_t kLastInput = 1u << 31;

struct MoveOp {
  const char* name;
  PlanFunction plan;
  uint32_t constants;  // which inputs are read on the host, by bit
};

constexpr MoveOp kMoves[] = {
    {"BroadcastTo", PlanBroadcastTo, 0},
    {"Concat", PlanConcat, 1 << 0},
    {"ConcatV2", PlanConcatV2, kLastInput},
    {"DepthToSpace", PlanBlocks<true>, 0},
    {"Fill", PlanFill, 0},
    {"Pack", PlanPack, 0},
    {"Pad", PlanPad, 1 << 1},
    {"PadV2", PlanPad, 1 << 1},
    {"ReverseV2", PlanReverse, 1 << 1},
    {"Slice", PlanSlice, 1 << 1},
    {"SpaceToDepth", PlanBlocks<false>, 0},
    {"Split", PlanSplit, 1 << 0},
    {"SplitV", PlanSplitV, 1 << 2},
    {"StridedSlice", PlanStridedSlice, (1 << 1) | (1 << 2) | (1 << 3)},
    {"Tile", PlanTile, 0},
    {"Transpose", PlanTranspose, 1 << 1},
    {"Unpack", PlanUnpack, 0},
};

const MoveOp& FindMove(absl::string_view name) {
  return *std::find_if(std::begin(kMoves), std::end(kMoves), [&](const MoveOp& op) { return op.name == name; });
}

bool IsReadOnHost(const MoveOp& op, int input, int count) {
  return (op.constants >> input & 1) != 0 || ((op.constants & kLastInput) != 0 && input == count - 1);
}

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  constexpr int kMostBytes = 8;
  const MoveOp& move = FindMove(op.op.name);
  const int count = static_cast<int>(op.inputs.size());
  const int64_t bytes = ElementBytes(op.outputs[0].dtype);
  if (bytes == 0 || bytes > kMostBytes)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.outputs[0].dtype)));
  // A tile's dimensions are two each.
  const int most_rank = op.op.name == absl::string_view("Tile") ? kMostDims / 2 : kMostDims;
  for (int i = 0; i < count; ++i) {
    if (IsReadOnHost(move, i, count)) {
      FLOE_RETURN_IF_ERROR(WantConstant(op, i));
    } else if (!op.inputs[i].shape.has_rank() || op.inputs[i].shape.rank() > most_rank) {
      return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", op.inputs[i].shape.ToString()));
    }
  }
  const PartialShape& result = op.outputs[0].shape;
  if (!result.has_rank() || result.rank() > kMostDims)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to shape ", result.ToString()));
  return absl::OkStatus();
}

// ---- Create

class MoveOpKernel final : public Kernel {
 public:
  MoveOpKernel(const MoveOp& op, const AttrMap& attrs) : op_(op), attrs_(attrs) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const MoveOp& op_;  // of the table
  const AttrMap attrs_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  return std::make_unique<MoveOpKernel>(FindMove(op.op.name), op.attrs);
}

// ---- Prepare

class MovePrepared final : public PreparedKernel {
 public:
  MovePrepared(MovePlan plan, int64_t element_bytes) : plan_(std::move(plan)), element_bytes_(element_bytes) {}
  std::string description() const override { return absl::StrCat("move ", plan_.moves.size()); }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const MovePlan plan_;
  const int64_t element_bytes_;
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> MoveOpKernel::Prepare(absl::Span<const TensorInfo> inputs,
                                                                      absl::Span<const TensorInfo> outputs) const {
  MovePlan plan;
  FLOE_RETURN_IF_ERROR(op_.plan(attrs_, inputs, outputs, &plan));
  for (Move& move : plan.moves) move = Merged(move);
  return std::make_unique<MovePrepared>(std::move(plan), ElementBytes(outputs[0].dtype));
}

// ---- Launch

absl::Status MovePrepared::Launch(const LaunchArgs& args) const {
  CudaStream& stream = StreamOf(args);
  if (plan_.fills) {
    const void* const value = plan_.fill_input >= 0 ? args.input(plan_.fill_input).raw_data() : nullptr;
    FLOE_RETURN_IF_ERROR(
        LaunchFill(args.output(0)->raw_mutable_data(), args.output(0)->num_elements(), element_bytes_, value, stream));
  }
  for (const Move& move : plan_.moves) {
    FLOE_RETURN_IF_ERROR(LaunchMove(move, element_bytes_, args.input(move.input).raw_data(),
                                    args.output(move.output)->raw_mutable_data(), stream));
  }
  return absl::OkStatus();
}

constexpr auto kOps = [] {
  std::array<CudaOp, std::size(kMoves)> ops{};
  for (size_t i = 0; i < ops.size(); ++i) ops[i] = {kMoves[i].name, Supports, Create};
  return ops;
}();

}  // namespace

absl::Span<const CudaOp> MoveKernels() { return kOps; }

}  // namespace floe
