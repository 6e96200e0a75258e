#include "session/graph_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/wire.h"
#include "ops/registry.h"

namespace floe {
namespace {

// The version of GraphDef that is written, and the oldest consumer: those of the TensorFlow whose naming this follows.
constexpr int kProducer = 2474;
constexpr int kProducerField = 1;

// A number as a scalar of the dtype.
absl::StatusOr<Tensor> NumberTensor(double number, DType dtype) {
  AttrMap attrs;
  attrs.Set("SrcT", AttrValue::Type(DType::kDouble));
  attrs.Set("DstT", AttrValue::Type(dtype));
  FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> cast,
                        Evaluate(*FindOp("Cast"), "number", attrs, {Tensor::Scalar<double>(number)}));
  return cast[0];
}

}  // namespace

absl::StatusOr<GraphDef> GraphBuilder::AsGraphDef() const {
  FLOE_RETURN_IF_ERROR(status());
  GraphDef graph = state_->graph();
  if (graph.versions().empty()) {
    std::string versions;
    AppendVarintField(kProducerField, kProducer, &versions);
    graph.set_versions(std::move(versions));
  }
  return graph;
}

absl::StatusOr<Output> GraphBuilder::FindOutput(absl::string_view name) const {
  FLOE_RETURN_IF_ERROR(status());
  FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(name));
  FLOE_ASSIGN_OR_RETURN(const int index, state_->graph().FindOrError(ref.node));
  const NodeTypes& types = state_->types(index);
  if (ref.control || (types.known && ref.output >= static_cast<int>(types.outputs.size()))) {
    return absl::NotFoundError(absl::StrCat("no tensor '", name, "': '", ref.node, "' has ", types.outputs.size(),
                                            types.outputs.size() == 1 ? " output" : " outputs"));
  }
  return Output{std::string(ref.node), ref.output};
}

absl::StatusOr<Operation> GraphBuilder::FindOperation(absl::string_view name) const {
  FLOE_RETURN_IF_ERROR(status());
  FLOE_RETURN_IF_ERROR(state_->graph().FindOrError(name).status());
  return Operation{std::string(name)};
}

DType GraphBuilder::DTypeOf(const Output& output) const { return state_->TypeOf(output).dtype; }
PartialShape GraphBuilder::ShapeOf(const Output& output) const { return state_->TypeOf(output).shape; }

ControlsScope GraphBuilder::ControlDependencies(const std::vector<Operation>& operations) {
  std::vector<std::string> names;
  for (const Operation& operation : operations) names.push_back(operation.name);
  return ControlsScope(*state_, names);
}

Output GraphBuilder::ValueOf(const Output& output) {
  const VariableInfo* const variable = state_->FindVariable(output.node);
  if (variable == nullptr || output.index != 0) return output;
  if (!variable->is_resource) return variable->snapshot;
  const DType dtype = state_->TypeOf(output).handle_dtype;
  GraphState::NodeSpec spec{.op = "ReadVariableOp", .name = state_->UniqueName("ReadVariableOp"), .inputs = {output}};
  spec.attrs = {{"dtype", AttrValue::Type(dtype)}};
  const std::string name = spec.name;
  return state_->AddNode(std::move(spec)) < 0 ? Output{} : Output{name, 0};
}

DType GraphBuilder::FirstDType(const std::vector<Argument>& arguments) const {
  for (const Argument& argument : arguments) {
    if (const auto* const tensor = std::get_if<Tensor>(&argument.operand->value())) return tensor->dtype();
    if (const auto* const output = std::get_if<Output>(&argument.operand->value())) {
      const OutputType& type = state_->TypeOf(*output);
      return type.handle_dtype != DType::kInvalid ? type.handle_dtype : type.dtype;
    }
  }
  return DType::kFloat;
}

Output GraphBuilder::Materialize(const Operand& operand, const char* name, DType number_dtype) {
  if (const auto* const output = std::get_if<Output>(&operand.value())) {
    if (!output->valid()) {
      state_->Fail(absl::InvalidArgumentError(
          absl::StrCat("scope '", state_->name_scope, "': input '", name, "' is no tensor of a graph")));
      return {};
    }
    return ValueOf(*output);
  }
  if (const auto* const tensor = std::get_if<Tensor>(&operand.value())) return AddConst(*state_, *tensor, name);
  absl::StatusOr<Tensor> number = NumberTensor(std::get<double>(operand.value()), number_dtype);
  if (!number.ok()) {
    state_->Fail(number.status());
    return {};
  }
  return AddConst(*state_, *number, name);
}

