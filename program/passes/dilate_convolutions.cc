// A convolution between SpaceToBatch and BatchToSpace is what TensorFlow 1 made of one with a dilation, and becomes
// that again. What follows it pixel by pixel, before the blocks are put back, stays behind it.
//
// With blocks of r, padding p and crops c, and a window that pads nothing itself, the result is that of dilation r over
// the image padded by p - c; where a crop is larger than its padding, the ops stay.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "ops/window.h"
#include "program/affine.h"
#include "program/pass.h"
#include "program/product.h"

namespace floe {
namespace {

// Of SpaceToBatch and BatchToSpace over images: the block's sides, and (before, after) pairs of padding or crops.
struct Blocks {
  Dims block;
  Dims pairs;
};

std::optional<Dims> Ints(const Program& program, ValueId id) {
  const Tensor* const constant = program.ConstantOf(id);
  if (constant == nullptr) return std::nullopt;
  absl::StatusOr<Dims> values = ToInt64s(*constant);
  return values.ok() ? std::make_optional(*std::move(values)) : std::nullopt;
}

std::optional<Blocks> AsBlocks(const Program& program, const Op& op, absl::string_view plain, absl::string_view nd) {
  const absl::string_view name = op.info->name;
  if (name != plain && name != nd) return std::nullopt;
  const PartialShape& shape = program.values[op.inputs[0]].shape;
  if (!shape.has_rank() || shape.rank() != 4) return std::nullopt;
  std::optional<Dims> block, pairs;
  if (name == nd) {
    block = Ints(program, op.inputs[1]);
    pairs = Ints(program, op.inputs[2]);
  } else {
    const absl::StatusOr<int64_t> size = op.attrs.Int("block_size");
    if (size.ok()) block = Dims({*size, *size});
    pairs = Ints(program, op.inputs[1]);
  }
  if (!block || !pairs || block->size() != 2 || pairs->size() != 4) return std::nullopt;
  return Blocks{*std::move(block), *std::move(pairs)};
}

class Dilation {
 public:
  explicit Dilation(Program& program) : program_(program), uses_(program), erase_(program.ops.size(), false) {}

  bool Run() {
    for (size_t i = 0; i < erase_.size(); ++i) {
      if (!erase_[i]) Dilate(static_cast<int>(i));
    }
    EraseOps(program_, erase_);
    return changed_;
  }

 private:
  void Dilate(int index) {
    Op& conv = program_.ops[index];
    const std::optional<Product> product = AsProduct(program_, conv);
    if (!product || !product->is_convolution() || product->result.axis != 3 || !IsPointwise(conv, *product)) return;
    const int split = uses_.producer[conv.inputs[0]];
    if (split < 0 || erase_[split]) return;
    const std::optional<Blocks> into = AsBlocks(program_, program_.ops[split], "SpaceToBatch", "SpaceToBatchND");
    if (!into || uses_.OnlyUser(conv.inputs[0]) != index) return;
    std::vector<int> chain = {index};
    const int join = EndOfChain(product->result, &chain);
    if (join < 0) return;
    const std::optional<Blocks> back = AsBlocks(program_, program_.ops[join], "BatchToSpace", "BatchToSpaceND");
    if (!back || back->block != into->block || !SetDilation(*into, *back, &conv)) return;
    conv.inputs[0] = program_.ops[split].inputs[0];
    // All of the chain now has the result's size.
    const ValueId result = program_.ops[join].outputs[0];
    for (const int op : chain) program_.values[program_.ops[op].outputs[0]].shape = program_.values[result].shape;
    program_.ops[chain.back()].outputs[0] = result;
    erase_[split] = erase_[join] = true;
    changed_ = true;
  }

  // Whether the steps of a fused form are the same at every pixel.
  bool IsPointwise(const Op& op, const Product& product) const {
    for (const FusedStep& step : product.steps) {
      if (step.kind != FusedKind::kAdd && step.kind != FusedKind::kMul) continue;
      const Tensor* const arg = program_.ConstantOf(op.inputs[step.first_arg]);
      if (arg == nullptr || !ChannelValues(*arg, product.result)) return false;
    }
    return true;
  }

  // Follows what is computed pixel by pixel, each used by the next alone. The op behind it, or -1.
  int EndOfChain(const ChannelLayout& layout, std::vector<int>* chain) const {
    for (ValueId value = program_.ops[chain->back()].outputs[0];; value = program_.ops[chain->back()].outputs[0]) {
      const int user = uses_.OnlyUser(value);
      if (user < 0 || erase_[user]) return -1;
      const Op& op = program_.ops[user];
      const absl::string_view name = op.info->name;
      const bool unary = op.info->is_elementwise() && op.inputs.size() == 1;
      const bool bias = (name == "BiasAdd" || name == "BiasAddV1") && op.inputs[0] == value &&
                        BiasAxis(op.attrs, layout.rank) == layout.axis;
      if (!unary && !bias && !IsPrelu(op, value, layout) && !AsAffine(program_, uses_, op, value, layout)) return user;
      if (program_.values[op.outputs[0]].dtype != program_.values[value].dtype) return -1;
      chain->push_back(user);
    }
  }

  bool IsPrelu(const Op& op, ValueId value, const ChannelLayout& layout) const {
    if (absl::string_view(op.info->name) != "_Prelu" || op.inputs[0] != value) return false;
    const Tensor* const alpha = program_.ConstantOf(op.inputs[1]);
    return alpha != nullptr && ChannelValues(*alpha, layout).has_value();
  }

  // False where it cannot be said by a dilation and explicit padding.
  bool SetDilation(const Blocks& into, const Blocks& back, Op* conv) const {
    const absl::StatusOr<WindowAttrs> window = ParseWindowAttrs(conv->attrs, 2);
    const PartialShape& filter = program_.values[conv->inputs[1]].shape;
    if (!window.ok() || window->padding == Padding::kSame || !filter.has_rank() || filter.rank() != 4) return false;
    std::vector<int64_t> dilations = {1, 1, 1, 1}, paddings(8, 0);
    for (int i = 0; i < 2; ++i) {
      if (window->strides[i] != 1 || window->dilations[i] != 1 || filter.dim(i) < 1) return false;
      if (window->padding == Padding::kExplicit && (window->pad_before[i] != 0 || window->pad_after[i] != 0))
        return false;
      // Every window must see some of the image, as kernels take it.
      const int64_t reach = (filter.dim(i) - 1) * into.block[i] + 1;
      for (int side = 0; side < 2; ++side) {
        const int64_t padding = into.pairs[2 * i + side] - back.pairs[2 * i + side];
        if (padding < 0 || padding >= reach) return false;
        paddings[2 * (i + 1) + side] = padding;
      }
      dilations[i + 1] = into.block[i];
    }
    conv->attrs.Set("dilations", AttrValue::Ints(dilations));
    conv->attrs.Set("padding", AttrValue::String("EXPLICIT"));
    conv->attrs.Set("explicit_paddings", AttrValue::Ints(paddings));
    return true;
  }

  Program& program_;
  const UseDef uses_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> DilateConvolutions(Program& program) { return Dilation(program).Run(); }

}  // namespace floe
