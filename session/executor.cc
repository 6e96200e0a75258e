#include "session/executor.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

// Of a Merge, `pending` counts control inputs twice and has bit 0 set until the first live input has come.
constexpr int kNoLiveInput = 1, kMergeControl = 2;
// How many iterations of a loop may be under way where the graph does not say.
constexpr int64_t kParallelIterations = 10;

// The state of one iteration's nodes.
struct Iteration {
  std::vector<EdgeValue> inputs;
  std::vector<int> pending, dead;
  int running = 0;       // nodes that are ready or being run
  int inner_frames = 0;  // loops inside that are not done
};

// A loop while it runs (or the whole run).
struct Frame {
  const ExecFrame* info = nullptr;
  int index = 0;
  Frame* parent = nullptr;
  int64_t parent_iteration = 0;
  int64_t newest = 0;  // iteration
  int64_t parallel = kParallelIterations;
  int enters_left = 0;
  std::map<int64_t, std::unique_ptr<Iteration>> iterations;
  std::vector<std::pair<const ExecNode*, EdgeValue>> invariants;  // constant Enters
  std::vector<std::pair<const ExecNode*, EdgeValue>> deferred;    // into iterations that may not start yet
  std::vector<const ExecNode*> dead_exits;
};

struct Ready {
  const ExecNode* node;
  Frame* frame;
  int64_t iteration;
  bool dead;
};

class Executor {
 public:
  Executor(const ExecGraph& graph, absl::Span<const EdgeValue> feeds, SessionState& session, FunctionRunner& functions,
           int depth)
      : graph_(graph), feeds_(feeds), session_(session), functions_(functions), depth_(depth) {}

  absl::StatusOr<std::vector<EdgeValue>> Run() {
    fetched_.resize(static_cast<size_t>(graph_.num_fetches));
    Frame root;
    root.info = graph_.frames.data();
    StartIteration(&root, 0);
    for (const int index : graph_.roots) MakeReady(&graph_.nodes[static_cast<size_t>(index)], &root, 0, false);
    while (!ready_.empty()) {
      const Ready next = ready_.front();
      ready_.pop_front();
      FLOE_RETURN_IF_ERROR(Process(next));
    }
    for (const ExecNode& node : graph_.nodes) {
      if (node.kind != ExecKind::kFetch || fetched_[static_cast<size_t>(node.number)].present()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("fetch '", node.node.name, "': it is on a branch that was not taken"));
    }
    return std::move(fetched_);
  }

 private:
  void StartIteration(Frame* frame, int64_t number) {
    auto iteration = std::make_unique<Iteration>();
    iteration->inputs.resize(static_cast<size_t>(frame->info->num_inputs));
    iteration->pending.reserve(frame->info->nodes.size());
    iteration->dead.resize(frame->info->nodes.size());
    for (const int index : frame->info->nodes) {
      const ExecNode& node = graph_.nodes[static_cast<size_t>(index)];
      iteration->pending.push_back(node.kind == ExecKind::kMerge ? kNoLiveInput + kMergeControl * node.num_controls
                                                                 : node.num_inputs + node.num_controls);
    }
    frame->iterations[number] = std::move(iteration);
  }

  void MakeReady(const ExecNode* node, Frame* frame, int64_t iteration, bool dead) {
    ++frame->iterations[iteration]->running;
    ready_.push_back({node, frame, iteration, dead});
  }

