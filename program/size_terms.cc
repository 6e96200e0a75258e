#include "program/size_terms.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "base/checked_math.h"
#include "tensor/tensor.h"

namespace floe {
namespace {

constexpr int kMostSteps = 12;

}  // namespace

SizeTerms::Terms SizeTerms::Of(ValueId id, ValueId tensor, int depth) const {
  if (const Tensor* const constant = program_.ConstantOf(id)) {
    const absl::StatusOr<Dims> numbers = ToInt64s(*constant);
    if (!numbers.ok()) return std::nullopt;
    std::vector<SizeTerm> terms;
    for (const int64_t number : *numbers) terms.push_back({number, -1});
    return terms;
  }
  if (depth > kMostSteps || id >= static_cast<ValueId>(uses_.producer.size())) return std::nullopt;
  const int producer = uses_.producer[id];
  if (producer >= 0 && absl::string_view(program_.ops[producer].info->name) == "Unpack")
    return OfUnpacked(program_.ops[producer], id, tensor, depth);
  const int maker = matcher_.Maker(
      id, {"Shape", "Mul", "StridedSlice", "Pack", "ConcatV2", "Cast", "Reshape", "Squeeze", "Identity"});
  if (maker < 0) return std::nullopt;
  const Op& op = matcher_.op(maker);
  const absl::string_view name = op.info->name;
  if (name == "Shape") return OfShape(op.inputs[0], tensor);
  if (name == "Mul") return OfProduct(op, tensor, depth);
  if (name == "StridedSlice") return OfSlice(op, tensor, depth);
  if (name == "Pack") return Joined(op, op.inputs.size(), tensor, depth);
  if (name == "ConcatV2") return Joined(op, op.inputs.size() - 1, tensor, depth);
  const DType dtype = program_.values[id].dtype;
  if (dtype != DType::kInt32 && dtype != DType::kInt64) return std::nullopt;
  return Of(op.inputs[0], tensor, depth + 1);
}

SizeTerms::Terms SizeTerms::OfShape(ValueId of, ValueId tensor) const {
  const PartialShape& shape = program_.values[of].shape;
  if (!shape.has_rank()) return std::nullopt;
  std::vector<SizeTerm> terms;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape.dim(axis) < 0 && of != tensor) return std::nullopt;
    terms.push_back(shape.dim(axis) < 0 ? SizeTerm{1, axis} : SizeTerm{shape.dim(axis), -1});
  }
  return terms;
}

SizeTerms::Terms SizeTerms::OfProduct(const Op& op, ValueId tensor, int depth) const {
  Terms a = Of(op.inputs[0], tensor, depth + 1), b = Of(op.inputs[1], tensor, depth + 1);
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  if (a->size() < b->size()) std::swap(a, b);
  if (b->size() != 1 && b->size() != a->size()) return std::nullopt;
  for (size_t i = 0; i < a->size(); ++i) {
    SizeTerm& term = (*a)[i];
    const SizeTerm& factor = (*b)[b->size() == 1 ? 0 : i];
    if (term.axis >= 0 && factor.axis >= 0) return std::nullopt;
    int64_t product = 0;
    if (!CheckedMul(term.factor, factor.factor, &product)) return std::nullopt;
    term = {product, std::max(term.axis, factor.axis)};
  }
  return a;
}

SizeTerms::Terms SizeTerms::OfSlice(const Op& op, ValueId tensor, int depth) const {
  const Terms all = Of(op.inputs[0], tensor, depth + 1);
  if (!all) return std::nullopt;
  const auto mask = [&](const char* name) { return op.attrs.Int(name, 0).value_or(-1); };
  int64_t numbers[3];
  for (const int i : {0, 1, 2}) {
    const Tensor* const constant = program_.ConstantOf(op.inputs[i + 1]);
    if (constant == nullptr || constant->num_elements() != 1) return std::nullopt;
    const absl::StatusOr<Dims> number = ToInt64s(*constant);
    if (!number.ok()) return std::nullopt;
    numbers[i] = (*number)[0];
  }
  if (numbers[2] != 1 || mask("ellipsis_mask") != 0 || mask("new_axis_mask") != 0) return std::nullopt;
  const auto size = static_cast<int64_t>(all->size());
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
  const int64_t begin = mask("begin_mask") == 1 ? 0 : place(numbers[0]);
  int64_t end = mask("end_mask") == 1 ? size : place(numbers[1]);
  if (mask("shrink_axis_mask") == 1) end = std::min(begin + 1, size);
  if (begin > end) return std::nullopt;
  return std::vector<SizeTerm>(all->begin() + begin, all->begin() + end);
}

SizeTerms::Terms SizeTerms::OfUnpacked(const Op& op, ValueId id, ValueId tensor, int depth) const {
  const Terms all = Of(op.inputs[0], tensor, depth + 1);
  if (!all || all->size() != op.outputs.size()) return std::nullopt;
  const auto place = std::find(op.outputs.begin(), op.outputs.end(), id) - op.outputs.begin();
  return std::vector<SizeTerm>{(*all)[static_cast<size_t>(place)]};
}

SizeTerms::Terms SizeTerms::Joined(const Op& op, size_t count, ValueId tensor, int depth) const {
  std::vector<SizeTerm> terms;
  for (size_t i = 0; i < count; ++i) {
    const Terms part = Of(op.inputs[i], tensor, depth + 1);
    if (!part) return std::nullopt;
    terms.insert(terms.end(), part->begin(), part->end());
  }
  return terms;
}

}  // namespace floe
