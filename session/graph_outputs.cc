#include "session/graph_outputs.h"

#include <array>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "session/subgraph.h"
#include "session/variable_keys.h"

namespace floe {
namespace {

bool OneOf(const std::string& op, std::initializer_list<const char*> ops) {
  for (const char* const candidate : ops) {
    if (op == candidate) return true;
  }
  return false;
}

bool IsFileOp(const std::string& op) {
  return OneOf(op, {"SaveV2", "Save", "SaveSlices", "RestoreV2", "Restore", "RestoreSlice", "ShardedFilename",
                    "ShardedFilespec", "MergeV2Checkpoints"});
}

// Ops whose results are no predictions, nor anything that comes after them.
bool EndsInference(const Node& node) {
  const std::string& op = node.op;
  if (absl::EndsWith(op, "Summary") || absl::EndsWith(op, "SummaryV2") || absl::EndsWith(op, "Grad") ||
      absl::EndsWith(op, "GradV2") || absl::EndsWith(op, "GradV3")) {
    return true;
  }
  if (IsFileOp(op) ||
      OneOf(op, {"IsVariableInitialized", "VarIsInitializedOp", "BroadcastGradientArgs", "TensorArrayGradV3"})) {
    return true;
  }
  // tf.gradients and optimizers put what they make under these names.
  for (const absl::string_view part : absl::StrSplit(node.name, '/')) {
    if (part == "gradients" || absl::StartsWith(part, "gradients_")) return true;
  }
  return false;
}

// The op whose gradient a node is part of, by the names that tf.gradients gives ("gradients/c1/Relu_grad/ReluGrad" for
// "c1/Relu"); "" for others.
std::string DifferentiatedOp(const std::string& name) {
  constexpr absl::string_view kSuffix = "_grad";
  bool inside = false;
  std::string op;
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (inside) {
      absl::StrAppend(&op, op.empty() ? "" : "/", part);
      if (absl::EndsWith(op, kSuffix)) return op.substr(0, op.size() - kSuffix.size());
    } else {
      inside = part == "gradients" || absl::StartsWith(part, "gradients_");
    }
  }
  return "";
}

bool HasNoResult(const std::string& op) {
  return OneOf(op, {"NoOp", "Assert", "Print", "PrintV2", "InitializeTableV2", "InitializeTableFromTextFileV2",
                    "ControlTrigger", "DestroyResourceOp", "QueueCloseV2", "QueueEnqueueV2", "QueueEnqueueManyV2"});
}

// Inputs, constants and variables on their own, and shapes, which losses leave lying about.
bool IsSource(const std::string& op) {
  return IsVariable(op) ||
         OneOf(op, {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "Const", "HashTableV2", "ReadVariableOp",
                    "TensorListReserve", "EmptyTensorList", "TensorArrayV3", "Shape", "ShapeN", "Size", "Rank"});
}

bool IsRead(const std::string& op) { return OneOf(op, {"Identity", "Enter", "RefEnter", "StopGradient"}); }

// The nodes that come after those `marked`, themselves included, and none after those in `ends`.
enum class Edges { kData, kDataAndControl };
std::vector<bool> Descendants(const NodeInputs& inputs, std::vector<bool> marked, Edges edges,
                              const std::vector<bool>& ends = {}) {
  std::vector<std::vector<int>> consumers(inputs.nodes.size());
  std::vector<int> work;
  for (size_t i = 0; i < inputs.nodes.size(); ++i) {
    for (size_t k = 0; k < inputs.nodes[i].size(); ++k) {
      if (edges == Edges::kData && inputs.refs[i][k].control) continue;
      consumers[static_cast<size_t>(inputs.nodes[i][k])].push_back(static_cast<int>(i));
    }
    if (marked[i]) work.push_back(static_cast<int>(i));
  }
  while (!work.empty()) {
    const auto index = static_cast<size_t>(work.back());
    work.pop_back();
    for (const int consumer : consumers[index]) {
      if (marked[static_cast<size_t>(consumer)]) continue;
      if (!ends.empty() && ends[static_cast<size_t>(consumer)]) continue;
      marked[static_cast<size_t>(consumer)] = true;
      work.push_back(consumer);
    }
  }
  return marked;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FindGraphOutputs(const Graph& graph) {
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(graph));
  const auto count = static_cast<size_t>(graph.num_nodes());
  std::vector<bool> ends(count), writes(count), fed(count), computed(count), branch(count), joins(count);
  std::set<std::string> differentiated;
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph.node(static_cast<int>(i));
    ends[i] = EndsInference(node);
    writes[i] = WritesVariable(node.op);
    fed[i] = absl::StartsWith(node.op, "Placeholder");
    computed[i] = IsVariable(node.op);
    branch[i] = OneOf(node.op, {"Switch", "RefSwitch"});
    joins[i] = OneOf(node.op, {"Merge", "RefMerge", "Exit", "RefExit"});
    differentiated.insert(DifferentiatedOp(node.name));
  }
  ends = Descendants(inputs, std::move(ends), Edges::kDataAndControl);
  // What is only ordered after an update of a variable (batch normalisation's, say) is inference all the same.
  writes = Descendants(inputs, std::move(writes), Edges::kData);
  fed = Descendants(inputs, std::move(fed), Edges::kData);
  computed = Descendants(inputs, std::move(computed), Edges::kData);
  // What is there only under a condition, or in an iteration, cannot be fetched.
  branch = Descendants(inputs, std::move(branch), Edges::kData, joins);

