#include "program/lower.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/registry.h"
#include "program/bind_tables.h"

namespace floe {
namespace {

// More than TensorFlow has families of ops; what is longer was made to be long.
constexpr size_t kMaxListedOps = 500;

// A few bytes stand for a constant of any size where all elements are equal; so much may come of that in one graph.
constexpr int64_t kMaxUnpackedBytes = int64_t{512} << 20;

// Nodes that hold no result anyone could want.
bool HasNoResult(const Node& node) { return node.op == "NoOp" || node.op == "Assert"; }
bool IsSource(const Node& node) { return node.op == "Placeholder" || node.op == "Const" || IsTable(node); }

absl::StatusOr<int> FindInput(const Graph& graph, const Node& node, const InputRef& ref) {
  const int index = graph.Find(ref.node);
  if (index >= 0) return index;
  return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' has the input '", ref.node,
                                                 "', which the graph does not have",
                                                 DidYouMean(ref.node, graph.NodeNames())));
}

// Data inputs only: in a frozen graph a control edge orders effects (assertions, variable reads), and there are none
// left.
absl::StatusOr<std::vector<InputRef>> DataInputs(const Node& node) {
  std::vector<InputRef> refs;
  for (const std::string& input : node.inputs) {
    absl::StatusOr<InputRef> ref = ParseInputRef(input);
    if (!ref.ok()) return Annotate(ref.status(), absl::StrCat("node '", node.name, "'"));
    if (!ref->control) refs.push_back(*ref);
  }
  return refs;
}

absl::Status CycleError(const Graph& graph, const std::vector<int>& path, int again) {
  std::vector<std::string> names;
  bool inside = false;
  for (const int node : path) {
    inside = inside || node == again;
    if (inside) names.push_back(graph.node(node).name);
  }
  return absl::InvalidArgumentError(absl::StrCat("the graph has a cycle: ", ListNames(names)));
}

// Nodes that `roots` need, each after its inputs. Does not go past nodes that are `stop`s.
absl::StatusOr<std::vector<int>> TopologicalOrder(const Graph& graph, const std::vector<int>& roots,
                                                  const std::vector<bool>& stop) {
  enum State : uint8_t { kNew, kOnPath, kDone };
  std::vector<State> state(graph.num_nodes(), kNew);
  std::vector<int> order;
  struct Frame {
    int node;
    std::vector<InputRef> inputs;
    size_t next = 0;
  };
  std::vector<Frame> stack;
  const auto push = [&](int node) -> absl::Status {
    state[node] = kOnPath;
    std::vector<InputRef> inputs;
    if (!stop[node]) {
      FLOE_ASSIGN_OR_RETURN(inputs, DataInputs(graph.node(node)));
    }
    stack.push_back({node, std::move(inputs)});
    return absl::OkStatus();
  };
  for (const int root : roots) {
    if (state[root] == kDone) continue;
    FLOE_RETURN_IF_ERROR(push(root));
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next == frame.inputs.size()) {
        state[frame.node] = kDone;
        order.push_back(frame.node);
        stack.pop_back();
        continue;
      }
      FLOE_ASSIGN_OR_RETURN(const int input, FindInput(graph, graph.node(frame.node), frame.inputs[frame.next++]));
      if (state[input] == kOnPath) {
        std::vector<int> path;
        for (const Frame& f : stack) path.push_back(f.node);
        return CycleError(graph, path, input);
      }
      if (state[input] == kNew) FLOE_RETURN_IF_ERROR(push(input));
    }
  }
  return order;
}

absl::StatusOr<std::vector<int>> RootsOf(const Graph& graph, const std::vector<std::string>& tensors) {
  std::vector<int> roots;
  for (const std::string& name : tensors) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(name));
    FLOE_ASSIGN_OR_RETURN(const int node, graph.FindOrError(ref.node));
    roots.push_back(node);
  }
  return roots;
}

