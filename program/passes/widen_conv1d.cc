// A convolution over a sequence is spelt as one over images with a side of 1: ExpandDims, Conv2D, Squeeze. What belongs
// to the convolution then stands outside of the two, on the sequence: padding, blocks (a dilation, that is) and biases,
// residual sums and activations. This pass computes those on the image, and takes the side away behind them, so that
// the passes for images see what they know. ExpandDims and Squeeze are views and cost nothing where they stay.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/registry.h"
#include "program/insert.h"
#include "program/pass.h"
#include "program/product.h"

namespace floe {
namespace {

constexpr int kSequenceRank = 3;

// A sequence as an image: the same elements, with a side of 1 at an axis (1 or 2).
struct Image {
  ValueId id = -1;
  int axis = 0;
};

bool IsSide(int axis) { return axis == 1 || axis == 2; }

// Of int32 or int64.
absl::StatusOr<Tensor> WithRow(const Tensor& rows, int at, int64_t width, int64_t value) {
  FLOE_ASSIGN_OR_RETURN(Dims numbers, ToInt64s(rows));
  numbers.insert(numbers.begin() + at * width, static_cast<size_t>(width), value);
  Dims dims(rows.shape().dims().begin(), rows.shape().dims().end());
  ++dims[0];
  return IntVector(numbers, rows.dtype()).Reshaped(Shape(std::move(dims)));
}

class Widening {
 public:
  explicit Widening(Program& program) : program_(program), replacements_(program), wanted_(program.values.size(), 0) {}

  bool Run() {
    FindWanted();
    std::vector<Op> ops = std::exchange(program_.ops, {});
    for (Op& op : ops) {
      replacements_.ResolveInputs(op);
      Visit(std::move(op));
    }
    replacements_.ResolveOutputs(program_);
    if (changed_) DropUnusedViews();
    return changed_;
  }

 private:
  // Which sequences are nothing but a convolution's image, before paddings and blocks.
  void FindWanted() {
    const UseDef uses(program_);
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      const absl::string_view name = op.info->name;
      if (name == "ExpandDims") {
        const int user = uses.OnlyUser(op.outputs[0]);
        const std::optional<int> axis = AxisOfExpandDims(op);
        if (user < 0 || !axis || !IsConvolutionOf(program_.ops[user], op.outputs[0])) continue;
        if (uses.OnlyUser(op.inputs[0]) >= 0) wanted_[op.inputs[0]] = *axis;
      } else if (IsPad(name) || IsBlocks(name)) {
        const int axis = wanted_[op.outputs[0]];
        if (axis != 0 && uses.OnlyUser(op.inputs[0]) >= 0) wanted_[op.inputs[0]] = axis;
      }
    }
  }

  static bool IsPad(absl::string_view name) { return name == "Pad" || name == "PadV2" || name == "MirrorPad"; }
  static bool IsBlocks(absl::string_view name) { return name == "SpaceToBatchND" || name == "BatchToSpaceND"; }

  bool IsConvolutionOf(const Op& op, ValueId image) const {
    const std::optional<Product> product = AsProduct(program_, op);
    return product && product->is_convolution() && op.inputs[0] == image && product->result.axis == kSequenceRank;
  }

  bool HasRank(ValueId id, int rank) const {
    const PartialShape& shape = program_.values[id].shape;
    return shape.has_rank() && shape.rank() == rank;
  }

  // Of a sequence.
  std::optional<int> AxisOfExpandDims(const Op& op) const {
    const Tensor* const constant = program_.ConstantOf(op.inputs[1]);
    if (constant == nullptr || !HasRank(op.inputs[0], kSequenceRank)) return std::nullopt;
    const absl::StatusOr<int64_t> given = ScalarInt(*constant, "axis");
    if (!given.ok()) return std::nullopt;
    const absl::StatusOr<int> axis = NormalAxis(*given, kSequenceRank + 1);
    return axis.ok() && IsSide(*axis) ? std::optional<int>(*axis) : std::nullopt;
  }

