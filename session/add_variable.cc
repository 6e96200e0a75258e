#include "session/add_variable.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace floe {
namespace {

using Attrs = std::vector<std::pair<std::string, AttrValue>>;

void AddResource(GraphState& graph, VariableInfo* info, DType dtype, const Attrs& placed) {
  Attrs read_attrs = placed;
  read_attrs.emplace_back("dtype", AttrValue::Type(dtype));
  {
    NodeScope initialized(graph, "IsInitialized");
    graph.AddNode({.op = "VarIsInitializedOp",
                   .name = graph.UniqueName("VarIsInitializedOp"),
                   .inputs = {info->variable},
                   .attrs = placed});
  }
  info->initializer = graph.UniqueName("Assign");
  graph.AddNode({.op = "AssignVariableOp",
                 .name = info->initializer,
                 .inputs = {info->variable, info->initial_value},
                 .attrs = {{"dtype", AttrValue::Type(dtype)}, {"validate_shape", AttrValue::Bool(false)}}});
  NodeScope read(graph, "Read");
  info->snapshot = {graph.UniqueName("ReadVariableOp"), 0};
  graph.AddNode({.op = "ReadVariableOp",
                 .name = info->snapshot.node,
                 .inputs = {info->variable},
                 .attrs = std::move(read_attrs)});
}

void AddReference(GraphState& graph, VariableInfo* info, DType dtype, const Output& assigned) {
  info->initializer = graph.UniqueName("Assign");
  graph.AddNode({.op = "Assign",
                 .name = info->initializer,
                 .inputs = {info->variable, assigned},
                 .attrs = {{"T", AttrValue::Type(dtype)},
                           {"use_locking", AttrValue::Bool(true)},
                           {"validate_shape", AttrValue::Bool(true)}},
                 .colocate = {info->variable.node}});
  info->snapshot = {graph.UniqueName("read"), 0};
  graph.AddNode({.op = "Identity",
                 .name = info->snapshot.node,
                 .inputs = {info->variable},
                 .attrs = {{"T", AttrValue::Type(dtype)}},
                 .colocate = {info->variable.node}});
}

}  // namespace

Output AddVariable(GraphState& graph, const std::string& name, VariableSpec spec) {
  if (!graph.ok()) return {};
  const OutputType type = graph.TypeOf(spec.initial_value);
  Attrs placed;
  if (!spec.placed_with.empty()) {
    placed.emplace_back("_class", AttrValue::Strings({absl::StrCat("loc:@", spec.placed_with)}));
  }
  Attrs attrs = placed;
  attrs.emplace_back("container", AttrValue::String(""));
  attrs.emplace_back("dtype", AttrValue::Type(type.dtype));
  attrs.emplace_back("shape", AttrValue::OfShape(type.shape));
  attrs.emplace_back("shared_name", AttrValue::String(spec.resource ? name : ""));
  if (spec.resource) {
    attrs.emplace_back("allowed_devices", AttrValue::Strings({}));
    attrs.emplace_back("debug_name", AttrValue::String(name + "/"));
  }
  graph.AddNode({.op = spec.resource ? "VarHandleOp" : "VariableV2", .name = name, .attrs = std::move(attrs)});

  VariableInfo info;
  info.variable = {name, 0};
  info.initial_value = spec.initial_value;
  info.is_resource = spec.resource;
  info.trainable = spec.trainable;
  info.slice = std::move(spec.slice);
  if (spec.resource) {
    AddResource(graph, &info, type.dtype, spec.all_placed ? placed : Attrs());
  } else {
    AddReference(graph, &info, type.dtype, spec.assigned_value == nullptr ? spec.initial_value : spec.assigned_value());
  }
  if (!graph.ok()) return {};
  std::vector<std::string> collections = std::move(spec.collections);
  if (spec.trainable) collections.emplace_back(kTrainableVariables);
  const Output variable = info.variable;
  graph.AddVariable(std::move(info), collections);
  return variable;
}

}  // namespace floe
