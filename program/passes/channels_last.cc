// Graphs whose images have their channels first (NCHW, exported for a GPU) are turned to channels last: no kernel has
// to know both, and weights stay as they are, since TensorFlow's filters have one layout for both.
//
// One walk in order. For an image the program may come to hold two values: the one it had, and the same with channels
// last. An op that says NCHW takes and makes the second; so do, around them, ops that do not care (elementwise, concat,
// pad, reductions ...). The first is made, by a Transpose, only where an op is met that can do with nothing else. The
// Transposes that exporters put around single ops cancel out in the same way. Linear.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/arguments.h"
#include "ops/fused.h"
#include "ops/registry.h"
#include "program/image_layout.h"
#include "program/insert.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr ValueId kNone = -1;

bool IsOneOf(absl::string_view name, std::initializer_list<absl::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The ops with attribute data_format, and which of their inputs is the image.
struct FormattedOp {
  const char* name;
  int image = 0;
  int rank = 4;  // 0: the image's own
};
constexpr FormattedOp kFormattedOps[] = {
    {"AvgPool"},
    {"AvgPool3D", 0, 5},
    {"BiasAdd", 0, 0},
    {"BiasAddV1", 0, 0},
    {"Conv2D"},
    {"Conv2DBackpropInput", 2},
    {"Conv3D", 0, 5},
    {"DepthToSpace"},
    {"DepthwiseConv2dNative"},
    {"FusedBatchNorm", 0, 0},
    {"FusedBatchNormV2", 0, 0},
    {"FusedBatchNormV3", 0, 0},
    {"MaxPool"},
    {"MaxPool3D", 0, 5},
    {"MaxPoolV2"},
    {"SpaceToDepth"},
    {"_FusedBatchNormEx", 0, 0},
    {"_FusedConv2D"},
    {"_FusedDepthwiseConv2dNative"},
};

const FormattedOp* FindFormatted(const Op& op) {
  for (const FormattedOp& row : kFormattedOps) {
    if (absl::string_view(op.info->name) == row.name) return &row;
  }
  return nullptr;
}

class Turning {
 public:
  explicit Turning(Program& program)
      : program_(program), replaced_(program), last_(program.values.size(), kNone), absent_(program.values.size()) {}

  bool Run() {
    if (!HasWork()) return false;
    FindWanted();
    std::vector<Op> ops = std::move(program_.ops);
    program_.ops.clear();
    for (Op& op : ops) {
      replaced_.ResolveInputs(op);
      if (Turn(op)) {
        changed_ = true;
        continue;
      }
      for (const ValueId id : op.inputs) Make(id);
      program_.ops.push_back(std::move(op));
    }
    replaced_.ResolveOutputs(program_);
    for (const ValueId id : program_.outputs) Make(id);
    return changed_;
  }

 private:
  // ---- What is there

  int RankOf(ValueId id) const {
    const PartialShape& shape = program_.values[id].shape;
    return shape.has_rank() ? shape.rank() : -1;
  }
  bool IsImage(ValueId id) const { return RankOf(id) >= kMinImageRank && RankOf(id) <= kMaxImageRank; }
  const Tensor* ConstantOf(ValueId id) const { return program_.ConstantOf(id); }
  std::optional<Dims> Ints(ValueId id) const {
    const Tensor* const constant = ConstantOf(id);
    if (constant == nullptr) return std::nullopt;
    absl::StatusOr<Dims> values = ToInt64s(*constant);
    return values.ok() ? std::make_optional(*std::move(values)) : std::nullopt;
  }
  std::optional<int> Axis(ValueId id, int rank) const {
    const std::optional<Dims> values = Ints(id);
    if (!values || values->size() != 1) return std::nullopt;
    const absl::StatusOr<int> axis = NormalAxis((*values)[0], rank);
    return axis.ok() ? std::make_optional(*axis) : std::nullopt;
  }
  // The permutation of a Transpose, axes counted from the front.
  std::optional<Dims> Permutation(const Op& op) const {
    if (absl::string_view(op.info->name) != "Transpose") return std::nullopt;
    std::optional<Dims> permutation = Ints(op.inputs[1]);
    if (!permutation) return std::nullopt;
    for (int64_t& axis : *permutation) axis = axis < 0 ? axis + static_cast<int64_t>(permutation->size()) : axis;
    return permutation;
  }
  bool IsToLast(const Op& op) const {
    const std::optional<Dims> permutation = Permutation(op);
    return permutation && permutation->size() >= kMinImageRank && permutation->size() <= kMaxImageRank &&
           *permutation == ToChannelsLast(static_cast<int>(permutation->size()));
  }
  // Of rank 3 one permutation is both, and is taken for the other.
  bool IsToFirst(const Op& op) const {
    const std::optional<Dims> permutation = Permutation(op);
    return permutation && permutation->size() > kMinImageRank && permutation->size() <= kMaxImageRank &&
           *permutation == ToChannelsFirst(static_cast<int>(permutation->size()));
  }

  // Ops that say NCHW, or pairs of Transposes that may cancel out.
  bool HasWork() const {
    bool to_first = false;
    for (const Op& op : program_.ops) {
      if (FindFormatted(op) != nullptr && SaysChannelsFirst(op.attrs)) return true;
      to_first = to_first || IsToFirst(op);
      if (to_first && IsToLast(op)) return true;
    }
    return false;
  }

  // Whether somebody behind a value would rather have it with channels last: where two layouts meet, that decides.
  void FindWanted() {
    wanted_.assign(program_.values.size(), false);
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      if (op.inputs.empty() || op.outputs.empty()) continue;
      const FormattedOp* const formatted = FindFormatted(op);
      if (formatted != nullptr) {
        if (SaysChannelsFirst(op.attrs)) wanted_[op.inputs[formatted->image]] = true;
      } else if (IsToLast(op)) {
        wanted_[op.inputs[0]] = true;
      } else if (std::any_of(op.outputs.begin(), op.outputs.end(), [&](ValueId id) { return wanted_[id]; })) {
        const bool any = op.info->is_elementwise() ||
                         IsOneOf(op.info->name, {"ConcatV2", "Concat", "Pad", "PadV2", "MirrorPad", "Split", "SplitV"});
        for (const ValueId id : op.inputs) wanted_[id] = wanted_[id] || (any && IsImage(id));
      }
    }
  }

  // ---- The two values of an image

  void Grow() {
    last_.resize(program_.values.size(), kNone);
    absent_.resize(program_.values.size(), false);
    if (wanted_.size() < program_.values.size()) wanted_.resize(program_.values.size(), false);
  }

  ValueId Emit(const char* op, std::string name, AttrMap attrs, std::vector<ValueId> inputs, PartialShape shape) {
    const DType dtype = program_.values[inputs[0]].dtype;
    const ValueId result = program_.AddValue({name, dtype, std::move(shape), std::nullopt});
    program_.ops.push_back({FindOp(op), std::move(name), std::move(attrs), std::move(inputs), {result}, {}});
    changed_ = true;
    Grow();
    return result;
  }

  ValueId Constant(const std::string& name, Tensor tensor) {
    const ValueId id = program_.AddConstant(name, std::move(tensor));
    Grow();
    return id;
  }

  ValueId EmitTranspose(ValueId from, const Dims& permutation, std::string name) {
    PartialShape shape = PartialShape::UnknownDims(static_cast<int>(permutation.size()));
    if (RankOf(from) >= 0) {
      for (int i = 0; i < shape.rank(); ++i)
        shape.set_dim(i, program_.values[from].shape.dim(static_cast<int>(permutation[i])));
    }
    const ValueId axes = Constant(name + "/perm", IntVector(permutation, DType::kInt32));
    AttrMap attrs;
    attrs.Set("T", AttrValue::Type(program_.values[from].dtype));
    attrs.Set("Tperm", AttrValue::Type(DType::kInt32));
    return Emit("Transpose", std::move(name), std::move(attrs), {from, axes}, std::move(shape));
  }

  // Whether both layouts have the same elements in the same order, and a constant can say the shape.
  bool IsSameOrder(const PartialShape& first) const {
    if (std::count_if(first.dims().begin(), first.dims().end(), [](int64_t dim) { return dim < 0; }) > 1) return false;
    if (first.dim(1) == 1) return true;
    return std::all_of(first.dims().begin() + 2, first.dims().end(), [](int64_t dim) { return dim == 1; });
  }

  ValueId EmitReshape(ValueId from, const PartialShape& shape, std::string name) {
    const Dims sizes(shape.dims().begin(), shape.dims().end());  // -1 where not known
    const ValueId to = Constant(name + "/shape", IntVector(sizes, DType::kInt64));
    AttrMap attrs;
    attrs.Set("T", AttrValue::Type(program_.values[from].dtype));
    attrs.Set("Tshape", AttrValue::Type(DType::kInt64));
    return Emit("Reshape", std::move(name), std::move(attrs), {from, to}, shape);
  }

  // The program's own value, from the one with channels last.
  void Make(ValueId id) {
    if (!absent_[id]) return;
    absent_[id] = false;
    const std::string name = program_.values[id].name;
    const PartialShape shape = program_.values[id].shape;
    if (IsSameOrder(shape)) {
      EmitReshape(last_[id], shape, name);
    } else {
      EmitTranspose(last_[id], ToChannelsFirst(shape.rank()), name);
    }
    // The new op makes the value itself; the one that was added for it stays unused.
    program_.ops.back().outputs[0] = id;
  }

  // The image with channels last; `rank` where the value's own is not known. kNone where it cannot be had.
  ValueId Last(ValueId id, int rank) {
    if (last_[id] != kNone) return last_[id];
    if (RankOf(id) >= 0 && RankOf(id) != rank) return kNone;
    const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
    if (const Tensor* const constant = ConstantOf(id); constant != nullptr) {
      std::optional<Tensor> turned = Transposed(*constant, ToChannelsLast(rank));
      if (!turned) return kNone;
      const ValueId last = Constant(name, *std::move(turned));
      return last_[id] = last;
    }
    const PartialShape shape = program_.values[id].shape;
    const ValueId last = shape.has_rank() && IsSameOrder(shape) ? EmitReshape(id, ToChannelsLast(shape), name)
                                                                : EmitTranspose(id, ToChannelsLast(rank), name);
    return last_[id] = last;
  }

  // A new value that stands for `id`, which is not made for now.
  ValueId NewLast(ValueId id) {
    const Value& value = program_.values[id];
    const ValueId last = program_.AddValue(
        {absl::StrCat(value.name, "/channels_last"), value.dtype, ToChannelsLast(value.shape), std::nullopt});
    Grow();
    last_[id] = last;
    absent_[id] = true;
    return last;
  }

  // An operand that is spread over images of `rank`, for channels last; kNone where it cannot be had.
  ValueId SpreadLast(ValueId id, int rank) {
    const PartialShape shape = program_.values[id].shape;
    if (!shape.has_rank() || shape.rank() > rank) return kNone;
    if (std::all_of(shape.dims().begin(), shape.dims().end(), [](int64_t dim) { return dim == 1; })) return id;
    if (shape.rank() == rank) return Last(id, rank);
    // Dimensions of 1 in front.
    Dims dims(rank - shape.rank(), 1);
    dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
    const PartialShape full(dims);
    const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
    if (const Tensor* const constant = ConstantOf(id); constant != nullptr) {
      std::optional<Tensor> turned = Transposed(constant->Reshaped(full.ToShape()), ToChannelsLast(rank));
      return turned ? Constant(name, *std::move(turned)) : kNone;
    }
    if (!IsSameOrder(full)) return kNone;
    Make(id);
    return EmitReshape(id, ToChannelsLast(full), name);
  }

  // Whether it is worth turning an op over these images: where one would have to be made for it otherwise and all are
  // there with channels last, or where some are and the result is wanted so.
  bool IsWorthwhile(absl::Span<const ValueId> images, absl::Span<const ValueId> results) const {
    bool saves = false, any = false, all = true;
    for (const ValueId id : images) {
      if (ConstantOf(id) != nullptr) continue;
      const bool there = last_[id] != kNone;
      saves = saves || absent_[id];
      any = any || there;
      all = all && (there || IsSameOrder(program_.values[id].shape));
    }
    const bool wanted = std::any_of(results.begin(), results.end(), [&](ValueId id) { return wanted_[id]; });
    return (saves && all) || (any && wanted);
  }

  // ---- Ops. Each says whether it has put the op into the new program in another form.

  bool Turn(const Op& op) {
    if (op.outputs.empty() || op.inputs.empty()) return false;
    const absl::string_view name = op.info->name;
    if (const FormattedOp* const formatted = FindFormatted(op); formatted != nullptr) {
      return SaysChannelsFirst(op.attrs) && TurnFormatted(op, *formatted);
    }
    if (name == "Transpose") return TurnTranspose(op);
    if (op.info->is_elementwise() || name == "Select") return TurnElementwise(op);
    if (name == "ConcatV2" || name == "Concat") return TurnConcat(op, name == "ConcatV2");
    const bool split = name == "Split";
    const ValueId image = op.inputs[split ? 1 : 0];
    if (!IsImage(image) || last_[image] == kNone) return false;
    if (split || name == "SplitV") return TurnSplit(op, image, split ? 0 : 2);
    if (IsOneOf(name, {"Pad", "PadV2", "MirrorPad"})) return TurnPad(op);
    if (IsOneOf(name, {"Mean", "Sum", "Max", "Min", "Prod", "Any", "All", "EuclideanNorm"})) return TurnReduction(op);
    if (IsOneOf(name, {"ArgMax", "ArgMin"})) return TurnArgExtreme(op);
    if (name == "Squeeze") return TurnSqueeze(op);
    if (name == "ExpandDims") return TurnExpandDims(op);
    if (name == "Slice" || name == "Tile") return TurnLists(op);
    if (name == "StridedSlice") return TurnStridedSlice(op);
    if (name == "Shape") return TurnShape(op);
    return false;
  }

  void Put(Op op, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
    op.inputs = std::move(inputs);
    op.outputs = std::move(outputs);
    program_.ops.push_back(std::move(op));
  }

  bool TurnFormatted(const Op& op, const FormattedOp& formatted) {
    const ValueId image = op.inputs[formatted.image];
    const int rank = formatted.rank != 0 ? formatted.rank : RankOf(image);
    Op turned = op;
    if (!TurnAttributes(&turned.attrs)) return false;
    std::vector<ValueId> inputs = op.inputs, outputs = op.outputs;
    const std::vector<bool> side = SideInputs(op);
    if (rank == 2) {  // a BiasAdd of rows: both layouts are the same
      for (const ValueId id : op.inputs) Make(id);
      Put(std::move(turned), std::move(inputs), std::move(outputs));
      return true;
    }
    if (rank < kMinImageRank || rank > kMaxImageRank || RankOf(op.outputs[0]) != rank) return false;
    for (size_t k = 0; k < inputs.size(); ++k) {
      const ValueId id = op.inputs[k];
      if (static_cast<int>(k) == formatted.image) {
        inputs[k] = Last(id, rank);
      } else if (side[k]) {
        inputs[k] = SpreadLast(id, rank);
        if (inputs[k] == id) Make(id);
      } else if (IsListInput(op, k)) {
        inputs[k] = ListLast(id, rank);
      } else {
        Make(id);
      }
      if (inputs[k] == kNone) return false;
    }
    outputs[0] = NewLast(op.outputs[0]);
    Put(std::move(turned), std::move(inputs), std::move(outputs));
    return true;
  }

  // Which inputs are added to the result or multiplied with it, in the result's own layout.
  static std::vector<bool> SideInputs(const Op& op) {
    std::vector<bool> side(op.inputs.size(), false);
    const absl::string_view name = op.info->name;
    if (name == "_FusedBatchNormEx" && op.inputs.size() > 5) side[5] = true;
    if (name != "_FusedConv2D" && name != "_FusedDepthwiseConv2dNative") return side;
    const absl::StatusOr<std::vector<FusedStep>> steps = ParseFusedSteps(op.attrs, static_cast<int>(op.inputs.size()));
    if (!steps.ok()) return side;
    for (const FusedStep& step : *steps) {
      if (step.kind == FusedKind::kAdd || step.kind == FusedKind::kMul) side[step.first_arg] = true;
    }
    return side;
  }
  // Numbers, one an axis.
  static bool IsListInput(const Op& op, size_t input) {
    const absl::string_view name = op.info->name;
    return (name == "Conv2DBackpropInput" && input == 0) || (name == "MaxPoolV2" && input > 0);
  }

  ValueId ListLast(ValueId id, int rank) {
    const PartialShape& shape = program_.values[id].shape;
    if (!shape.has_rank() || shape.rank() != 1 || shape.dim(0) < 0) return kNone;
    if (shape.dim(0) == rank - 2) return id;  // Conv2DBackpropInput's [height, width]
    if (shape.dim(0) != rank) return kNone;
    const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
    if (const std::optional<Dims> values = Ints(id))
      return Constant(name, IntVector(ToChannelsLast(*values), program_.values[id].dtype));
    return EmitGather(id, ToChannelsLast(rank), name);
  }

  // The elements of a vector in another order.
  ValueId EmitGather(ValueId from, const Dims& order, std::string name) {
    const DType dtype = program_.values[from].dtype;
    AttrMap attrs;
    attrs.Set("Tparams", AttrValue::Type(dtype));
    attrs.Set("Tindices", AttrValue::Type(DType::kInt32));
    attrs.Set("Taxis", AttrValue::Type(DType::kInt32));
    const ValueId indices = Constant(name + "/order", IntVector(order, DType::kInt32));
    const ValueId axis = Constant(name + "/axis", Tensor::Scalar<int32_t>(0));
    return Emit("GatherV2", std::move(name), std::move(attrs), {from, indices, axis},
                PartialShape({static_cast<int64_t>(order.size())}));
  }

  bool TurnTranspose(const Op& op) {
    const ValueId from = op.inputs[0], to = op.outputs[0];
    const std::optional<Dims> permutation = Permutation(op);
    if (!permutation || (RankOf(from) >= 0 && RankOf(from) != static_cast<int>(permutation->size()))) return false;
    if (IsToFirst(op) && IsImage(to)) {
      Make(from);
      last_[to] = from;
      absent_[to] = true;
      return true;
    }
    if (!IsImage(from)) return false;
    if (last_[from] == kNone) {
      if (IsToLast(op) && ConstantOf(from) == nullptr) last_[from] = to;
      return false;
    }
    const int rank = RankOf(from);
    if (IsToLast(op)) {
      replaced_.Replace(to, last_[from]);
      return true;
    }
    // Two Transposes in a row are one.
    if (!absent_[from]) return false;
    Dims both;
    for (const int64_t axis : *permutation) both.push_back(AxisWithChannelsLast(static_cast<int>(axis), rank));
    EmitTranspose(last_[from], both, op.name);
    program_.ops.back().outputs[0] = to;
    return true;
  }

  bool TurnElementwise(const Op& op) {
    const absl::string_view name = op.info->name;
    const ValueId result = op.outputs[0];
    if (!IsImage(result) || name == "FakeQuantWithMinMaxVarsPerChannel") return false;
    const int rank = RankOf(result);
    std::vector<ValueId> images;
    for (const ValueId id : op.inputs) {
      if (RankOf(id) < 0) return false;
      // What Select spreads along the first dimension, and what a scalar is for ClipByValue.
      const bool spreads = name != "Select" && name != "AddN";
      if (RankOf(id) == rank) {
        images.push_back(id);
      } else if (!spreads && RankOf(id) != 0) {
        return false;
      } else if (!CanSpread(id, rank)) {
        return false;
      }
    }
    if (!IsWorthwhile(images, op.outputs)) return false;
    std::vector<ValueId> inputs;
    for (const ValueId id : op.inputs) {
      inputs.push_back(SpreadLast(id, rank));
      if (inputs.back() == kNone) return false;
    }
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k] == op.inputs[k]) Make(inputs[k]);
    }
    Put(op, std::move(inputs), {NewLast(result)});
    return true;
  }

  // Whether SpreadLast can turn an operand of a lower rank.
  bool CanSpread(ValueId id, int rank) const {
    const PartialShape& shape = program_.values[id].shape;
    if (shape.rank() > rank) return false;
    if (shape.rank() == 0 || ConstantOf(id) != nullptr) return true;
    Dims dims(rank - shape.rank(), 1);
    dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
    return IsSameOrder(PartialShape(dims));
  }

  bool TurnConcat(const Op& op, bool axis_last) {
    const ValueId result = op.outputs[0];
    if (!IsImage(result)) return false;
    const int rank = RankOf(result);
    const size_t axis_input = axis_last ? op.inputs.size() - 1 : 0;
    const std::optional<int> axis = Axis(op.inputs[axis_input], rank);
    std::vector<ValueId> images = op.inputs;
    images.erase(images.begin() + static_cast<std::ptrdiff_t>(axis_input));
    if (!axis || std::any_of(images.begin(), images.end(), [&](ValueId id) { return RankOf(id) != rank; })) {
      return false;
    }
    if (!IsWorthwhile(images, op.outputs)) return false;
    std::vector<ValueId> inputs;
    for (const ValueId id : op.inputs) {
      inputs.push_back(inputs.size() == axis_input ? TurnedAxis(id, *axis, rank) : Last(id, rank));
      if (inputs.back() == kNone) return false;
    }
    Put(op, std::move(inputs), {NewLast(result)});
    return true;
  }

  // The axis input `id` says, for channels last, in its own shape.
  ValueId TurnedAxis(ValueId id, int axis, int rank) {
    const Value& value = program_.values[id];
    const Tensor axes = IntVector({AxisWithChannelsLast(axis, rank)}, value.dtype);
    return Constant(absl::StrCat(value.name, "/channels_last"), axes.Reshaped(value.constant->shape()));
  }

  bool TurnSplit(const Op& op, ValueId image, size_t axis_input) {
    const int rank = RankOf(image);
    const std::optional<int> axis = Axis(op.inputs[axis_input], rank);
    if (!axis || std::any_of(op.outputs.begin(), op.outputs.end(), [&](ValueId id) { return RankOf(id) != rank; }))
      return false;
    std::vector<ValueId> inputs, outputs;
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      const ValueId id = op.inputs[k];
      inputs.push_back(k == axis_input ? TurnedAxis(id, *axis, rank) : id == image ? last_[image] : id);
    }
    for (const ValueId id : op.outputs) outputs.push_back(NewLast(id));
    Put(op, std::move(inputs), std::move(outputs));
    return true;
  }

  bool TurnPad(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    const std::optional<Dims> pairs = Ints(op.inputs[1]);
    if (!pairs || static_cast<int>(pairs->size()) != 2 * rank || RankOf(op.outputs[0]) != rank) return false;
    std::vector<ValueId> inputs = op.inputs;
    const Value value = program_.values[op.inputs[1]];
    inputs[0] = last_[op.inputs[0]];
    inputs[1] = Constant(absl::StrCat(value.name, "/channels_last"),
                         IntVector(ToChannelsLast(*pairs, 2), value.dtype).Reshaped(Shape({rank, 2})));
    Put(op, std::move(inputs), {NewLast(op.outputs[0])});
    return true;
  }

  // Whether the axes that are left lie in the same order with channels last.
  static bool KeepsOrder(const std::vector<bool>& gone) {
    const int rank = static_cast<int>(gone.size());
    int before = -1;
    for (int axis = 0; axis < rank; ++axis) {
      if (gone[axis]) continue;
      const int now = AxisWithChannelsLast(axis, rank);
      if (now < before) return false;
      before = now;
    }
    return true;
  }

  bool TurnReduction(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    const std::optional<Dims> axes = Ints(op.inputs[1]);
    const absl::StatusOr<bool> keep_dims = op.attrs.Bool("keep_dims", false);
    if (!axes || !keep_dims.ok()) return false;
    std::vector<bool> gone(rank, false);
    Dims turned;
    for (const int64_t axis : *axes) {
      const absl::StatusOr<int> at = NormalAxis(axis, rank);
      if (!at.ok()) return false;
      gone[*at] = true;
      turned.push_back(AxisWithChannelsLast(*at, rank));
    }
    if (!*keep_dims && !KeepsOrder(gone)) return false;
    const Value value = program_.values[op.inputs[1]];
    const ValueId turned_axes = Constant(absl::StrCat(value.name, "/channels_last"),
                                         IntVector(turned, value.dtype).Reshaped(value.constant->shape()));
    Put(op, {last_[op.inputs[0]], turned_axes}, {*keep_dims ? NewLast(op.outputs[0]) : op.outputs[0]});
    return true;
  }

  bool TurnArgExtreme(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    const std::optional<int> axis = Axis(op.inputs[1], rank);
    if (!axis) return false;
    std::vector<bool> gone(rank, false);
    gone[*axis] = true;
    if (!KeepsOrder(gone)) return false;
    Put(op, {last_[op.inputs[0]], TurnedAxis(op.inputs[1], *axis, rank)}, op.outputs);
    return true;
  }

  bool TurnSqueeze(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    const absl::StatusOr<std::vector<int64_t>> axes = op.attrs.Ints("squeeze_dims", std::vector<int64_t>());
    if (!axes.ok() || axes->empty()) return false;
    std::vector<bool> gone(rank, false);
    std::vector<int64_t> turned;
    for (const int64_t axis : *axes) {
      const absl::StatusOr<int> at = NormalAxis(axis, rank);
      if (!at.ok()) return false;
      gone[*at] = true;
      turned.push_back(AxisWithChannelsLast(*at, rank));
    }
    Op squeezed = op;
    squeezed.attrs.Set("squeeze_dims", AttrValue::Ints(turned));
    if (KeepsOrder(gone)) {
      Put(std::move(squeezed), {last_[op.inputs[0]]}, op.outputs);
      return true;
    }
    // An image still, where batch and channels are there.
    if (gone[0] || gone[1] || !IsImage(op.outputs[0])) return false;
    Put(std::move(squeezed), {last_[op.inputs[0]]}, {NewLast(op.outputs[0])});
    return true;
  }

  // A further dimension behind the channels.
  bool TurnExpandDims(const Op& op) {
    const int rank = RankOf(op.inputs[0]) + 1;
    const std::optional<int> axis = Axis(op.inputs[1], rank);
    if (!axis || *axis < 2 || !IsImage(op.outputs[0])) return false;
    Put(op, {last_[op.inputs[0]], TurnedAxis(op.inputs[1], *axis, rank)}, {NewLast(op.outputs[0])});
    return true;
  }

  // Slice and Tile: further inputs have one number an axis.
  bool TurnLists(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    if (RankOf(op.outputs[0]) != rank) return false;
    for (size_t k = 1; k < op.inputs.size(); ++k) {
      const std::optional<Dims> values = Ints(op.inputs[k]);
      if (!values || static_cast<int>(values->size()) != rank) return false;
    }
    std::vector<ValueId> inputs = {last_[op.inputs[0]]};
    for (size_t k = 1; k < op.inputs.size(); ++k) inputs.push_back(ListLast(op.inputs[k], rank));
    Put(op, std::move(inputs), {NewLast(op.outputs[0])});
    return true;
  }

  // The plain form: a range for each axis.
  bool TurnStridedSlice(const Op& op) {
    const int rank = RankOf(op.inputs[0]);
    if (RankOf(op.outputs[0]) != rank) return false;
    for (const char* const mask : {"ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}) {
      if (op.attrs.Int(mask, 0).value_or(1) != 0) return false;
    }
    Op turned = op;
    for (const char* const name : {"begin_mask", "end_mask"}) {
      const absl::StatusOr<int64_t> mask = op.attrs.Int(name, 0);
      if (!mask.ok()) return false;
      int64_t turned_mask = 0;
      for (int axis = 0; axis < rank; ++axis) {
        if ((*mask >> axis & 1) != 0) turned_mask |= int64_t{1} << AxisWithChannelsLast(axis, rank);
      }
      turned.attrs.Set(name, AttrValue::Int(turned_mask));
    }
    for (size_t k = 1; k < op.inputs.size(); ++k) {
      const std::optional<Dims> values = Ints(op.inputs[k]);
      if (!values || static_cast<int>(values->size()) != rank) return false;
    }
    std::vector<ValueId> inputs = {last_[op.inputs[0]]};
    for (size_t k = 1; k < op.inputs.size(); ++k) inputs.push_back(ListLast(op.inputs[k], rank));
    Put(std::move(turned), std::move(inputs), {NewLast(op.outputs[0])});
    return true;
  }

  // The sizes are those of the other layout, in another order.
  bool TurnShape(const Op& op) {
    if (!absent_[op.inputs[0]]) return false;
    const int rank = RankOf(op.inputs[0]);
    const DType dtype = program_.values[op.outputs[0]].dtype;
    const ValueId sizes = program_.AddValue(
        {absl::StrCat(op.name, "/channels_last"), dtype, PartialShape({static_cast<int64_t>(rank)}), std::nullopt});
    Grow();
    Put(op, {last_[op.inputs[0]]}, {sizes});
    EmitGather(sizes, ToChannelsFirst(rank), op.name);
    program_.ops.back().outputs[0] = op.outputs[0];
    return true;
  }

  Program& program_;
  Replacements replaced_;
  std::vector<ValueId> last_;  // by value: the same image with channels last, or kNone
  std::vector<bool> absent_;   // by value: not made; last_ has it
  std::vector<bool> wanted_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> ChannelsLast(Program& program) { return Turning(program).Run(); }

}  // namespace floe
