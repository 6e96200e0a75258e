#include "session/init_graph.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/inline_functions.h"
#include "ops/op.h"
#include "ops/registry.h"
#include "session/variable_keys.h"

namespace floe {
namespace {

constexpr int kMaxDepth = 1000;

bool InitializesTable(const std::string& op) {
  return absl::StartsWith(op, "InitializeTable") || absl::StartsWith(op, "LookupTableImport");
}

bool Assigns(const std::string& op) { return op == "Assign" || op == "AssignVariableOp"; }

// The node whose handle arrives at `index`.
int HandleBehind(const Graph& graph, const NodeInputs& inputs, int index) {
  constexpr int kMaxSteps = 16;
  for (int step = 0; step < kMaxSteps; ++step) {
    const std::string& op = graph.node(index).op;
    const std::vector<int>& sources = inputs.nodes[static_cast<size_t>(index)];
    if ((op != "Identity" && op != "RefIdentity") || sources.empty()) break;
    index = sources[0];
  }
  return index;
}

// A few bytes of a graph can ask for any amount of memory; no table needs so much.
constexpr int64_t kMaxValueBytes = int64_t{256} << 20;

absl::Status CheckSize(const OpInfo& op, const Node& node, const std::vector<Tensor>& inputs) {
  std::vector<TensorInfo> infos;
  for (const Tensor& input : inputs) infos.push_back({input.dtype(), input.shape(), &input});
  InferContext context(node.name, node.attrs, infos);
  // What does not fit is said, with the node's name, when it is evaluated.
  if (!op.infer(context).ok()) return absl::OkStatus();
  for (const TensorInfo& output : context.outputs()) {
    if (!output.shape.IsFullyDefined()) continue;
    const absl::StatusOr<Shape> shape = Shape::Checked(output.shape.dims());
    const int64_t element = std::max<int64_t>(ElementBytes(output.dtype), 1);
    if (shape.ok() && shape->num_elements() <= kMaxValueBytes / element) continue;
    return absl::ResourceExhaustedError(absl::StrCat("node '", node.name, "' (", node.op, ") makes a tensor of shape ",
                                                     output.shape.ToString(), ", too large for an initial value"));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsTable(const std::string& op) { return op == "HashTable" || op == "HashTableV2" || op == "AnonymousHashTable"; }

bool IsMutableTable(const std::string& op) {
  for (const char* prefix : {"MutableHashTable", "MutableDenseHashTable", "AnonymousMutable"}) {
    if (absl::StartsWith(op, prefix)) return true;
  }
  return false;
}

absl::StatusOr<InitGraph> InitGraph::Create(const MetaGraph& meta) {
  std::vector<std::string> roots;
  for (const std::string& node : meta.init_ops) {
    if (meta.graph.Find(node) >= 0) roots.push_back(node);
  }
  for (const Node& node : meta.graph.nodes()) {
    if (InitializesTable(node.op)) roots.push_back(node.name);
  }
  InitGraph init;
  if (roots.empty()) return init;
  FLOE_ASSIGN_OR_RETURN(init.graph_, ExtractSubgraph(meta.graph, roots));
  FLOE_ASSIGN_OR_RETURN(const bool calls, HasCalls(init.graph_));
  if (calls) {
    FLOE_ASSIGN_OR_RETURN(init.graph_, InlineFunctions(init.graph_, {}));
  }
  FLOE_ASSIGN_OR_RETURN(init.inputs_, ResolveInputs(init.graph_));
  return init;
}

std::vector<const Node*> InitGraph::InitializersOf(const std::string& table) const {
  std::vector<const Node*> found;
  for (int i = 0; i < graph_.num_nodes(); ++i) {
    const std::vector<int>& sources = inputs_.nodes[static_cast<size_t>(i)];
    if (!InitializesTable(graph_.node(i).op) || sources.empty()) continue;
    if (graph_.node(HandleBehind(graph_, inputs_, sources[0])).name == table) found.push_back(&graph_.node(i));
  }
  return found;
}

absl::StatusOr<std::optional<Tensor>> InitGraph::AssignedValue(const std::string& variable,
                                                               const VariableValue& value) {
  for (int i = 0; i < graph_.num_nodes(); ++i) {
    const std::vector<int>& sources = inputs_.nodes[static_cast<size_t>(i)];
    if (!Assigns(graph_.node(i).op) || sources.size() < 2) continue;
    if (graph_.node(HandleBehind(graph_, inputs_, sources[0])).name != variable) continue;
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, InputValue(graph_.node(i), 1, value));
    return std::optional<Tensor>(std::move(tensor));
  }
  return std::optional<Tensor>();
}

absl::StatusOr<Tensor> InitGraph::InputValue(const Node& node, size_t input, const VariableValue& value) {
  const auto index = static_cast<size_t>(graph_.Find(node.name));
  if (input >= inputs_.refs[index].size() || inputs_.refs[index][input].control) {
    return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' (", node.op, ") has no input ", input));
  }
  return Evaluate(inputs_.nodes[index][input], inputs_.refs[index][input].output, value, 0);
}

absl::StatusOr<Tensor> InitGraph::Evaluate(int node, int output, const VariableValue& value, int depth) {
  if (const auto known = values_.find(node); known == values_.end()) {
    if (depth > kMaxDepth || !under_way_.insert(node).second) {
      return absl::FailedPreconditionError(
          absl::StrCat("node '", graph_.node(node).name, "' depends on itself, or on a very long chain"));
    }
    absl::StatusOr<Tensor> evaluated = EvaluateNew(node, output, value, depth);
    under_way_.erase(node);
    return evaluated;
  }
  const std::vector<Tensor>& results = values_[node];
  if (static_cast<size_t>(output) < results.size()) return results[static_cast<size_t>(output)];
  return absl::InvalidArgumentError(absl::StrCat("node '", graph_.node(node).name, "' has no result ", output));
}

absl::StatusOr<Tensor> InitGraph::EvaluateNew(int index, int output, const VariableValue& value, int depth) {
  const Node& node = graph_.node(index);
  std::vector<Tensor> results;
  const auto i = static_cast<size_t>(index);
  if (node.op == "Const") {
    absl::StatusOr<Tensor> tensor = node.attrs.OfTensor("value");
    if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("node '", node.name, "'"));
    results.push_back(*std::move(tensor));
  } else if (IsVariable(node.op)) {
    FLOE_ASSIGN_OR_RETURN(results.emplace_back(), value(node));
  } else {
    std::vector<Tensor> inputs;
    for (size_t k = 0; k < inputs_.refs[i].size(); ++k) {
      if (inputs_.refs[i][k].control) continue;
      FLOE_ASSIGN_OR_RETURN(inputs.emplace_back(),
                            Evaluate(inputs_.nodes[i][k], inputs_.refs[i][k].output, value, depth + 1));
    }
    if (node.op == "ReadVariableOp" && inputs.size() == 1) {
      results = std::move(inputs);
    } else {
      const OpInfo* const op = FindOp(node.op);
      if (op == nullptr || op->evaluate == nullptr || op->is_stateful()) {
        return absl::FailedPreconditionError(
            absl::StrCat("node '", node.name, "' (", node.op, ") cannot be computed before the model runs"));
      }
      FLOE_RETURN_IF_ERROR(CheckSize(*op, node, inputs));
      FLOE_ASSIGN_OR_RETURN(results, floe::Evaluate(*op, node.name, node.attrs, inputs));
    }
  }
  values_[index] = results;
  if (static_cast<size_t>(output) < results.size()) return results[static_cast<size_t>(output)];
  return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' has no result ", output));
}

}  // namespace floe