// Every op that Floe does not know, with some of its nodes.
absl::Status UnknownOps(const Graph& graph, const std::vector<int>& order) {
  std::map<std::string, std::vector<std::string>> unknown;
  for (const int index : order) {
    const Node& node = graph.node(index);
    if (FindOp(node.op) == nullptr) unknown[node.op].push_back(node.name);
  }
  if (unknown.empty()) return absl::OkStatus();
  const std::vector<std::string> known = AllOpNames();
  std::vector<std::string> listed;
  for (const auto& [op, nodes] : unknown) {
    if (listed.size() == kMaxListedOps) {
      listed.push_back(absl::StrCat("and ", unknown.size() - kMaxListedOps, " more"));
      break;
    }
    listed.push_back(absl::StrCat(op, " (", ListNames(nodes, 3), DidYouMean(op, known), ")"));
  }
  return absl::UnimplementedError(absl::StrCat("the graph has ", unknown.size(), unknown.size() == 1 ? " op" : " ops",
                                               " that Floe does not know: ", absl::StrJoin(listed, "; "),
                                               "; `floe ops` lists those it knows"));
}

// One result of a node.
using ResultKey = std::pair<int, int>;

class Lowering {
 public:
  Lowering(const Graph& graph, const Boundary& boundary) : graph_(graph), boundary_(boundary) {}

