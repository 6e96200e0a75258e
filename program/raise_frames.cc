// FlowGraph: TensorFlow 1's loops. Which nodes are inside one is what Enter and Exit say: a node is in the innermost
// loop that an input of it is in.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "program/flow_graph.h"

namespace floe {
namespace {

// Loops in loops in loops: more than people write, and few enough for the stack.
constexpr int kMaxDepth = 64;

}  // namespace

int FlowGraph::FrameOf(int frame) {
  int root = frame;
  while (frames_[root].same_as != root) root = frames_[root].same_as;
  while (frames_[frame].same_as != root) {
    const int next = frames_[frame].same_as;
    frames_[frame].same_as = root;
    frame = next;
  }
  return root;
}

// Each Enter makes a frame of its own at first; those whose nodes meet are one. (The name alone does not tell: graphs
// put together of others have several loops of one name.)
absl::StatusOr<int> FlowGraph::JoinFrames(int node, int a, int b) {
  a = FrameOf(a);
  b = FrameOf(b);
  if (a == b) return a;
  if (frames_[a].depth < frames_[b].depth) std::swap(a, b);
  int around = a;
  while (frames_[around].depth > frames_[b].depth) around = FrameOf(frames_[around].parent);
  if (around == b) return a;
  if (frames_[around].name != frames_[b].name) {
    return Refuse(node, absl::StrCat("has inputs from inside of two loops, '", frames_[around].name, "' and '",
                                     frames_[b].name, "'"));
  }
  FLOE_RETURN_IF_ERROR(JoinFrames(node, frames_[around].parent, frames_[b].parent).status());
  frames_[around].same_as = b;
  return FrameOf(a);
}

absl::Status FlowGraph::FindFrames() {
  frames_.push_back({.parent = 0, .depth = 0, .same_as = 0, .name = "", .enter = -1, .loop = -1});
  for (const int node : order_) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> inputs, AllInputs(node));
    int frame = 0;
    for (const Edge& input : inputs) {
      if (IsOp(node, "Merge") && IsOp(input.first, "NextIteration")) continue;
      FLOE_ASSIGN_OR_RETURN(frame, JoinFrames(node, frame, info_[input.first].frame));
    }
    if (IsOp(node, "Enter")) {
      if (inputs.size() != 1) return Refuse(node, absl::StrCat("has ", inputs.size(), " inputs; wanted 1"));
      FLOE_ASSIGN_OR_RETURN(const std::string name, graph_.node(node).attrs.String("frame_name"));
      const int depth = frames_[frame].depth + 1;
      if (depth > kMaxDepth) return Refuse(node, absl::StrCat("is more than ", kMaxDepth, " loops deep"));
      const int fresh = static_cast<int>(frames_.size());
      frames_.push_back({.parent = frame, .depth = depth, .same_as = fresh, .name = name, .enter = node, .loop = -1});
      frame = fresh;
    } else if (IsOp(node, "Exit")) {
      if (frame == 0) return Refuse(node, "leaves a loop and is in none");
      frame = frames_[frame].parent;
    }
    info_[node].frame = frame;
  }
  return absl::OkStatus();
}

