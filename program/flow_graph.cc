#include "program/flow_graph.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/tensor_array.h"

namespace floe {
namespace {

constexpr absl::string_view kControlFlow[] = {"Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond"};

absl::string_view WithoutRef(absl::string_view op) { return absl::StartsWith(op, "Ref") ? op.substr(3) : op; }

}  // namespace

absl::StatusOr<int> FindInputNode(const Graph& graph, const Node& node, const InputRef& ref) {
  const int index = graph.Find(ref.node);
  if (index >= 0) return index;
  return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' has the input '", ref.node,
                                                 "', which the graph does not have",
                                                 DidYouMean(ref.node, graph.NodeNames())));
}

absl::Status CycleError(const Graph& graph, absl::Span<const int> path) {
  std::vector<std::string> names;
  for (const int node : path) names.push_back(graph.node(node).name);
  return absl::InvalidArgumentError(absl::StrCat("the graph has a cycle: ", ListNames(names)));
}

bool FlowGraph::IsOp(int node, absl::string_view op) const { return WithoutRef(graph_.node(node).op) == op; }

absl::Status FlowGraph::Refuse(int node, absl::string_view why) const {
  return absl::UnimplementedError(
      absl::StrCat("node '", graph_.node(node).name, "' (", graph_.node(node).op, ") ", why));
}

absl::StatusOr<absl::Span<const Edge>> FlowGraph::Inputs(int node) {
  if (inputs_.empty()) {
    inputs_.resize(static_cast<size_t>(graph_.num_nodes()));
    is_resolved_.resize(static_cast<size_t>(graph_.num_nodes()));
  }
  if (is_resolved_[node]) return absl::Span<const Edge>(inputs_[node]);
  const Node& definition = graph_.node(node);
  std::vector<Edge> edges;
  bool skip = TakesTensorArrayHandle(definition.op);
  for (const std::string& input : definition.inputs) {
    const absl::StatusOr<InputRef> ref = ParseInputRef(input);
    if (!ref.ok()) return Annotate(ref.status(), absl::StrCat("node '", definition.name, "'"));
    if (ref->control) continue;
    FLOE_ASSIGN_OR_RETURN(const int producer, FindInputNode(graph_, definition, *ref));
    if (!skip) edges.push_back({producer, ref->output});
    skip = false;
  }
  inputs_[node] = std::move(edges);
  is_resolved_[node] = 1;
  return absl::Span<const Edge>(inputs_[node]);
}

// A node without inputs is computed where what it waits for is: a constant inside a loop or a branch.
absl::StatusOr<std::vector<Edge>> FlowGraph::AllInputs(int node) {
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> data, Inputs(node));
  std::vector<Edge> edges(data.begin(), data.end());
  if (!edges.empty()) return edges;
  for (const std::string& input : graph_.node(node).inputs) {
    const absl::StatusOr<InputRef> ref = ParseInputRef(input);
    if (!ref.ok() || !ref->control) continue;
    if (const int producer = graph_.Find(ref->node); producer >= 0) edges.push_back({producer, -1});
  }
  return edges;
}

absl::Status FlowGraph::FindNeeded(absl::Span<const Edge> targets, const absl::flat_hash_map<Edge, int>& feeds) {
  for (const bool with_control : {false, true}) {
    std::vector<bool> seen(static_cast<size_t>(graph_.num_nodes()), false);
    std::vector<int> work;
    reached_.clear();
    const auto visit = [&](const Edge& edge) {
      if (edge.second == 1 && IsOp(edge.first, "Merge")) asked_index_.insert(edge.first);
      if (seen[edge.first] || feeds.contains(edge)) return;
      seen[edge.first] = true;
      work.push_back(edge.first);
    };
    for (const Edge& target : targets) visit(target);
    while (!work.empty()) {
      const int node = work.back();
      work.pop_back();
      reached_.push_back(node);
      const absl::string_view op = WithoutRef(graph_.node(node).op);
      has_control_flow_ = has_control_flow_ ||
                          std::find(std::begin(kControlFlow), std::end(kControlFlow), op) != std::end(kControlFlow);
      if (with_control) {
        FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> inputs, AllInputs(node));
        for (const Edge& input : inputs) visit(input);
      } else {
        FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
        for (const Edge& input : inputs) visit(input);
      }
    }
    std::sort(reached_.begin(), reached_.end());
    if (!with_control) {
      needed_ = reached_;
      is_needed_ = std::move(seen);
    }
    if (!has_control_flow_) break;
  }
  return absl::OkStatus();
}