std::vector<Output> GraphBuilder::AddOp(const char* op, absl::string_view name, const std::vector<Argument>& arguments,
                                        Attrs attrs) {
  if (!status().ok()) return {Output{}};
  const DType number_dtype = FirstDType(arguments);
  NodeScope scope(*state_, name);
  GraphState::NodeSpec spec{.op = op, .name = scope.name()};
  for (const Argument& argument : arguments) {
    spec.inputs.push_back(Materialize(*argument.operand, argument.name, number_dtype));
  }
  spec.attrs = std::move(attrs);
  const int index = state_->AddNode(std::move(spec));
  if (index < 0) return {Output{}};
  std::vector<Output> outputs;
  for (size_t i = 0; i < state_->types(index).outputs.size(); ++i) {
    outputs.push_back({scope.name(), static_cast<int>(i)});
  }
  // Of an op that Floe does not know, at least the first output is assumed.
  if (outputs.empty() && !state_->types(index).known) outputs.push_back({scope.name(), 0});
  return outputs;
}

Output GraphBuilder::AddTyped(const char* op, absl::string_view name, const std::vector<Argument>& arguments,
                              Attrs attrs) {
  attrs.emplace_back("T", AttrValue::Type(FirstDType(arguments)));
  return AddOp(op, name, arguments, std::move(attrs))[0];
}

Output GraphBuilder::Binary(const char* op, absl::string_view name, const Operand& x, const Operand& y, Attrs attrs) {
  return AddTyped(op, name, {{"x", &x}, {"y", &y}}, std::move(attrs));
}

Output GraphBuilder::Operator(const char* op, absl::string_view name, const Operand& x, const Operand& y) {
  if (!status().ok()) return {};
  if (const auto* const output = std::get_if<Output>(&x.value())) return Binary(op, name, ValueOf(*output), y);
  return Binary(op, name, x, y);
}

Output GraphBuilder::Unary(const char* op, absl::string_view name, const Operand& x, Attrs attrs) {
  return AddTyped(op, name, {{"x", &x}}, std::move(attrs));
}

std::vector<Output> GraphBuilder::Op(absl::string_view op, const std::vector<Operand>& inputs,
                                     std::vector<std::pair<std::string, AttrValue>> attrs, absl::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i) names.push_back(absl::StrCat("input_", i));
  std::vector<Argument> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) arguments.push_back({names[i].c_str(), &inputs[i]});
  const std::string op_name(op);
  return AddOp(op_name.c_str(), name.empty() ? op : name, arguments, std::move(attrs));
}

Operation GraphBuilder::NoOp(absl::string_view name) {
  GraphState::NodeSpec spec{.op = "NoOp", .name = state_->UniqueName(name)};
  Operation operation{spec.name};
  return state_->AddNode(std::move(spec)) < 0 ? Operation{} : operation;
}

Operation GraphBuilder::Group(const std::vector<Operation>& operations, absl::string_view name) {
  return AddGroup(*state_, operations, name);
}

std::vector<Output> GraphBuilder::Collection(const std::string& name) {
  std::vector<Output> outputs;
  const auto found = state_->collections().find(name);
  if (found == state_->collections().end()) return outputs;
  for (const std::string& value : found->second.values) {
    const absl::StatusOr<InputRef> ref = ParseInputRef(value);
    if (ref.ok()) outputs.push_back({std::string(ref->node), ref->output});
  }
  return outputs;
}

void GraphBuilder::AddToCollection(const std::string& name, const GraphElement& element) {
  floe::Collection& collection = state_->collections()[name];
  const absl::StatusOr<InputRef> ref = ParseInputRef(element.text);
  const bool is_variable = ref.ok() && state_->FindVariable(ref->node) != nullptr;
  const auto kind = is_variable ? floe::Collection::Kind::kVariables : floe::Collection::Kind::kNodes;
  if (!ref.ok() || state_->FindNode(ref->node) == nullptr) {
    state_->Fail(
        absl::InvalidArgumentError(absl::StrCat("collection '", name, "': '", element.text, "' is not in this graph")));
  } else if (!collection.values.empty() && collection.kind != kind) {
    state_->Fail(absl::InvalidArgumentError(absl::StrCat("collection '", name, "' holds ",
                                                         is_variable ? "what is no variable" : "variables",
                                                         " already; '", element.text, "' is of another kind")));
  } else {
    collection.kind = kind;
    collection.values.push_back(is_variable ? std::string(ref->node) : element.text);
  }
}

}  // namespace floe
