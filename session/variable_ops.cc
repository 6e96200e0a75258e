// Ops on variables, references and handles alike.
#include <map>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/registry.h"
#include "session/kernel_context.h"
#include "session/variable_keys.h"

namespace floe {

absl::Status KernelContext::WantInputs(int count) const {
  if (num_inputs() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted ", count, " inputs, got ", num_inputs()));
}

absl::StatusOr<std::shared_ptr<VariableState>> KernelContext::Variable(int i) const {
  const EdgeValue& input = value(i);
  if (input.ref != nullptr) return input.ref;
  absl::StatusOr<std::shared_ptr<VariableState>> variable = session_.variables.OfHandle(input.tensor);
  if (!variable.ok()) return Annotate(variable.status(), absl::StrCat("input ", i));
  return variable;
}

absl::StatusOr<std::string> KernelContext::StringInput(int i) const {
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, Input(i));
  if (tensor.dtype() != DType::kString || tensor.num_elements() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("input ", i, ": wanted one string, got ", DTypeName(tensor.dtype()),
                                                   " ", tensor.shape().ToString()));
  }
  return tensor.data<std::string>()[0];
}

namespace {

absl::StatusOr<std::shared_ptr<VariableState>> VariableOf(KernelContext& context) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  PartialShape shape;
  if (context.attrs().Has("shape")) {
    FLOE_ASSIGN_OR_RETURN(shape, context.attrs().OfShape("shape"));
  }
  if (context.node().op == "Variable" && shape.has_rank() && shape.rank() == 0) shape = PartialShape::UnknownRank();
  FLOE_ASSIGN_OR_RETURN(std::string name, context.attrs().String("shared_name", ""));
  if (name.empty()) name = context.node().name;
  return context.session().variables.FindOrAdd(name, dtype, shape);
}

absl::Status RefVariable(KernelContext& context) {
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<VariableState> variable, VariableOf(context));
  context.AddOutput(EdgeValue{Tensor(), std::move(variable)});
  return absl::OkStatus();
}

absl::Status VarHandle(KernelContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, VariableOf(context));
  context.AddOutput(VariableStore::Handle(variable));
  return absl::OkStatus();
}

absl::Status Assign(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, context.Variable(0));
  FLOE_ASSIGN_OR_RETURN(const Tensor value, context.Input(1));
  // A handle's variable keeps its declared shape whatever the attribute says, as in TensorFlow.
  const bool resource = context.node().op == "AssignVariableOp";
  FLOE_ASSIGN_OR_RETURN(const bool validate, context.attrs().Bool("validate_shape", true));
  FLOE_RETURN_IF_ERROR(variable->Write(value, validate || resource));
  if (!resource) context.AddOutput(context.value(0));
  return absl::OkStatus();
}

absl::Status Update(KernelContext& context, const char* op, bool resource) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, context.Variable(0));
  FLOE_ASSIGN_OR_RETURN(const Tensor before, variable->Read());
  FLOE_ASSIGN_OR_RETURN(const Tensor change, context.Input(1));
  if (before.dtype() != change.dtype() || before.shape() != change.shape()) {
    return absl::InvalidArgumentError(absl::StrCat("variable '", variable->name, "': wanted ",
                                                   DTypeName(before.dtype()), " ", before.shape().ToString(), ", got ",
                                                   DTypeName(change.dtype()), " ", change.shape().ToString()));
  }
  AttrMap attrs;
  attrs.Set("T", AttrValue::Type(before.dtype()));
  FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> after,
                        Evaluate(*FindOp(op), context.node().name, attrs, {before, change}));
  FLOE_RETURN_IF_ERROR(variable->Write(after[0], false));
  if (!resource) context.AddOutput(context.value(0));
  return absl::OkStatus();
}

absl::Status AssignAdd(KernelContext& context) { return Update(context, "AddV2", false); }
absl::Status AssignSub(KernelContext& context) { return Update(context, "Sub", false); }
absl::Status AssignAddVariable(KernelContext& context) { return Update(context, "AddV2", true); }
absl::Status AssignSubVariable(KernelContext& context) { return Update(context, "Sub", true); }

absl::Status ReadVariable(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, context.Variable(0));
  FLOE_ASSIGN_OR_RETURN(Tensor value, variable->Read());
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype", value.dtype()));
  if (dtype != value.dtype()) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", variable->name, "' is ", DTypeName(value.dtype()), ", not ", DTypeName(dtype)));
  }
  context.AddOutput(std::move(value));
  return absl::OkStatus();
}

absl::Status IsInitialized(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, context.Variable(0));
  context.AddOutput(Tensor::Scalar<bool>(variable->value.valid()));
  return absl::OkStatus();
}

absl::Status DestroyVariable(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<VariableState> variable, context.Variable(0));
  variable->value = Tensor();
  return absl::OkStatus();
}

absl::Status Nothing(KernelContext& context) { return absl::OkStatus(); }

absl::Status PassOn(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  context.AddOutput(context.value(0));
  return absl::OkStatus();
}

}  // namespace

SessionKernel FindVariableKernel(const std::string& op) {
  static const auto* const table = new std::map<std::string, SessionKernel>{{"VariableV2", RefVariable},
                                                                            {"Variable", RefVariable},
                                                                            {"VarHandleOp", VarHandle},
                                                                            {"Assign", Assign},
                                                                            {"AssignAdd", AssignAdd},
                                                                            {"AssignSub", AssignSub},
                                                                            {"AssignVariableOp", Assign},
                                                                            {"AssignAddVariableOp", AssignAddVariable},
                                                                            {"AssignSubVariableOp", AssignSubVariable},
                                                                            {"ReadVariableOp", ReadVariable},
                                                                            {"VarIsInitializedOp", IsInitialized},
                                                                            {"IsVariableInitialized", IsInitialized},
                                                                            {"DestroyResourceOp", DestroyVariable},
                                                                            {"DisableCopyOnRead", Nothing},
                                                                            {"RefIdentity", PassOn}};
  const auto found = table->find(op);
  return found == table->end() ? nullptr : found->second;
}

}  // namespace floe
