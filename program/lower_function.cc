// Lowering of calls: a function's body becomes part of the caller, and the functions of If, Case and While become their
// regions.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/control_flow.h"
#include "ops/registry.h"
#include "program/infer.h"
#include "program/lowering.h"

namespace floe {
namespace {

absl::StatusOr<std::vector<Edge>> EdgesOf(const Graph& graph, const std::vector<std::string>& tensors) {
  std::vector<Edge> edges;
  for (const std::string& tensor : tensors) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
    FLOE_ASSIGN_OR_RETURN(const int node, graph.FindOrError(ref.node));
    edges.push_back({node, ref.output});
  }
  return edges;
}

absl::Status WantArguments(const FunctionGraph& function, size_t count) {
  if (function.inputs.size() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted ", function.inputs.size(), " inputs, got ", count));
}

absl::Status WantType(const Program& program, ValueId id, const FunctionGraph& function, size_t argument) {
  const Node& node = function.graph.node(function.graph.Find(function.inputs[argument]));
  FLOE_ASSIGN_OR_RETURN(const DType wanted, node.attrs.Type("T"));
  const DType got = program.values[id].dtype;
  // The flow of a TensorArray is a float to TensorFlow, and here it is the array.
  if (got == wanted || got == DType::kVariant) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input '", function.inputs[argument], "': wanted ", DTypeName(wanted), ", got ", DTypeName(got)));
}

// Whether result `k` is argument `k`, perhaps by way of identities.
bool PassesThrough(const FunctionGraph& function, size_t k) {
  absl::StatusOr<InputRef> ref = ParseInputRef(function.outputs[k]);
  for (int steps = function.graph.num_nodes(); ref.ok() && ref->output == 0 && steps >= 0; --steps) {
    const int index = function.graph.Find(ref->node);
    if (index < 0) return false;
    const Node& node = function.graph.node(index);
    if (node.op == kArgumentOp) return node.name == function.inputs[k];
    if (node.op != "Identity" || node.inputs.empty()) return false;
    ref = ParseInputRef(node.inputs[0]);
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<std::pair<std::string, AttrMap>>> CalledFunctions(ModelLowering& model, const Node& node) {
  std::vector<std::pair<std::string, AttrMap>> called;
  if (model.IsFunction(node.op)) {
    called.push_back({node.op, node.attrs});
    return called;
  }
  const bool calls = node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall" || node.op == "BatchFunction";
  const bool chooses = node.op == "If" || node.op == "StatelessIf";
  const bool loops = node.op == "While" || node.op == "StatelessWhile";
  const auto add = [&](absl::string_view attr) -> absl::Status {
    const AttrValue* const value = node.attrs.Find(attr);
    absl::Status status = absl::InvalidArgumentError("is missing");
    if (value != nullptr) {
      absl::StatusOr<std::string> name = value->AsFunctionName();
      absl::StatusOr<AttrMap> attrs = value->AsFunctionAttrs();
      status = name.ok() ? attrs.status() : name.status();
      if (status.ok()) called.push_back({*std::move(name), *std::move(attrs)});
    }
    return Annotate(status, absl::StrCat("node '", node.name, "' (", node.op, "): attribute '", attr, "'"));
  };
  if (calls) FLOE_RETURN_IF_ERROR(add("f"));
  if (chooses) {
    FLOE_RETURN_IF_ERROR(add("then_branch"));
    FLOE_RETURN_IF_ERROR(add("else_branch"));
  }
  if (loops) {
    FLOE_RETURN_IF_ERROR(add("cond"));
    FLOE_RETURN_IF_ERROR(add("body"));
  }
  if (node.op == "Case" || node.op == "StatelessCase") {
    const AttrValue* const value = node.attrs.Find("branches");
    const absl::StatusOr<std::vector<std::string>> names =
        value != nullptr ? value->AsFunctionNames() : absl::InvalidArgumentError("attribute 'branches' is missing");
    if (!names.ok()) return Annotate(names.status(), absl::StrCat("node '", node.name, "' (", node.op, ")"));
    if (names->empty()) {
      return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' (", node.op, ") has no branches"));
    }
    for (const std::string& name : *names) called.push_back({name, AttrMap()});
  }
  return called;
}

absl::StatusOr<std::vector<ValueId>> GraphLowering::Inline(Program* program, const std::string& function,
                                                           const AttrMap& attrs, absl::Span<const ValueId> arguments,
                                                           const std::string& prefix) {
  FLOE_RETURN_IF_ERROR(model_.EnterFunction(function));
  FLOE_ASSIGN_OR_RETURN(const FunctionGraph body, model_.Instantiate(function, attrs));
  const auto lower = [&]() -> absl::StatusOr<std::vector<ValueId>> {
    FLOE_RETURN_IF_ERROR(WantArguments(body, arguments.size()));
    LoweredValues values;
    for (size_t i = 0; i < arguments.size(); ++i) {
      FLOE_RETURN_IF_ERROR(WantType(*program, arguments[i], body, i));
      values[{body.graph.Find(body.inputs[i]), 0}] = arguments[i];
    }
    FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> targets, EdgesOf(body.graph, body.outputs));
    return GraphLowering(&model_, body.graph, prefix).Run(program, std::move(values), targets);
  };
  absl::StatusOr<std::vector<ValueId>> results = lower();
  model_.LeaveFunction();
  if (!results.ok()) return Annotate(results.status(), absl::StrCat("function '", function, "'"));
  return results;
}

absl::Status GraphLowering::LowerCall(Region& region, int node, const std::string& function, const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<ValueId> arguments, ResolveInputs(region, node));
  FLOE_ASSIGN_OR_RETURN(const std::vector<ValueId> results,
                        Inline(region.program, function, attrs, arguments, NameOf(node) + "/"));
  for (size_t k = 0; k < results.size(); ++k) region.values[{node, static_cast<int>(k)}] = results[k];
  return absl::OkStatus();
}

absl::StatusOr<Program> GraphLowering::LowerFunctionRegion(const Program& outside, const std::string& function,
                                                           const AttrMap& attrs, absl::Span<const ValueId> arguments,
                                                           const std::vector<bool>& is_variable,
                                                           const std::string& prefix) {
  Program inside;
  std::vector<ValueId> own(arguments.size(), -1);
  for (const bool variables : {true, false}) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (is_variable[i] != variables) continue;
      const Value& value = outside.values[arguments[i]];
      if (value.constant && !variables) {
        own[i] = inside.AddConstant(value.name, *value.constant);
        continue;
      }
      own[i] = inside.AddValue({value.name, value.dtype, value.shape, std::nullopt, value.list});
      inside.inputs.push_back(own[i]);
    }
  }
  FLOE_RETURN_IF_ERROR(model_.EnterRegion());
  FLOE_ASSIGN_OR_RETURN(inside.outputs, Inline(&inside, function, attrs, own, prefix));
  model_.LeaveRegion();
  return inside;
}

