#include "session/graph_state.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

// TensorFlow's rule for names: [A-Za-z0-9.][A-Za-z0-9_.\\/>-]*.
bool IsName(absl::string_view name) {
  if (name.empty() || !(absl::ascii_isalnum(static_cast<unsigned char>(name[0])) || name[0] == '.')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("_.\\/>-").find(c) != absl::string_view::npos;
  });
}

std::string InputText(const Output& output) { return FormatInputRef(output.node, output.index); }

}  // namespace

std::string GraphState::UniqueName(absl::string_view name) {
  if (absl::EndsWith(name, "/")) return std::string(name.substr(0, name.size() - 1));
  const std::string whole = absl::StrCat(name_scope, name);
  if (!IsName(whole)) {
    Fail(absl::InvalidArgumentError(absl::StrCat("'", name,
                                                 "' is no name: wanted letters, digits, '_', '.', '-', '/', "
                                                 "and a letter or digit first")));
    return whole;
  }
  // Names that differ in case only are no two names.
  std::string key = absl::AsciiStrToLower(whole);
  int& count = names_in_use_[key];
  int number = count++;
  if (number == 0) return whole;
  std::string tried = key;
  while (names_in_use_.contains(tried)) tried = absl::StrCat(key, "_", number++);
  names_in_use_[tried] = 1;
  return absl::StrCat(whole, "_", number - 1);
}

std::string GraphState::PeekName(absl::string_view name) {
  const std::string whole = absl::StrCat(name_scope, name);
  const std::string key = absl::AsciiStrToLower(whole);
  const auto found = names_in_use_.find(key);
  if (found == names_in_use_.end()) return whole;
  int number = found->second;
  while (names_in_use_.contains(absl::StrCat(key, "_", number))) ++number;
  return absl::StrCat(whole, "_", number);
}

const OutputType& GraphState::TypeOf(const Output& output) const {
  static const auto* const unknown = new OutputType;
  const int index = graph_.Find(output.node);
  if (index < 0) return *unknown;
  const NodeTypes& types = types_[static_cast<size_t>(index)];
  if (output.index < 0 || output.index >= static_cast<int>(types.outputs.size())) return *unknown;
  return types.outputs[static_cast<size_t>(output.index)];
}

const Node* GraphState::FindNode(absl::string_view name) const {
  const int index = graph_.Find(name);
  return index < 0 ? nullptr : &graph_.node(index);
}

absl::Status GraphState::Infer(const Node& node, NodeTypes* types) const {
  std::vector<const OutputType*> inputs;
  for (const std::string& input : node.inputs) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(input));
    if (!ref.control) inputs.push_back(&TypeOf({std::string(ref.node), ref.output}));
  }
  absl::StatusOr<NodeTypes> inferred = InferNodeTypes(node, inputs);
  if (!inferred.ok()) return Annotate(inferred.status(), absl::StrCat("node '", node.name, "' (", node.op, ")"));
  *types = *std::move(inferred);
  return absl::OkStatus();
}

int GraphState::AddNode(NodeSpec spec) {
  if (!ok()) return -1;
  Node node;
  node.name = spec.name;
  node.op = std::move(spec.op);
  for (const Output& input : spec.inputs) {
    const int source = graph_.Find(input.node);
    if (source < 0 || input.index < 0 ||
        (types_[static_cast<size_t>(source)].known &&
         input.index >= static_cast<int>(types_[static_cast<size_t>(source)].outputs.size()))) {
      Fail(absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' (", node.op, "): its input ",
                                                   input.valid() ? absl::StrCat("'", input.name(), "'") : "",
                                                   " is no tensor of this graph")));
      return -1;
    }
    node.inputs.push_back(InputText(input));
  }
  std::vector<std::string> controls = std::move(spec.controls);
  for (const ControlScope& scope : control_scopes) {
    const bool waits = std::any_of(spec.inputs.begin(), spec.inputs.end(),
                                   [&](const Output& input) { return scope.seen.contains(input.node); });
    if (waits) continue;
    for (const std::string& control : scope.controls) {
      const bool is_input = std::any_of(spec.inputs.begin(), spec.inputs.end(),
                                        [&](const Output& input) { return input.node == control; });
      if (!is_input) controls.push_back(control);
    }
  }
  std::sort(controls.begin(), controls.end());
  controls.erase(std::unique(controls.begin(), controls.end()), controls.end());
  for (const std::string& control : controls) node.inputs.push_back(absl::StrCat("^", control));
  for (auto& [name, value] : spec.attrs) node.attrs.Set(name, std::move(value));

  DeviceSpec device;
  for (const DeviceSpec& scope : device_scopes) device = device.MergedWith(scope);
  node.device = device.ToString();
  std::vector<std::string> places;
  if (!place_with.empty()) places.push_back(absl::StrCat("loc:@", place_with));
  for (const std::string& place : spec.colocate) {
    // A node that is placed with another one brings along what that is placed with.
    std::vector<std::string> inherited = {absl::StrCat("loc:@", place)};
    if (const Node* const other = FindNode(place); other != nullptr) {
      if (!other->device.empty()) node.device = other->device;
      if (absl::StatusOr<std::vector<std::string>> theirs = other->attrs.Strings("_class", {});
          theirs.ok() && !theirs->empty()) {
        inherited = *std::move(theirs);
      }
    }
    places.insert(places.end(), inherited.begin(), inherited.end());
  }
  if (!places.empty()) {
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    node.attrs.Set("_class", AttrValue::Strings(places));
  }

  NodeTypes types;
  if (absl::Status inferred = Infer(node, &types); !inferred.ok()) {
    Fail(inferred);
    return -1;
  }
  for (ControlScope& scope : control_scopes) scope.seen.insert(node.name);
  if (absl::Status added = graph_.Add(std::move(node)); !added.ok()) {
    Fail(added);
    return -1;
  }
  types_.push_back(std::move(types));
  return graph_.num_nodes() - 1;
}

