// Activations that exporters spell out become one op each: Relu and Relu6 by maxima and minima, LeakyRelu and PReLU in
// their several ways, swish, hard-swish, and both GELUs. float32 only: in other types the constants are not exact
// enough to tell what was meant. Each match looks at a bounded number of ops.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/registry.h"
#include "program/affine.h"
#include "program/match.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Maxima and minima come first: gates are made of them.
enum class Phase { kClips, kOthers };

class Recognition {
 public:
  Recognition(Program& program, Phase phase)
      : program_(program), phase_(phase), uses_(program), matcher_(program, uses_), erase_(program.ops.size(), false) {}

  bool Run() {
    for (size_t i = 0; i < erase_.size(); ++i) {
      const Op& op = program_.ops[i];
      if (op.outputs.size() != 1 || program_.values[op.outputs[0]].dtype != DType::kFloat) continue;
      Recognize(static_cast<int>(i));
    }
    EraseOps(program_, erase_);
    return changed_;
  }

 private:
  void Recognize(int root) {
    const absl::string_view name = program_.ops[root].info->name;
    if (phase_ == Phase::kClips) {
      if (name == "Maximum" || name == "Minimum" || name == "ClipByValue") RecognizeClip(root);
    } else if (name == "Mul" || name == "RealDiv" || name == "Div") {
      RecognizeGate(root);
    } else if (name == "Add" || name == "AddV2" || name == "Sub") {
      RecognizePreluSum(root);
    } else if (name == "Select" || name == "SelectV2") {
      RecognizePreluChoice(root);
    } else if (name == "Maximum") {
      RecognizeLeakyMaximum(root);
    }
  }

  // ---- Rewriting

  // The op at `root` becomes this one, and the others go. False where somebody else uses what they make.
  bool Replace(int root, MatchedOps ops, const char* with, AttrMap attrs, std::vector<ValueId> inputs) {
    std::sort(ops.begin(), ops.end());
    ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
    if (std::any_of(ops.begin(), ops.end(), [&](int op) { return erase_[op]; })) return false;
    if (!matcher_.IsEnclosed(ops, root)) return false;
    for (const int op : ops) erase_[op] = op != root;
    Op& op = program_.ops[root];
    op.info = FindOp(with);
    op.attrs = std::move(attrs);
    op.attrs.Set("T", AttrValue::Type(DType::kFloat));
    op.inputs = std::move(inputs);
    changed_ = true;
    return true;
  }

  // alpha * x where x is below 0, by `alpha` times `factor`. False where alpha is not spread over x.
  bool ReplaceByPrelu(int root, const MatchedOps& ops, ValueId x, ValueId alpha, double factor) {
    AttrMap attrs;
    const bool is_scalar = alpha < 0 || (program_.ConstantOf(alpha)->num_elements() == 1 && IsSpreadOver(alpha, x));
    const std::optional<std::vector<double>> values =
        alpha < 0 ? std::make_optional(std::vector<double>{1}) : FiniteValues(*program_.ConstantOf(alpha));
    if (!values) return false;
    if (is_scalar) {
      attrs.Set("alpha", AttrValue::Float(static_cast<float>((*values)[0] * factor)));
      return Replace(root, ops, "LeakyRelu", std::move(attrs), {x});
    }
    if (!IsSpreadOver(alpha, x)) return false;
    ValueId scaled = alpha;
    if (factor != 1) {
      std::vector<double> slopes = *values;
      for (double& slope : slopes) slope *= factor;
      std::optional<Tensor> tensor = ToTensor(slopes, program_.ConstantOf(alpha)->shape(), DType::kFloat);
      if (!tensor) return false;
      scaled = program_.AddConstant(absl::StrCat(program_.ops[root].name, "/alpha"), *std::move(tensor));
    }
    return Replace(root, ops, "_Prelu", std::move(attrs), {x, scaled});
  }

  bool IsSpreadOver(ValueId constant, ValueId x) const {
    const Shape& from = program_.ConstantOf(constant)->shape();
    const PartialShape& to = program_.values[x].shape;
    if (!to.has_rank() || from.rank() > to.rank()) return false;
    for (int i = 1; i <= from.rank(); ++i) {
      const int64_t dim = from.dim(from.rank() - i);
      if (dim != 1 && dim != to.dim(to.rank() - i)) return false;
    }
    return true;
  }

  // ---- max(x, 0) and min(max(x, 0), 6)

