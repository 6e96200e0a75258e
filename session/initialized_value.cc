#include "session/initialized_value.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"
#include "proto/serialize.h"
#include "tensorflow/core/framework/function.pb.h"

namespace floe {
namespace {

constexpr int kLibraryFunction = 1, kAttrList = 1, kListShape = 7;  // of function.proto and attr_value.proto

tensorflow::FunctionDef Branch(const std::string& name, const VariableInfo& variable, DType dtype, bool initialized) {
  tensorflow::FunctionDef function;
  tensorflow::OpDef& signature = *function.mutable_signature();
  signature.set_name(name);
  const auto add_arg = [&](const std::string& arg, DType type) {
    signature.add_input_arg()->set_name(arg);
    signature.mutable_input_arg(signature.input_arg_size() - 1)->set_type(static_cast<tensorflow::DataType>(type));
  };
  const DType first = variable.is_resource ? DType::kResource : dtype;
  signature.add_output_arg()->set_name("result");
  signature.mutable_output_arg(0)->set_type(static_cast<tensorflow::DataType>(dtype));
  add_arg("variable", first);
  add_arg("initial_value", dtype);
  if (!initialized) {
    (*function.mutable_ret())["result"] = "initial_value";
    return function;
  }
  tensorflow::NodeDef& read = *function.add_node_def();
  read.set_name("read");
  read.set_op(variable.is_resource ? "ReadVariableOp" : "Identity");
  read.add_input("variable");
  (*read.mutable_attr())[variable.is_resource ? "dtype" : "T"].set_type(static_cast<tensorflow::DataType>(dtype));
  (*function.mutable_ret())["result"] = variable.is_resource ? "read:value:0" : "read:output:0";
  if (variable.is_resource) signature.set_is_stateful(true);
  return function;
}

absl::Status AddFunction(GraphState& graph, const tensorflow::FunctionDef& function) {
  FLOE_ASSIGN_OR_RETURN(const std::string bytes, SerializeInOrder(function));
  std::string library(graph.graph().library());
  AppendBytesField(kLibraryFunction, bytes, &library);
  graph.set_library(std::move(library));
  return absl::OkStatus();
}

AttrValue ShapeListAttr(const PartialShape& shape) {
  std::string list, encoded;
  AppendBytesField(kListShape, EncodeShapeProto(shape), &list);
  AppendBytesField(kAttrList, list, &encoded);
  auto owner = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view bytes = *owner;
  return AttrValue(bytes, std::move(owner));
}

using Attrs = std::vector<std::pair<std::string, AttrValue>>;

Output AddIf(GraphState& graph, const VariableInfo& variable, const std::string& name, std::vector<Output> inputs,
             Attrs attrs) {
  graph.AddNode({.op = variable.is_resource ? "If" : "StatelessIf",
                 .name = name,
                 .inputs = std::move(inputs),
                 .attrs = std::move(attrs)});
  return {name, 0};
}

Output AddIdentity(GraphState& graph, const std::string& name, const Output& input) {
  graph.AddNode({.op = "Identity",
                 .name = name,
                 .inputs = {input},
                 .attrs = {{"T", AttrValue::Type(graph.TypeOf(input).dtype)}}});
  return {name, 0};
}

Attrs AttrsOf(const Node& node, const char* without) {
  Attrs attrs;
  for (const auto& [name, value] : node.attrs.entries()) {
    if (name != without) attrs.emplace_back(name, value);
  }
  return attrs;
}

}  // namespace

Output InitializedValue(GraphBuilder& builder, const VariableInfo& variable) {
  GraphState& graph = *builder.state();
  if (!variable.initial_value.valid()) {
    graph.Fail(absl::InvalidArgumentError(
        absl::StrCat("variable '", variable.variable.node, "': the meta graph does not name its initial value")));
    return {};
  }
  const Output condition = builder.IsVariableInitialized(variable.variable);
  const OutputType type = graph.TypeOf(variable.initial_value);
  NodeScope scope(graph, "cond");
  if (!graph.ok()) return {};
  const std::string base = absl::StrReplaceAll(scope.name(), {{"/", "_"}});
  const std::string then_name = absl::StrCat(base, "_true_", graph.next_uid++);
  const std::string else_name = absl::StrCat(base, "_false_", graph.next_uid++);
  for (const bool initialized : {false, true}) {
    const absl::Status added =
        AddFunction(graph, Branch(initialized ? then_name : else_name, variable, type.dtype, initialized));
    if (!added.ok()) graph.Fail(added);
  }
  const DType first = variable.is_resource ? DType::kResource : type.dtype;
  // Of a handle: which of the inputs is only read.
  const std::vector<int64_t> read_only = variable.is_resource ? std::vector<int64_t>{1} : std::vector<int64_t>();
  Attrs attrs = {{"Tcond", AttrValue::Type(DType::kBool)},
                 {"Tin", AttrValue::Types({first, type.dtype})},
                 {"Tout", AttrValue::Types({type.dtype})},
                 {"_lower_using_switch_merge", AttrValue::Bool(true)},
                 {"_read_only_resource_inputs", AttrValue::Ints(read_only)},
                 {"then_branch", AttrValue::Function(then_name)},
                 {"else_branch", AttrValue::Function(else_name)},
                 {"output_shapes", ShapeListAttr(type.shape)}};
  const Output result =
      AddIf(graph, variable, scope.name(), {condition, variable.variable, variable.initial_value}, std::move(attrs));
  return AddIdentity(graph, graph.UniqueName("Identity"), result);
}

Output GuardedValue(GraphBuilder& builder, const VariableInfo& variable, const Output& value,
                    const std::string& suffix) {
  GraphState& graph = *builder.state();
  const Output guarded = InitializedValue(builder, variable);
  if (!graph.ok()) return {};
  const std::string condition_name = std::string(absl::StripSuffix(value.node, "/Identity"));
  const Node* const original = graph.FindNode(condition_name);
  if (original == nullptr || original->inputs.size() < 3) {
    graph.Fail(absl::InternalError(absl::StrCat("'", value.node, "' is no value of a conditional")));
    return {};
  }
  const std::string condition = original->inputs[0];
  // These names are whole: the copies stand beside what they are copies of.
  const std::string copy = graph.UniqueName(absl::StrCat(condition_name, "_", suffix, "/"));
  const Output result =
      AddIf(graph, variable, copy, {{condition, 0}, guarded, variable.initial_value}, AttrsOf(*original, "_class"));
  return AddIdentity(graph, graph.UniqueName(absl::StrCat(value.node, "_", suffix, "/")), result);
}

}  // namespace floe
