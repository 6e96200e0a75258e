#include "program/lower.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/registry.h"
#include "program/bind_tables.h"
#include "program/flow_graph.h"
#include "program/lowering.h"

namespace floe {
namespace {

// Nodes that hold no result anyone could want: without any, of a loop's or conditional's inside, or only there as a
// sign that a branch is taken.
bool HasNoResult(const Graph& graph, const Node& node) {
  constexpr absl::string_view kOps[] = {"NoOp",    "Assert",    "ControlTrigger", "TensorArrayCloseV3",
                                        "Switch",  "RefSwitch", "NextIteration",  "RefNextIteration",
                                        "LoopCond"};
  if (std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps)) return true;
  if (node.op != "Identity" || node.inputs.empty()) return false;
  const absl::StatusOr<InputRef> ref = ParseInputRef(node.inputs[0]);
  const int from = ref.ok() ? graph.Find(ref->node) : -1;
  return from >= 0 && (graph.node(from).op == "Switch" || graph.node(from).op == "RefSwitch");
}
bool IsSource(const Node& node) { return node.op == "Placeholder" || node.op == "Const" || IsTable(node); }

absl::StatusOr<Edge> FindTensor(const Graph& graph, const std::string& name) {
  FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(name));
  FLOE_ASSIGN_OR_RETURN(const int node, graph.FindOrError(ref.node));
  return Edge(node, ref.output);
}

absl::StatusOr<std::vector<Edge>> FindTensors(const Graph& graph, const std::vector<std::string>& names) {
  std::vector<Edge> edges;
  for (const std::string& name : names) {
    FLOE_ASSIGN_OR_RETURN(edges.emplace_back(), FindTensor(graph, name));
  }
  return edges;
}

// A tensor from inside the graph has the type and shape that it would have been computed with; where it could not be
// (that may be why it is fed), what its node says.
absl::StatusOr<Value> FedValue(const Graph& graph, const Edge& feed) {
  const Node& node = graph.node(feed.first);
  Value value;
  value.name = FormatInputRef(node.name, feed.second);
  if (node.op != "Placeholder") {
    const std::vector<std::string> tensor = {value.name};
    absl::StatusOr<std::vector<std::string>> placeholders = PlaceholdersNeededBy(graph, tensor);
    if (placeholders.ok()) {
      const absl::StatusOr<Program> computed = Lower(graph, {*std::move(placeholders), tensor});
      if (computed.ok()) {
        const TensorInfo info = computed->values[computed->outputs[0]].info();
        value.dtype = info.dtype;
        value.shape = info.shape;
        return value;
      }
    }
  }
  if (node.op == "Placeholder" && node.attrs.Has("dtype")) FLOE_RETURN_IF_ERROR(node.attrs.Type("dtype").status());
  for (const char* const name : {"dtype", "DstT", "out_type", "output_type", "Tout", "T"}) {
    const absl::StatusOr<DType> dtype = node.attrs.Type(name);
    if (!dtype.ok()) continue;
    value.dtype = *dtype;
    if (node.attrs.Has("shape")) {
      FLOE_ASSIGN_OR_RETURN(value.shape, node.attrs.OfShape("shape"));
      if (value.shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(value.shape.dims()).status());
    }
    return value;
  }
  return absl::InvalidArgumentError("no attribute says what dtype it has");
}

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
      FLOE_ASSIGN_OR_RETURN(const int producer, FindInputNode(graph, node, *ref));
      consumed[producer] = true;
      if (!ref->control) data_consumed[producer] = true;
    }
  }
  // Where every result is at least waited for, those that are only waited for are the outputs.
  for (const std::vector<bool>* used : {&consumed, &data_consumed}) {
    std::vector<std::string> nodes;
    for (int i = 0; i < graph.num_nodes(); ++i) {
      const Node& node = graph.node(i);
      if (!(*used)[i] && !HasNoResult(graph, node) && !IsSource(node)) nodes.push_back(node.name);
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
  FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> targets, FindTensors(graph, outputs));
  FlowGraph flow(graph);
  FLOE_RETURN_IF_ERROR(flow.Analyze(targets, {}));
  std::vector<std::string> names;
  for (const int node : flow.needed()) {
    if (graph.node(node).op == "Placeholder") names.push_back(graph.node(node).name);
  }
  return names;
}

absl::StatusOr<Program> Lower(const Graph& graph, const Boundary& boundary) {
  FLOE_ASSIGN_OR_RETURN(const std::optional<Graph> bound, BindTables(graph));
  if (bound.has_value()) return Lower(*bound, boundary);
  FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> targets, FindTensors(graph, boundary.outputs));
  FLOE_ASSIGN_OR_RETURN(const std::vector<Edge> feeds, FindTensors(graph, boundary.inputs));
  Program program;
  LoweredValues values;
  for (const Edge& feed : feeds) {
    const Node& node = graph.node(feed.first);
    const auto annotation = absl::StrCat("input '", node.name, "' (", node.op, ")");
    absl::StatusOr<Value> value = FedValue(graph, feed);
    if (!value.ok()) return Annotate(value.status(), annotation);
    const ValueId id = program.AddValue(*std::move(value));
    if (!values.emplace(feed, id).second) {
      return absl::InvalidArgumentError(absl::StrCat("input '", node.name, "' is named twice"));
    }
    program.inputs.push_back(id);
  }
  ModelLowering model(graph);
  FLOE_RETURN_IF_ERROR(model.CheckOps(targets, values));
  GraphLowering lowering(&model, graph, "");
  FLOE_ASSIGN_OR_RETURN(program.outputs, lowering.Run(&program, std::move(values), targets));
  return program;
}

}  // namespace floe
