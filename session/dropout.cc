#include "session/dropout.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "session/subgraph.h"

namespace floe {
namespace {

// The chains here are a few ops deep.
constexpr int kMaxDepth = 32;
constexpr int kMaxShapeSteps = 8;

// What is known of a tensor's elements, all of them alike.
struct Known {
  enum Kind : uint8_t { kNothing, kConstant, kRandom, kRandomPlusOne, kOne, kTrue } kind = kNothing;
  double constant = 0;
  int shape_of = -1;  // of random numbers and what comes of them: the node that says their shape
};

bool IsRandom(const std::string& op) {
  return op == "RandomUniform" || op == "StatelessRandomUniform" || op == "StatelessRandomUniformV2";
}
bool PassesOn(const std::string& op) { return op == "Identity" || op == "StopGradient" || op == "Snapshot"; }

class Folder {
 public:
  explicit Folder(Graph* graph) : graph_(*graph) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    FLOE_ASSIGN_OR_RETURN(inputs_, ResolveInputs(graph_));
    for (int i = 0; i < graph_.num_nodes(); ++i) {
      const std::string& op = graph_.node(i).op;
      if (op == "Mul") {
        if (!FoldMul(i, 0, 1)) FoldMul(i, 1, 0);
      } else if (op == "Select" || op == "SelectV2") {
        FoldSelect(i);
      }
    }
    for (const auto& [node, input] : replaced_) BecomeIdentity(node, input);
    // What decided is what it was decided on.
    for (const std::string& name : deciders_) {
      const int index = graph_.Find(name);
      const absl::StatusOr<DType> dtype = graph_.node(index).attrs.Type("dtype");
      if (!dtype.ok()) continue;
      Node* const node = graph_.mutable_node(index);
      node->op = "Identity";
      node->attrs = AttrMap();
      node->attrs.Set("T", AttrValue::Type(*dtype));
    }
    return std::vector<std::string>(deciders_.begin(), deciders_.end());
  }

 private:
  // -1 where there is none.
  int Source(int node, size_t input) const {
    const auto i = static_cast<size_t>(node);
    if (input >= inputs_.refs[i].size() || inputs_.refs[i][input].control || inputs_.refs[i][input].output != 0)
      return -1;
    return inputs_.nodes[i][input];
  }

  Known OfInput(int node, size_t input, int depth, std::set<std::string>* deciders) {
    const int source = Source(node, input);
    if (source < 0) return {};
    if (const auto found = known_.find(source); found != known_.end()) {
      deciders->insert(found->second.deciders.begin(), found->second.deciders.end());
      return found->second.known;
    }
    std::set<std::string> own;
    const Known known = Of(source, depth + 1, &own);
    deciders->insert(own.begin(), own.end());
    known_[source] = {known, std::move(own)};
    return known;
  }