  bool RecognizeClip(int root) {
    const ValueId result = program_.ops[root].outputs[0];
    MatchedOps relu6;
    if (const std::optional<ValueId> x = matcher_.Clipped(result, 0, 6, &relu6)) {
      return Replace(root, relu6, "Relu6", AttrMap(), {*x});
    }
    MatchedOps relu;
    const std::optional<ValueId> x = matcher_.Clipped(result, 0, kInfinity, &relu);
    // Under a minimum it is half of a Relu6, which comes later.
    if (!x || relu.size() != 1 || IsBelowMinimum(result)) return false;
    return Replace(root, relu, "Relu", AttrMap(), {*x});
  }

  bool IsBelowMinimum(ValueId id) const {
    const int user = uses_.OnlyUser(id);
    return user >= 0 && absl::string_view(program_.ops[user].info->name) == "Minimum";
  }

  // ---- PReLU

  // max(x, 0), whether it was found already or not.
  std::optional<ValueId> PositivePart(ValueId id, MatchedOps* ops) const {
    return matcher_.Clipped(id, 0, kInfinity, ops);
  }

  // What part of a sum is c * min(x, 0): where x is below 0, c * x.
  struct NegativePart {
    ValueId x;
    ValueId constant;  // of c, or -1
    double factor;     // of c
  };
  std::optional<NegativePart> AsNegativePart(ValueId id, MatchedOps* ops) const {
    const std::optional<Factors> factors = matcher_.TakeApart(id, ops);
    if (!factors || factors->values.size() != 1) return std::nullopt;
    const ValueId value = factors->values[0];
    // relu(-x)
    MatchedOps negated;
    if (const std::optional<ValueId> minus = matcher_.Clipped(value, 0, kInfinity, &negated)) {
      const int negation = matcher_.Maker(*minus, {"Neg"});
      if (negation < 0) return std::nullopt;
      ops->insert(ops->end(), negated.begin(), negated.end());
      ops->push_back(negation);
      return NegativePart{matcher_.op(negation).inputs[0], factors->constant, -factors->scalar};
    }
    // min(x, 0)
    MatchedOps clipped;
    if (const std::optional<ValueId> x = matcher_.Clipped(value, -kInfinity, 0, &clipped)) {
      ops->insert(ops->end(), clipped.begin(), clipped.end());
      return NegativePart{*x, factors->constant, factors->scalar};
    }
    // x - |x|, twice x
    const int difference = matcher_.Maker(value, {"Sub"});
    if (difference < 0) return std::nullopt;
    const ValueId x = matcher_.op(difference).inputs[0];
    const int magnitude = matcher_.Maker(matcher_.op(difference).inputs[1], {"Abs"});
    if (magnitude < 0 || matcher_.op(magnitude).inputs[0] != x) return std::nullopt;
    ops->push_back(difference);
    ops->push_back(magnitude);
    return NegativePart{x, factors->constant, 2 * factors->scalar};
  }

  // relu(x) + c * min(x, 0)
  bool RecognizePreluSum(int root) {
    const Op& op = program_.ops[root];
    const bool subtracts = absl::string_view(op.info->name) == "Sub";
    for (const int positive : {0, 1}) {
      if (subtracts && positive == 1) break;
      MatchedOps ops = {root};
      const std::optional<ValueId> x = PositivePart(op.inputs[positive], &ops);
      if (!x) continue;
      const std::optional<NegativePart> negative = AsNegativePart(op.inputs[1 - positive], &ops);
      if (!negative || negative->x != *x) continue;
      return ReplaceByPrelu(root, ops, *x, negative->constant, subtracts ? -negative->factor : negative->factor);
    }
    return false;
  }

  // where(x > 0, x, c * x)
  bool RecognizePreluChoice(int root) {
    const Op& op = program_.ops[root];
    const int comparison = matcher_.Maker(op.inputs[0], {"Greater", "GreaterEqual", "Less", "LessEqual"});
    if (comparison < 0) return false;
    const std::optional<Matcher::WithScalar> with_zero = matcher_.SplitScalar(comparison);
    if (!with_zero || with_zero->scalar != 0) return false;
    const bool greater = absl::string_view(matcher_.op(comparison).info->name).substr(0, 7) == "Greater";
    const bool positive_first = greater != with_zero->scalar_first;
    const ValueId x = with_zero->value, positive = op.inputs[positive_first ? 1 : 2];
    if (positive != x) return false;
    MatchedOps ops = {root, comparison};
    const std::optional<Factors> factors = matcher_.TakeApart(op.inputs[positive_first ? 2 : 1], &ops);
    if (!factors || factors->values.size() != 1 || factors->values[0] != x) return false;
    return ReplaceByPrelu(root, ops, x, factors->constant, factors->scalar);
  }