  absl::StatusOr<Program> Run() {
    FLOE_ASSIGN_OR_RETURN(const std::vector<int> roots, RootsOf(graph_, boundary_.outputs));
    FLOE_RETURN_IF_ERROR(CollectFeeds());
    FLOE_ASSIGN_OR_RETURN(const std::vector<int> order, TopologicalOrder(graph_, roots, stop_));
    std::vector<int> to_lower;
    for (const int node : order) {
      if (!stop_[node]) to_lower.push_back(node);
    }
    FLOE_RETURN_IF_ERROR(UnknownOps(graph_, to_lower));
    FLOE_RETURN_IF_ERROR(AddInputs());
    for (const int index : to_lower) {
      if (absl::Status status = LowerNode(index); !status.ok()) {
        const Node& node = graph_.node(index);
        return Annotate(status, absl::StrCat("node '", node.name, "' (", node.op, ")"));
      }
    }
    for (size_t i = 0; i < roots.size(); ++i) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(boundary_.outputs[i]));
      FLOE_ASSIGN_OR_RETURN(const ValueId id, Resolve(roots[i], ref.output));
      program_.outputs.push_back(id);
    }
    return std::move(program_);
  }

 private:
  absl::Status CollectFeeds() {
    stop_.assign(graph_.num_nodes(), false);
    for (const std::string& name : boundary_.inputs) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(name));
      FLOE_ASSIGN_OR_RETURN(const int node, graph_.FindOrError(ref.node));
      feeds_.push_back({node, ref.output});
      // A node one of whose results is fed is not run; its other results are not to be had.
      stop_[node] = true;
    }
    return absl::OkStatus();
  }

  absl::Status AddInputs() {
    for (const ResultKey& feed : feeds_) {
      const Node& node = graph_.node(feed.first);
      Value value;
      value.name = FormatInputRef(node.name, feed.second);
      if (absl::Status status = TypeOf(feed, &value); !status.ok()) {
        return Annotate(status, absl::StrCat("input '", node.name, "' (", node.op, ")"));
      }
      const ValueId id = program_.AddValue(std::move(value));
      if (!results_.emplace(feed, id).second) {
        return absl::InvalidArgumentError(absl::StrCat("input '", node.name, "' is named twice"));
      }
      program_.inputs.push_back(id);
    }
    return absl::OkStatus();
  }

  // A tensor from inside the graph has the type and shape that it would have been computed with; where it could not be
  // (that may be why it is fed), what its node says.
  absl::Status TypeOf(const ResultKey& feed, Value* value) const {
    const Node& node = graph_.node(feed.first);
    if (node.op != "Placeholder") {
      const std::vector<std::string> tensor = {value->name};
      absl::StatusOr<std::vector<std::string>> placeholders = PlaceholdersNeededBy(graph_, tensor);
      if (placeholders.ok()) {
        const absl::StatusOr<Program> computed = Lower(graph_, {*std::move(placeholders), tensor});
        if (computed.ok()) {
          const TensorInfo info = computed->values[computed->outputs[0]].info();
          value->dtype = info.dtype;
          value->shape = info.shape;
          return absl::OkStatus();
        }
      }
    }
    if (node.op == "Placeholder" && node.attrs.Has("dtype")) FLOE_RETURN_IF_ERROR(node.attrs.Type("dtype").status());
    for (const char* const name : {"dtype", "DstT", "out_type", "output_type", "Tout", "T"}) {
      const absl::StatusOr<DType> dtype = node.attrs.Type(name);
      if (!dtype.ok()) continue;
      value->dtype = *dtype;
      if (node.attrs.Has("shape")) {
        FLOE_ASSIGN_OR_RETURN(value->shape, node.attrs.OfShape("shape"));
        if (value->shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(value->shape.dims()).status());
      }
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError("no attribute says what dtype it has");
  }

  absl::StatusOr<ValueId> Resolve(int node, int output) {
    const auto found = results_.find(ResultKey(node, output));
    if (found != results_.end()) return found->second;
    return absl::InvalidArgumentError(
        absl::StrCat("node '", graph_.node(node).name, "' (", graph_.node(node).op, ") has no result ", output));
  }

  absl::Status LowerNode(int index) {
    const Node& node = graph_.node(index);
    Op op;
    op.info = FindOp(node.op);
    op.name = node.name;
    op.attrs = node.attrs;
    FLOE_ASSIGN_OR_RETURN(const std::vector<InputRef> refs, DataInputs(node));
    for (const InputRef& ref : refs) {
      FLOE_ASSIGN_OR_RETURN(const ValueId id, Resolve(graph_.Find(ref.node), ref.output));
      op.inputs.push_back(id);
    }
    if (node.op == "Const") {
      FLOE_ASSIGN_OR_RETURN(Tensor tensor, node.attrs.OfTensor("value"));
      FLOE_RETURN_IF_ERROR(CountUnpacked(node, tensor));
      FLOE_ASSIGN_OR_RETURN(const DType said, node.attrs.Type("dtype", tensor.dtype()));
      if (said != tensor.dtype()) {
        return absl::InvalidArgumentError(
            absl::StrCat("attribute 'dtype' says ", DTypeName(said), ", the value is ", DTypeName(tensor.dtype())));
      }
      results_[ResultKey(index, 0)] = program_.AddConstant(node.name, std::move(tensor));
      return absl::OkStatus();
    }
    if (node.op == "Placeholder") {
      return absl::InvalidArgumentError("it is needed for the outputs and not among the inputs");
    }
    const std::vector<TensorInfo> infos = program_.Infos(op.inputs);
    InferContext context(op.name, op.attrs, infos);
    FLOE_RETURN_IF_ERROR(op.info->infer(context));
    for (size_t i = 0; i < context.outputs().size(); ++i) {
      const TensorInfo& info = context.outputs()[i];
      if (info.shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(info.shape.dims()).status());
      const ValueId id =
          program_.AddValue({FormatInputRef(node.name, static_cast<int>(i)), info.dtype, info.shape, std::nullopt});
      results_[ResultKey(index, static_cast<int>(i))] = id;
      op.outputs.push_back(id);
    }
    program_.ops.push_back(std::move(op));
    return absl::OkStatus();
  }

  absl::Status CountUnpacked(const Node& node, const Tensor& tensor) {
    const auto stored = static_cast<int64_t>(node.attrs.Find("value")->encoded().size());
    unpacked_bytes_ += std::max<int64_t>(0, tensor.byte_size() - stored);
    if (unpacked_bytes_ <= kMaxUnpackedBytes) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("the graph's constants take ", unpacked_bytes_,
                                                     " bytes more than in the file, with this one of shape ",
                                                     tensor.shape().ToString(), "; allowed are ", kMaxUnpackedBytes));
  }

  const Graph& graph_;
  const Boundary& boundary_;
  Program program_;
  int64_t unpacked_bytes_ = 0;
  std::vector<ResultKey> feeds_;
  std::vector<bool> stop_;
  absl::flat_hash_map<ResultKey, ValueId> results_;
};

