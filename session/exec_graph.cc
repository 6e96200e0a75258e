#include "session/exec_graph.h"

#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/registry.h"

namespace floe {
namespace {

ExecKind ControlFlowKind(const std::string& op) {
  static const auto* const kinds = new std::map<std::string, ExecKind>{{"Switch", ExecKind::kSwitch},
                                                                       {"RefSwitch", ExecKind::kSwitch},
                                                                       {"Merge", ExecKind::kMerge},
                                                                       {"RefMerge", ExecKind::kMerge},
                                                                       {"Enter", ExecKind::kEnter},
                                                                       {"RefEnter", ExecKind::kEnter},
                                                                       {"Exit", ExecKind::kExit},
                                                                       {"RefExit", ExecKind::kExit},
                                                                       {"NextIteration", ExecKind::kNextIteration},
                                                                       {"RefNextIteration", ExecKind::kNextIteration},
                                                                       {"NoOp", ExecKind::kNothing},
                                                                       {"ControlTrigger", ExecKind::kNothing},
                                                                       {"If", ExecKind::kCall},
                                                                       {"StatelessIf", ExecKind::kCall},
                                                                       {"Case", ExecKind::kCall},
                                                                       {"StatelessCase", ExecKind::kCall},
                                                                       {"While", ExecKind::kCall},
                                                                       {"StatelessWhile", ExecKind::kCall},
                                                                       {"PartitionedCall", ExecKind::kCall},
                                                                       {"StatefulPartitionedCall", ExecKind::kCall}};
  const auto found = kinds->find(op);
  return found == kinds->end() ? ExecKind::kUnknown : found->second;
}

void SetKind(ExecNode* exec) {
  const std::string& op = exec->node.op;
  exec->kind = ControlFlowKind(op);
  if (exec->kind != ExecKind::kUnknown) return;
  for (const auto find : {FindVariableKernel, FindCheckpointKernel}) {
    exec->kernel = find(op);
    if (exec->kernel != nullptr) {
      exec->kind = ExecKind::kKernel;
      return;
    }
  }
  exec->op = FindOp(op);
  // A loop's condition is given on as it is.
  if (op == "LoopCond") exec->op = FindOp("Identity");
  if (exec->op != nullptr && exec->op->evaluate != nullptr) exec->kind = ExecKind::kOp;
}

class Maker {
 public:
  Maker(const Graph& graph, absl::Span<const std::string> feeds, absl::Span<const std::string> fetches,
        absl::Span<const std::string> targets)
      : graph_(graph), feeds_(feeds), fetches_(fetches), targets_(targets) {}

  absl::StatusOr<ExecGraph> Make() {
    FLOE_RETURN_IF_ERROR(AddFeeds());
    FLOE_RETURN_IF_ERROR(AddFetches());
    for (const std::string& target : targets_) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(target));
      FLOE_ASSIGN_OR_RETURN(const int index, graph_.FindOrError(ref.node));
      NodeFor(index);
    }
    // Backwards from what is wanted. The list grows while it is walked.
    for (size_t i = 0; i < made_.nodes.size(); ++i) {
      if (made_.nodes[i].kind == ExecKind::kFeed || made_.nodes[i].kind == ExecKind::kFetch) continue;
      FLOE_RETURN_IF_ERROR(Connect(static_cast<int>(i)));
    }
    FLOE_RETURN_IF_ERROR(AssignFrames());
    return std::move(made_);
  }

 private:
  int NodeFor(int index) {
    const auto [found, fresh] = by_index_.emplace(index, static_cast<int>(made_.nodes.size()));
    if (fresh) {
      ExecNode exec;
      exec.node = graph_.node(index);
      SetKind(&exec);
      made_.nodes.push_back(std::move(exec));
    }
    return found->second;
  }

  absl::StatusOr<std::pair<int, int>> Resolve(const std::string& tensor) const {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
    if (ref.control) return absl::InvalidArgumentError(absl::StrCat("'", tensor, "' is no tensor"));
    FLOE_ASSIGN_OR_RETURN(const int index, graph_.FindOrError(ref.node));
    return std::make_pair(index, ref.output);
  }

