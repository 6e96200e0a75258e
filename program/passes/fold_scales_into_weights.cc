// Scales and shifts by constants, before and after a convolution or matrix product with a constant filter, go into the
// filter and one BiasAdd:
//   (w * (x s + t)) u + v  =  (w s u) * x  +  (w * t) u + v
// A scale of positive numbers goes through Relu and LeakyRelu as well, since a relu(x) = relu(a x).
#include <algorithm>

#include "absl/strings/string_view.h"
#include "ops/registry.h"
#include "ops/window.h"
#include "program/affine.h"
#include "program/pass.h"
#include "program/product.h"

namespace floe {
namespace {

// Which channel of the input and of the result an element of the filter belongs to.
struct FilterLayout {
  ProductKind kind;
  bool transposed = false;        // MatMul's transpose_b
  int64_t rows = 0, columns = 0;  // MatMul's filter as it lies
  int64_t in = 0, out = 0;        // Conv2D: in of one group; depthwise: all
  int64_t group_out = 0, multiplier = 0;

  int64_t OutChannel(int64_t i) const {
    if (kind == ProductKind::kMatMul) return transposed ? i / columns : i % columns;
    return i % out;
  }
  int64_t InChannel(int64_t i) const {
    if (kind == ProductKind::kMatMul) return transposed ? i % columns : i / columns;
    if (kind == ProductKind::kDepthwiseConv2D) return i % out / multiplier;
    return i % out / group_out * in + i / out % in;
  }
};

// Whether the filter makes as many channels as the result is said to have.
bool Fits(const Product& product, const Op& op, const Shape& filter) {
  if (product.kind == ProductKind::kMatMul) {
    const bool transposed = op.attrs.Bool("transpose_b", false).value_or(false);
    return filter.rank() == 2 && filter.dim(transposed ? 0 : 1) == product.result.channels;
  }
  if (filter.rank() != 4) return false;
  const int64_t per_channel = product.kind == ProductKind::kDepthwiseConv2D ? filter.dim(2) : 1;
  return filter.dim(3) * per_channel == product.result.channels;
}

// `input_channels` may be unknown (-1): then every group is taken to see all.
FilterLayout LayoutOf(const Product& product, const Op& op, const Shape& filter, int64_t input_channels) {
  FilterLayout layout{product.kind};
  if (product.kind == ProductKind::kMatMul) {
    layout.transposed = op.attrs.Bool("transpose_b", false).value_or(false);
    layout.rows = filter.dim(0);
    layout.columns = filter.dim(1);
    return layout;
  }
  layout.in = filter.dim(2);
  layout.out = product.result.channels;
  layout.multiplier = filter.dim(3);
  const int64_t groups = input_channels < 0 ? 1 : std::max<int64_t>(input_channels / layout.in, 1);
  layout.group_out = layout.out / groups;
  return layout;
}

// Whether every tap of every window lies inside the image.
bool IsUnpadded(const Program& program, const Product& product, const Op& op) {
  const PartialShape &input = program.values[op.inputs[0]].shape, &filter = program.values[op.inputs[1]].shape;
  const absl::StatusOr<Conv2DGeometry> geometry = product.kind == ProductKind::kConv2D
                                                      ? ComputeConv2DGeometry(op.attrs, input, filter)
                                                      : ComputeDepthwiseConv2DGeometry(op.attrs, input, filter);
  const absl::StatusOr<WindowAttrs> window = ParseWindowAttrs(op.attrs, 2);
  if (!geometry.ok() || !window.ok()) return false;
  for (const Window1D& side : {geometry->height, geometry->width}) {
    // SAME padding depends on the size of the image, but a window of one pixel needs none.
    const bool known = window->padding != Padding::kSame || side.filter == 1 || side.known();
    if (!known || side.pad_before != 0 || side.pad_after != 0) return false;
  }
  return true;
}

// The input of an affine op that is no constant.
ValueId DataInput(const Program& program, const Op& op) {
  return program.ConstantOf(op.inputs[0]) != nullptr ? op.inputs.back() : op.inputs[0];
}

bool IsHomogeneous(const Op& op) {
  const absl::string_view name = op.info->name;
  return name == "Relu" || name == "LeakyRelu";
}

class Folding {
 public:
  explicit Folding(Program& program) : program_(program), uses_(program), erase_(program.ops.size(), false) {}

