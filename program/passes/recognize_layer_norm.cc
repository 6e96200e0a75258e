// Layer normalisation spelled out becomes one op. The spellings, with m the mean and v the variance of rows of x:
//   (x - m) * rsqrt(v + e) * gamma + beta, or divided by sqrt(v + e); with or without gamma and beta
//   x * s + (beta - m * s), or x * s + (-m * s + beta), with s = rsqrt(v + e) * gamma
//   a batch normalisation in training of [1, rows, n, 1] with channels first, where a channel is a row (Keras 2)
// The last dimension must be known: what is spread there would be something else. float32 only.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/registry.h"
#include "program/match.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr ValueId kNone = -1;

class Recognition {
 public:
  explicit Recognition(Program& program)
      : program_(program), uses_(program), matcher_(program, uses_), erase_(program.ops.size(), false) {}

  // From the last op to the first, so that beta is found before what it is added to.
  bool Run() {
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      if (erase_[i] || op.outputs.empty() || program_.values[op.outputs[0]].dtype != DType::kFloat) continue;
      const absl::string_view name = op.info->name;
      if (name == "Add" || name == "AddV2") {
        RecognizeSum(static_cast<int>(i));
      } else if (name == "Mul" || name == "RealDiv") {
        RecognizeProduct(static_cast<int>(i), static_cast<int>(i), kNone);
      } else if (name == "FusedBatchNormV3" || name == "FusedBatchNormV2" || name == "FusedBatchNorm") {
        RecognizeBatchNorm(static_cast<int>(i));
      }
    }
    EraseOps(program_, erase_);
    return changed_;
  }

 private:
  // Rows, and what is done with them.
  struct Norm {
    ValueId x = kNone;
    ValueId mean = kNone;
    double epsilon = 0;
  };

  // ---- Parts

  int64_t LastDim(ValueId id) const {
    const PartialShape& shape = program_.values[id].shape;
    return shape.has_rank() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : PartialShape::kUnknownDim;
  }

  // x where `id` is its mean over the last dimension, which stays as 1.
  std::optional<ValueId> MeanOf(ValueId id, MatchedOps* ops) const {
    const int maker = matcher_.Maker(id, {"Mean"});
    if (maker < 0) return std::nullopt;
    const Op& op = matcher_.op(maker);
    const Tensor* const axes = program_.ConstantOf(op.inputs[1]);
    const PartialShape& shape = program_.values[op.inputs[0]].shape;
    if (axes == nullptr || axes->num_elements() != 1 || !shape.has_rank()) return std::nullopt;
    const absl::StatusOr<Dims> axis = ToInt64s(*axes);
    if (!axis.ok() || ((*axis)[0] != -1 && (*axis)[0] != shape.rank() - 1)) return std::nullopt;
    if (!op.attrs.Bool("keep_dims", false).value_or(false)) return std::nullopt;
    ops->push_back(maker);
    return op.inputs[0];
  }

  // x and its mean where `id` is their difference.
  std::optional<Norm> Centered(ValueId id, MatchedOps* ops) const {
    const int maker = matcher_.Maker(id, {"Sub"});
    if (maker < 0) return std::nullopt;
    const std::vector<ValueId>& inputs = matcher_.op(maker).inputs;
    if (MeanOf(inputs[1], ops) != inputs[0]) return std::nullopt;
    ops->push_back(maker);
    return Norm{inputs[0], inputs[1], 0};
  }

  // What `id` is the variance of.
  std::optional<Norm> VarianceOf(ValueId id, MatchedOps* ops) const {
    const std::optional<ValueId> squares = MeanOf(id, ops);
    if (!squares) return std::nullopt;
    const int maker = matcher_.Maker(*squares, {"Square", "SquaredDifference", "Mul"});
    if (maker < 0) return std::nullopt;
    ops->push_back(maker);
    const std::vector<ValueId>& inputs = matcher_.op(maker).inputs;
    const absl::string_view name = matcher_.op(maker).info->name;
    if (name == "SquaredDifference") {
      for (const int at : {0, 1}) {
        if (MeanOf(inputs[1 - at], ops) == inputs[at]) return Norm{inputs[at], inputs[1 - at], 0};
      }
      return std::nullopt;
    }
    if (name == "Mul" && inputs[0] != inputs[1]) return std::nullopt;
    return Centered(inputs[0], ops);
  }

  // Of rows whose sqrt(v + e), or one by it, `id` is.
  std::optional<Norm> Deviation(ValueId id, absl::string_view root, MatchedOps* ops) const {
    const int maker = matcher_.Maker(id, {root});
    if (maker < 0) return std::nullopt;
    const int sum = matcher_.Maker(matcher_.op(maker).inputs[0], {"Add", "AddV2"});
    if (sum < 0) return std::nullopt;
    const std::optional<Matcher::WithScalar> parts = matcher_.SplitScalar(sum);
    if (!parts || parts->scalar < 0) return std::nullopt;
    ops->push_back(maker);
    ops->push_back(sum);
    std::optional<Norm> norm = VarianceOf(parts->value, ops);
    if (norm) norm->epsilon = parts->scalar;
    return norm;
  }

  // A constant that gives each place of the rows its own number, as a vector; all the same where there is none.
  std::optional<Tensor> RowVector(ValueId id, int64_t n, float otherwise) const {
    if (id == kNone) {
      Tensor same(DType::kFloat, Shape({n}));
      std::fill_n(same.mutable_data<float>(), n, otherwise);
      return same;
    }
    const Tensor* const constant = program_.ConstantOf(id);
    if (constant == nullptr || constant->dtype() != DType::kFloat || constant->num_elements() != n) return std::nullopt;
    if (constant->rank() == 0 || constant->shape().dim(constant->rank() - 1) != n) return std::nullopt;
    return constant->Reshaped(Shape({n}));
  }

  // ---- Rewriting

  // The op at `root` becomes the norm; the others go.
  bool Replace(int root, MatchedOps ops, const Norm& norm, ValueId gamma, ValueId beta) {
    std::sort(ops.begin(), ops.end());
    ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
    const int64_t n = LastDim(norm.x);
    const PartialShape& shape = program_.values[norm.x].shape;
    for (const ValueId vector : {gamma, beta}) {
      if (vector != kNone && program_.values[vector].shape.rank() > shape.rank()) return false;
    }
    if (n < 1 || !matcher_.IsEnclosed(ops, root)) return false;
    if (std::any_of(ops.begin(), ops.end(), [&](int op) { return erase_[op]; })) return false;
    std::optional<Tensor> scale = RowVector(gamma, n, 1), shift = RowVector(beta, n, 0);
    if (!scale || !shift) return false;
    for (const int op : ops) erase_[op] = op != root;
    MakeNorm(&program_.ops[root], norm.x, *std::move(scale), *std::move(shift), norm.epsilon);
    return true;
  }

  void MakeNorm(Op* op, ValueId x, Tensor scale, Tensor shift, double epsilon) {
    const std::string name = op->name;
    op->info = FindOp("_LayerNorm");
    op->attrs = AttrMap();
    op->attrs.Set("T", AttrValue::Type(DType::kFloat));
    op->attrs.Set("epsilon", AttrValue::Float(static_cast<float>(epsilon)));
    op->inputs = {x, program_.AddConstant(name + "/gamma", std::move(scale)),
                  program_.AddConstant(name + "/beta", std::move(shift))};
    changed_ = true;
  }

  // ---- The product

  // Factors of the op at `product`: a difference from the mean, one by the deviation, perhaps gamma. `beta`: what is
  // added to it by `root`.
  bool RecognizeProduct(int root, int product, ValueId beta) {
    MatchedOps ops = {root, product};
    std::vector<ValueId> factors;
    ValueId gamma = kNone, deviation = kNone;
    if (!Factorize(program_.ops[product].outputs[0], &ops, &factors, &gamma, &deviation)) return false;
    if (factors.size() + (deviation != kNone ? 1 : 0) != 2) return false;
    for (const size_t at : {size_t{0}, size_t{1}}) {
      if (at >= factors.size()) break;
      MatchedOps all = ops;
      const std::optional<Norm> centered = Centered(factors[at], &all);
      if (!centered) continue;
      const std::optional<Norm> norm =
          deviation != kNone ? Deviation(deviation, "Sqrt", &all) : Deviation(factors[1 - at], "Rsqrt", &all);
      if (!norm || norm->x != centered->x || norm->mean != centered->mean) continue;
      return Replace(root, std::move(all), *norm, gamma, beta);
    }
    return false;
  }

  // Takes products and one quotient apart, as long as each is used by nothing else. Fails where there is more than two
  // factors, one constant and one divisor.
  bool Factorize(ValueId id, MatchedOps* ops, std::vector<ValueId>* factors, ValueId* gamma, ValueId* divisor) const {
    std::optional<Factors> product = matcher_.TakeApart(id, ops);
    if (!product || product->scalar != 1) return false;
    if (product->constant >= 0) {
      if (*gamma != kNone) return false;
      *gamma = product->constant;
    }
    for (const ValueId value : product->values) {
      const int quotient = matcher_.Maker(value, {"RealDiv"});
      if (quotient < 0) {
        factors->push_back(value);
      } else {
        const std::vector<ValueId>& inputs = matcher_.op(quotient).inputs;
        if (*divisor != kNone || program_.ConstantOf(inputs[1]) != nullptr) return false;
        *divisor = inputs[1];
        ops->push_back(quotient);
        if (!Factorize(inputs[0], ops, factors, gamma, divisor)) return false;
      }
      if (factors->size() > 2) return false;
    }
    return true;
  }

  // ---- The sums

  bool RecognizeSum(int root) {
    const std::vector<ValueId> inputs = program_.ops[root].inputs;
    for (const int at : {0, 1}) {
      const int product = matcher_.Maker(inputs[at], {"Mul", "RealDiv"});
      if (product < 0) continue;
      if (program_.ConstantOf(inputs[1 - at]) != nullptr) return RecognizeProduct(root, product, inputs[1 - at]);
      if (RecognizeAffine(root, product, inputs[1 - at])) return true;
    }
    return false;
  }

  // x * s + rest
  bool RecognizeAffine(int root, int product, ValueId rest) {
    const Op& op = program_.ops[product];
    if (absl::string_view(op.info->name) != "Mul") return false;
    for (const int at : {0, 1}) {
      const ValueId x = op.inputs[at], scale = op.inputs[1 - at];
      MatchedOps ops = {root, product};
      ValueId gamma = kNone;
      const std::optional<Norm> norm = ScaleOf(scale, &gamma, &ops);
      if (!norm || norm->x != x) continue;
      const std::optional<ValueId> beta = BetaOf(rest, norm->mean, scale, &ops);
      if (beta) return Replace(root, std::move(ops), *norm, gamma, *beta);
    }
    return false;
  }

  // rsqrt(v + e), perhaps times gamma.
  std::optional<Norm> ScaleOf(ValueId id, ValueId* gamma, MatchedOps* ops) const {
    const int product = matcher_.Maker(id, {"Mul"});
    if (product < 0) return Deviation(id, "Rsqrt", ops);
    const std::vector<ValueId>& inputs = matcher_.op(product).inputs;
    const int constant = program_.ConstantOf(inputs[0]) != nullptr ? 0 : 1;
    if (program_.ConstantOf(inputs[constant]) == nullptr) return std::nullopt;
    *gamma = inputs[constant];
    ops->push_back(product);
    return Deviation(inputs[1 - constant], "Rsqrt", ops);
  }

  // beta where `id` is beta - mean * scale or the like; kNone where it is -mean * scale.
  std::optional<ValueId> BetaOf(ValueId id, ValueId mean, ValueId scale, MatchedOps* ops) const {
    const int sum = matcher_.Maker(id, {"Sub", "Add", "AddV2"});
    if (sum < 0)
      return IsNegatedMean(id, mean, scale, /*negated=*/true, ops) ? std::make_optional(kNone) : std::nullopt;
    const bool subtracts = absl::string_view(matcher_.op(sum).info->name) == "Sub";
    const std::vector<ValueId>& inputs = matcher_.op(sum).inputs;
    ops->push_back(sum);
    for (const int at : {0, 1}) {
      if (program_.ConstantOf(inputs[at]) == nullptr || (subtracts && at == 1)) continue;
      if (IsNegatedMean(inputs[1 - at], mean, scale, !subtracts, ops)) return inputs[at];
    }
    return std::nullopt;
  }

  // Whether `id` is mean * scale, negated or not.
  bool IsNegatedMean(ValueId id, ValueId mean, ValueId scale, bool negated, MatchedOps* ops) const {
    int product = matcher_.Maker(id, {"Mul"});
    bool minus = false;
    if (const int negation = matcher_.Maker(id, {"Neg"}); negation >= 0) {
      minus = true;
      ops->push_back(negation);
      product = matcher_.Maker(matcher_.op(negation).inputs[0], {"Mul"});
    }
    if (product < 0) return false;
    ops->push_back(product);
    const std::vector<ValueId>& inputs = matcher_.op(product).inputs;
    if (inputs[0] != scale && inputs[1] != scale) return false;
    ValueId other = inputs[inputs[0] == scale ? 1 : 0];
    if (const int negation = matcher_.Maker(other, {"Neg"}); negation >= 0) {
      minus = !minus;
      ops->push_back(negation);
      other = matcher_.op(negation).inputs[0];
    }
    return other == mean && minus == negated;
  }

  // ---- Keras 2's batch normalisation of rows

  bool IsFilledWith(ValueId id, float number) const {
    const Tensor* constant = program_.ConstantOf(id);
    if (const int fill = matcher_.Maker(id, {"Fill"}); fill >= 0) {
      constant = program_.ConstantOf(matcher_.op(fill).inputs[1]);
    }
    if (constant == nullptr || constant->dtype() != DType::kFloat) return false;
    const absl::Span<const float> values = constant->flat<float>();
    return std::all_of(values.begin(), values.end(), [&](float value) { return value == number; });
  }

  // The constant that alone is combined with a value of rows of n.
  struct Step {
    int op;
    ValueId constant;
  };
  std::optional<Step> NextStep(ValueId id, std::initializer_list<absl::string_view> names, int64_t n) const {
    const int user = uses_.OnlyUser(id);
    if (user < 0 || erase_[user]) return std::nullopt;
    const Op& op = program_.ops[user];
    if (std::find(names.begin(), names.end(), op.info->name) == names.end()) return std::nullopt;
    const ValueId constant = op.inputs[op.inputs[0] == id ? 1 : 0];
    if (program_.ConstantOf(constant) == nullptr || !RowVector(constant, n, 0)) return std::nullopt;
    if (program_.values[constant].shape.rank() > program_.values[id].shape.rank()) return std::nullopt;
    return Step{user, constant};
  }

  bool RecognizeBatchNorm(int root) {
    const Op& op = program_.ops[root];
    const absl::StatusOr<float> epsilon = op.attrs.Float("epsilon", 1e-4f);
    if (!op.attrs.Bool("is_training", true).value_or(false) ||
        op.attrs.String("data_format", "").value_or("") != "NCHW")
      return false;
    const int reshape = matcher_.Maker(op.inputs[0], {"Reshape"});
    if (reshape < 0 || !epsilon.ok() || !IsFilledWith(op.inputs[1], 1) || !IsFilledWith(op.inputs[2], 0)) return false;
    const ValueId x = matcher_.op(reshape).inputs[0];
    const int64_t n = LastDim(x);
    const PartialShape& rows = program_.values[op.inputs[0]].shape;
    if (n < 1 || !rows.has_rank() || rows.rank() != 4 || rows.dim(0) != 1 || rows.dim(2) != n || rows.dim(3) != 1)
      return false;
    for (size_t k = 1; k < op.outputs.size(); ++k) {
      if (!uses_.users[op.outputs[k]].empty() || uses_.is_output[op.outputs[k]]) return false;
    }
    // Back to the shape of x, whatever that says, and there gamma and beta.
    const int back = uses_.OnlyUser(op.outputs[0]);
    if (back < 0 || absl::string_view(program_.ops[back].info->name) != "Reshape") return false;
    ValueId gamma = kNone, beta = kNone, result = program_.ops[back].outputs[0];
    MatchedOps taken;
    if (LastDim(result) == n) {
      for (const bool adds : {false, true}) {
        const std::optional<Step> step = adds ? NextStep(result, {"Add", "AddV2"}, n) : NextStep(result, {"Mul"}, n);
        if (!step) continue;
        (adds ? beta : gamma) = step->constant;
        taken.push_back(step->op);
        result = program_.ops[step->op].outputs[0];
      }
    }
    std::optional<Tensor> scale = RowVector(gamma, n, 1), shift = RowVector(beta, n, 0);
    if (!scale || !shift) return false;
    for (const int index : taken) erase_[index] = true;
    Op& norm = program_.ops[root];
    norm.outputs = {program_.AddValue({norm.name, DType::kFloat, program_.values[x].shape, std::nullopt})};
    MakeNorm(&norm, x, *std::move(scale), *std::move(shift), *epsilon);
    program_.ops[back].inputs[0] = norm.outputs[0];
    program_.ops[back].outputs[0] = result;
    return true;
  }

  Program& program_;
  const UseDef uses_;
  const Matcher matcher_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> RecognizeLayerNorm(Program& program) { return Recognition(program).Run(); }

}  // namespace floe
