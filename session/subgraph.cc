#include "session/subgraph.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/registry.h"

namespace floe {

absl::StatusOr<NodeInputs> ResolveInputs(const Graph& graph) {
  NodeInputs inputs;
  inputs.refs.resize(static_cast<size_t>(graph.num_nodes()));
  inputs.nodes.resize(static_cast<size_t>(graph.num_nodes()));
  for (size_t i = 0; i < inputs.nodes.size(); ++i) {
    const Node& node = graph.node(static_cast<int>(i));
    for (const std::string& input : node.inputs) {
      absl::StatusOr<InputRef> ref = ParseInputRef(input);
      if (!ref.ok()) return Annotate(ref.status(), absl::StrCat("node '", node.name, "'"));
      const int source = graph.Find(ref->node);
      if (source < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("node '", node.name, "': its input '", input, "' is not in the graph"));
      }
      inputs.refs[i].push_back(*ref);
      inputs.nodes[i].push_back(source);
    }
  }
  return inputs;
}

std::vector<bool> Ancestors(const NodeInputs& inputs, absl::Span<const int> nodes) {
  std::vector<bool> seen(inputs.nodes.size(), false);
  std::vector<int> work(nodes.begin(), nodes.end());
  while (!work.empty()) {
    const auto index = static_cast<size_t>(work.back());
    work.pop_back();
    if (seen[index]) continue;
    seen[index] = true;
    work.insert(work.end(), inputs.nodes[index].begin(), inputs.nodes[index].end());
  }
  return seen;
}

absl::StatusOr<Graph> KeepNodes(const Graph& graph, const std::vector<bool>& keep) {
  Graph kept;
  for (int i = 0; i < graph.num_nodes(); ++i) {
    if (keep[static_cast<size_t>(i)]) FLOE_RETURN_IF_ERROR(kept.Add(graph.node(i)));
  }
  kept.set_library(graph.shared_library());
  kept.set_versions(std::string(graph.versions()));
  return kept;
}

absl::StatusOr<Graph> ExtractSubgraph(const Graph& graph, absl::Span<const std::string> outputs) {
  std::vector<int> targets;
  for (const std::string& output : outputs) {
    const absl::StatusOr<int> index = graph.FindOrError(NodeOfTensor(output));
    if (!index.ok()) return Annotate(index.status(), absl::StrCat("output '", output, "'"));
    targets.push_back(*index);
  }
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(graph));
  return KeepNodes(graph, Ancestors(inputs, targets));
}

bool WritesVariable(const std::string& op) {
  if (op == "AssignVariableOp" || op == "Assign" || op == "AssignAdd" || op == "AssignSub" || op == "CountUpTo" ||
      op == "AssignAddVariableOp" || op == "AssignSubVariableOp" || op == "ResourceCountUpTo" ||
      op == "ResourceStridedSliceAssign" || op == "StridedSliceAssign" || op == "ResourceConditionalAccumulator") {
    return true;
  }
  // ScatterUpdate on references; TensorScatter* and ScatterNd compute new tensors.
  for (const char* prefix : {"ResourceApply", "ResourceSparseApply", "ResourceScatter", "SparseApply", "ScatterNdAdd",
                             "ScatterNdSub", "ScatterNdUpdate", "ScatterNdMax", "ScatterNdMin", "ScatterAdd",
                             "ScatterSub", "ScatterMul", "ScatterDiv", "ScatterMin", "ScatterMax", "ScatterUpdate"}) {
    if (absl::StartsWith(op, prefix)) return true;
  }
  return absl::StartsWith(op, "Apply");
}

