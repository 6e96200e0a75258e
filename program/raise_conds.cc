// FlowGraph: TensorFlow 1's conditionals. A value behind a Switch is there under a condition, and so is what is
// computed of it, up to the Merge that takes the value of either side.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "program/flow_graph.h"

namespace floe {
namespace {

// Conditions in conditions: more than people write, and few enough for the stack.
constexpr size_t kMaxDepth = 64;

}  // namespace

Edge FlowGraph::Predicate(Edge edge) {
  while (IsOp(edge.first, "Identity")) {
    const absl::StatusOr<absl::Span<const Edge>> inputs = Inputs(edge.first);
    if (!inputs.ok() || inputs->size() != 1) break;
    edge = (*inputs)[0];
  }
  return edge;
}

int FlowGraph::PredicateId(Edge edge) {
  const auto [found, inserted] = predicate_ids_.try_emplace(edge, static_cast<int>(predicates_.size()));
  if (inserted) predicates_.push_back(edge);
  return found->second;
}

FlowGraph::State FlowGraph::Intern(Conditions conditions) {
  const auto [found, inserted] = state_ids_.try_emplace(conditions, static_cast<int>(states_.size()));
  if (inserted) states_.push_back(std::move(conditions));
  return found->second;
}

absl::StatusOr<FlowGraph::State> FlowGraph::Union(int node, State a, State b) {
  if (a == b || b == kAlways) return a;
  if (a == kAlways) return b;
  if (a == kNever || b == kNever) return kNever;
  if (states_[a].size() < states_[b].size()) std::swap(a, b);
  Conditions both = states_[a];
  for (const auto& condition : states_[b]) {
    if (std::find(both.begin(), both.end(), condition) != both.end()) continue;
    if (std::find(both.begin(), both.end(), std::pair(condition.first, !condition.second)) != both.end()) {
      return kNever;
    }
    both.push_back(condition);
  }
  if (both.size() > kMaxDepth) return Refuse(node, absl::StrCat("is under more than ", kMaxDepth, " conditions"));
  return Intern(std::move(both));
}

FlowGraph::State FlowGraph::StateOf(Edge edge) {
  const NodeInfo& info = info_[edge.first];
  if (info.role != Role::kSwitch || edge.second < 0 || info.state == kNever) return info.state;
  const bool side = edge.second == 1;
  if (info.index >= 0) return (info.index == 1) == side ? info.state : kNever;
  Conditions conditions = states_[info.state];
  const int predicate = PredicateId(info.predicate);
  for (const auto& [known, value] : conditions) {
    if (known == predicate) return value == side ? info.state : kNever;
  }
  conditions.push_back({predicate, side});
  return Intern(std::move(conditions));
}

// How many conditionals come one after another before a value, for each of the conditions that it is under: those of
// one condition that do not wait for each other are one If.
FlowGraph::Stage FlowGraph::StageOf(Edge edge) const {
  const NodeInfo& info = info_[edge.first];
  Stage stage = info.stage;
  if (info.role == Role::kSwitch && edge.second >= 0 && info.index < 0) stage.push_back(0);
  return stage;
}

absl::Status FlowGraph::FindStates() {
  Intern({});
  for (const int node : order_) {
    NodeInfo& info = info_[node];
    if (info.role == Role::kExit) {
      FLOE_RETURN_IF_ERROR(StateOfExit(node));
      continue;
    }
    if (IsOp(node, "Merge") && info.role == Role::kPlain) {
      FLOE_RETURN_IF_ERROR(StateOfMerge(node));
      continue;
    }
    FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> inputs, AllInputs(node));
    for (const Edge& input : inputs) {
      if (info.role == Role::kVariable && IsOp(input.first, "NextIteration")) continue;
      FLOE_ASSIGN_OR_RETURN(info.state, Union(node, info.state, StateOf(input)));
    }
    if (info.state == kNever) {
      if (IsOp(node, "Switch") && info.role == Role::kPlain) {
        info.role = Role::kSwitch;
        info.predicate = Predicate(inputs[1]);
      }
      continue;
    }
    info.stage.assign(states_[info.state].size() + 1, 0);
    for (const Edge& input : inputs) {
      if (info.role == Role::kVariable && IsOp(input.first, "NextIteration")) continue;
      const Stage stage = StageOf(input);
      for (size_t i = 0; i < std::min(stage.size(), info.stage.size()); ++i) {
        info.stage[i] = std::max(info.stage[i], stage[i]);
      }
    }
    if (!IsOp(node, "Switch") || info.role != Role::kPlain) continue;
    info.role = Role::kSwitch;
    info.predicate = Predicate(inputs[1]);
    const Node& predicate = graph_.node(info.predicate.first);
    if (predicate.op != "Const") continue;
    FLOE_ASSIGN_OR_RETURN(const Tensor value, predicate.attrs.OfTensor("value"));
    if (value.dtype() == DType::kBool && value.num_elements() == 1) info.index = *value.data<bool>() ? 1 : 0;
  }
  return absl::OkStatus();
}

