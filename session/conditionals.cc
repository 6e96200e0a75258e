#include "session/conditionals.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "session/subgraph.h"

namespace floe {
namespace {

bool IsSwitch(const std::string& op) { return op == "Switch" || op == "RefSwitch"; }
bool IsMerge(const std::string& op) { return op == "Merge" || op == "RefMerge"; }
bool IsIf(const std::string& op) { return op == "If" || op == "StatelessIf"; }

// Nested logic is a few ops deep; a cycle through a loop is not followed for ever.
constexpr int kMaxDepth = 64;

class Folder {
 public:
  explicit Folder(Graph* graph) : graph_(*graph), before_(*graph) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    FLOE_ASSIGN_OR_RETURN(inputs_, ResolveInputs(before_));
    const auto count = static_cast<size_t>(graph_.num_nodes());
    taken_.resize(count);
    dead_.assign(count, false);
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
      const std::string& op = NodeAt(i).op;
      if (IsSwitch(op) && inputs_.nodes[i].size() >= 2) taken_[i] = Known(i, 1);
      if (IsIf(op) && !inputs_.nodes[i].empty()) taken_[i] = Known(i, 0);
      any = any || taken_[i].has_value();
    }
    if (!any) return std::vector<std::string>();
    FindDead();
    for (size_t i = 0; i < count; ++i) {
      if (!dead_[i]) FLOE_RETURN_IF_ERROR(Annotate(Rewrite(i), absl::StrCat("node '", NodeAt(i).name, "'")));
    }
    for (Node& node : added_) FLOE_RETURN_IF_ERROR(graph_.Add(std::move(node)));
    return std::vector<std::string>(deciders_.begin(), deciders_.end());
  }

 private:
  const Node& NodeAt(size_t index) const { return before_.node(static_cast<int>(index)); }

  // The value of input `input` of node `index`, where it is a known boolean.
  std::optional<bool> Known(size_t index, size_t input) {
    std::set<std::string> deciders;
    const std::optional<bool> value = KnownInput(index, input, 0, &deciders);
    if (value.has_value()) deciders_.insert(deciders.begin(), deciders.end());
    return value;
  }

  std::optional<bool> KnownInput(size_t index, size_t input, int depth, std::set<std::string>* deciders) const {
    if (input >= inputs_.refs[index].size() || inputs_.refs[index][input].control) return std::nullopt;
    return KnownNode(static_cast<size_t>(inputs_.nodes[index][input]), depth + 1, deciders);
  }

  // All boolean ops here have one meaning for each of their outputs: a Switch gives its data on either side.
  std::optional<bool> KnownNode(size_t index, int depth, std::set<std::string>* deciders) const {
    if (depth > kMaxDepth) return std::nullopt;
    const Node& node = NodeAt(index);
    if (node.op == "Const") {
      const absl::StatusOr<Tensor> value = node.attrs.OfTensor("value");
      if (!value.ok() || value->dtype() != DType::kBool || value->num_elements() != 1) return std::nullopt;
      return *value->data<bool>();
    }
    if (node.op == "PlaceholderWithDefault") {
      const std::optional<bool> value = KnownInput(index, 0, depth, deciders);
      if (value.has_value()) deciders->insert(node.name);
      return value;
    }
    if (node.op == "Identity" || node.op == "StopGradient" || node.op == "Snapshot" || IsSwitch(node.op)) {
      return KnownInput(index, 0, depth, deciders);
    }
    if (node.op == "LogicalNot") {
      const std::optional<bool> value = KnownInput(index, 0, depth, deciders);
      return value.has_value() ? std::optional<bool>(!*value) : std::nullopt;
    }
    if (node.op == "LogicalAnd" || node.op == "LogicalOr") {
      const bool is_or = node.op == "LogicalOr";
      const std::optional<bool> a = KnownInput(index, 0, depth, deciders), b = KnownInput(index, 1, depth, deciders);
      if (a == is_or || b == is_or) return is_or;
      if (a.has_value() && b.has_value()) return is_or ? *a || *b : *a && *b;
    }
    return std::nullopt;
  }

  // Whether what arrives at that input never comes.
  bool DeadInput(size_t index, size_t input) const {
    const InputRef& ref = inputs_.refs[index][input];
    const auto source = static_cast<size_t>(inputs_.nodes[index][input]);
    if (dead_[source]) return true;
    return !ref.control && IsSwitch(NodeAt(source).op) && taken_[source].has_value() &&
           ref.output != (*taken_[source] ? 1 : 0);
  }

  bool DeadNode(size_t index) const {
    bool any_dead = false, any_live = false;
    const bool is_merge = IsMerge(NodeAt(index).op);
    for (size_t k = 0; k < inputs_.refs[index].size(); ++k) {
      const bool dead = DeadInput(index, k);
      if (dead && inputs_.refs[index][k].control) return true;
      // A loop goes round only after something entered it.
      const std::string& source_op = NodeAt(static_cast<size_t>(inputs_.nodes[index][k])).op;
      if (is_merge && (source_op == "NextIteration" || source_op == "RefNextIteration")) continue;
      (dead ? any_dead : any_live) = true;
    }
    return any_dead && !(is_merge && any_live);
  }

