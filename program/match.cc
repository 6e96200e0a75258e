#include "program/match.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "program/affine.h"

namespace floe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Products of more are no activation; keeps each match short.
constexpr int kMaxDepth = 6;
constexpr size_t kMaxFactors = 6;

}  // namespace

bool IsAbout(double value, double wanted) { return std::abs(value - wanted) <= 2e-6 * std::abs(wanted); }

int Matcher::Maker(ValueId id, std::initializer_list<absl::string_view> names) const {
  if (id >= static_cast<ValueId>(uses_.producer.size()) || uses_.producer[id] < 0) return -1;
  const int index = uses_.producer[id];
  const Op& maker = program_.ops[index];
  if (maker.outputs.empty() || maker.outputs[0] != id) return -1;
  return std::find(names.begin(), names.end(), maker.info->name) != names.end() ? index : -1;
}

std::optional<double> Matcher::Scalar(ValueId id, ValueId beside) const {
  const Tensor* const constant = program_.ConstantOf(id);
  if (constant == nullptr || constant->num_elements() != 1) return std::nullopt;
  const PartialShape& shape = program_.values[beside].shape;
  if (constant->rank() > 0 && (!shape.has_rank() || constant->rank() > shape.rank())) return std::nullopt;
  const std::optional<std::vector<double>> values = FiniteValues(*constant);
  return values ? std::make_optional((*values)[0]) : std::nullopt;
}

std::optional<Matcher::WithScalar> Matcher::SplitScalar(int index) const {
  const std::vector<ValueId>& inputs = program_.ops[index].inputs;
  if (inputs.size() != 2) return std::nullopt;
  if (const std::optional<double> second = Scalar(inputs[1], inputs[0])) return WithScalar{inputs[0], *second, false};
  if (const std::optional<double> first = Scalar(inputs[0], inputs[1])) return WithScalar{inputs[1], *first, true};
  return std::nullopt;
}

bool Matcher::AddFactor(ValueId id, bool is_root, int depth, Factors* factors, MatchedOps* ops) const {
  const int maker = Maker(id, {"Mul", "Neg", "RealDiv", "Div"});
  const bool own = maker >= 0 && (is_root || uses_.OnlyUser(id) >= 0) && depth < kMaxDepth;
  if (own) {
    const Op& product = program_.ops[maker];
    const absl::string_view name = product.info->name;
    const std::optional<WithScalar> scaled = SplitScalar(maker);
    if (name == "Neg") {
      ops->push_back(maker);
      factors->scalar = -factors->scalar;
      return AddFactor(product.inputs[0], false, depth + 1, factors, ops);
    }
    if (scaled && (name == "Mul" || (!scaled->scalar_first && scaled->scalar != 0))) {
      ops->push_back(maker);
      factors->scalar = name == "Mul" ? factors->scalar * scaled->scalar : factors->scalar / scaled->scalar;
      return AddFactor(scaled->value, false, depth + 1, factors, ops);
    }
    if (name == "Mul") {
      ops->push_back(maker);
      return AddFactor(product.inputs[0], false, depth + 1, factors, ops) &&
             AddFactor(product.inputs[1], false, depth + 1, factors, ops);
    }
  }
  if (program_.ConstantOf(id) != nullptr) {
    if (factors->constant >= 0) return false;
    factors->constant = id;
    return true;
  }
  factors->values.push_back(id);
  return factors->values.size() <= kMaxFactors;
}

std::optional<Factors> Matcher::TakeApart(ValueId id, MatchedOps* ops) const {
  Factors factors;
  const size_t before = ops->size();
  if (AddFactor(id, /*is_root=*/true, 0, &factors, ops)) return factors;
  ops->resize(before);
  return std::nullopt;
}

std::optional<ValueId> Matcher::Clipped(ValueId id, double low, double high, MatchedOps* ops) const {
  double lowest = -kInfinity, highest = kInfinity;
  ValueId x = id;
  MatchedOps taken;
  // At most one op for each end.
  for (int i = 0; i < 2 && (lowest != low || highest != high); ++i) {
    const int maker = Maker(x, {"Relu", "Relu6", "Maximum", "Minimum", "ClipByValue"});
    if (maker < 0) break;
    const Op& clip = program_.ops[maker];
    const absl::string_view name = clip.info->name;
    ValueId from = clip.inputs[0];
    double at_least = -kInfinity, at_most = kInfinity;
    if (name == "Relu" || name == "Relu6") {
      at_least = 0;
      if (name == "Relu6") at_most = 6;
    } else if (name == "ClipByValue") {
      const std::optional<double> least = Scalar(clip.inputs[1], from), most = Scalar(clip.inputs[2], from);
      if (!least || !most) break;
      at_least = *least;
      at_most = *most;
    } else {
      const std::optional<WithScalar> bound = SplitScalar(maker);
      if (!bound) break;
      from = bound->value;
      (name == "Maximum" ? at_least : at_most) = bound->scalar;
    }
    lowest = std::max(lowest, at_least);
    highest = std::min(highest, at_most);
    taken.push_back(maker);
    x = from;
  }
  if (lowest != low || highest != high) return std::nullopt;
  ops->insert(ops->end(), taken.begin(), taken.end());
  return x;
}

bool Matcher::IsEnclosed(const MatchedOps& ops, int root) const {
  for (const int index : ops) {
    if (index == root) continue;
    for (const ValueId id : program_.ops[index].outputs) {
      // Each op uses a value twice at most here.
      if (uses_.is_output[id] || uses_.users[id].size() > 2 * ops.size()) return false;
      for (const int user : uses_.users[id]) {
        if (std::find(ops.begin(), ops.end(), user) == ops.end()) return false;
      }
    }
  }
  return true;
}

}  // namespace floe