  absl::Status AddFeeds() {
    for (size_t i = 0; i < feeds_.size(); ++i) {
      const absl::StatusOr<std::pair<int, int>> tensor = Resolve(feeds_[i]);
      if (!tensor.ok()) return Annotate(tensor.status(), "feed");
      if (!fed_.emplace(*tensor, static_cast<int>(made_.nodes.size())).second) {
        return absl::InvalidArgumentError(absl::StrCat("'", feeds_[i], "' is fed twice"));
      }
      ExecNode exec;
      exec.node.name = feeds_[i];
      exec.kind = ExecKind::kFeed;
      exec.number = static_cast<int>(i);
      made_.nodes.push_back(std::move(exec));
    }
    return absl::OkStatus();
  }

  absl::Status AddFetches() {
    made_.num_fetches = static_cast<int>(fetches_.size());
    for (size_t i = 0; i < fetches_.size(); ++i) {
      const absl::StatusOr<std::pair<int, int>> tensor = Resolve(fetches_[i]);
      if (!tensor.ok()) return Annotate(tensor.status(), "fetch");
      const int producer = ProducerOf(*tensor);
      const int fetch = static_cast<int>(made_.nodes.size());
      ExecNode exec;
      exec.node.name = fetches_[i];
      exec.kind = ExecKind::kFetch;
      exec.number = static_cast<int>(i);
      exec.num_inputs = 1;
      made_.nodes.push_back(std::move(exec));
      made_.nodes[static_cast<size_t>(producer)].edges.push_back({fetch, 0, OutputOf(producer, *tensor)});
    }
    return absl::OkStatus();
  }

  // What makes a tensor: a feed, or the node.
  int ProducerOf(std::pair<int, int> tensor) {
    const auto fed = fed_.find(tensor);
    return fed != fed_.end() ? fed->second : NodeFor(tensor.first);
  }
  int OutputOf(int producer, std::pair<int, int> tensor) const {
    return made_.nodes[static_cast<size_t>(producer)].kind == ExecKind::kFeed ? 0 : tensor.second;
  }