  absl::Status Process(const Ready& item) {
    std::vector<EdgeValue> outputs;
    Iteration& iteration = *item.frame->iterations[item.iteration];
    std::vector<EdgeValue> inputs(static_cast<size_t>(item.node->num_inputs));
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = std::exchange(iteration.inputs[static_cast<size_t>(item.node->first_input) + i], EdgeValue());
    }
    if (!item.dead) {
      if (absl::Status run = Compute(*item.node, std::move(inputs), &outputs); !run.ok()) {
        const bool named = item.node->kind == ExecKind::kFetch || item.node->kind == ExecKind::kFeed;
        return Annotate(
            run, absl::StrCat(item.node->kind == ExecKind::kFetch ? "fetch" : "node", " '", item.node->node.name, "'",
                              named ? "" : " (", item.node->node.op, named ? "" : ")"));
      }
    }
    return Propagate(item, outputs);
  }

  absl::Status Compute(const ExecNode& exec, std::vector<EdgeValue> inputs, std::vector<EdgeValue>* outputs) {
    switch (exec.kind) {
      case ExecKind::kNothing:
        return absl::OkStatus();
      case ExecKind::kFeed:
        outputs->push_back(feeds_[static_cast<size_t>(exec.number)]);
        return absl::OkStatus();
      case ExecKind::kFetch: {
        FLOE_ASSIGN_OR_RETURN(Tensor tensor, inputs[0].Read());
        fetched_[static_cast<size_t>(exec.number)] = {std::move(tensor), nullptr};
        return absl::OkStatus();
      }
      case ExecKind::kEnter:
      case ExecKind::kExit:
      case ExecKind::kNextIteration:
        if (inputs.size() != 1) return absl::InvalidArgumentError(absl::StrCat("wanted 1 input, got ", inputs.size()));
        outputs->push_back(std::move(inputs[0]));
        return absl::OkStatus();
      case ExecKind::kSwitch:
        return Switch(std::move(inputs), outputs);
      case ExecKind::kMerge:
        return Merge(std::move(inputs), outputs);
      case ExecKind::kOp: {
        std::vector<Tensor> tensors;
        for (const EdgeValue& input : inputs) {
          FLOE_ASSIGN_OR_RETURN(tensors.emplace_back(), input.Read());
        }
        FLOE_ASSIGN_OR_RETURN(OpState* const state, StateOf(exec));
        FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                              Evaluate(*exec.op, exec.node.name, exec.node.attrs, tensors, state));
        for (Tensor& result : results) outputs->push_back({std::move(result), nullptr});
        return absl::OkStatus();
      }
      case ExecKind::kKernel: {
        KernelContext context(exec.node, std::move(inputs), session_);
        FLOE_RETURN_IF_ERROR(exec.kernel(context));
        *outputs = std::move(context.outputs());
        return absl::OkStatus();
      }
      case ExecKind::kCall: {
        FLOE_ASSIGN_OR_RETURN(*outputs, functions_.Call(exec.node, std::move(inputs), depth_));
        return absl::OkStatus();
      }
      case ExecKind::kUnknown:
        break;
    }
    if (exec.op != nullptr) return absl::InvalidArgumentError("it must be fed");
    return absl::UnimplementedError("a Session cannot run this op");
  }

  // Made at the node's first run. Null where it keeps nothing.
  absl::StatusOr<OpState*> StateOf(const ExecNode& exec) {
    if (exec.op->make_state == nullptr) return nullptr;
    std::unique_ptr<OpState>& state = session_.op_states[exec.node.name];
    if (state == nullptr) {
      FLOE_ASSIGN_OR_RETURN(state, exec.op->make_state(exec.node.attrs));
    }
    return state.get();
  }

  static absl::Status Switch(std::vector<EdgeValue> inputs, std::vector<EdgeValue>* outputs) {
    if (inputs.size() != 2) return absl::InvalidArgumentError(absl::StrCat("wanted 2 inputs, got ", inputs.size()));
    FLOE_ASSIGN_OR_RETURN(const Tensor condition, inputs[1].Read());
    if (condition.dtype() != DType::kBool || condition.num_elements() != 1) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: wanted one boolean, got ", DTypeName(condition.dtype()),
                                                     " ", condition.shape().ToString()));
    }
    outputs->resize(2);
    (*outputs)[*condition.data<bool>() ? 1 : 0] = std::move(inputs[0]);
    return absl::OkStatus();
  }

  static absl::Status Merge(std::vector<EdgeValue> inputs, std::vector<EdgeValue>* outputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].present()) continue;
      outputs->push_back(std::move(inputs[i]));
      outputs->push_back({Tensor::Scalar<int32_t>(static_cast<int32_t>(i)), nullptr});
      return absl::OkStatus();
    }
    return absl::InternalError("no input of a Merge is there");
  }

  absl::Status Propagate(const Ready& item, const std::vector<EdgeValue>& outputs) {
    const ExecNode& node = *item.node;
    Frame* const frame = item.frame;
    switch (node.kind) {
      case ExecKind::kEnter:
        FLOE_RETURN_IF_ERROR(EnterFrame(item, outputs));
        break;
      case ExecKind::kExit:
        if (!item.dead) {
          FLOE_RETURN_IF_ERROR(Activate(node, outputs, false, frame->parent, frame->parent_iteration));
        } else if (item.iteration == frame->newest) {
          // Dead in the last iteration: nothing ever leaves there. Known once the loop is done.
          frame->dead_exits.push_back(&node);
        }
        break;
      case ExecKind::kNextIteration:
        if (item.dead) break;
        if (item.iteration == frame->newest) {
          if (static_cast<int64_t>(frame->iterations.size()) >= frame->parallel) {
            frame->deferred.emplace_back(&node, outputs[0]);
            break;
          }
          FLOE_RETURN_IF_ERROR(NextIteration(frame));
        }
        FLOE_RETURN_IF_ERROR(Activate(node, outputs, false, frame, item.iteration + 1));
        break;
      default:
        FLOE_RETURN_IF_ERROR(Activate(node, outputs, item.dead, frame, item.iteration));
    }
    --frame->iterations[item.iteration]->running;
    return CleanUp(frame, item.iteration);
  }

  absl::Status EnterFrame(const Ready& item, const std::vector<EdgeValue>& outputs) {
    const auto key = std::make_tuple(item.frame, item.iteration, item.node->enters);
    std::unique_ptr<Frame>& child = frames_[key];
    if (child == nullptr) {
      child = std::make_unique<Frame>();
      child->index = item.node->enters;
      child->info = &graph_.frames[static_cast<size_t>(child->index)];
      child->parent = item.frame;
      child->parent_iteration = item.iteration;
      child->enters_left = child->info->num_enters;
      FLOE_ASSIGN_OR_RETURN(const int64_t parallel,
                            item.node->node.attrs.Int("parallel_iterations", kParallelIterations));
      child->parallel = std::max<int64_t>(parallel, 1);
      StartIteration(child.get(), 0);
      ++item.frame->iterations[item.iteration]->inner_frames;
    }
    Frame* const frame = child.get();
    --frame->enters_left;
    FLOE_ASSIGN_OR_RETURN(const bool constant, item.node->node.attrs.Bool("is_constant", false));
    if (!constant) {
      FLOE_RETURN_IF_ERROR(Activate(*item.node, outputs, item.dead, frame, 0));
    } else {
      const EdgeValue value = item.dead ? EdgeValue() : outputs[0];
      frame->invariants.emplace_back(item.node, value);
      for (const auto& [number, iteration] : frame->iterations) {
        FLOE_RETURN_IF_ERROR(Activate(*item.node, {value}, item.dead, frame, number));
      }
    }
    return CleanUp(frame, frame->iterations.begin()->first);
  }

  // Starts the iteration after the newest one.
  absl::Status NextIteration(Frame* frame) {
    const int64_t number = ++frame->newest;
    StartIteration(frame, number);
    frame->dead_exits.clear();  // those of an earlier iteration
    const auto deferred = std::exchange(frame->deferred, {});
    for (const auto& [node, value] : deferred) FLOE_RETURN_IF_ERROR(Activate(*node, {value}, false, frame, number));
    for (const auto& [node, value] : frame->invariants) {
      FLOE_RETURN_IF_ERROR(Activate(*node, {value}, !value.present(), frame, number));
    }
    return absl::OkStatus();
  }

  // Iterations that are done go, waiting ones start, and so on outwards where a loop is done.
  absl::Status CleanUp(Frame* frame, int64_t number) {
    while (true) {
      while (true) {
        const auto found = frame->iterations.find(number);
        if (found == frame->iterations.end() || found->second->running > 0 || found->second->inner_frames > 0) break;
        const bool complete = number == 0 ? frame->enters_left == 0 : !frame->iterations.contains(number - 1);
        if (!complete) break;
        if (frame->parent == nullptr) break;  // the run itself: it is read until the end
        frame->iterations.erase(found);
        ++number;
        if (!frame->deferred.empty()) FLOE_RETURN_IF_ERROR(NextIteration(frame));
      }
      if (frame->parent == nullptr || frame->enters_left > 0 || !frame->iterations.empty()) return absl::OkStatus();
      Frame* const parent = frame->parent;
      const int64_t parent_iteration = frame->parent_iteration;
      for (const ExecNode* node : std::exchange(frame->dead_exits, {})) {
        FLOE_RETURN_IF_ERROR(Activate(*node, {}, true, parent, parent_iteration));
      }
      frames_.erase(std::make_tuple(parent, parent_iteration, frame->index));
      --parent->iterations[parent_iteration]->inner_frames;
      frame = parent;
      number = parent_iteration;
    }
  }

  // Gives a node's outputs to its consumers in that iteration.
  absl::Status Activate(const ExecNode& node, const std::vector<EdgeValue>& outputs, bool dead, Frame* frame,
                        int64_t number) {
    Iteration& iteration = *frame->iterations[number];
    for (const ExecEdge& edge : node.edges) {
      const ExecNode& to = graph_.nodes[static_cast<size_t>(edge.to)];
      const bool control = edge.slot == kControlSlot;
      if (!control && !dead && static_cast<size_t>(edge.output) >= outputs.size()) {
        return absl::InvalidArgumentError(absl::StrCat("node '", to.node.name, "': '", node.node.name, "' (",
                                                       node.node.op, ") has no output ", edge.output));
      }
      const bool live = !dead && (control || outputs[static_cast<size_t>(edge.output)].present());
      const auto place = static_cast<size_t>(to.place);
      int& pending = iteration.pending[place];
      bool is_ready, is_dead = false, takes = !control;
      if (to.kind != ExecKind::kMerge) {
        if (!live) ++iteration.dead[place];
        is_ready = --pending == 0;
        is_dead = iteration.dead[place] > 0 && to.node.op != "ControlTrigger";
      } else if (control) {
        pending -= kMergeControl;
        is_dead = iteration.dead[place] == to.num_inputs;
        is_ready = pending == 0 || (pending == kNoLiveInput && is_dead);
      } else if (live) {
        takes = (pending & kNoLiveInput) != 0;
        is_ready = pending == kNoLiveInput;
        pending &= ~kNoLiveInput;
      } else {
        // A dead Enter makes its Merge dead: the other input would come around the loop.
        ++iteration.dead[place];
        is_dead = iteration.dead[place] == to.num_inputs || node.kind == ExecKind::kEnter;
        is_ready = pending == kNoLiveInput && is_dead;
        takes = false;
      }
      if (takes && live) {
        iteration.inputs[static_cast<size_t>(to.first_input) + static_cast<size_t>(edge.slot)] =
            outputs[static_cast<size_t>(edge.output)];
      }
      if (is_ready) MakeReady(&to, frame, number, is_dead);
    }
    return absl::OkStatus();
  }

  const ExecGraph& graph_;
  const absl::Span<const EdgeValue> feeds_;
  SessionState& session_;
  FunctionRunner& functions_;
  const int depth_;
  std::deque<Ready> ready_;
  std::map<std::tuple<Frame*, int64_t, int>, std::unique_ptr<Frame>> frames_;
  std::vector<EdgeValue> fetched_;
};

}  // namespace

absl::StatusOr<std::vector<EdgeValue>> Execute(const ExecGraph& graph, absl::Span<const EdgeValue> feeds,
                                               SessionState& session, FunctionRunner& functions, int depth) {
  return Executor(graph, feeds, session, functions, depth).Run();
}

}  // namespace floe
