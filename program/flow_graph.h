// FlowGraph: a flat graph with its references resolved, and what TensorFlow 1's control flow in it means: which nodes
// are a loop, which are computed under which conditions. Lowering makes regions of it.
//
// Made for one lowering; not synchronised. The Graph outlives it.
#ifndef FLOE_PROGRAM_FLOW_GRAPH_H_
#define FLOE_PROGRAM_FLOW_GRAPH_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/graph.h"

namespace floe {

// One result of a node.
using Edge = std::pair<int, int>;

// A TF1 loop: Enter -> Merge -> Switch(LoopCond) -> body -> NextIteration, Exit.
struct FlowLoop {
  std::string name;            // of the frame
  int parent = -1;             // the loop around it
  int loop_cond = -1;          // node
  std::vector<int> variables;  // Merge nodes
  // Found with the loop's inside: what it takes from around it.
  struct Capture {
    Edge inside, outside;
  };
  std::vector<Capture> captures;
  bool is_explored = false;
};

// Merge nodes that one condition chooses for, and that can be computed at one time.
struct FlowCond {
  Edge predicate;
  std::vector<int> merges;
  std::vector<Edge> branches[2];  // false, true: one a merge
  std::vector<Edge> captures;     // what the branches take from around them
  bool is_explored = false;
};

class FlowGraph {
 public:
  explicit FlowGraph(const Graph& graph) : graph_(graph) {}

  const Graph& graph() const { return graph_; }
  // The node's data inputs: control inputs order effects, and there are none left. A TensorArray's handle is left out:
  // its flow is the array.
  absl::StatusOr<absl::Span<const Edge>> Inputs(int node);

  // Reads the control flow of what `targets` need, going no further than `feeds`. INVALID_ARGUMENT naming the nodes of
  // a cycle, UNIMPLEMENTED naming the node that cannot be raised.
  absl::Status Analyze(absl::Span<const Edge> targets, const absl::flat_hash_map<Edge, int>& feeds);

  // The nodes needed, in graph order.
  const std::vector<int>& needed() const { return needed_; }

  enum class Role : uint8_t {
    kPlain,
    kAlias,     // its results are its input: LoopCond, the Switch of a loop, a Merge one of whose sides never comes
    kSwitch,    // of a condition
    kCond,      // Merge of a condition
    kVariable,  // Merge of a loop
    kExit,
  };
  Role role(int node) const { return has_control_flow_ ? info_[node].role : Role::kPlain; }
  // kAlias: of which edge. kExit: of the loop's variable (an edge of its Merge) or of something that stays the same.
  Edge source(int node) const { return info_[node].source; }
  // kAlias of a Merge: which of its inputs comes; kCond: which comes where the condition is true.
  int source_index(int node) const { return info_[node].source_index; }
  // Whether somebody asks a Merge which of its inputs came.
  bool uses_index(int merge) const { return asked_index_.contains(merge); }
  // Whether the node is behind a Switch that always goes the other way.
  bool is_never(int node) const { return has_control_flow_ && info_[node].state == kNever; }
  // kSwitch: the condition, and what it is where that is known: 0 or 1, else -1. kCond: an index for cond(). kExit,
  // kVariable: an index for loop().
  Edge predicate(int node) const { return info_[node].predicate; }
  int index(int node) const { return info_[node].index; }
  FlowLoop& loop(int index) { return loops_[index]; }
  FlowCond& cond(int index) { return conds_[index]; }
  // The first value of a loop's variable and its next.
  absl::StatusOr<std::pair<Edge, Edge>> VariableEdges(int merge);

  // Finds what the inside takes from around it; once.
  absl::Status ExploreLoop(int index);
  absl::Status ExploreCond(int index);
  // What a node needs before it can be lowered, where it is one with its loop or condition what that needs.
  absl::StatusOr<std::vector<Edge>> Needs(int node);

 private:
  // A set of conditions and what each came out as; interned, in the order in which they were taken on.
  using State = int;
  static constexpr State kAlways = 0, kNever = -1;
  using Conditions = std::vector<std::pair<int, bool>>;
  using Stage = absl::InlinedVector<int, 2>;

  struct NodeInfo {
    Role role = Role::kPlain;
    Edge source{-1, 0};
    Edge predicate{-1, 0};
    int source_index = 0;
    int index = -1;
    int frame = 0;
    State state = kAlways;
    Stage stage;
  };
  struct Frame {
    int parent = 0;
    int depth = 0;
    int same_as;  // union-find
    std::string name;
    int enter = -1;
    int loop = -1;
  };

  bool IsOp(int node, absl::string_view op) const;  // also in its Ref form
  absl::StatusOr<std::vector<Edge>> AllInputs(int node);
  absl::Status FindNeeded(absl::Span<const Edge> targets, const absl::flat_hash_map<Edge, int>& feeds);
  absl::Status FindOrder();
  absl::Status CycleError() const;
  absl::Status FindFrames();
  int FrameOf(int frame);
  absl::StatusOr<int> JoinFrames(int node, int a, int b);
  absl::Status MakeLoops();
  absl::Status FindStates();
  absl::Status StateOfMerge(int node);
  absl::Status StateOfExit(int node);
  absl::Status Refuse(int node, absl::string_view why) const;

  Edge Predicate(Edge edge);
  int PredicateId(Edge edge);
  State Intern(Conditions conditions);
  absl::StatusOr<State> Union(int node, State a, State b);
  State StateOf(Edge edge);
  Stage StageOf(Edge edge) const;
  bool IsLoopSwitch(int node) const { return info_[node].role == Role::kAlias; }
  bool IsInLoop(int node, int loop) const;

  const Graph& graph_;
  std::vector<std::vector<Edge>> inputs_;
  std::vector<uint8_t> is_resolved_;
  bool has_control_flow_ = false;
  absl::flat_hash_set<int> asked_index_;
  std::vector<int> needed_;
  std::vector<bool> is_needed_;  // by node
  std::vector<int> reached_;     // and those that nodes without inputs wait for
  std::vector<int> order_;       // of those reached, a loop's back edges left out
  std::vector<NodeInfo> info_;
  std::vector<Frame> frames_;
  std::vector<FlowLoop> loops_;
  std::vector<FlowCond> conds_;

  absl::flat_hash_map<Edge, int> predicate_ids_;
  std::vector<Edge> predicates_;
  std::vector<Conditions> states_;
  absl::flat_hash_map<Conditions, State> state_ids_;
  absl::flat_hash_map<std::vector<int>, int> cond_ids_;
};

// References resolved; errors name the node.
absl::StatusOr<int> FindInputNode(const Graph& graph, const Node& node, const InputRef& ref);
// INVALID_ARGUMENT naming the nodes of the path from `again` on.
absl::Status CycleError(const Graph& graph, absl::Span<const int> path);

}  // namespace floe

#endif  // FLOE_PROGRAM_FLOW_GRAPH_H_