namespace {

// Which nodes come after one of those marked, themselves included.
std::vector<bool> After(const NodeInputs& inputs, const std::vector<bool>& marked) {
  std::vector<std::vector<int>> consumers(inputs.nodes.size());
  std::vector<int> work;
  for (size_t i = 0; i < inputs.nodes.size(); ++i) {
    for (const int source : inputs.nodes[i]) consumers[static_cast<size_t>(source)].push_back(static_cast<int>(i));
    if (marked[i]) work.push_back(static_cast<int>(i));
  }
  std::vector<bool> after(inputs.nodes.size(), false);
  while (!work.empty()) {
    const auto index = static_cast<size_t>(work.back());
    work.pop_back();
    if (after[index]) continue;
    after[index] = true;
    work.insert(work.end(), consumers[index].begin(), consumers[index].end());
  }
  return after;
}

// Drops the control inputs whose source is marked.
void DropControlInputs(const NodeInputs& inputs, const std::vector<bool>& marked, Graph* graph) {
  for (size_t i = 0; i < inputs.nodes.size(); ++i) {
    std::vector<std::string> kept;
    for (size_t k = 0; k < inputs.nodes[i].size(); ++k) {
      if (inputs.refs[i][k].control && marked[static_cast<size_t>(inputs.nodes[i][k])]) continue;
      kept.push_back(graph->node(static_cast<int>(i)).inputs[k]);
    }
    if (kept.size() != inputs.nodes[i].size()) graph->mutable_node(static_cast<int>(i))->inputs = std::move(kept);
  }
}

// Whether running the node may matter to anything but its results.
bool HasEffect(const std::string& op) {
  for (const char* idle : {"NoOp", "VarHandleOp", "VariableV2", "ReadVariableOp", "ResourceGather", "ResourceGatherNd",
                           "VariableShape", "HashTableV2", "LookupTableFindV2", "LookupTableSizeV2", "Placeholder",
                           "PlaceholderWithDefault", "Const", "DisableCopyOnRead"}) {
    if (op == idle) return false;
  }
  const OpInfo* const info = FindOp(op);
  return info == nullptr || info->is_stateful();
}

}  // namespace

absl::Status DropControlInputsThatWrite(Graph* graph) {
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(*graph));
  std::vector<bool> writes;
  for (const Node& node : graph->nodes()) writes.push_back(WritesVariable(node.op));
  DropControlInputs(inputs, After(inputs, writes), graph);
  return absl::OkStatus();
}

absl::Status DropIdleControlInputs(Graph* graph) {
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(*graph));
  std::vector<bool> effects;
  for (const Node& node : graph->nodes()) effects.push_back(HasEffect(node.op));
  std::vector<bool> idle = After(inputs, effects);
  for (int i = 0; i < graph->num_nodes(); ++i) {
    const auto index = static_cast<size_t>(i);
    idle[index] = !idle[index] && graph->node(i).op == "NoOp";
  }
  DropControlInputs(inputs, idle, graph);
  return absl::OkStatus();
}

absl::Status CheckNoCycles(const Graph& graph) {
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(graph));
  enum State : uint8_t { kNew, kOnPath, kDone };
  std::vector<State> states(inputs.nodes.size(), kNew);
  struct Frame {
    int node;
    size_t next = 0;
  };
  std::vector<Frame> path;
  for (int root = 0; root < graph.num_nodes(); ++root) {
    if (states[static_cast<size_t>(root)] != kNew) continue;
    path.push_back({root});
    states[static_cast<size_t>(root)] = kOnPath;
    while (!path.empty()) {
      const auto node = static_cast<size_t>(path.back().node);
      const std::string& op = graph.node(path.back().node).op;
      const bool goes_round = op == "NextIteration" || op == "RefNextIteration";
      if (goes_round || path.back().next == inputs.nodes[node].size()) {
        states[node] = kDone;
        path.pop_back();
        continue;
      }
      const int source = inputs.nodes[node][path.back().next++];
      State& state = states[static_cast<size_t>(source)];
      if (state == kOnPath) {
        std::vector<std::string> names;
        for (const Frame& frame : path) {
          if (frame.node == source || !names.empty()) names.push_back(graph.node(frame.node).name);
        }
        return absl::InvalidArgumentError(absl::StrCat("the graph has a cycle: ", ListNames(names)));
      }
      if (state == kNew) {
        state = kOnPath;
        path.push_back({source});
      }
    }
  }
  return absl::OkStatus();
}

std::string NodeOfTensor(const std::string& tensor) {
  const absl::StatusOr<InputRef> ref = ParseInputRef(tensor);
  return ref.ok() ? std::string(ref->node) : tensor;
}

}  // namespace floe