absl::Status GraphState::AddImported(Node node) {
  FLOE_RETURN_IF_ERROR(status_);
  NodeTypes types;
  FLOE_RETURN_IF_ERROR(Infer(node, &types));
  // A later node of the same name, or inside a scope of that name, must get another one.
  const std::string key = absl::AsciiStrToLower(node.name);
  names_in_use_.try_emplace(key, 1);
  for (size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    names_in_use_.try_emplace(key.substr(0, slash), 1);
  }
  FLOE_RETURN_IF_ERROR(graph_.Add(std::move(node)));
  types_.push_back(std::move(types));
  return absl::OkStatus();
}

void GraphState::SetAttr(absl::string_view node, absl::string_view name, AttrValue value) {
  const int index = graph_.Find(node);
  if (index >= 0) graph_.mutable_node(index)->attrs.Set(name, std::move(value));
}

VariableInfo* GraphState::FindVariable(absl::string_view node) {
  const auto found = variable_index_.find(node);
  return found == variable_index_.end() ? nullptr : &variables_[found->second];
}

void GraphState::AddVariable(VariableInfo info, const std::vector<std::string>& collections) {
  const std::string node = info.variable.node;
  if (variable_index_.emplace(node, variables_.size()).second) variables_.push_back(std::move(info));
  for (const std::string& name : collections) {
    Collection& collection = collections_[name];
    collection.kind = Collection::Kind::kVariables;
    collection.values.push_back(node);
  }
}

std::vector<VariableInfo> GraphState::VariablesIn(const std::string& collection) {
  std::vector<VariableInfo> found;
  const auto values = collections_.find(collection);
  if (values == collections_.end() || values->second.kind != Collection::Kind::kVariables) return found;
  for (const std::string& node : values->second.values) {
    if (const VariableInfo* const info = FindVariable(node); info != nullptr) found.push_back(*info);
  }
  return found;
}

ControlsScope::ControlsScope(GraphState& graph, const std::vector<std::string>& controls) : graph_(graph) {
  for (const std::string& control : controls) {
    if (graph.FindNode(control) == nullptr) {
      graph.Fail(absl::InvalidArgumentError(absl::StrCat("control dependency on '", control, "': no such node")));
      continue;
    }
    graph.SetAttr(control, "_has_manual_control_dependencies", AttrValue::Bool(true));
  }
  graph.control_scopes.push_back({controls, {}});
}

DeviceScope::DeviceScope(GraphState& graph, const std::string& device) : graph_(graph) {
  absl::StatusOr<DeviceSpec> spec = DeviceSpec::Parse(device);
  if (!spec.ok()) graph.Fail(spec.status());
  graph.device_scopes.push_back(spec.ok() ? *std::move(spec) : DeviceSpec());
}

Output AddConst(GraphState& graph, const Tensor& value, absl::string_view name) {
  if (!value.valid()) {
    graph.Fail(absl::InvalidArgumentError(absl::StrCat("constant '", name, "': no tensor")));
    return {};
  }
  GraphState::NodeSpec spec{.op = "Const", .name = graph.UniqueName(name)};
  spec.attrs = {{"dtype", AttrValue::Type(value.dtype())}, {"value", AttrValue::OfTensor(value)}};
  const std::string node = spec.name;
  return graph.AddNode(std::move(spec)) < 0 ? Output{} : Output{node, 0};
}

namespace {

Operation AddNoOp(GraphState& graph, const std::string& whole_name) {
  GraphState::NodeSpec spec{.op = "NoOp", .name = whole_name};
  return graph.AddNode(std::move(spec)) < 0 ? Operation{} : Operation{whole_name};
}

Operation AddNoOpOn(GraphState& graph, const std::string& device, const std::vector<std::string>& controls,
                    const std::string& whole_name) {
  ControlsScope wait(graph, controls);
  DeviceScope place(graph, device);
  return AddNoOp(graph, whole_name);
}

}  // namespace

Operation AddGroup(GraphState& graph, const std::vector<Operation>& operations, absl::string_view name) {
  NodeScope scope(graph, name);
  if (operations.empty()) return AddNoOp(graph, scope.name());
  std::map<std::string, std::vector<std::string>> by_device;
  for (const Operation& operation : operations) {
    const Node* const node = graph.FindNode(operation.name);
    if (node == nullptr) {
      graph.Fail(absl::InvalidArgumentError(
          absl::StrCat("group '", name, "': '", operation.name, "' is no operation of this graph")));
      return {};
    }
    by_device[node->device].push_back(operation.name);
  }
  if (by_device.size() == 1) {
    return AddNoOpOn(graph, by_device.begin()->first, by_device.begin()->second, scope.name());
  }
  std::vector<std::string> parts;
  for (const auto& [device, names] : by_device) {
    parts.push_back(AddNoOpOn(graph, device, names, graph.UniqueName("NoOp")).name);
  }
  ControlsScope wait(graph, parts);
  return AddNoOp(graph, scope.name());
}

}  // namespace floe