absl::Status FlowGraph::StateOfExit(int node) {
  NodeInfo& info = info_[node];
  std::vector<Edge> entered;
  for (const int variable : loops_[info.index].variables) {
    FLOE_ASSIGN_OR_RETURN(const auto edges, VariableEdges(variable));
    entered.push_back(edges.first);
  }
  for (const Frame& frame : frames_) {
    if (frame.enter < 0 || frames_[FrameOf(info_[frame.enter].frame)].loop != info.index) continue;
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(frame.enter));
    entered.push_back(inputs[0]);
  }
  for (const Edge& edge : entered) {
    FLOE_ASSIGN_OR_RETURN(info.state, Union(node, info.state, StateOf(edge)));
  }
  if (info.state == kNever) return absl::OkStatus();
  info.stage.assign(states_[info.state].size() + 1, 0);
  for (const Edge& edge : entered) {
    const Stage stage = StageOf(edge);
    for (size_t i = 0; i < std::min(stage.size(), info.stage.size()); ++i) {
      info.stage[i] = std::max(info.stage[i], stage[i]);
    }
  }
  return absl::OkStatus();
}

absl::Status FlowGraph::StateOfMerge(int node) {
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
  NodeInfo& info = info_[node];
  std::vector<int> coming;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (StateOf(inputs[i]) != kNever) coming.push_back(static_cast<int>(i));
  }
  if (coming.size() < 2) {
    info.role = Role::kAlias;
    info.state = coming.empty() ? kNever : StateOf(inputs[coming[0]]);
    if (inputs.empty()) return Refuse(node, "has no inputs");
    info.source_index = coming.empty() ? 0 : coming[0];
    info.source = inputs[info.source_index];
    info.stage = StageOf(info.source);
    return absl::OkStatus();
  }
  if (coming.size() > 2) return Refuse(node, "has more than two inputs that may come");
  const Edge a = inputs[coming[0]], b = inputs[coming[1]];
  const Conditions &under_a = states_[StateOf(a)], &under_b = states_[StateOf(b)];
  Conditions common, only_a, only_b;
  for (const auto& condition : under_a) {
    const bool is_common = std::find(under_b.begin(), under_b.end(), condition) != under_b.end();
    (is_common ? common : only_a).push_back(condition);
  }
  for (const auto& condition : under_b) {
    if (std::find(under_a.begin(), under_a.end(), condition) == under_a.end()) only_b.push_back(condition);
  }
  // A constant may have lost the control edge that made it wait for its branch.
  const bool is_choice = only_a.size() <= 1 && only_b.size() <= 1 && only_a.size() + only_b.size() > 0 &&
                         (only_a.empty() || only_b.empty() || only_a[0].first == only_b[0].first);
  if (!is_choice) {
    return Refuse(node, absl::StrCat("joins '", graph_.node(a.first).name, "' and '", graph_.node(b.first).name,
                                     "', which are not the two sides of one condition"));
  }
  const int predicate = only_a.empty() ? only_b[0].first : only_a[0].first;
  const bool a_if = only_a.empty() ? !only_b[0].second : only_a[0].second;
  const size_t depth = common.size();
  info.state = Intern(std::move(common));
  info.stage.assign(depth + 1, 0);
  for (const Edge& edge : {a, b}) {
    const Stage stage = StageOf(edge);
    for (size_t i = 0; i < std::min(stage.size(), info.stage.size()); ++i) {
      info.stage[i] = std::max(info.stage[i], stage[i]);
    }
  }
  ++info.stage[depth];
  std::vector<int> key = {FrameOf(info.frame), predicate, info.state};
  key.insert(key.end(), info.stage.begin(), info.stage.end());
  const auto [found, inserted] = cond_ids_.try_emplace(std::move(key), static_cast<int>(conds_.size()));
  if (inserted) conds_.push_back({.predicate = predicates_[predicate], .merges = {}, .branches = {}, .captures = {}});
  FlowCond& cond = conds_[found->second];
  if (is_needed_[node]) {
    cond.merges.push_back(node);
    cond.branches[a_if ? 1 : 0].push_back(a);
    cond.branches[a_if ? 0 : 1].push_back(b);
  }
  info.role = Role::kCond;
  info.index = found->second;
  info.source_index = a_if ? coming[0] : coming[1];  // which input comes where the condition is true
  info.source = a_if ? a : b;
  return absl::OkStatus();
}

absl::Status FlowGraph::ExploreCond(int index) {
  if (conds_[index].is_explored) return absl::OkStatus();
  conds_[index].is_explored = true;
  const int predicate = PredicateId(conds_[index].predicate);
  absl::flat_hash_set<Edge> captured;
  for (const int side : {0, 1}) {
    std::vector<Edge> work = conds_[index].branches[side];
    std::reverse(work.begin(), work.end());
    absl::flat_hash_set<int> seen;
    while (!work.empty()) {
      const Edge edge = work.back();
      work.pop_back();
      const State state = StateOf(edge);
      if (state == kNever) return Refuse(edge.first, "is never computed, and a conditional wants it");
      const Conditions& conditions = states_[state];
      const bool is_inside =
          std::find(conditions.begin(), conditions.end(), std::pair(predicate, side == 1)) != conditions.end();
      if (!is_inside && !IsOp(edge.first, "Const")) {
        if (captured.insert(edge).second) conds_[index].captures.push_back(edge);
      } else if (seen.insert(edge.first).second) {
        FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> needs, Needs(edge.first));
        work.insert(work.end(), needs.begin(), needs.end());
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace floe