  void FindDead() {
    std::vector<std::vector<int>> consumers(dead_.size());
    std::vector<int> work;
    for (size_t i = 0; i < dead_.size(); ++i) {
      for (const int source : inputs_.nodes[i]) consumers[static_cast<size_t>(source)].push_back(static_cast<int>(i));
      if (IsSwitch(NodeAt(i).op) && taken_[i].has_value()) work.push_back(static_cast<int>(i));
    }
    while (!work.empty()) {
      const auto source = static_cast<size_t>(work.back());
      work.pop_back();
      for (const int consumer : consumers[source]) {
        const auto index = static_cast<size_t>(consumer);
        if (dead_[index] || !DeadNode(index)) continue;
        dead_[index] = true;
        work.push_back(consumer);
      }
    }
  }

  // A node that only carries a known predicate to the branches.
  bool IsPivot(size_t index) const {
    const std::string& op = NodeAt(index).op;
    if (op != "Identity" && !IsSwitch(op) && op != "PlaceholderWithDefault") return false;
    std::set<std::string> ignored;
    return KnownNode(index, 0, &ignored).has_value();
  }

  absl::Status Rewrite(size_t index) {
    Node* const node = graph_.mutable_node(static_cast<int>(index));
    std::vector<std::string> data, control;
    std::vector<int> live;  // the numbers of the live data inputs
    int number = 0;
    for (size_t k = 0; k < inputs_.refs[index].size(); ++k) {
      const InputRef& ref = inputs_.refs[index][k];
      const auto source = static_cast<size_t>(inputs_.nodes[index][k]);
      if (ref.control) {
        // The predicate's own nodes order nothing that is left.
        if (!IsPivot(source)) control.push_back(absl::StrCat("^", NodeAt(source).name));
        continue;
      }
      if (!DeadInput(index, k)) {
        live.push_back(number);
        const bool folded_switch = IsSwitch(NodeAt(source).op) && taken_[source].has_value();
        int output = folded_switch ? 0 : ref.output;
        std::string name = NodeAt(source).name;
        if (ref.output == 1 && FoldsToOneInput(source)) {  // which input a Merge took
          name = absl::StrCat(name, "/value_index");
          output = 0;
        }
        data.push_back(FormatInputRef(name, output));
      }
      ++number;
    }
    AttrMap& attrs = node->attrs;
    if (IsSwitch(node->op) && taken_[index].has_value()) {
      node->op = "Identity";
      data.resize(1);
    } else if (IsMerge(node->op) && static_cast<int>(live.size()) < number) {
      if (live.size() == 1) {
        added_.push_back(ValueIndex(*node, live[0]));
        node->op = "Identity";
        attrs.Erase("N");
      } else {
        attrs.Set("N", AttrValue::Int(static_cast<int64_t>(live.size())));
      }
    } else if (IsIf(node->op) && taken_[index].has_value()) {
      const AttrValue* const branch = attrs.Find(*taken_[index] ? "then_branch" : "else_branch");
      if (branch == nullptr) return absl::InvalidArgumentError("an If without its branches");
      attrs.Set("f", *branch);
      for (const char* name : {"then_branch", "else_branch", "Tcond", "output_shapes"}) attrs.Erase(name);
      node->op = node->op == "If" ? "StatefulPartitionedCall" : "PartitionedCall";
      data.erase(data.begin());
    }
    data.insert(data.end(), control.begin(), control.end());
    node->inputs = std::move(data);
    return absl::OkStatus();
  }

  // Whether this is a Merge of which one input is left.
  bool FoldsToOneInput(size_t index) const {
    if (!IsMerge(NodeAt(index).op)) return false;
    int live = 0, all = 0;
    for (size_t k = 0; k < inputs_.refs[index].size(); ++k) {
      if (inputs_.refs[index][k].control) continue;
      ++all;
      live += DeadInput(index, k) ? 0 : 1;
    }
    return live == 1 && all > 1;
  }

  static Node ValueIndex(const Node& merge, int index) {
    Node node;
    node.name = absl::StrCat(merge.name, "/value_index");
    node.op = "Const";
    node.device = merge.device;
    node.attrs.Set("dtype", AttrValue::Type(DType::kInt32));
    node.attrs.Set("value", AttrValue::OfTensor(Tensor::Scalar<int32_t>(index)));
    return node;
  }

  Graph& graph_;
  const Graph before_;  // what the decisions are made on
  NodeInputs inputs_;
  std::vector<std::optional<bool>> taken_;  // of Switch and If: which way
  std::vector<bool> dead_;
  std::vector<Node> added_;
  std::set<std::string> deciders_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> FoldKnownConditionals(Graph* graph) { return Folder(graph).Run(); }

}  // namespace floe