// Kahn's algorithm; the back edges of loops are left out, and once loops are known an Exit comes after all that goes
// into its loop.
absl::Status FlowGraph::FindOrder() {
  const size_t nodes = static_cast<size_t>(graph_.num_nodes());
  std::vector<int> waiting(nodes + loops_.size(), -1);
  std::vector<std::vector<int>> users(nodes + loops_.size());
  for (const int node : reached_) waiting[node] = 0;
  for (size_t i = 0; i < loops_.size(); ++i) waiting[nodes + i] = 0;
  const auto follow = [&](int from, int to) {
    if (waiting[from] < 0) return;  // fed
    users[from].push_back(to);
    ++waiting[to];
  };
  for (const int node : reached_) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> inputs, AllInputs(node));
    for (const Edge& input : inputs) {
      if (IsOp(node, "Merge") && IsOp(input.first, "NextIteration")) continue;
      follow(input.first, node);
    }
    if (loops_.empty()) continue;
    if (IsOp(node, "Enter")) {
      const int loop = frames_[FrameOf(info_[node].frame)].loop;
      if (loop >= 0) follow(node, static_cast<int>(nodes) + loop);
    } else if (info_[node].role == Role::kExit) {
      follow(static_cast<int>(nodes) + info_[node].index, node);
    }
  }
  order_.clear();
  std::vector<int> ready;
  for (size_t i = waiting.size(); i-- > 0;) {
    if (waiting[i] == 0) ready.push_back(static_cast<int>(i));
  }
  size_t done = 0;
  while (!ready.empty()) {
    const int node = ready.back();
    ready.pop_back();
    ++done;
    if (node < static_cast<int>(nodes)) order_.push_back(node);
    for (const int user : users[node]) {
      if (--waiting[user] == 0) ready.push_back(user);
    }
  }
  return done == reached_.size() + loops_.size() ? absl::OkStatus() : CycleError();
}

// Some cycle among the nodes that Kahn's algorithm left: each has an input that was left as well.
absl::Status FlowGraph::CycleError() const {
  std::vector<bool> ordered(static_cast<size_t>(graph_.num_nodes()), false);
  for (const int node : order_) ordered[node] = true;
  const auto left = std::find_if(reached_.begin(), reached_.end(), [&](int node) { return !ordered[node]; });
  if (left == reached_.end()) return absl::InvalidArgumentError("the graph's loops feed each other in a cycle");
  std::vector<int> path;
  std::vector<bool> on_path(static_cast<size_t>(graph_.num_nodes()), false);
  int node = *left;
  while (!on_path[node]) {
    on_path[node] = true;
    path.push_back(node);
    for (const std::string& input : graph_.node(node).inputs) {
      const absl::StatusOr<InputRef> ref = ParseInputRef(input);
      if (!ref.ok()) continue;
      const int producer = graph_.Find(ref->node);
      if (producer < 0 || ordered[producer]) continue;
      if (IsOp(node, "Merge") && IsOp(producer, "NextIteration")) continue;
      node = producer;
      break;
    }
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), node));
  return floe::CycleError(graph_, path);
}

absl::Status FlowGraph::Analyze(absl::Span<const Edge> targets, const absl::flat_hash_map<Edge, int>& feeds) {
  FLOE_RETURN_IF_ERROR(FindNeeded(targets, feeds));
  if (!has_control_flow_) return absl::OkStatus();
  info_.resize(static_cast<size_t>(graph_.num_nodes()));
  FLOE_RETURN_IF_ERROR(FindOrder());
  FLOE_RETURN_IF_ERROR(FindFrames());
  FLOE_RETURN_IF_ERROR(MakeLoops());
  if (!loops_.empty()) FLOE_RETURN_IF_ERROR(FindOrder());
  return FindStates();
}

absl::StatusOr<std::vector<Edge>> FlowGraph::Needs(int node) {
  switch (role(node)) {
    case Role::kPlain:
      break;
    case Role::kAlias:
      return std::vector<Edge>{info_[node].source};
    case Role::kSwitch: {
      FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
      return std::vector<Edge>{inputs[0]};
    }
    case Role::kCond: {
      FLOE_RETURN_IF_ERROR(ExploreCond(info_[node].index));
      const FlowCond& cond = conds_[static_cast<size_t>(info_[node].index)];
      std::vector<Edge> needs = {cond.predicate};
      needs.insert(needs.end(), cond.captures.begin(), cond.captures.end());
      return needs;
    }
    case Role::kExit: {
      if (!(info_[node].source.first >= 0 && role(info_[node].source.first) == Role::kVariable)) {
        return std::vector<Edge>{info_[node].source};
      }
      FLOE_RETURN_IF_ERROR(ExploreLoop(info_[node].index));
      std::vector<Edge> needs;
      for (const int variable : loops_[static_cast<size_t>(info_[node].index)].variables) {
        FLOE_ASSIGN_OR_RETURN(const auto edges, VariableEdges(variable));
        needs.push_back(edges.first);
      }
      for (const FlowLoop::Capture& capture : loops_[static_cast<size_t>(info_[node].index)].captures) {
        needs.push_back(capture.outside);
      }
      return needs;
    }
    case Role::kVariable:
      return Refuse(node, "is a loop's variable and is used outside of the loop");
  }
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
  return std::vector<Edge>(inputs.begin(), inputs.end());
}

}  // namespace floe