  // max(x, c * x) for c from 0 to 1
  bool RecognizeLeakyMaximum(int root) {
    const Op& op = program_.ops[root];
    for (const int whole : {0, 1}) {
      MatchedOps ops = {root};
      const std::optional<Factors> factors = matcher_.TakeApart(op.inputs[1 - whole], &ops);
      if (!factors || factors->values.size() != 1 || factors->values[0] != op.inputs[whole]) continue;
      std::vector<double> slopes = {1};
      if (factors->constant >= 0) {
        const std::optional<std::vector<double>> values = FiniteValues(*program_.ConstantOf(factors->constant));
        if (!values) continue;
        slopes = *values;
      }
      // With 0, an infinity would be NaN.
      if (!std::all_of(slopes.begin(), slopes.end(),
                       [&](double slope) { return slope * factors->scalar > 0 && slope * factors->scalar <= 1; })) {
        continue;
      }
      return ReplaceByPrelu(root, ops, op.inputs[whole], factors->constant, factors->scalar);
    }
    return false;
  }

  // ---- x times a function of x

  struct Gated {
    const char* op;
    double scale;  // of what the op gives
  };

  bool RecognizeGate(int root) {
    const ValueId result = program_.ops[root].outputs[0];
    if (IsScaledFurther(result)) return false;
    MatchedOps ops;
    const std::optional<Factors> factors = matcher_.TakeApart(result, &ops);
    if (!factors || factors->constant >= 0 || factors->values.size() != 2) return false;
    for (const int gate : {1, 0}) {
      const ValueId x = factors->values[1 - gate];
      MatchedOps all = ops;
      const std::optional<Gated> gated = AsGated(x, factors->values[gate], factors->scalar, &all);
      if (gated) return ReplaceByGated(root, all, x, *gated);
    }
    return false;
  }

  // Whether all that becomes of a product is that product with one more factor, which is the one to look at.
  bool IsScaledFurther(ValueId id) const {
    const int user = uses_.OnlyUser(id);
    if (user < 0) return false;
    const absl::string_view name = program_.ops[user].info->name;
    const bool divides = name == "RealDiv" || name == "Div";
    if (name != "Mul" && !divides) return false;
    const std::optional<Matcher::WithScalar> scaled = matcher_.SplitScalar(user);
    return scaled && scaled->value == id && !(divides && scaled->scalar_first);
  }

  // Constants that were rounded to half precision once (a sixth, say) leave a scale.
  bool ReplaceByGated(int root, const MatchedOps& ops, ValueId x, const Gated& gated) {
    if (IsAbout(gated.scale, 1)) return Replace(root, ops, gated.op, AttrMap(), {x});
    // The op that makes the gate becomes the activation, and the root scales it. It comes after x, as it needs it.
    const int inner = *std::max_element(ops.begin(), ops.end(),
                                        [&](int a, int b) { return (a == root ? -1 : a) < (b == root ? -1 : b); });
    const std::optional<Tensor> scale = ToTensor({gated.scale}, Shape(), DType::kFloat);
    const ValueId activated = program_.ops[inner].outputs[0];
    if (!scale || !Replace(root, ops, "Mul", AttrMap(), {})) return false;
    program_.values[activated].shape = program_.values[x].shape;
    Op& op = program_.ops[inner];
    op.info = FindOp(gated.op);
    op.attrs = program_.ops[root].attrs;
    op.inputs = {x};
    erase_[inner] = false;
    const std::string name = absl::StrCat(program_.ops[root].name, "/scale");
    program_.ops[root].inputs = {activated, program_.AddConstant(name, *scale)};
    return true;
  }

  // What x * gate * scalar is, where it is anything.
  std::optional<Gated> AsGated(ValueId x, ValueId gate, double scalar, MatchedOps* ops) const {
    if (const int sigmoid = matcher_.Maker(gate, {"Sigmoid"}); sigmoid >= 0) {
      ops->push_back(sigmoid);
      return matcher_.op(sigmoid).inputs[0] == x ? std::make_optional(Gated{"_Swish", scalar}) : std::nullopt;
    }
    if (const int complement = matcher_.Maker(gate, {"Erfc"}); complement >= 0) {
      ops->push_back(complement);
      const bool is_gelu = IsScaled(matcher_.op(complement).inputs[0], x, -M_SQRT1_2, ops);
      return is_gelu ? std::make_optional(Gated{"_Gelu", 2 * scalar}) : std::nullopt;
    }
    if (const std::optional<double> scale = ScaleOfHardGate(x, gate, ops)) return Gated{"_HardSwish", *scale * scalar};
    const std::optional<ValueId> inner = PlusScalar(gate, 1, ops);
    if (!inner) return std::nullopt;
    if (const int erf = matcher_.Maker(*inner, {"Erf"}); erf >= 0) {
      ops->push_back(erf);
      if (IsScaled(matcher_.op(erf).inputs[0], x, M_SQRT1_2, ops)) return Gated{"_Gelu", 2 * scalar};
    }
    if (const int tanh = matcher_.Maker(*inner, {"Tanh"}); tanh >= 0) {
      ops->push_back(tanh);
      if (IsGeluPolynomial(matcher_.op(tanh).inputs[0], x, ops)) return Gated{"_GeluTanh", 2 * scalar};
    }
    return std::nullopt;
  }

