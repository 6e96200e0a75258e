// What follows a convolution or matrix product and nothing else uses becomes steps of its fused form: biases, other
// constants of each channel, a residual of the same shape, activations.
//
// Products are visited from the last to the first, so that a sum of two goes to the one that is computed later, when
// the other is there. The fused op takes the place of the last op that went into it.
#include <algorithm>
#include <cmath>

#include "absl/strings/string_view.h"
#include "program/affine.h"
#include "program/dim_ids.h"
#include "program/pass.h"
#include "program/product.h"

namespace floe {
namespace {

struct ActivationRow {
  const char* op;
  FusedKind kind;
};
constexpr ActivationRow kActivations[] = {
    {"Relu", FusedKind::kRelu},    {"Relu6", FusedKind::kRelu6},
    {"Elu", FusedKind::kElu},      {"LeakyRelu", FusedKind::kLeakyRelu},
    {"Tanh", FusedKind::kTanh},    {"Sigmoid", FusedKind::kSigmoid},
    {"_Swish", FusedKind::kSwish}, {"_HardSwish", FusedKind::kHardSwish},
    {"_Gelu", FusedKind::kGelu},   {"_GeluTanh", FusedKind::kGeluTanh},
};

class Fusion {
 public:
  explicit Fusion(Program& program)
      : program_(program), uses_(program), dims_(program), erase_(program.ops.size(), false) {}

  bool Run() {
    for (size_t i = program_.ops.size(); i-- > 0;) {
      if (!erase_[i]) FuseAfter(static_cast<int>(i));
    }
    EraseOps(program_, erase_);
    return changed_;
  }

 private:
  // A product with what it has taken in so far.
  struct State {
    Product product;
    std::vector<FusedKind> steps;
    std::vector<ValueId> args;
    std::optional<float> leaky_alpha;
    ValueId value;           // the result so far
    std::vector<int> taken;  // ops, in program order

    void Take(int op, ValueId result) {
      taken.push_back(op);
      value = result;
    }
  };

  void FuseAfter(int index) {
    const Op& op = program_.ops[index];
    std::optional<Product> product = AsProduct(program_, op);
    if (!product) return;
    State state{*std::move(product), {}, {op.inputs.begin() + 2, op.inputs.end()}, {}, op.outputs[0], {}};
    for (const FusedStep& step : state.product.steps) state.steps.push_back(step.kind);
    if (Has(state, FusedKind::kLeakyRelu)) {
      const absl::StatusOr<float> alpha = op.attrs.Float("leakyrelu_alpha", 0.2f);
      if (!alpha.ok()) return;
      state.leaky_alpha = *alpha;
    }
    while (TakeNext(&state)) {
    }
    if (!state.taken.empty()) Rewrite(index, state);
  }

  static bool Has(const State& state, FusedKind kind) {
    return std::find(state.steps.begin(), state.steps.end(), kind) != state.steps.end();
  }

  // The op that alone uses the result.
  bool TakeNext(State* state) {
    const int user = uses_.OnlyUser(state->value);
    if (user < 0 || erase_[user]) return false;
    const Op& op = program_.ops[user];
    if (!TakeActivation(op, state) && !TakePrelu(op, state) && !TakeBias(op, state) && !TakeAffine(op, state) &&
        !TakeResidual(op, state)) {
      return false;
    }
    state->Take(user, op.outputs[0]);
    return true;
  }

  bool TakeActivation(const Op& op, State* state) {
    for (const ActivationRow& row : kActivations) {
      if (absl::string_view(op.info->name) != row.op) continue;
      if (row.kind == FusedKind::kLeakyRelu) {
        const absl::StatusOr<float> alpha = op.attrs.Float("alpha", 0.2f);
        // A fused op has one alpha.
        if (!alpha.ok() || state->leaky_alpha.value_or(*alpha) != *alpha) return false;
        state->leaky_alpha = *alpha;
      }
      state->steps.push_back(row.kind);
      return true;
    }
    return false;
  }

  // With a slope for each channel.
  bool TakePrelu(const Op& op, State* state) {
    if (absl::string_view(op.info->name) != "_Prelu" || op.inputs[0] != state->value) return false;
    const ChannelLayout& layout = state->product.result;
    const Tensor* const alpha = program_.ConstantOf(op.inputs[1]);
    if (alpha == nullptr || layout.channels < 1) return false;
    const std::optional<std::vector<double>> slopes = ChannelValues(*alpha, layout);
    if (!slopes) return false;
    std::optional<Tensor> vector = ChannelVector(*slopes, layout.channels, alpha->dtype());
    if (!vector) return false;
    state->steps.push_back(FusedKind::kPrelu);
    state->args.push_back(program_.AddConstant(op.name + "/slopes", *std::move(vector)));
    return true;
  }

  // A bias need not be constant.
  bool TakeBias(const Op& op, State* state) {
    const absl::string_view name = op.info->name;
    if ((name != "BiasAdd" && name != "BiasAddV1") || op.inputs[0] != state->value) return false;
    if (BiasAxis(op.attrs, state->product.result.rank) != state->product.result.axis) return false;
    state->steps.push_back(FusedKind::kBiasAdd);
    state->args.push_back(op.inputs[1]);
    return true;
  }

  // Constants of each channel.
  bool TakeAffine(const Op& op, State* state) {
    const ChannelLayout& layout = state->product.result;
    const std::optional<ChannelAffine> affine = AsAffine(program_, uses_, op, state->value, layout);
    if (!affine) return false;
    const DType dtype = program_.values[state->value].dtype;
    std::optional<Tensor> scale = ChannelVector(affine->scale, layout.channels, dtype);
    std::optional<Tensor> shift = ChannelVector(affine->shift, layout.channels, dtype);
    if (!scale || !shift) return false;
    const std::string name = op.name;
    if (affine->scales()) {
      // A factor is spread from the last dimension on; behind the channels there may be others.
      Shape shape({layout.channels});
      for (int axis = layout.axis + 1; axis < layout.rank; ++axis) shape.Append(1);
      state->steps.push_back(FusedKind::kMul);
      state->args.push_back(program_.AddConstant(name + "/scale", scale->Reshaped(shape)));
    }
    if (affine->shifts()) {
      state->steps.push_back(FusedKind::kBiasAdd);
      state->args.push_back(program_.AddConstant(name + "/shift", *std::move(shift)));
    }
    return true;
  }

  // Another tensor whose elements, spread perhaps, are added to the result's.
  bool TakeResidual(const Op& op, State* state) {
    const absl::string_view name = op.info->name;
    if (name != "Add" && name != "AddV2") return false;
    const ValueId other = op.inputs[op.inputs[0] == state->value ? 1 : 0];
    if (!dims_.SpreadsTo(other, state->value)) return false;
    state->steps.push_back(FusedKind::kAdd);
    state->args.push_back(other);
    return true;
  }

  void Rewrite(int index, const State& state) {
    Op op = std::move(program_.ops[index]);
    SetSteps(state.product.kind, state.steps, state.args, &op);
    if (state.leaky_alpha) op.attrs.Set("leakyrelu_alpha", AttrValue::Float(*state.leaky_alpha));
    erase_[index] = true;
    for (const int taken : state.taken) erase_[taken] = true;
    const int place = state.taken.back();
    op.outputs = {state.value};
    op.name = program_.ops[place].name;
    program_.ops[place] = std::move(op);
    erase_[place] = false;
    changed_ = true;
  }

  Program& program_;
  UseDef uses_;
  const DimIds dims_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> FuseEpilogues(Program& program) { return Fusion(program).Run(); }

}  // namespace floe
