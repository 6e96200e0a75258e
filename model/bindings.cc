#include "model/bindings.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

std::vector<std::string> NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

absl::Status UnknownName(absl::string_view what, absl::string_view name, const std::vector<TensorSpec>& specs) {
  const std::vector<std::string> names = NamesOf(specs);
  return absl::InvalidArgumentError(absl::StrCat("unknown ", what, " '", name, "'", DidYouMean(name, names),
                                                 "; the model's ", what, "s are ", ListNames(names)));
}

absl::Status CheckShape(const TensorSpec& spec, const Shape& shape) {
  if (spec.shape.Matches(shape)) return absl::OkStatus();
  const auto got = absl::StrCat(", got shape ", shape.ToString());
  if (spec.shape.rank() != shape.rank()) {
    return absl::InvalidArgumentError(absl::StrCat("input '", spec.name, "': wanted rank ", spec.shape.rank(),
                                                   " (shape ", spec.shape.ToString(), ")", got));
  }
  return absl::InvalidArgumentError(absl::StrCat("input '", spec.name, "': wanted shape ", spec.shape.ToString(), got));
}

}  // namespace

absl::StatusOr<Bindings::Index> Bindings::MakeIndex(absl::string_view what, const std::vector<TensorSpec>& specs) {
  Index index;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!index.emplace(specs[i].name, static_cast<int>(i)).second) {
      return absl::InvalidArgumentError(absl::StrCat("two ", what, "s are called '", specs[i].name, "'"));
    }
  }
  // A name goes before another's tensor name.
  for (size_t i = 0; i < specs.size(); ++i) index.emplace(specs[i].tensor_name, static_cast<int>(i));
  return index;
}

absl::StatusOr<Bindings> Bindings::Create(std::vector<TensorSpec> inputs, std::vector<TensorSpec> outputs) {
  Bindings bindings;
  FLOE_ASSIGN_OR_RETURN(bindings.input_index_, MakeIndex("input", inputs));
  FLOE_ASSIGN_OR_RETURN(bindings.output_index_, MakeIndex("output", outputs));
  bindings.inputs_ = std::move(inputs);
  bindings.outputs_ = std::move(outputs);
  return bindings;
}

absl::StatusOr<std::vector<Tensor>> Bindings::BindInputs(absl::Span<const NamedTensor> tensors) const {
  std::vector<Tensor> bound(inputs_.size());
  for (const auto& [name, tensor] : tensors) {
    const auto found = input_index_.find(name);
    if (found == input_index_.end()) return UnknownName("input", name, inputs_);
    const TensorSpec& spec = inputs_[found->second];
    Tensor& slot = bound[found->second];
    if (slot.valid()) return absl::InvalidArgumentError(absl::StrCat("input '", spec.name, "' is given twice"));
    if (tensor.dtype() != spec.dtype) {
      return absl::InvalidArgumentError(absl::StrCat("input '", spec.name, "': wanted dtype ", DTypeName(spec.dtype),
                                                     ", got ", DTypeName(tensor.dtype())));
    }
    FLOE_RETURN_IF_ERROR(CheckShape(spec, tensor.shape()));
    slot = tensor;
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!bound[i].valid()) missing.push_back(inputs_[i].name);
  }
  if (missing.empty()) return bound;
  return absl::InvalidArgumentError(absl::StrCat(missing.size() == 1 ? "input " : "inputs ", ListNames(missing),
                                                 missing.size() == 1 ? " is missing" : " are missing"));
}

absl::StatusOr<std::vector<int>> Bindings::BindFetches(absl::Span<const std::string> fetches) const {
  std::vector<int> bound;
  for (const std::string& name : fetches) {
    const auto found = output_index_.find(name);
    if (found == output_index_.end()) return UnknownName("output", name, outputs_);
    bound.push_back(found->second);
  }
  if (fetches.empty()) {
    for (size_t i = 0; i < outputs_.size(); ++i) bound.push_back(static_cast<int>(i));
  }
  return bound;
}

absl::Status Bindings::CheckShapes(absl::Span<const Shape> shapes) const {
  if (shapes.size() != inputs_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted the shapes of ", inputs_.size(), " inputs, got ", shapes.size()));
  }
  for (size_t i = 0; i < shapes.size(); ++i) FLOE_RETURN_IF_ERROR(CheckShape(inputs_[i], shapes[i]));
  return absl::OkStatus();
}

}  // namespace floe
