// Lowering of a flat graph: nodes in an order that can be run, each as an op, a constant or another name of a value.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/registry.h"
#include "program/infer.h"
#include "program/lowering.h"

namespace floe {
namespace {

// More than TensorFlow has families of ops; what is longer was made to be long.
constexpr size_t kMaxListedOps = 500;
// A few bytes stand for a constant of any size where all elements are equal; so much may come of that in one graph.
constexpr int64_t kMaxUnpackedBytes = int64_t{512} << 20;
// More than any model has, and less than takes a machine's memory.
constexpr int64_t kMaxOps = 1'000'000;
// Regions in regions, calls in calls: more than people write, and few enough for the stack.
constexpr int kMaxDepth = 96;

using Role = FlowGraph::Role;

// As the results of a loop, in the region around it: what its variables are in the end.
constexpr int kLast = -2;

}  // namespace

absl::Status ModelLowering::ParseFunctions() {
  if (is_parsed_) return absl::OkStatus();
  is_parsed_ = true;
  if (graph_.library().empty()) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(functions_, FunctionDefinitions::Parse(graph_.shared_library()));
  return absl::OkStatus();
}

bool ModelLowering::IsFunction(absl::string_view name) {
  return ParseFunctions().ok() && functions_.Find(name) != nullptr;
}

absl::StatusOr<FunctionGraph> ModelLowering::Instantiate(absl::string_view name, const AttrMap& attrs) {
  FLOE_RETURN_IF_ERROR(ParseFunctions());
  FLOE_ASSIGN_OR_RETURN(const FunctionDefinition* const function, functions_.FindOrError(name));
  absl::StatusOr<FunctionGraph> graph = MakeFunctionGraph(*function, attrs);
  if (!graph.ok()) return Annotate(graph.status(), absl::StrCat("function '", name, "'"));
  return graph;
}

absl::Status ModelLowering::EnterFunction(const std::string& name) {
  const auto found = std::find(calls_.begin(), calls_.end(), name);
  if (found != calls_.end()) {
    return absl::UnimplementedError(
        absl::StrCat("function '", name, "' calls itself",
                     found + 1 != calls_.end() ? absl::StrCat(" by way of '", calls_.back(), "'") : "",
                     ": functions are made part of their callers, and that would not end"));
  }
  if (calls_.size() >= kMaxDepth) {
    return absl::UnimplementedError(
        absl::StrCat("function '", name, "' is called more than ", kMaxDepth, " calls deep"));
  }
  calls_.push_back(name);
  return absl::OkStatus();
}

absl::Status ModelLowering::EnterRegion() {
  if (++depth_ <= kMaxDepth) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat("more than ", kMaxDepth, " loops and branches inside of each other"));
}

absl::Status ModelLowering::CountOp() {
  if (++ops_ <= kMaxOps) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the graph has more than ", kMaxOps, " ops with its functions made part of their callers"));
}

absl::Status ModelLowering::CountUnpacked(const Node& node, const Tensor& tensor) {
  const auto stored = static_cast<int64_t>(node.attrs.Find("value")->encoded().size());
  unpacked_bytes_ += std::max<int64_t>(0, tensor.byte_size() - stored);
  if (unpacked_bytes_ <= kMaxUnpackedBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the graph's constants take ", unpacked_bytes_,
                                                   " bytes more than in the file, with this one of shape ",
                                                   tensor.shape().ToString(), "; allowed are ", kMaxUnpackedBytes));
}

absl::Status ModelLowering::CheckOps(absl::Span<const Edge> targets, const LoweredValues& feeds) {
  FLOE_RETURN_IF_ERROR(ParseFunctions());
  unknown_.clear();
  checked_.clear();
  FLOE_RETURN_IF_ERROR(CollectUnknown(graph_, targets, feeds));
  if (unknown_.empty()) return absl::OkStatus();
  const std::vector<std::string> known = AllOpNames();
  std::vector<std::string> listed;
  for (const auto& [op, nodes] : unknown_) {
    if (listed.size() == kMaxListedOps) {
      listed.push_back(absl::StrCat("and ", unknown_.size() - kMaxListedOps, " more"));
      break;
    }
    listed.push_back(absl::StrCat(op, " (", ListNames(nodes, 3), DidYouMean(op, known), ")"));
  }
  return absl::UnimplementedError(absl::StrCat("the graph has ", unknown_.size(), unknown_.size() == 1 ? " op" : " ops",
                                               " that Floe does not know: ", absl::StrJoin(listed, "; "),
                                               "; `floe ops` lists those it knows"));
}