  absl::Status Connect(int to) {
    const std::vector<std::string> inputs = made_.nodes[static_cast<size_t>(to)].node.inputs;
    const std::string name = made_.nodes[static_cast<size_t>(to)].node.name;
    int slot = 0, controls = 0;
    for (const std::string& input : inputs) {
      absl::StatusOr<InputRef> ref = ParseInputRef(input);
      if (!ref.ok()) return Annotate(ref.status(), absl::StrCat("node '", name, "'"));
      const int source = graph_.Find(ref->node);
      if (source < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("node '", name, "': its input '", input, "' is not in the graph"));
      }
      if (ref->control) {
        // What is fed need not be waited for.
        if (fed_.contains({source, 0})) continue;
        const int producer = NodeFor(source);
        made_.nodes[static_cast<size_t>(producer)].edges.push_back({to, kControlSlot, 0});
        ++controls;
      } else {
        const std::pair<int, int> tensor(source, ref->output);
        const int producer = ProducerOf(tensor);
        made_.nodes[static_cast<size_t>(producer)].edges.push_back({to, slot++, OutputOf(producer, tensor)});
      }
    }
    made_.nodes[static_cast<size_t>(to)].num_inputs = slot;
    made_.nodes[static_cast<size_t>(to)].num_controls = controls;
    return absl::OkStatus();
  }

  // Forwards from the nodes that wait for nothing: an Enter leads into a frame, an Exit out of it.
  absl::Status AssignFrames() {
    std::vector<ExecNode>& nodes = made_.nodes;
    made_.frames.push_back({"", {}, 0, 0});
    std::vector<int> frames(nodes.size(), -1);
    std::vector<int> parents = {-1};
    std::map<std::pair<int, std::string>, int> children;
    std::vector<int> work;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].num_inputs + nodes[i].num_controls > 0) continue;
      frames[i] = 0;
      work.push_back(static_cast<int>(i));
      made_.roots.push_back(static_cast<int>(i));
    }
    while (!work.empty()) {
      const auto index = static_cast<size_t>(work.back());
      work.pop_back();
      ExecNode& node = nodes[index];
      int inside = frames[index];
      if (node.kind == ExecKind::kExit) {
        if (parents[static_cast<size_t>(inside)] < 0) {
          return absl::InvalidArgumentError(
              absl::StrCat("node '", node.node.name, "' (", node.node.op, ") leaves a loop that nothing entered"));
        }
        inside = parents[static_cast<size_t>(inside)];
      } else if (node.kind == ExecKind::kEnter) {
        absl::StatusOr<std::string> name = node.node.attrs.String("frame_name");
        if (!name.ok()) return Annotate(name.status(), absl::StrCat("node '", node.node.name, "'"));
        const auto [child, fresh] =
            children.emplace(std::make_pair(inside, *name), static_cast<int>(made_.frames.size()));
        if (fresh) {
          made_.frames.push_back({*name, {}, 0, 0});
          parents.push_back(inside);
        }
        node.enters = child->second;
        ++made_.frames[static_cast<size_t>(node.enters)].num_enters;
        inside = node.enters;
      }
      for (const ExecEdge& edge : node.edges) {
        int& frame = frames[static_cast<size_t>(edge.to)];
        if (frame >= 0 && frame != inside) {
          return absl::InvalidArgumentError(absl::StrCat("node '", nodes[static_cast<size_t>(edge.to)].node.name,
                                                         "' has inputs of two loops, or of a loop and of outside"));
        }
        if (frame < 0) {
          frame = inside;
          work.push_back(edge.to);
        }
      }
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (frames[i] < 0) {
        return absl::InvalidArgumentError(absl::StrCat("node '", nodes[i].node.name, "' waits for itself: a cycle"));
      }
      ExecFrame& frame = made_.frames[static_cast<size_t>(frames[i])];
      nodes[i].frame = frames[i];
      nodes[i].place = static_cast<int>(frame.nodes.size());
      nodes[i].first_input = frame.num_inputs;
      frame.nodes.push_back(static_cast<int>(i));
      frame.num_inputs += nodes[i].num_inputs;
    }
    return CheckAcyclic();
  }

  // Without the edges that lead back to a loop's start, every node must come after what it waits for.
  absl::Status CheckAcyclic() const {
    const std::vector<ExecNode>& nodes = made_.nodes;
    std::vector<int> waits(nodes.size(), 0);
    for (const ExecNode& node : nodes) {
      if (node.kind == ExecKind::kNextIteration) continue;
      for (const ExecEdge& edge : node.edges) ++waits[static_cast<size_t>(edge.to)];
    }
    std::vector<int> work;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (waits[i] == 0) work.push_back(static_cast<int>(i));
    }
    size_t done = 0;
    while (!work.empty()) {
      const ExecNode& node = nodes[static_cast<size_t>(work.back())];
      work.pop_back();
      ++done;
      if (node.kind == ExecKind::kNextIteration) continue;
      for (const ExecEdge& edge : node.edges) {
        if (--waits[static_cast<size_t>(edge.to)] == 0) work.push_back(edge.to);
      }
    }
    if (done == nodes.size()) return absl::OkStatus();
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (waits[i] > 0) {
        return absl::InvalidArgumentError(absl::StrCat("node '", nodes[i].node.name, "' waits for itself: a cycle"));
      }
    }
    return absl::OkStatus();
  }

  const Graph& graph_;
  const absl::Span<const std::string> feeds_, fetches_, targets_;
  ExecGraph made_;
  absl::flat_hash_map<int, int> by_index_;
  std::map<std::pair<int, int>, int> fed_;
};

}  // namespace

absl::StatusOr<ExecGraph> MakeExecGraph(const Graph& graph, absl::Span<const std::string> feeds,
                                        absl::Span<const std::string> fetches, absl::Span<const std::string> targets) {
  return Maker(graph, feeds, fetches, targets).Make();
}

}  // namespace floe