  Known Of(int index, int depth, std::set<std::string>* deciders) {
    if (depth > kMaxDepth) return {};
    const Node& node = graph_.node(index);
    if (IsRandom(node.op)) return {Known::kRandom, 0, Source(index, 0)};
    if (node.op == "Const") return OfConstant(node);
    if (PassesOn(node.op)) return OfInput(index, 0, depth, deciders);
    if (node.op == "PlaceholderWithDefault") {
      const Known known = OfInput(index, 0, depth, deciders);
      if (known.kind == Known::kConstant) deciders->insert(node.name);
      return known;
    }
    if (node.op == "Cast") {
      Known known = OfInput(index, 0, depth, deciders);
      if (known.kind == Known::kTrue) known.kind = Known::kOne;
      return known.kind == Known::kOne || known.kind == Known::kConstant ? known : Known();
    }
    if (node.op == "Floor") {
      Known known = OfInput(index, 0, depth, deciders);
      if (known.kind != Known::kRandomPlusOne) return {};
      known.kind = Known::kOne;
      return known;
    }
    const bool add = node.op == "Add" || node.op == "AddV2";
    if (!add && node.op != "Sub" && node.op != "Mul" && node.op != "GreaterEqual" && node.op != "Less") return {};
    Known a = OfInput(index, 0, depth, deciders), b = OfInput(index, 1, depth, deciders);
    if (a.kind == Known::kConstant && b.kind == Known::kConstant) {
      if (add) return {Known::kConstant, a.constant + b.constant};
      if (node.op == "Sub") return {Known::kConstant, a.constant - b.constant};
      if (node.op == "Mul") return {Known::kConstant, a.constant * b.constant};
      return {};
    }
    if (node.op == "GreaterEqual" && a.kind == Known::kRandom && b.kind == Known::kConstant && b.constant <= 0) {
      return {Known::kTrue, 0, a.shape_of};
    }
    if (node.op == "Less" && a.kind == Known::kRandom && b.kind == Known::kConstant && b.constant >= 1) {
      return {Known::kTrue, 0, a.shape_of};
    }
    if (a.kind == Known::kConstant) std::swap(a, b);
    if (a.kind != Known::kRandom || b.kind != Known::kConstant) return {};
    // From [0, 1) into the range asked for, and the keep probability added.
    if (node.op == "Mul" && b.constant == 1) return a;
    if (add && b.constant == 0) return a;
    if (add && b.constant == 1) return {Known::kRandomPlusOne, 0, a.shape_of};
    return {};
  }

  static Known OfConstant(const Node& node) {
    const absl::StatusOr<DType> dtype = node.attrs.Type("dtype");
    if (!dtype.ok() || (*dtype != DType::kFloat && *dtype != DType::kDouble)) return {};
    const absl::StatusOr<Tensor> value = node.attrs.OfTensor("value");
    if (!value.ok() || value->num_elements() != 1) return {};
    return {Known::kConstant,
            *dtype == DType::kFloat ? static_cast<double>(*value->data<float>()) : *value->data<double>()};
  }

  // Whether the mask is as large as what it is applied to: its shape is a constant, or that of a tensor which `node`
  // is computed from.
  bool FitsShape(int shape, int node) const {
    if (shape < 0) return false;
    const std::string& op = graph_.node(shape).op;
    if (op == "Const") return true;
    if (op != "Shape") return false;
    const int of = Source(shape, 0);
    for (int step = 0; step < kMaxShapeSteps && node >= 0; ++step) {
      if (node == of) return true;
      node = Source(node, 0);
    }
    return false;
  }

  bool FoldMul(int index, size_t data, size_t mask) {
    std::set<std::string> deciders;
    const Known known = OfInput(index, mask, 0, &deciders);
    if (known.kind != Known::kOne || !FitsShape(known.shape_of, Source(index, data))) return false;
    Replace(index, data, deciders);
    return true;
  }

  void FoldSelect(int index) {
    std::set<std::string> deciders;
    const Known known = OfInput(index, 0, 0, &deciders);
    if (known.kind == Known::kTrue && FitsShape(known.shape_of, Source(index, 1))) Replace(index, 1, deciders);
  }

  void Replace(int index, size_t input, const std::set<std::string>& deciders) {
    replaced_.emplace_back(index, input);
    deciders_.insert(deciders.begin(), deciders.end());
  }

  void BecomeIdentity(int index, size_t input) {
    Node* const node = graph_.mutable_node(index);
    std::vector<std::string> kept = {node->inputs[input]};
    for (const std::string& other : node->inputs) {
      if (!other.empty() && other[0] == '^') kept.push_back(other);
    }
    node->op = "Identity";
    node->inputs = std::move(kept);
  }

  struct Finding {
    Known known;
    std::set<std::string> deciders;
  };

  Graph& graph_;
  NodeInputs inputs_;
  absl::flat_hash_map<int, Finding> known_;       // by node
  std::vector<std::pair<int, size_t>> replaced_;  // node, and the input that it comes to
  std::set<std::string> deciders_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> FoldIdleDropout(Graph* graph) { return Folder(graph).Run(); }

}  // namespace floe