  // Of an image.
  std::optional<int> AxisOfSqueeze(const Op& op) const {
    const auto dims = op.attrs.Ints("squeeze_dims", {});
    if (!dims.ok() || dims->size() != 1 || !HasRank(op.inputs[0], kSequenceRank + 1)) return std::nullopt;
    const absl::StatusOr<int> axis = NormalAxis(dims->front(), kSequenceRank + 1);
    return axis.ok() && IsSide(*axis) ? std::optional<int>(*axis) : std::nullopt;
  }

  void Visit(Op op) {
    const absl::string_view name = op.info->name;
    if (name == "Squeeze") {
      const std::optional<int> axis = AxisOfSqueeze(op);
      if (axis && made_by_convolution_.contains(op.inputs[0])) images_[op.outputs[0]] = {op.inputs[0], *axis};
    } else if (name == "ExpandDims") {
      const auto image = images_.find(op.inputs[0]);
      const std::optional<int> axis = AxisOfExpandDims(op);
      if (axis && image != images_.end() && image->second.axis == *axis) {
        replacements_.Replace(op.outputs[0], image->second.id);
        changed_ = true;
        return;
      }
    } else if (IsPad(name)) {
      if (WidenPad(op)) return;
    } else if (IsBlocks(name)) {
      if (WidenBlocks(op)) return;
    } else if (IsPointwise(op)) {
      if (WidenPointwise(op)) return;
    } else if (const std::optional<Product> product = AsProduct(program_, op); product && product->is_convolution()) {
      made_by_convolution_.insert(op.outputs[0]);
    }
    program_.ops.push_back(std::move(op));
  }

  static bool IsPointwise(const Op& op) {
    const absl::string_view name = op.info->name;
    if (op.outputs.size() != 1 || op.inputs.size() > 2) return false;
    return op.info->is_elementwise() ||
           ((name == "BiasAdd" || name == "BiasAddV1") && BiasAxis(op.attrs, kSequenceRank) == kSequenceRank - 1);
  }

  // The axis of the image that an input is, or that the result is wanted as; 0 where neither is.
  int AxisFor(const Op& op) const {
    for (const ValueId id : op.inputs) {
      const auto image = images_.find(id);
      if (image != images_.end()) return image->second.axis;
    }
    return IsPad(op.info->name) || IsBlocks(op.info->name) ? wanted_[op.outputs[0]] : 0;
  }

  bool WidenPointwise(const Op& op) {
    const int axis = AxisFor(op);
    if (axis == 0 || !HasRank(op.outputs[0], kSequenceRank)) return false;
    for (const ValueId id : op.inputs) {
      const PartialShape& shape = program_.values[id].shape;
      const auto image = images_.find(id);
      if (!shape.has_rank() || shape.rank() > kSequenceRank || (image != images_.end() && image->second.axis != axis))
        return false;
    }
    Op wide = op;
    for (ValueId& id : wide.inputs) id = AsImage(id, axis);
    Emit(std::move(wide), axis);
    return true;
  }

  bool WidenPad(const Op& op) {
    const int axis = AxisFor(op);
    return axis != 0 && HasRank(op.inputs[0], kSequenceRank) && WidenMove(op, axis, {{1, axis, 2, 0}});
  }

  bool WidenBlocks(const Op& op) {
    const int axis = AxisFor(op);
    const Tensor* const block = program_.ConstantOf(op.inputs[1]);
    if (axis == 0 || !HasRank(op.inputs[0], kSequenceRank) || block == nullptr || block->num_elements() != 1)
      return false;
    return WidenMove(op, axis, {{1, axis - 1, 1, 1}, {2, axis - 1, 2, 0}});
  }

  // A constant input of one row a dimension, and the row that the image's side adds.
  struct Row {
    int input;
    int at;
    int64_t width;
    int64_t value;
  };