// If and Case: the same with a condition and with an index.
absl::Status GraphLowering::LowerIf(Region& region, int index) {
  const Node& node = graph_.node(index);
  FLOE_ASSIGN_OR_RETURN(const auto branches, CalledFunctions(model_, node));
  FLOE_ASSIGN_OR_RETURN(std::vector<ValueId> inputs, ResolveInputs(region, index));
  if (inputs.empty()) return absl::InvalidArgumentError("it has no inputs; wanted a condition");
  const ValueId chooser = inputs[0];
  const std::vector<ValueId> arguments(inputs.begin() + 1, inputs.end());
  const bool is_if = node.op == "If" || node.op == "StatelessIf";
  if (const Tensor* const known = region.program->ConstantOf(chooser); known != nullptr) {
    size_t branch;
    if (is_if) {
      FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(*known));
      branch = truth ? 0 : 1;
    } else {
      FLOE_ASSIGN_OR_RETURN(const int chosen, ChooseBranch(*known, static_cast<int>(branches.size())));
      branch = static_cast<size_t>(chosen);
    }
    FLOE_ASSIGN_OR_RETURN(
        const std::vector<ValueId> results,
        Inline(region.program, branches[branch].first, branches[branch].second, arguments, NameOf(index) + "/"));
    for (size_t k = 0; k < results.size(); ++k) region.values[{index, static_cast<int>(k)}] = results[k];
    return absl::OkStatus();
  }
  Op op;
  op.info = FindOp(is_if ? "If" : "Case");
  op.inputs.push_back(chooser);
  for (const ValueId argument : arguments) {
    if (!region.program->values[argument].constant) op.inputs.push_back(argument);
  }
  const std::vector<bool> is_variable(arguments.size(), false);
  for (const auto& [function, attrs] : branches) {
    FLOE_ASSIGN_OR_RETURN(Program branch, LowerFunctionRegion(*region.program, function, attrs, arguments, is_variable,
                                                              NameOf(index) + "/"));
    if (!op.regions.empty() && branch.outputs.size() != op.regions[0].outputs.size()) {
      return absl::InvalidArgumentError(absl::StrCat("function '", function, "' has ", branch.outputs.size(),
                                                     " results, and '", branches[0].first, "' has ",
                                                     op.regions[0].outputs.size()));
    }
    op.regions.push_back(std::move(branch));
  }
  return Append(region, index, std::move(op));
}

