#include "session/variable_keys.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "graph/inline_functions.h"
#include "session/subgraph.h"

namespace floe {
namespace {

// The inputs of a save op. -1: it has none of that kind.
struct SaveOp {
  int names;
  int slices;
  int first_tensor;
};

std::optional<SaveOp> AsSaveOp(const std::string& op) {
  if (op == "SaveV2") return SaveOp{1, 2, 3};
  if (op == "SaveSlices") return SaveOp{1, 2, 3};
  if (op == "Save") return SaveOp{1, -1, 2};
  return std::nullopt;
}

// The strings of a constant, or none where it is not one.
std::vector<std::string> ConstantStrings(const Graph& graph, int index) {
  const Node& node = graph.node(index);
  if (node.op != "Const") return {};
  const absl::StatusOr<Tensor> value = node.attrs.OfTensor("value");
  if (!value.ok() || value->dtype() != DType::kString) return {};
  const absl::Span<const std::string> strings = value->flat<std::string>();
  return {strings.begin(), strings.end()};
}

// "50 8 0,17:0,8" is a slice of a tensor of shape [50,8]; "" is the whole of one.
absl::StatusOr<std::optional<TensorSlice>> ParseShapeAndSlice(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  FLOE_ASSIGN_OR_RETURN(TensorSlice slice, ParseSlice(parts.back()));
  return std::optional<TensorSlice>(std::move(slice));
}

// The variable whose value arrives at `index`, through reads and identities; -1 where it is computed.
int VariableBehind(const Graph& graph, const NodeInputs& inputs, int index) {
  constexpr int kMaxSteps = 16;
  for (int step = 0; step < kMaxSteps; ++step) {
    const Node& node = graph.node(index);
    if (IsVariable(node.op)) return index;
    const bool passes = node.op == "Identity" || node.op == "ReadVariableOp" || node.op == "RefIdentity";
    if (!passes || inputs.nodes[static_cast<size_t>(index)].empty()) return -1;
    index = inputs.nodes[static_cast<size_t>(index)][0];
  }
  return -1;
}

}  // namespace

bool IsVariable(const std::string& op) { return op == "VariableV2" || op == "Variable" || op == "VarHandleOp"; }

std::string VariableName(const Node& variable) {
  if (variable.op == "VarHandleOp") {
    const absl::StatusOr<std::string> shared_name = variable.attrs.String("shared_name", "");
    if (shared_name.ok() && !shared_name->empty()) return *shared_name;
  }
  return variable.name;
}

absl::StatusOr<VariableKeys> VariableKeys::FromGraph(const Graph& graph, absl::string_view save_tensor_name) {
  const std::string saver_node = NodeOfTensor(std::string(save_tensor_name));
  if (graph.Find(saver_node) >= 0) {
    // TensorFlow 2 saves in a function.
    FLOE_ASSIGN_OR_RETURN(Graph saving, ExtractSubgraph(graph, {saver_node}));
    FLOE_ASSIGN_OR_RETURN(const bool calls, HasCalls(saving));
    if (calls) {
      FLOE_ASSIGN_OR_RETURN(saving, InlineFunctions(saving, {}));
      return FromFlatGraph(saving, "");
    }
  }
  return FromFlatGraph(graph, save_tensor_name);
}

absl::StatusOr<VariableKeys> VariableKeys::FromFlatGraph(const Graph& graph, absl::string_view save_tensor_name) {
  VariableKeys keys;
  FLOE_ASSIGN_OR_RETURN(const NodeInputs inputs, ResolveInputs(graph));
  std::vector<bool> counts(static_cast<size_t>(graph.num_nodes()), true);
  const int saver = save_tensor_name.empty() ? -1 : graph.Find(NodeOfTensor(std::string(save_tensor_name)));
  if (saver >= 0) counts = Ancestors(inputs, {saver});
  for (int i = 0; i < graph.num_nodes(); ++i) {
    const std::optional<SaveOp> save = AsSaveOp(graph.node(i).op);
    if (!save.has_value() || !counts[static_cast<size_t>(i)]) continue;
    const std::vector<int>& sources = inputs.nodes[static_cast<size_t>(i)];
    if (static_cast<int>(sources.size()) < save->first_tensor) continue;
    const std::vector<std::string> names = ConstantStrings(graph, sources[static_cast<size_t>(save->names)]);
    const std::vector<std::string> slices = save->slices < 0
                                                ? std::vector<std::string>(names.size())
                                                : ConstantStrings(graph, sources[static_cast<size_t>(save->slices)]);
    for (size_t k = 0; k < names.size() && k < slices.size(); ++k) {
      const size_t input = static_cast<size_t>(save->first_tensor) + k;
      if (input >= sources.size() || inputs.refs[static_cast<size_t>(i)][input].control) break;
      const int variable = VariableBehind(graph, inputs, sources[input]);
      if (variable < 0) continue;
      VariableKey key;
      key.key = names[k];
      absl::StatusOr<std::optional<TensorSlice>> slice = ParseShapeAndSlice(slices[k]);
      if (!slice.ok()) return Annotate(slice.status(), absl::StrCat("node '", graph.node(i).name, "'"));
      key.slice = *std::move(slice);
      keys.by_node_.try_emplace(graph.node(variable).name, std::move(key));
    }
  }
  return keys;
}

VariableKey VariableKeys::Of(const Node& variable) const {
  const auto found = by_node_.find(variable.name);
  return found != by_node_.end() ? found->second : VariableKey{VariableName(variable), std::nullopt};
}

}  // namespace floe