  bool Run() {
    for (size_t i = 0; i < erase_.size(); ++i) {
      if (!erase_[i]) FoldInto(static_cast<int>(i));
    }
    if (!changed_) return false;
    EraseOps(program_, erase_);
    return true;
  }

 private:
  // A run of ops that together are one affine step.
  struct Chain {
    ChannelAffine affine;
    std::vector<int> ops;  // in the order in which they are computed
  };

  void FoldInto(int index) {
    const Op& op = program_.ops[index];
    const std::optional<Product> product = AsProduct(program_, op);
    if (!product || product->result.channels < 1) return;
    const Tensor* const filter = program_.ConstantOf(op.inputs[1]);
    if (filter == nullptr || filter->num_elements() == 0 || !Fits(*product, op, filter->shape())) return;

    size_t num_inner = 0;
    const ChannelAffine inner = LeadingSteps(*product, op, &num_inner);
    Chain after, beyond;
    if (num_inner == product->steps.size()) {
      after = ChainFrom(op.outputs[0], product->result);
      beyond = BeyondActivation(ResultOf(after, op.outputs[0]), product->result);
    }
    const Chain before = ChainBefore(*product, op);
    ChannelAffine total = inner.Then(after.affine);
    if (!beyond.ops.empty()) total = total.Then({beyond.affine.scale, {0}});

    const bool only_bias = before.ops.empty() && beyond.ops.empty() && !total.scales();
    const bool is_canonical = product->steps.empty() ? IsBiasAlone(after.ops) : after.ops.empty() && num_inner <= 1;
    if (only_bias && is_canonical) return;
    Rewrite(index, *product, num_inner, before, after, beyond, total);
  }

  // A single BiasAdd, or nothing: as good as it gets.
  bool IsBiasAlone(const std::vector<int>& ops) const {
    return ops.empty() || (ops.size() == 1 && absl::string_view(program_.ops[ops[0]].info->name) == "BiasAdd");
  }

  ValueId ResultOf(const Chain& chain, ValueId otherwise) const {
    return chain.ops.empty() ? otherwise : program_.ops[chain.ops.back()].outputs[0];
  }

  // The affine steps that a fused form begins with; `count` says how many.
  ChannelAffine LeadingSteps(const Product& product, const Op& op, size_t* count) const {
    ChannelAffine affine;
    for (*count = 0; *count < product.steps.size(); ++*count) {
      const std::optional<ChannelAffine> step = StepAffine(product, op, product.steps[*count]);
      if (!step) break;
      affine = affine.Then(*step);
    }
    return affine;
  }

  std::optional<ChannelAffine> StepAffine(const Product& product, const Op& op, const FusedStep& step) const {
    std::vector<const Tensor*> args;
    for (int k = 0; k < step.num_args; ++k) {
      args.push_back(program_.ConstantOf(op.inputs[step.first_arg + k]));
      if (args.back() == nullptr) return std::nullopt;
    }
    std::optional<std::vector<double>> values;
    switch (step.kind) {
      case FusedKind::kBiasAdd:
        values = VectorValues(*args[0], product.result.channels);
        return values ? std::make_optional(ChannelAffine{{1}, *values}) : std::nullopt;
      case FusedKind::kAdd:
        values = ChannelValues(*args[0], product.result);
        return values ? std::make_optional(ChannelAffine{{1}, *values}) : std::nullopt;
      case FusedKind::kMul:
        values = ChannelValues(*args[0], product.result);
        return values ? std::make_optional(ChannelAffine{*values, {0}}) : std::nullopt;
      case FusedKind::kBatchNorm: {
        const absl::StatusOr<float> epsilon = op.attrs.Float("epsilon", 1e-4f);
        if (!epsilon.ok()) return std::nullopt;
        return BatchNormAffine(*args[0], *args[1], *args[2], *args[3], *epsilon, product.result.channels);
      }
      default:
        return std::nullopt;
    }
  }

