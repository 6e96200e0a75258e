// The variables of a GraphBuilder, node for node as TensorFlow's Variable classes make them.
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/tensor_slice.h"
#include "session/add_variable.h"
#include "session/graph_builder.h"

namespace floe {
namespace {

// A constant that is placed with its variable, wherever other nodes go.
class PlacedWith {
 public:
  PlacedWith(GraphState& graph, const std::string& variable) : graph_(graph) {
    graph.place_with = variable;
    graph.device_scopes.swap(devices_);
  }
  ~PlacedWith() {
    graph_.place_with.clear();
    graph_.device_scopes.swap(devices_);
  }
  PlacedWith(const PlacedWith&) = delete;
  PlacedWith& operator=(const PlacedWith&) = delete;

 private:
  GraphState& graph_;
  std::vector<DeviceSpec> devices_;
};

}  // namespace

Output GraphBuilder::MakeVariable(absl::string_view name, const Operand& initial_value, bool resource,
                                  const VariableOptions& options, std::optional<SliceInfo> slice) {
  if (!status().ok()) return {};
  OutsideControls outside(*state_);
  NodeScope scope(*state_, name);
  const std::string& node = scope.name();
  // A part of a variable is made as TensorFlow's get_variable makes variables.
  const bool placed_initializer = resource || slice.has_value();
  Output initial;
  if (placed_initializer && std::get_if<Output>(&initial_value.value()) == nullptr) {
    PlacedWith placed(*state_, node);
    NodeScope initializer(*state_, "Initializer");
    initial = Materialize(initial_value, slice.has_value() ? "Const" : "initial_value", DType::kFloat);
  } else {
    initial = Materialize(initial_value, "initial_value", DType::kFloat);
  }
  VariableSpec spec;
  spec.initial_value = initial;
  spec.resource = resource;
  spec.trainable = options.trainable;
  spec.collections = options.collections;
  spec.slice = std::move(slice);
  if (placed_initializer) spec.placed_with = node;
  return AddVariable(*state_, node, std::move(spec));
}

Output GraphBuilder::Variable(absl::string_view name, const Operand& initial_value, const VariableOptions& options) {
  return MakeVariable(name, initial_value, false, options, std::nullopt);
}

Output GraphBuilder::ResourceVariable(absl::string_view name, const Operand& initial_value,
                                      const VariableOptions& options) {
  return MakeVariable(name, initial_value, true, options, std::nullopt);
}

std::vector<Output> GraphBuilder::PartitionedVariable(absl::string_view name, const Tensor& initial_value, int parts,
                                                      int axis, bool resource, const VariableOptions& options) {
  const floe::Shape& shape = initial_value.shape();
  if (axis < 0 || axis >= shape.rank() || parts < 1 || parts > shape.dim(axis)) {
    state_->Fail(absl::InvalidArgumentError(absl::StrCat("variable '", name, "': no ", parts, " parts along axis ",
                                                         axis, " of a tensor of shape ", shape.ToString())));
    return {};
  }
  const std::string full_name = absl::StrCat(state_->name_scope, name);
  std::vector<Output> variables;
  const int64_t length = shape.dim(axis) / parts, larger = shape.dim(axis) % parts;
  int64_t start = 0;
  for (int part = 0; part < parts; ++part) {
    // The first ones take what does not divide evenly.
    TensorSlice slice = WholeSlice(shape);
    slice[static_cast<size_t>(axis)] = {start, length + (part < larger ? 1 : 0)};
    start += slice[static_cast<size_t>(axis)].length;
    absl::StatusOr<Tensor> value = Tensor::Allocate(initial_value.dtype(), SliceShape(slice));
    if (!value.ok()) {
      state_->Fail(value.status());
      return {};
    }
    CopySlicePart(slice, initial_value, WholeSlice(shape), &*value, slice);
    SliceInfo info{full_name, {shape.dims().begin(), shape.dims().end()}, {}, {}};
    for (const SliceExtent& extent : slice) {
      info.offset.push_back(extent.start);
      info.shape.push_back(extent.length);
    }
    variables.push_back(MakeVariable(absl::StrCat(name, "/part_", part), *value, resource, options, std::move(info)));
  }
  return variables;
}

Output GraphBuilder::Update(const char* ref_op, const char* resource_op, const Output& variable, const Operand& value,
                            absl::string_view name, Attrs attrs) {
  if (!status().ok()) return {};
  const OutputType type = state_->TypeOf(variable);
  if (!type.is_ref && type.handle_dtype == DType::kInvalid) {
    state_->Fail(
        absl::InvalidArgumentError(absl::StrCat(ref_op, ": '", variable.name(), "' is no variable of this graph")));
    return {};
  }
  if (type.is_ref) {
    NodeScope scope(*state_, name.empty() ? ref_op : name);
    const Output input = Materialize(value, "value", type.dtype);
    attrs.emplace_back("T", AttrValue::Type(type.dtype));
    state_->AddNode({.op = ref_op,
                     .name = scope.name(),
                     .inputs = {variable, input},
                     .attrs = std::move(attrs),
                     .colocate = {variable.node}});
    return status().ok() ? Output{scope.name(), 0} : Output{};
  }
  const Output input = Materialize(value, "Const", type.handle_dtype);
  const std::string node = state_->UniqueName(name.empty() ? resource_op : name);
  Attrs resource_attrs = {{"dtype", AttrValue::Type(type.handle_dtype)}};
  if (absl::string_view(resource_op) == "AssignVariableOp") {
    resource_attrs.emplace_back("validate_shape", AttrValue::Bool(type.handle_shape.IsFullyDefined()));
  }
  state_->AddNode({.op = resource_op, .name = node, .inputs = {variable, input}, .attrs = std::move(resource_attrs)});
  if (!status().ok()) return {};
  ControlsScope wait(*state_, {node});
  return ValueOf(variable);
}

Output GraphBuilder::Assign(const Output& variable, const Operand& value, absl::string_view name) {
  return Update("Assign", "AssignVariableOp", variable, value, name,
                {{"use_locking", AttrValue::Bool(true)}, {"validate_shape", AttrValue::Bool(true)}});
}
Output GraphBuilder::AssignAdd(const Output& variable, const Operand& value, absl::string_view name) {
  return Update("AssignAdd", "AssignAddVariableOp", variable, value, name, {{"use_locking", AttrValue::Bool(false)}});
}
Output GraphBuilder::AssignSub(const Output& variable, const Operand& value, absl::string_view name) {
  return Update("AssignSub", "AssignSubVariableOp", variable, value, name, {{"use_locking", AttrValue::Bool(false)}});
}

Output GraphBuilder::IsVariableInitialized(const Output& variable, absl::string_view name) {
  if (!status().ok()) return {};
  const OutputType type = state_->TypeOf(variable);
  const char* const op = type.is_ref ? "IsVariableInitialized" : "VarIsInitializedOp";
  GraphState::NodeSpec spec{.op = op, .name = state_->UniqueName(name.empty() ? op : name), .inputs = {variable}};
  if (type.is_ref) {
    spec.attrs = {{"dtype", AttrValue::Type(type.dtype)}};
    spec.colocate = {variable.node};
  }
  const std::string node = spec.name;
  return state_->AddNode(std::move(spec)) < 0 ? Output{} : Output{node, 0};
}

Operation GraphBuilder::Initializer(const Output& variable) {
  const VariableInfo* const info = state_->FindVariable(variable.node);
  if (info != nullptr) return {info->initializer};
  state_->Fail(absl::InvalidArgumentError(
      absl::StrCat("'", variable.valid() ? variable.name() : "", "' is no variable of this graph")));
  return {};
}

Operation GraphBuilder::VariablesInitializer(const std::vector<Output>& variables, absl::string_view name) {
  std::vector<Operation> initializers;
  for (const Output& variable : variables) initializers.push_back(Initializer(variable));
  return status().ok() ? AddGroup(*state_, initializers, name) : Operation{};
}

}  // namespace floe