absl::Status FlowGraph::MakeLoops() {
  for (const int node : order_) {
    if (!IsOp(node, "LoopCond")) continue;
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
    if (inputs.size() != 1) return Refuse(node, absl::StrCat("has ", inputs.size(), " inputs; wanted 1"));
    Frame& frame = frames_[FrameOf(info_[node].frame)];
    if (FrameOf(info_[node].frame) == 0) return Refuse(node, "is in no loop");
    if (frame.loop >= 0) return Refuse(node, absl::StrCat("is a second one in the loop '", frame.name, "'"));
    frame.loop = static_cast<int>(loops_.size());
    FlowLoop loop;
    loop.name = frame.name;
    loop.loop_cond = node;
    loops_.push_back(std::move(loop));
    info_[node].role = Role::kAlias;
    info_[node].source = inputs[0];
  }
  for (const Frame& frame : frames_) {
    if (frame.loop >= 0) loops_[frame.loop].parent = frames_[FrameOf(frame.parent)].loop;
  }
  for (const int node : order_) {
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
    const auto comes_round = [&](const Edge& edge) { return IsOp(edge.first, "NextIteration"); };
    NodeInfo& info = info_[node];
    if (IsOp(node, "Merge") && std::any_of(inputs.begin(), inputs.end(), comes_round)) {
      info.role = Role::kVariable;
      info.index = frames_[FrameOf(info.frame)].loop;
      if (info.index < 0) return Refuse(node, "is in a loop without a LoopCond");
      FLOE_RETURN_IF_ERROR(VariableEdges(node).status());
      if (is_needed_[node]) loops_[info.index].variables.push_back(node);
    } else if (IsOp(node, "Switch")) {
      if (inputs.size() != 2) return Refuse(node, absl::StrCat("has ", inputs.size(), " inputs; wanted 2"));
      if (!IsOp(Predicate(inputs[1]).first, "LoopCond")) continue;
      info.role = Role::kAlias;
      info.source = inputs[0];
    }
  }
  for (const int node : order_) {
    if (!IsOp(node, "Exit")) continue;
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
    if (inputs.size() != 1) return Refuse(node, absl::StrCat("has ", inputs.size(), " inputs; wanted 1"));
    NodeInfo& info = info_[node];
    const int from = inputs[0].first;
    if (!IsOp(from, "Switch") || info_[from].role != Role::kAlias || inputs[0].second != 0) {
      return Refuse(node,
                    "does not leave the loop where its condition is false: wanted the first result of a Switch "
                    "on the LoopCond");
    }
    info.role = Role::kExit;
    info.index = frames_[FrameOf(info_[from].frame)].loop;
    if (info.index < 0) return Refuse(node, "is in a loop without a LoopCond");
    info.source = info_[from].source;
    if (role(info.source.first) == Role::kVariable) continue;
    if (!IsOp(info.source.first, "Enter")) {
      return Refuse(node, absl::StrCat("leaves the loop with '", graph_.node(info.source.first).name,
                                       "', which is not a variable of the loop"));
    }
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> entered, Inputs(info.source.first));
    info.source = entered[0];
  }
  return absl::OkStatus();
}

absl::StatusOr<std::pair<Edge, Edge>> FlowGraph::VariableEdges(int merge) {
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(merge));
  if (inputs.size() == 2) {
    for (const int first : {0, 1}) {
      const int enter = inputs[first].first, next = inputs[1 - first].first;
      if (!IsOp(enter, "Enter") || !IsOp(next, "NextIteration")) continue;
      FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> entered, Inputs(enter));
      FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> coming, Inputs(next));
      if (entered.size() == 1 && coming.size() == 1) return std::pair(entered[0], coming[0]);
    }
  }
  return Refuse(merge, "is a loop's variable: wanted an Enter and a NextIteration as its inputs");
}

bool FlowGraph::IsInLoop(int node, int loop) const {
  int frame = info_[node].frame;
  while (frames_[frame].same_as != frame) frame = frames_[frame].same_as;
  for (int inner = frames_[frame].loop; inner >= 0; inner = loops_[inner].parent) {
    if (inner == loop) return true;
  }
  return false;
}

absl::Status FlowGraph::ExploreLoop(int index) {
  FlowLoop& loop = loops_[index];
  if (loop.is_explored) return absl::OkStatus();
  loop.is_explored = true;
  std::vector<Edge> work;
  work.push_back(info_[loop.loop_cond].source);
  for (const int variable : loop.variables) {
    FLOE_ASSIGN_OR_RETURN(const auto edges, VariableEdges(variable));
    work.push_back(edges.second);
  }
  absl::flat_hash_set<int> seen;
  absl::flat_hash_set<Edge> captured;
  while (!work.empty()) {
    const Edge edge = work.back();
    work.pop_back();
    const int node = edge.first;
    if (info_[node].role == Role::kVariable && info_[node].index == index) continue;
    const bool is_inside = IsInLoop(node, index);
    if (IsOp(node, "Enter") && frames_[FrameOf(info_[node].frame)].loop == index) {
      FLOE_ASSIGN_OR_RETURN(const bool is_constant, graph_.node(node).attrs.Bool("is_constant", false));
      if (!is_constant) return Refuse(node, "is there in a loop's first iteration only, and no Merge takes it");
      FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, Inputs(node));
      if (captured.insert(edge).second) loop.captures.push_back({edge, inputs[0]});
    } else if (!is_inside && !IsOp(node, "Const")) {
      if (captured.insert(edge).second) loop.captures.push_back({edge, edge});
    } else if (seen.insert(node).second) {
      FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> needs, Needs(node));
      work.insert(work.end(), needs.begin(), needs.end());
    }
  }
  return absl::OkStatus();
}

}  // namespace floe