  // The affine ops that follow a value and nothing else does.
  Chain ChainFrom(ValueId value, const ChannelLayout& layout) const {
    Chain chain;
    for (int user = OnlyUser(value); user >= 0; user = OnlyUser(value)) {
      const std::optional<ChannelAffine> affine = AsAffine(program_, uses_, program_.ops[user], value, layout);
      if (!affine) break;
      chain.affine = chain.affine.Then(*affine);
      chain.ops.push_back(user);
      value = program_.ops[user].outputs[0];
    }
    return chain;
  }

  // The affine ops behind a Relu that follows the value, where their scale can go through it.
  Chain BeyondActivation(ValueId value, const ChannelLayout& layout) const {
    const int user = OnlyUser(value);
    if (user < 0 || !IsHomogeneous(program_.ops[user])) return {};
    Chain chain = ChainFrom(program_.ops[user].outputs[0], layout);
    const auto& scale = chain.affine.scale;
    const bool positive = std::all_of(scale.begin(), scale.end(), [](double s) { return s > 0; });
    return positive && chain.affine.scales() ? chain : Chain();
  }

  // The affine ops that make the input and nothing else uses, back to the first that cannot be folded.
  Chain ChainBefore(const Product& product, const Op& op) const {
    Chain chain;
    if (product.kind == ProductKind::kMatMul && op.attrs.Bool("transpose_a", false).value_or(true)) return chain;
    const PartialShape& shape = program_.values[op.inputs[0]].shape;
    if (!shape.has_rank() || shape.rank() != product.result.rank) return chain;
    const ChannelLayout layout{product.result.rank, product.result.axis, shape.dim(product.result.axis)};
    const bool may_shift = !product.is_convolution() || IsUnpadded(program_, product, op);
    for (ValueId value = op.inputs[0]; OnlyUser(value) >= 0;) {
      const int producer = uses_.producer[value];
      if (producer < 0 || erase_[producer]) break;
      const Op& maker = program_.ops[producer];
      if (maker.inputs.empty() || maker.outputs[0] != value) break;
      const ValueId from = DataInput(program_, maker);
      const std::optional<ChannelAffine> affine = AsAffine(program_, uses_, maker, from, layout);
      if (!affine || (affine->shifts() && !may_shift)) break;
      // Behind another product a shift costs nothing: it is that one's bias.
      const int source = uses_.producer[from];
      if (!affine->scales() && source >= 0 && !erase_[source] && AsProduct(program_, program_.ops[source])) break;
      chain.affine = affine->Then(chain.affine);
      chain.ops.push_back(producer);
      value = from;
    }
    std::reverse(chain.ops.begin(), chain.ops.end());
    return chain;
  }

  int OnlyUser(ValueId value) const {
    const int user = value < static_cast<ValueId>(uses_.users.size()) ? uses_.OnlyUser(value) : -1;
    return user >= 0 && erase_[user] ? -1 : user;
  }