  bool WidenMove(const Op& op, int axis, std::initializer_list<Row> rows) {
    Op wide = op;
    std::vector<Tensor> constants;
    for (const Row& row : rows) {
      const Tensor* const constant = program_.ConstantOf(op.inputs[row.input]);
      if (constant == nullptr || constant->num_elements() < row.at * row.width) return false;
      absl::StatusOr<Tensor> more = WithRow(*constant, row.at, row.width, row.value);
      if (!more.ok()) return false;
      constants.push_back(*std::move(more));
    }
    auto constant = constants.begin();
    for (const Row& row : rows) {
      const std::string name = program_.values[op.inputs[row.input]].name;
      wide.inputs[row.input] = program_.AddConstant(name, std::move(*constant++));
    }
    wide.inputs[0] = AsImage(op.inputs[0], axis);
    Emit(std::move(wide), axis);
    return true;
  }

  PartialShape WithSide(const PartialShape& shape, int axis) const {
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.insert(dims.begin() + axis, 1);
    return PartialShape(std::move(dims));
  }

  // What takes the place of an operand of a sequence when it is an image. Its dimensions are the sequence's last.
  ValueId AsImage(ValueId id, int axis) {
    if (const auto image = images_.find(id); image != images_.end()) return image->second.id;
    // Copied: values are added.
    const Value value = program_.values[id];
    const int rank = value.shape.rank(), lacking = kSequenceRank - rank;
    if (axis <= lacking) return id;
    PartialShape shape = WithSide(value.shape, axis - lacking);
    if (value.constant) return program_.AddConstant(value.name, value.constant->Reshaped(shape.ToShape()));
    Op expand;
    expand.info = FindOp("ExpandDims");
    expand.name = value.name;
    expand.attrs.Set("T", AttrValue::Type(value.dtype));
    expand.inputs = {id,
                     program_.AddConstant(absl::StrCat(value.name, "/dim"), Tensor::Scalar<int32_t>(axis - lacking))};
    const ValueId result = AddImage(value, std::move(shape));
    expand.outputs = {result};
    program_.ops.push_back(std::move(expand));
    if (lacking == 0) images_[id] = {result, axis};
    return result;
  }

  ValueId AddImage(const Value& sequence, PartialShape shape) {
    Value image;
    image.name = sequence.name;
    image.dtype = sequence.dtype;
    image.shape = std::move(shape);
    return program_.AddValue(std::move(image));
  }

  // The op, whose inputs are images already, and the view of its result that all others see.
  void Emit(Op wide, int axis) {
    const ValueId sequence = wide.outputs[0];
    const Value value = program_.values[sequence];
    Op squeeze;
    squeeze.info = FindOp("Squeeze");
    squeeze.name = wide.name;
    squeeze.attrs.Set("T", AttrValue::Type(value.dtype));
    squeeze.attrs.Set("squeeze_dims", AttrValue::Ints({axis}));
    const ValueId image = AddImage(value, WithSide(value.shape, axis));
    wide.outputs = {image};
    squeeze.inputs = {image};
    squeeze.outputs = {sequence};
    images_[sequence] = {image, axis};
    program_.ops.push_back(std::move(wide));
    program_.ops.push_back(std::move(squeeze));
    changed_ = true;
  }

  // Views that nobody looks at any more would count as users of what they show.
  void DropUnusedViews() {
    std::vector<bool> used(program_.values.size(), false), erase(program_.ops.size(), false);
    for (const ValueId id : program_.outputs) used[id] = true;
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      erase[i] = op.info->is_view() && !used[op.outputs[0]];
      if (erase[i]) continue;
      for (const ValueId id : op.inputs) used[id] = true;
    }
    EraseOps(program_, erase);
  }

  Program& program_;
  Replacements replacements_;
  std::vector<int> wanted_;  // by the values that were there first
  absl::flat_hash_map<ValueId, Image> images_;
  absl::flat_hash_set<ValueId> made_by_convolution_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> WidenConv1D(Program& program) { return Widening(program).Run(); }

}  // namespace floe