absl::Status ModelLowering::CollectUnknown(const Graph& graph, absl::Span<const Edge> targets,
                                           const LoweredValues& feeds) {
  FlowGraph flow(graph);
  FLOE_RETURN_IF_ERROR(flow.Analyze(targets, feeds));
  for (const int index : flow.needed()) {
    const Node& node = graph.node(index);
    if (flow.is_never(index)) continue;
    FLOE_ASSIGN_OR_RETURN(const auto called, CalledFunctions(*this, node));
    if (called.empty() && FindOp(node.op) == nullptr && node.op != kArgumentOp) unknown_[node.op].push_back(node.name);
    for (const auto& [name, attrs] : called) {
      if (!checked_.insert(name).second) continue;
      absl::StatusOr<FunctionGraph> function = Instantiate(name, attrs);
      if (!function.ok()) return Annotate(function.status(), absl::StrCat("node '", node.name, "' (", node.op, ")"));
      std::vector<Edge> results;
      for (const std::string& output : function->outputs) {
        FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(output));
        results.push_back({function->graph.Find(ref.node), ref.output});
      }
      FLOE_RETURN_IF_ERROR(
          Annotate(CollectUnknown(function->graph, results, {}), absl::StrCat("function '", name, "'")));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ValueId>> GraphLowering::Run(Program* program, LoweredValues feeds,
                                                        absl::Span<const Edge> targets) {
  FLOE_RETURN_IF_ERROR(flow_.Analyze(targets, feeds));
  Region region{program, std::move(feeds), {}};
  return LowerInto(region, targets);
}

absl::StatusOr<std::vector<ValueId>> GraphLowering::LowerInto(Region& region, absl::Span<const Edge> targets) {
  // The Merge nodes of one condition are lowered at once, and so are the Exits of one loop: each is a unit, called by
  // one node. Units come in the order of a walk from the targets, each after what it needs.
  const int loops = graph_.num_nodes();
  const auto unit_of = [&](int node) {
    if (flow_.role(node) == Role::kCond) return flow_.cond(flow_.index(node)).merges[0];
    const bool leaves = flow_.role(node) == Role::kExit && flow_.role(flow_.source(node).first) == Role::kVariable;
    return leaves ? loops + flow_.index(node) : node;
  };
  struct Frame {
    int unit;
    std::vector<Edge> needs;
    size_t next = 0;
  };
  absl::flat_hash_map<int, bool> done;  // false while on the stack
  std::vector<Frame> stack;
  const auto visit = [&](const Edge& edge) -> absl::Status {
    if (region.values.contains(edge)) return absl::OkStatus();
    // It has one result; whoever wants another is told so.
    if (graph_.node(edge.first).op == "Placeholder" && region.values.contains({edge.first, 0})) return absl::OkStatus();
    const int unit = unit_of(edge.first);
    const auto [found, inserted] = done.try_emplace(unit, false);
    if (inserted) {
      FLOE_ASSIGN_OR_RETURN(std::vector<Edge> needs, flow_.Needs(edge.first));
      stack.push_back({unit, std::move(needs)});
      return absl::OkStatus();
    }
    if (found->second) return absl::OkStatus();
    std::vector<int> path;
    for (const Frame& frame : stack) {
      if (frame.unit == unit || !path.empty()) path.push_back(frame.unit < loops ? frame.unit : edge.first);
    }
    return CycleError(graph_, path);
  };
  for (const Edge& target : targets) {
    FLOE_RETURN_IF_ERROR(visit(target));
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next < frame.needs.size()) {
        FLOE_RETURN_IF_ERROR(visit(frame.needs[frame.next++]));
        continue;
      }
      const int unit = frame.unit;
      stack.pop_back();
      done[unit] = true;
      const absl::Status status = unit < loops ? LowerNode(region, unit) : LowerLoop(region, unit - loops);
      if (status.ok()) continue;
      const Node& node = graph_.node(unit < loops ? unit : flow_.loop(unit - loops).loop_cond);
      return Annotate(status, absl::StrCat("node '", prefix_, node.name, "' (", node.op, ")"));
    }
  }
  std::vector<ValueId> results;
  for (const Edge& target : targets) {
    FLOE_ASSIGN_OR_RETURN(results.emplace_back(), Resolve(region, target));
  }
  return results;
}