  void Rewrite(int index, const Product& product, size_t num_inner, const Chain& before, const Chain& after,
               const Chain& beyond, const ChannelAffine& total) {
    Op& op = program_.ops[index];
    const Value filter_value = program_.values[op.inputs[1]];
    const DType dtype = filter_value.dtype;
    const PartialShape& input = program_.values[op.inputs[0]].shape;
    const FilterLayout layout =
        LayoutOf(product, op, filter_value.constant->shape(), input.has_rank() ? input.dim(product.result.axis) : -1);
    std::optional<std::vector<double>> weights = FiniteValues(*filter_value.constant);
    if (!weights) return;
    const int64_t channels = product.result.channels;
    std::vector<double> bias(channels, 0.0);
    for (size_t i = 0; i < weights->size(); ++i) {
      double& weight = (*weights)[i];
      const int64_t out = layout.OutChannel(i), in = layout.InChannel(i);
      const double scaled = weight * AtChannel(total.scale, out);
      bias[out] += scaled * AtChannel(before.affine.shift, in);
      weight = scaled * AtChannel(before.affine.scale, in);
    }
    for (int64_t c = 0; c < channels; ++c) bias[c] += AtChannel(total.shift, c);
    std::optional<Tensor> new_filter = ToTensor(*weights, filter_value.constant->shape(), dtype);
    std::optional<Tensor> new_bias = ChannelVector(bias, channels, dtype);
    std::optional<Tensor> new_shift = ChannelVector(beyond.affine.shift, channels, dtype);
    if (!new_filter || !new_bias || !new_shift) return;

    const bool has_bias = std::any_of(bias.begin(), bias.end(), [](double b) { return b != 0; });
    std::vector<FusedKind> steps;
    std::vector<ValueId> args;
    if (has_bias) {
      steps.push_back(FusedKind::kBiasAdd);
      args.push_back(program_.AddConstant(op.name + "/folded_bias", *std::move(new_bias)));
    }
    for (size_t i = num_inner; i < product.steps.size(); ++i) {
      const FusedStep& step = product.steps[i];
      steps.push_back(step.kind);
      for (int k = 0; k < step.num_args; ++k) args.push_back(op.inputs[step.first_arg + k]);
    }
    op.inputs[1] = program_.AddConstant(filter_value.name, *std::move(new_filter));
    if (!before.ops.empty()) op.inputs[0] = InputOf(before);
    SetSteps(product.kind, steps, args, &op);
    MoveResult(after, index);
    if (!beyond.ops.empty()) {
      const ValueId activated = InputOf(beyond);
      if (beyond.affine.shifts()) {
        LeaveBias(beyond, activated, product.result, *std::move(new_shift));
      } else {
        MoveResult(beyond, uses_.producer[activated]);
      }
    }
    for (const int erased : before.ops) erase_[erased] = true;
    changed_ = true;
  }

  // What the chain is computed from.
  ValueId InputOf(const Chain& chain) const {
    const Op& first = program_.ops[chain.ops.front()];
    return DataInput(program_, first);
  }

  // Op `source` makes the chain's result itself.
  void MoveResult(const Chain& chain, int source) {
    if (chain.ops.empty()) return;
    for (const int erased : chain.ops) erase_[erased] = true;
    const ValueId result = program_.ops[chain.ops.back()].outputs[0];
    program_.ops[source].outputs[0] = result;
    uses_.producer[result] = source;
  }

  // The chain becomes one BiasAdd.
  void LeaveBias(const Chain& chain, ValueId input, const ChannelLayout& layout, Tensor bias) {
    for (const int erased : chain.ops) erase_[erased] = true;
    Op& op = program_.ops[chain.ops.back()];
    erase_[chain.ops.back()] = false;
    op.info = FindOp("BiasAdd");
    op.attrs = AttrMap();
    op.attrs.Set("T", AttrValue::Type(bias.dtype()));
    op.attrs.Set("data_format", AttrValue::String(layout.axis == layout.rank - 1 ? "NHWC" : "NCHW"));
    op.inputs = {input, program_.AddConstant(op.name + "/folded_bias", std::move(bias))};
    op.outputs.resize(1);  // a batch normalisation has more, which nobody uses
  }

  Program& program_;
  UseDef uses_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> FoldScalesIntoWeights(Program& program) { return Folding(program).Run(); }

}  // namespace floe
