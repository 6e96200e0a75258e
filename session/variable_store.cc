#include "session/variable_store.h"

#include "absl/strings/str_cat.h"

namespace floe {

absl::StatusOr<Tensor> VariableState::Read() const {
  if (value.valid()) return value;
  return absl::FailedPreconditionError(
      absl::StrCat("variable '", name, "' is used before it is initialized: run its initializer, or restore it"));
}

absl::Status VariableState::Write(const Tensor& new_value, bool validate_shape) {
  if (new_value.dtype() != dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", name, "': wanted ", DTypeName(dtype), ", got ", DTypeName(new_value.dtype())));
  }
  if (validate_shape && !shape.Matches(new_value.shape())) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", name, "': wanted shape ", shape.ToString(), ", got ", new_value.shape().ToString()));
  }
  value = new_value;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<VariableState>> VariableStore::FindOrAdd(const std::string& name, DType dtype,
                                                                        const PartialShape& shape) {
  std::shared_ptr<VariableState>& variable = by_name_[name];
  if (variable == nullptr) {
    variable = std::make_shared<VariableState>();
    variable->name = name;
    variable->dtype = dtype;
    variable->shape = shape;
    addresses_.insert(variable.get());
  } else if (variable->dtype != dtype) {
    return absl::InvalidArgumentError(absl::StrCat("variable '", name, "': wanted ", DTypeName(dtype),
                                                   ", but the session has it as ", DTypeName(variable->dtype)));
  }
  return variable;
}

const VariableState* VariableStore::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

Tensor VariableStore::Handle(const std::shared_ptr<VariableState>& variable) {
  return Tensor::Opaque(DType::kResource, variable);
}

absl::StatusOr<std::shared_ptr<VariableState>> VariableStore::OfHandle(const Tensor& handle) const {
  if (handle.dtype() != DType::kResource || !addresses_.contains(handle.object().get())) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted the handle of a variable of this session, got ", DTypeName(handle.dtype())));
  }
  return std::const_pointer_cast<VariableState>(std::static_pointer_cast<const VariableState>(handle.object()));
}

}  // namespace floe
