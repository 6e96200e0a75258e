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
    {"Relu", FusedKind::kRelu},           {"Relu6", FusedKind::kRelu6}, {"Elu", FusedKind::kElu},
    {"LeakyRelu", FusedKind::kLeakyRelu}, {"Tanh", FusedKind::kTanh},   {"Sigmoid", FusedKind::kSigmoid},
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
    while (TakeNext(&state) || TakeGate(&state)) {
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
    if (!TakeActivation(op, state) && !TakeBias(op, state) && !TakeAffine(op, state) && !TakeResidual(op, state)) {
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

  // x * sigmoid(x) and x * relu6(x + 3) / 6: the result is used by two ops that meet again.
  bool TakeGate(State* state) {
    const ValueId x = state->value;
    if (uses_.is_output[x] || uses_.users[x].size() != 2) return false;
    const int first = std::min(uses_.users[x][0], uses_.users[x][1]);
    const int last = std::max(uses_.users[x][0], uses_.users[x][1]);
    if (first == last || erase_[first] || erase_[last]) return false;
    return TakeSwish(first, last, state) || TakeHardSwish(first, last, state);
  }

  bool IsOp(int op, absl::string_view name) const { return !erase_[op] && program_.ops[op].info->name == name; }
  bool Multiplies(int op, ValueId a, ValueId b) const {
    if (!IsOp(op, "Mul")) return false;
    const std::vector<ValueId>& inputs = program_.ops[op].inputs;
    return (inputs[0] == a && inputs[1] == b) || (inputs[0] == b && inputs[1] == a);
  }

  bool TakeSwish(int sigmoid, int product, State* state) {
    if (!IsOp(sigmoid, "Sigmoid")) return false;
    const ValueId gate = program_.ops[sigmoid].outputs[0];
    if (uses_.OnlyUser(gate) != product || !Multiplies(product, state->value, gate)) return false;
    state->taken.push_back(sigmoid);
    state->steps.push_back(FusedKind::kSwish);
    state->Take(product, program_.ops[product].outputs[0]);
    return true;
  }

  // The factor of a multiplication or division of `x` by a scalar constant; 0 for other ops.
  double ScalarFactor(const Op& op, ValueId x) const {
    const absl::string_view name = op.info->name;
    if ((name != "Mul" && name != "RealDiv" && name != "Div") || op.inputs.size() != 2) return 0;
    const int at = op.inputs[0] == x ? 0 : 1;
    const std::optional<double> value = ScalarConstant(op.inputs[1 - at]);
    if (op.inputs[at] != x || !value || (name != "Mul" && at != 0)) return 0;
    return name == "Mul" ? *value : 1 / *value;
  }
  std::optional<double> ScalarConstant(ValueId id) const {
    const Tensor* const constant = program_.ConstantOf(id);
    if (constant == nullptr || constant->num_elements() != 1 || constant->rank() > 1) return std::nullopt;
    const std::optional<std::vector<double>> values = FiniteValues(*constant);
    return values ? std::make_optional((*values)[0]) : std::nullopt;
  }

  bool TakeHardSwish(int sum, int product, State* state) {
    const ValueId x = state->value;
    if (!IsOp(sum, "AddV2") && !IsOp(sum, "Add")) return false;
    const Op& add = program_.ops[sum];
    const std::optional<double> three = ScalarConstant(add.inputs[add.inputs[0] == x ? 1 : 0]);
    const int clip = uses_.OnlyUser(add.outputs[0]);
    if (!three || *three != 3 || clip < 0 || !IsOp(clip, "Relu6")) return false;
    // The sixth is taken of the gate, or of the product.
    std::vector<int> taken = {sum, clip};
    ValueId gate = program_.ops[clip].outputs[0];
    double factor = 1;
    const auto take_factor = [&](ValueId value) {
      const int user = uses_.OnlyUser(value);
      if (user < 0 || erase_[user] || factor != 1) return value;
      const double by = ScalarFactor(program_.ops[user], value);
      if (by == 0) return value;
      factor = by;
      taken.push_back(user);
      return program_.ops[user].outputs[0];
    };
    gate = take_factor(gate);
    if (uses_.OnlyUser(gate) != product || !Multiplies(product, x, gate)) return false;
    taken.push_back(product);
    const ValueId result = take_factor(program_.ops[product].outputs[0]);
    if (std::abs(factor * 6 - 1) > 1e-6) return false;
    state->steps.push_back(FusedKind::kHardSwish);
    state->taken.insert(state->taken.end(), taken.begin(), taken.end());
    state->value = result;
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