absl::Status GraphLowering::LowerWhile(Region& region, int index) {
  const Node& node = graph_.node(index);
  FLOE_ASSIGN_OR_RETURN(const auto called, CalledFunctions(model_, node));
  const auto& [body_name, body_attrs] = called[1];
  FLOE_ASSIGN_OR_RETURN(const FunctionGraph body, model_.Instantiate(body_name, body_attrs));
  FLOE_ASSIGN_OR_RETURN(const std::vector<ValueId> inputs, ResolveInputs(region, index));
  if (body.outputs.size() != inputs.size() || body.inputs.size() != inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("it has ", inputs.size(), " inputs, and function '", body_name,
                                                   "' takes ", body.inputs.size(), " and gives ", body.outputs.size()));
  }
  std::vector<bool> is_variable(inputs.size());
  for (size_t k = 0; k < inputs.size(); ++k) is_variable[k] = !PassesThrough(body, k);
  Op op;
  op.info = FindOp("While");
  for (const bool variables : {true, false}) {
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (is_variable[k] != variables || (!variables && region.program->values[inputs[k]].constant)) continue;
      op.inputs.push_back(inputs[k]);
    }
  }
  const std::string prefix = NameOf(index) + "/";
  for (const auto& [function, attrs] : called) {
    FLOE_ASSIGN_OR_RETURN(Program inside,
                          LowerFunctionRegion(*region.program, function, attrs, inputs, is_variable, prefix));
    op.regions.push_back(std::move(inside));
  }
  if (op.regions[0].outputs.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("function '", called[0].first, "' has ",
                                                   op.regions[0].outputs.size(), " results; wanted a condition"));
  }
  std::vector<ValueId> next;
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (is_variable[k]) next.push_back(op.regions[1].outputs[k]);
  }
  op.regions[1].outputs = std::move(next);
  FLOE_RETURN_IF_ERROR(Append(region, index, std::move(op)));
  const std::vector<ValueId> outputs = region.program->ops.back().outputs;
  size_t variable = 0;
  for (size_t k = 0; k < inputs.size(); ++k) {
    region.values[{index, static_cast<int>(k)}] = is_variable[k] ? outputs[variable++] : inputs[k];
  }
  return absl::OkStatus();
}

}  // namespace floe