  // A summary or a gradient of something does not make it less of an output, but what feeds a variable or a file is
  // there for that.
  std::vector<bool> consumed(count, false);
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph.node(static_cast<int>(i));
    const bool counts = !HasNoResult(node.op) && (!ends[i] || writes[i] || IsFileOp(node.op));
    if (!counts) continue;
    for (const int source : inputs.nodes[i]) consumed[static_cast<size_t>(source)] = true;
  }
  // A mere read of a variable or an input, or the predicate of a conditional on its way to the branches.
  const auto mere_read = [&](size_t index) {
    for (int step = 0; step < 16; ++step) {
      const Node& node = graph.node(static_cast<int>(index));
      if (IsSource(node.op)) return true;
      if (node.op == "Switch" && inputs.nodes[index].size() >= 2 && inputs.nodes[index][0] == inputs.nodes[index][1])
        return true;
      if (!IsRead(node.op) || inputs.nodes[index].empty()) return false;
      index = static_cast<size_t>(inputs.nodes[index][0]);
    }
    return false;
  };
  // What a loop or a conditional gives besides what somebody took: its own Exit, or "while/Identity_2" of "while".
  const auto is_leftover = [&](size_t index) {
    const Node& node = graph.node(static_cast<int>(index));
    if (OneOf(node.op, {"Exit", "RefExit"})) return true;
    if (node.op != "Identity" || inputs.nodes[index].empty()) return false;
    const Node& source = graph.node(inputs.nodes[index][0]);
    return OneOf(source.op, {"While", "StatelessWhile", "If", "StatelessIf", "Case", "StatelessCase"}) &&
           absl::StartsWith(node.name, absl::StrCat(source.name, "/"));
  };
  const auto is_variable_read = [&](size_t index) {
    const Node& node = graph.node(static_cast<int>(index));
    return IsRead(node.op) && !inputs.nodes[index].empty() && IsVariable(graph.node(inputs.nodes[index][0]).op);
  };
  // Best first: with an input; losses, which nothing consumes either but which a gradient was taken of; leftovers; of
  // variables alone; where there is nothing but variables, those.
  std::array<std::vector<std::string>, 5> found;
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph.node(static_cast<int>(i));
    if (ends[i] || writes[i] || consumed[i] || branch[i] || HasNoResult(node.op)) continue;
    if (is_variable_read(i) || node.op == "ReadVariableOp") found[4].push_back(node.name);
    if (mere_read(i)) continue;
    if (fed[i]) found[differentiated.contains(node.name) ? 1 : is_leftover(i) ? 2 : 0].push_back(node.name);
    if (!fed[i] && computed[i]) found[3].push_back(node.name);
  }
  for (std::vector<std::string>& names : found) {
    if (!names.empty()) return std::move(names);
  }
  return absl::NotFoundError("no outputs found in the graph: name them");
}

}  // namespace floe
