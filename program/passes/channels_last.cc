// Graphs whose images have their channels first (NCHW, exported for a GPU) are turned to channels last: no kernel has
// to know both, and weights stay as they are, since TensorFlow's filters have one layout for both.
//
// One walk in order. For an image the program may come to hold two values (program/passes/image_values.h): the one it
// had, and the same with channels last. An op that says NCHW takes and makes the second; so do, around them, ops that
// do not care (elementwise, concat, pad, reductions ...). The first is made, by a Transpose, only where an op is met
// that can do with nothing else. The Transposes that exporters put around single ops cancel out in the same way.
// Linear.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/arguments.h"
#include "ops/fused.h"
#include "program/image_layout.h"
#include "program/insert.h"
#include "program/pass.h"
#include "program/passes/image_values.h"

namespace floe {
namespace {

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
  explicit Turning(Program& program) : program_(program), images_(program), replaced_(program) {}

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
      for (const ValueId id : op.inputs) images_.Make(id);
      program_.ops.push_back(std::move(op));
    }
    replaced_.ResolveOutputs(program_);
    for (const ValueId id : program_.outputs) images_.Make(id);
    return changed_ || images_.changed();
  }

 private:
  // ---- What is there

  // The permutation of a Transpose, axes counted from the front.
  std::optional<Dims> Permutation(const Op& op) const {
    if (absl::string_view(op.info->name) != "Transpose") return std::nullopt;
    std::optional<Dims> permutation = images_.Ints(op.inputs[1]);
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
        for (const ValueId id : op.inputs) wanted_[id] = wanted_[id] || (any && images_.IsImage(id));
      }
    }
  }

  // Whether it is worth turning an op over these images: where one would have to be made for it otherwise and all are
  // there with channels last, or where some are and the result is wanted so.
  bool IsWorthwhile(absl::Span<const ValueId> images, absl::Span<const ValueId> results) const {
    bool saves = false, any = false, all = true;
    for (const ValueId id : images) {
      if (images_.ConstantOf(id) != nullptr) continue;
      const bool there = images_.last(id) != ImageValues::kNone;
      saves = saves || images_.is_absent(id);
      any = any || there;
      all = all && (there || images_.IsSameOrder(program_.values[id].shape));
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
    if (!images_.IsImage(image) || images_.last(image) == ImageValues::kNone) return false;
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
    const int rank = formatted.rank != 0 ? formatted.rank : images_.RankOf(image);
    Op turned = op;
    if (!TurnAttributes(&turned.attrs)) return false;
    std::vector<ValueId> inputs = op.inputs, outputs = op.outputs;
    const std::vector<bool> side = SideInputs(op);
    if (rank == 2) {  // a BiasAdd of rows: both layouts are the same
      for (const ValueId id : op.inputs) images_.Make(id);
      Put(std::move(turned), std::move(inputs), std::move(outputs));
      return true;
    }
    if (rank < kMinImageRank || rank > kMaxImageRank || images_.RankOf(op.outputs[0]) != rank) return false;
    for (size_t k = 0; k < inputs.size(); ++k) {
      const ValueId id = op.inputs[k];
      if (static_cast<int>(k) == formatted.image) {
        inputs[k] = images_.MakeLast(id, rank);
      } else if (side[k]) {
        inputs[k] = images_.SpreadLast(id, rank);
        if (inputs[k] == id) images_.Make(id);
      } else if (IsListInput(op, k)) {
        inputs[k] = images_.ListLast(id, rank);
      } else {
        images_.Make(id);
      }
      if (inputs[k] == ImageValues::kNone) return false;
    }
    outputs[0] = images_.NewLast(op.outputs[0]);
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

  bool TurnTranspose(const Op& op) {
    const ValueId from = op.inputs[0], to = op.outputs[0];
    const std::optional<Dims> permutation = Permutation(op);
    if (!permutation || (images_.RankOf(from) >= 0 && images_.RankOf(from) != static_cast<int>(permutation->size())))
      return false;
    if (IsToFirst(op) && images_.IsImage(to)) {
      images_.Make(from);
      images_.set_last(to, from);
      images_.LeaveOut(to);
      return true;
    }
    if (!images_.IsImage(from)) return false;
    if (images_.last(from) == ImageValues::kNone) {
      if (IsToLast(op) && images_.ConstantOf(from) == nullptr) images_.set_last(from, to);
      return false;
    }
    const int rank = images_.RankOf(from);
    if (IsToLast(op)) {
      replaced_.Replace(to, images_.last(from));
      return true;
    }
    // Two Transposes in a row are one.
    if (!images_.is_absent(from)) return false;
    Dims both;
    for (const int64_t axis : *permutation) both.push_back(AxisWithChannelsLast(static_cast<int>(axis), rank));
    images_.EmitTranspose(images_.last(from), both, op.name);
    program_.ops.back().outputs[0] = to;
    return true;
  }

  bool TurnElementwise(const Op& op) {
    const absl::string_view name = op.info->name;
    const ValueId result = op.outputs[0];
    if (!images_.IsImage(result) || name == "FakeQuantWithMinMaxVarsPerChannel") return false;
    const int rank = images_.RankOf(result);
    std::vector<ValueId> images;
    for (const ValueId id : op.inputs) {
      if (images_.RankOf(id) < 0) return false;
      // What Select spreads along the first dimension, and what a scalar is for ClipByValue.
      const bool spreads = name != "Select" && name != "AddN";
      if (images_.RankOf(id) == rank) {
        images.push_back(id);
      } else if (!spreads && images_.RankOf(id) != 0) {
        return false;
      } else if (!images_.CanSpread(id, rank)) {
        return false;
      }
    }
    if (!IsWorthwhile(images, op.outputs)) return false;
    std::vector<ValueId> inputs;
    for (const ValueId id : op.inputs) {
      inputs.push_back(images_.SpreadLast(id, rank));
      if (inputs.back() == ImageValues::kNone) return false;
    }
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k] == op.inputs[k]) images_.Make(inputs[k]);
    }
    Put(op, std::move(inputs), {images_.NewLast(result)});
    return true;
  }

  bool TurnConcat(const Op& op, bool axis_last) {
    const ValueId result = op.outputs[0];
    if (!images_.IsImage(result)) return false;
    const int rank = images_.RankOf(result);
    const size_t axis_input = axis_last ? op.inputs.size() - 1 : 0;
    const std::optional<int> axis = images_.Axis(op.inputs[axis_input], rank);
    std::vector<ValueId> images = op.inputs;
    images.erase(images.begin() + static_cast<std::ptrdiff_t>(axis_input));
    if (!axis || std::any_of(images.begin(), images.end(), [&](ValueId id) { return images_.RankOf(id) != rank; })) {
      return false;
    }
    if (!IsWorthwhile(images, op.outputs)) return false;
    std::vector<ValueId> inputs;
    for (const ValueId id : op.inputs) {
      inputs.push_back(inputs.size() == axis_input ? images_.TurnedAxis(id, *axis, rank) : images_.MakeLast(id, rank));
      if (inputs.back() == ImageValues::kNone) return false;
    }
    Put(op, std::move(inputs), {images_.NewLast(result)});
    return true;
  }

  bool TurnSplit(const Op& op, ValueId image, size_t axis_input) {
    const int rank = images_.RankOf(image);
    const std::optional<int> axis = images_.Axis(op.inputs[axis_input], rank);
    if (!axis ||
        std::any_of(op.outputs.begin(), op.outputs.end(), [&](ValueId id) { return images_.RankOf(id) != rank; }))
      return false;
    std::vector<ValueId> inputs, outputs;
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      const ValueId id = op.inputs[k];
      inputs.push_back(k == axis_input ? images_.TurnedAxis(id, *axis, rank) : id == image ? images_.last(image) : id);
    }
    for (const ValueId id : op.outputs) outputs.push_back(images_.NewLast(id));
    Put(op, std::move(inputs), std::move(outputs));
    return true;
  }

  bool TurnPad(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]);
    const std::optional<Dims> pairs = images_.Ints(op.inputs[1]);
    if (!pairs || static_cast<int>(pairs->size()) != 2 * rank || images_.RankOf(op.outputs[0]) != rank) return false;
    std::vector<ValueId> inputs = op.inputs;
    const Value value = program_.values[op.inputs[1]];
    inputs[0] = images_.last(op.inputs[0]);
    inputs[1] = images_.Constant(absl::StrCat(value.name, "/channels_last"),
                                 IntVector(ToChannelsLast(*pairs, 2), value.dtype).Reshaped(Shape({rank, 2})));
    Put(op, std::move(inputs), {images_.NewLast(op.outputs[0])});
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
    const int rank = images_.RankOf(op.inputs[0]);
    const std::optional<Dims> axes = images_.Ints(op.inputs[1]);
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
    const ValueId turned_axes = images_.Constant(absl::StrCat(value.name, "/channels_last"),
                                                 IntVector(turned, value.dtype).Reshaped(value.constant->shape()));
    Put(op, {images_.last(op.inputs[0]), turned_axes}, {*keep_dims ? images_.NewLast(op.outputs[0]) : op.outputs[0]});
    return true;
  }

  bool TurnArgExtreme(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]);
    const std::optional<int> axis = images_.Axis(op.inputs[1], rank);
    if (!axis) return false;
    std::vector<bool> gone(rank, false);
    gone[*axis] = true;
    if (!KeepsOrder(gone)) return false;
    Put(op, {images_.last(op.inputs[0]), images_.TurnedAxis(op.inputs[1], *axis, rank)}, op.outputs);
    return true;
  }

  bool TurnSqueeze(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]);
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
      Put(std::move(squeezed), {images_.last(op.inputs[0])}, op.outputs);
      return true;
    }
    // An image still, where batch and channels are there.
    if (gone[0] || gone[1] || !images_.IsImage(op.outputs[0])) return false;
    Put(std::move(squeezed), {images_.last(op.inputs[0])}, {images_.NewLast(op.outputs[0])});
    return true;
  }

  // A further dimension behind the channels.
  bool TurnExpandDims(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]) + 1;
    const std::optional<int> axis = images_.Axis(op.inputs[1], rank);
    if (!axis || *axis < 2 || !images_.IsImage(op.outputs[0])) return false;
    Put(op, {images_.last(op.inputs[0]), images_.TurnedAxis(op.inputs[1], *axis, rank)},
        {images_.NewLast(op.outputs[0])});
    return true;
  }

  // Slice and Tile: further inputs have one number an axis.
  bool TurnLists(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]);
    if (images_.RankOf(op.outputs[0]) != rank) return false;
    for (size_t k = 1; k < op.inputs.size(); ++k) {
      const std::optional<Dims> values = images_.Ints(op.inputs[k]);
      if (!values || static_cast<int>(values->size()) != rank) return false;
    }
    std::vector<ValueId> inputs = {images_.last(op.inputs[0])};
    for (size_t k = 1; k < op.inputs.size(); ++k) inputs.push_back(images_.ListLast(op.inputs[k], rank));
    Put(op, std::move(inputs), {images_.NewLast(op.outputs[0])});
    return true;
  }

  // The plain form: a range for each axis.
  bool TurnStridedSlice(const Op& op) {
    const int rank = images_.RankOf(op.inputs[0]);
    if (images_.RankOf(op.outputs[0]) != rank) return false;
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
      const std::optional<Dims> values = images_.Ints(op.inputs[k]);
      if (!values || static_cast<int>(values->size()) != rank) return false;
    }
    std::vector<ValueId> inputs = {images_.last(op.inputs[0])};
    for (size_t k = 1; k < op.inputs.size(); ++k) inputs.push_back(images_.ListLast(op.inputs[k], rank));
    Put(std::move(turned), std::move(inputs), {images_.NewLast(op.outputs[0])});
    return true;
  }

  // The sizes are those of the other layout, in another order.
  bool TurnShape(const Op& op) {
    if (!images_.is_absent(op.inputs[0])) return false;
    const int rank = images_.RankOf(op.inputs[0]);
    const DType dtype = program_.values[op.outputs[0]].dtype;
    const ValueId sizes = images_.AddValue(
        {absl::StrCat(op.name, "/channels_last"), dtype, PartialShape({static_cast<int64_t>(rank)}), std::nullopt});
    Put(op, {images_.last(op.inputs[0])}, {sizes});
    images_.EmitGather(sizes, ToChannelsFirst(rank), op.name);
    program_.ops.back().outputs[0] = op.outputs[0];
    return true;
  }

  Program& program_;
  ImageValues images_;
  Replacements replaced_;
  std::vector<bool> wanted_;  // by the values that were there first
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> ChannelsLast(Program& program) { return Turning(program).Run(); }

}  // namespace floe