// How many results a node has by its attributes alone; nothing where its inputs' dtypes would have to be known.
std::optional<int> CountResultsByAttributes(const Node& node) {
  const OpInfo* info = FindOp(node.op);
  if (info == nullptr) return 1;
  const std::vector<TensorInfo> unknown(node.inputs.size());
  InferContext context(node.name, node.attrs, unknown);
  if (!info->infer(context).ok() || context.outputs().empty()) return std::nullopt;
  return static_cast<int>(context.outputs().size());
}

// How many results each of these nodes has. A graph that cannot be lowered says why when it is; here a node has one
// then.
absl::flat_hash_map<std::string, int> CountResults(const Graph& graph, const std::vector<std::string>& names) {
  absl::flat_hash_map<std::string, int> counts;
  bool all_known = true;
  for (const std::string& name : names) {
    const std::optional<int> count = CountResultsByAttributes(graph.node(graph.Find(name)));
    counts[name] = count.value_or(1);
    all_known = all_known && count.has_value();
  }
  if (all_known) return counts;
  const absl::StatusOr<std::vector<std::string>> inputs = PlaceholdersNeededBy(graph, names);
  if (!inputs.ok()) return counts;
  const absl::StatusOr<Program> program = Lower(graph, {*inputs, names});
  if (!program.ok()) return counts;
  for (const Op& op : program->ops) {
    if (const auto found = counts.find(op.name); found != counts.end()) {
      found->second = static_cast<int>(op.outputs.size());
    }
  }
  return counts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DefaultOutputs(const Graph& graph) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<Graph> bound, BindTables(graph));
  if (bound.has_value()) return DefaultOutputs(*bound);
  std::vector<bool> consumed(graph.num_nodes(), false), data_consumed(graph.num_nodes(), false);
  for (const Node& node : graph.nodes()) {
    for (const std::string& input : node.inputs) {
      absl::StatusOr<InputRef> ref = ParseInputRef(input);
      if (!ref.ok()) return Annotate(ref.status(), absl::StrCat("node '", node.name, "'"));
      FLOE_ASSIGN_OR_RETURN(const int producer, FindInput(graph, node, *ref));
      consumed[producer] = true;
      if (!ref->control) data_consumed[producer] = true;
    }
  }
  // Where every result is at least waited for, those that are only waited for are the outputs.
  for (const std::vector<bool>* used : {&consumed, &data_consumed}) {
    std::vector<std::string> nodes;
    for (int i = 0; i < graph.num_nodes(); ++i) {
      const Node& node = graph.node(i);
      if (!(*used)[i] && !HasNoResult(node) && !IsSource(node)) nodes.push_back(node.name);
    }
    if (nodes.empty()) continue;
    const absl::flat_hash_map<std::string, int> counts = CountResults(graph, nodes);
    std::vector<std::string> outputs;
    for (const std::string& node : nodes) {
      for (int k = 0; k < counts.at(node); ++k) outputs.push_back(FormatInputRef(node, k));
    }
    return outputs;
  }
  return absl::InvalidArgumentError(
      "the graph has no outputs: no node but placeholders and constants is left unconsumed");
}

absl::StatusOr<std::vector<std::string>> PlaceholdersNeededBy(const Graph& graph,
                                                              const std::vector<std::string>& outputs) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<Graph> bound, BindTables(graph));
  if (bound.has_value()) return PlaceholdersNeededBy(*bound, outputs);
  FLOE_ASSIGN_OR_RETURN(const std::vector<int> roots, RootsOf(graph, outputs));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int> order,
                        TopologicalOrder(graph, roots, std::vector<bool>(graph.num_nodes(), false)));
  std::vector<bool> needed(graph.num_nodes(), false);
  for (const int node : order) needed[node] = true;
  std::vector<std::string> names;
  for (int i = 0; i < graph.num_nodes(); ++i) {
    if (needed[i] && graph.node(i).op == "Placeholder") names.push_back(graph.node(i).name);
  }
  return names;
}

absl::StatusOr<Program> Lower(const Graph& graph, const Boundary& boundary) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<Graph> bound, BindTables(graph));
  return Lowering(bound.has_value() ? *bound : graph, boundary).Run();
}

}  // namespace floe