absl::StatusOr<ValueId> GraphLowering::Resolve(const Region& region, const Edge& edge) const {
  // As it is named where a region took it from outside; an Exit is found under its loop where that is in the region.
  if (const auto found = region.values.find(edge); found != region.values.end()) return found->second;
  if (flow_.role(edge.first) == Role::kExit && edge.second == 0) {
    const Edge source = flow_.source(edge.first);
    const Edge key = flow_.role(source.first) == Role::kVariable ? Edge(source.first, kLast) : source;
    if (const auto found = region.values.find(key); found != region.values.end()) return found->second;
  }
  const Node& node = graph_.node(edge.first);
  if (flow_.role(edge.first) == Role::kSwitch) {
    const Edge predicate = flow_.predicate(edge.first);
    return absl::UnimplementedError(absl::StrCat(
        "result ", edge.second, " of node '", prefix_, node.name, "' (", node.op, ") is there only where '",
        graph_.node(predicate.first).name, "' is ", edge.second == 1 ? "true" : "false",
        "; what uses it or fetches it must come behind the Merge of both sides"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("node '", prefix_, node.name, "' (", node.op, ") has no result ", edge.second));
}

absl::StatusOr<std::vector<ValueId>> GraphLowering::ResolveInputs(const Region& region, int node) {
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, flow_.Inputs(node));
  std::vector<ValueId> values;
  for (const Edge& input : inputs) {
    FLOE_ASSIGN_OR_RETURN(values.emplace_back(), Resolve(region, input));
  }
  return values;
}

absl::Status GraphLowering::LowerNode(Region& region, int node) {
  switch (flow_.role(node)) {
    case Role::kAlias:
      return LowerAlias(region, node);
    case Role::kSwitch:
      return LowerSwitch(region, node);
    case Role::kCond:
      return LowerCond(region, flow_.index(node));
    case Role::kExit:  // with something that stays the same: Resolve knows
      return absl::OkStatus();
    case Role::kVariable:
      return absl::InternalError("a loop's variable was not found in its region");
    case Role::kPlain:
      break;
  }
  return LowerPlain(region, node);
}

absl::Status GraphLowering::LowerAlias(Region& region, int node) {
  FLOE_ASSIGN_OR_RETURN(const ValueId source, Resolve(region, flow_.source(node)));
  region.values[{node, 0}] = source;
  region.values[{node, 1}] = source;
  const absl::string_view op = graph_.node(node).op;
  if ((op == "Merge" || op == "RefMerge") && flow_.uses_index(node)) {
    region.values[{node, 1}] =
        region.program->AddConstant(FormatInputRef(NameOf(node), 1), Tensor::Scalar<int32_t>(flow_.source_index(node)));
  }
  return absl::OkStatus();
}

absl::Status GraphLowering::LowerSwitch(Region& region, int node) {
  FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, flow_.Inputs(node));
  int side = flow_.index(node);
  if (const auto assumed = region.assumed.find(flow_.predicate(node)); assumed != region.assumed.end()) {
    side = assumed->second ? 1 : 0;
  }
  if (side < 0) return absl::OkStatus();  // whoever wants a side is told so
  FLOE_ASSIGN_OR_RETURN(region.values[(Edge{node, side})], Resolve(region, inputs[0]));
  return absl::OkStatus();
}

absl::Status GraphLowering::LowerPlain(Region& region, int index) {
  const Node& node = graph_.node(index);
  FLOE_RETURN_IF_ERROR(model_.CountOp());
  if (node.op == "Const") {
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, node.attrs.OfTensor("value"));
    FLOE_RETURN_IF_ERROR(model_.CountUnpacked(node, tensor));
    FLOE_ASSIGN_OR_RETURN(const DType said, node.attrs.Type("dtype", tensor.dtype()));
    if (said != tensor.dtype()) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'dtype' says ", DTypeName(said), ", the value is ", DTypeName(tensor.dtype())));
    }
    region.values[{index, 0}] = region.program->AddConstant(NameOf(index), std::move(tensor));
    return absl::OkStatus();
  }
  if (node.op == "Placeholder") {
    return absl::InvalidArgumentError("it is needed for the outputs and not among the inputs");
  }
  if (node.op == "If" || node.op == "StatelessIf" || node.op == "Case" || node.op == "StatelessCase") {
    return LowerIf(region, index);
  }
  if (node.op == "While" || node.op == "StatelessWhile") return LowerWhile(region, index);
  FLOE_ASSIGN_OR_RETURN(const auto called, CalledFunctions(model_, node));
  if (!called.empty()) return LowerCall(region, index, called[0].first, called[0].second);
  Op op;
  op.info = FindOp(node.op);
  if (op.info == nullptr) return absl::UnimplementedError("Floe does not know this op");
  op.attrs = node.attrs;
  FLOE_ASSIGN_OR_RETURN(op.inputs, ResolveInputs(region, index));
  return Append(region, index, std::move(op));
}

absl::Status GraphLowering::Append(Region& region, int node, Op op) {
  Program& program = *region.program;
  op.name = NameOf(node);
  FLOE_ASSIGN_OR_RETURN(const std::vector<TensorInfo> infos, InferOp(op, program.Infos(op.inputs)));
  for (size_t k = 0; k < infos.size(); ++k) {
    const TensorInfo& info = infos[k];
    if (info.shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(info.shape.dims()).status());
    const ValueId id = program.AddValue(
        {FormatInputRef(op.name, static_cast<int>(k)), info.dtype, info.shape, std::nullopt, info.list});
    region.values.emplace(Edge(node, static_cast<int>(k)), id);  // what is fed stays
    op.outputs.push_back(id);
  }
  program.ops.push_back(std::move(op));
  return absl::OkStatus();
}

}  // namespace floe