  // y where `id` is y + scalar.
  std::optional<ValueId> PlusScalar(ValueId id, double scalar, MatchedOps* ops) const {
    const int sum = matcher_.Maker(id, {"Add", "AddV2"});
    if (sum < 0) return std::nullopt;
    const std::optional<Matcher::WithScalar> parts = matcher_.SplitScalar(sum);
    if (!parts || !IsAbout(parts->scalar, scalar)) return std::nullopt;
    ops->push_back(sum);
    return parts->value;
  }

  // Whether `id` is x * scalar.
  bool IsScaled(ValueId id, ValueId x, double scalar, MatchedOps* ops) const {
    const std::optional<Factors> factors = matcher_.TakeApart(id, ops);
    return factors && factors->constant < 0 && factors->values == std::vector<ValueId>{x} &&
           IsAbout(factors->scalar, scalar);
  }

  // How many times relu6(x + 3) / 6 the gate is: min(max(x + 3, 0), 6), or min(max(x / 6 + 1 / 2, 0), 1).
  std::optional<double> ScaleOfHardGate(ValueId x, ValueId gate, MatchedOps* ops) const {
    MatchedOps clip;
    if (const std::optional<ValueId> sum = matcher_.Clipped(gate, 0, 6, &clip)) {
      ops->insert(ops->end(), clip.begin(), clip.end());
      return PlusScalar(*sum, 3, ops) == x ? std::make_optional(6.0) : std::nullopt;
    }
    if (const std::optional<ValueId> sum = matcher_.Clipped(gate, 0, 1, &clip)) {
      ops->insert(ops->end(), clip.begin(), clip.end());
      const std::optional<ValueId> sixth = PlusScalar(*sum, 0.5, ops);
      return sixth && IsScaled(*sixth, x, 1.0 / 6, ops) ? std::make_optional(1.0) : std::nullopt;
    }
    return std::nullopt;
  }

  // Whether `id` is sqrt(2 / pi) * (x + 0.044715 x^3), or sqrt(2 / pi) * x * (1 + 0.044715 x^2).
  bool IsGeluPolynomial(ValueId id, ValueId x, MatchedOps* ops) const {
    const std::optional<Factors> factors = matcher_.TakeApart(id, ops);
    if (!factors || factors->constant >= 0 || !IsAbout(factors->scalar, M_2_SQRTPI * M_SQRT1_2)) return false;
    if (factors->values.size() == 1) {
      const int sum = matcher_.Maker(factors->values[0], {"Add", "AddV2"});
      if (sum < 0) return false;
      ops->push_back(sum);
      const std::vector<ValueId>& terms = matcher_.op(sum).inputs;
      if (terms[0] == x) return IsPower(terms[1], x, 3, 0.044715, ops);
      return terms[1] == x && IsPower(terms[0], x, 3, 0.044715, ops);
    }
    if (factors->values.size() != 2) return false;
    const int at = factors->values[0] == x ? 1 : 0;
    const std::optional<ValueId> square = PlusScalar(factors->values[at], 1, ops);
    return factors->values[1 - at] == x && square && IsPower(*square, x, 2, 0.044715, ops);
  }

  // Whether `id` is scalar * x^power.
  bool IsPower(ValueId id, ValueId x, int power, double scalar, MatchedOps* ops) const {
    const std::optional<Factors> factors = matcher_.TakeApart(id, ops);
    if (!factors || factors->constant >= 0 || !IsAbout(factors->scalar, scalar)) return false;
    int found = 0;
    for (const ValueId value : factors->values) {
      if (value == x) {
        ++found;
        continue;
      }
      const int maker = matcher_.Maker(value, {"Pow", "Square"});
      if (maker < 0 || matcher_.op(maker).inputs[0] != x) return false;
      ops->push_back(maker);
      if (absl::string_view(matcher_.op(maker).info->name) == "Square") {
        found += 2;
        continue;
      }
      const std::optional<double> exponent = matcher_.Scalar(matcher_.op(maker).inputs[1], x);
      if (!exponent || (*exponent != 2 && *exponent != 3)) return false;
      found += static_cast<int>(*exponent);
    }
    return found == power;
  }

  Program& program_;
  const Phase phase_;
  const UseDef uses_;
  const Matcher matcher_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> RecognizeActivations(Program& program) {
  const bool clips = Recognition(program, Phase::kClips).Run();
  return Recognition(program, Phase::kOthers).Run() || clips;
}

}  // namespace floe
