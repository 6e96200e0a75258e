#include "graph/function_graph.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/bind_attrs.h"
#include "graph/op_outputs.h"

namespace floe {
namespace {

class Builder {
 public:
  Builder(const FunctionDefinition& function, const AttrMap& attrs) : function_(function), bound_(attrs) {
    for (const auto& [name, value] : function.attr_defaults.entries()) {
      if (!bound_.Has(name)) bound_.Set(name, value);
    }
  }

  absl::StatusOr<FunctionGraph> Run() {
    for (const FunctionArg& arg : function_.args) FLOE_RETURN_IF_ERROR(AddArgument(arg));
    for (const Node& definition : function_.nodes) {
      Node node = definition;
      FLOE_RETURN_IF_ERROR(Annotate(BindAttrs(bound_, &node.attrs), absl::StrCat("node '", node.name, "'")));
      FLOE_RETURN_IF_ERROR(result_.graph.Add(std::move(node)));
    }
    for (int i = 0; i < result_.graph.num_nodes(); ++i) {
      Node* const node = result_.graph.mutable_node(i);
      std::vector<std::string> inputs;
      for (const std::string& input : node->inputs) {
        absl::StatusOr<std::vector<std::string>> tensors = Translate(input);
        if (!tensors.ok()) return Annotate(tensors.status(), absl::StrCat("node '", node->name, "'"));
        for (std::string& tensor : *tensors) inputs.push_back(std::move(tensor));
      }
      node->inputs = std::move(inputs);
    }
    for (const FunctionArg& result : function_.results) {
      if (absl::Status status = AddResult(result); !status.ok()) {
        return Annotate(status, absl::StrCat("result '", result.name, "'"));
      }
    }
    return std::move(result_);
  }

 private:
  absl::Status AddArgument(const FunctionArg& arg) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, arg.Types(bound_));
    std::vector<std::string>& nodes = arguments_[arg.name];
    for (size_t k = 0; k < types.size(); ++k) {
      Node node;
      // No file has a name with the mark of a control input in it.
      node.name = k == 0 ? arg.name : absl::StrCat(arg.name, "^", k);
      node.op = kArgumentOp;
      node.attrs.Set("T", AttrValue::Type(types[k]));
      nodes.push_back(node.name);
      result_.inputs.push_back(node.name);
      FLOE_RETURN_IF_ERROR(result_.graph.Add(std::move(node)));
    }
    return absl::OkStatus();
  }

  // A reference of a function's body as tensors of the graph: "argument" may be several.
  absl::StatusOr<std::vector<std::string>> Translate(const std::string& text) const {
    FLOE_ASSIGN_OR_RETURN(const FunctionInputRef ref, ParseFunctionInputRef(text));
    if (ref.control) return std::vector<std::string>{text};
    if (const auto argument = arguments_.find(ref.node); argument != arguments_.end() && ref.argument.empty()) {
      if (!ref.has_index) return argument->second;
      if (ref.index < static_cast<int>(argument->second.size())) {
        return std::vector<std::string>{argument->second[static_cast<size_t>(ref.index)]};
      }
      return absl::InvalidArgumentError(
          absl::StrCat("'", text, "': the argument is ", argument->second.size(), " tensors"));
    }
    const int producer = result_.graph.Find(ref.node);
    if (producer < 0) {
      return absl::InvalidArgumentError(absl::StrCat("'", text, "' names a node that the function does not have",
                                                     DidYouMean(ref.node, result_.graph.NodeNames())));
    }
    OutputRange range;
    if (!ref.argument.empty()) {
      absl::StatusOr<OutputRange> found = OutputsOfArgument(result_.graph.node(producer), ref.argument);
      if (!found.ok()) return Annotate(found.status(), absl::StrCat("'", text, "'"));
      range = *found;
    }
    std::vector<std::string> tensors;
    const int count = ref.has_index || range.count < 0 ? 1 : range.count;
    for (int k = 0; k < count; ++k) tensors.push_back(FormatInputRef(ref.node, range.first + ref.index + k));
    return tensors;
  }

  absl::Status AddResult(const FunctionArg& result) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, result.Types(bound_));
    const std::string* const ret = function_.FindRet(result.name);
    if (ret == nullptr) return absl::InvalidArgumentError("nothing gives it");
    FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> tensors, Translate(*ret));
    if (tensors.size() == types.size()) {
      result_.outputs.insert(result_.outputs.end(), tensors.begin(), tensors.end());
      return absl::OkStatus();
    }
    if (tensors.size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat("wanted ", types.size(), " tensors, got ", tensors.size()));
    }
    // Of an op with one output argument only the first is named: the others follow.
    FLOE_ASSIGN_OR_RETURN(const InputRef first, ParseInputRef(tensors[0]));
    for (size_t k = 0; k < types.size(); ++k) {
      result_.outputs.push_back(FormatInputRef(first.node, first.output + static_cast<int>(k)));
    }
    return absl::OkStatus();
  }

  const FunctionDefinition& function_;
  AttrMap bound_;
  FunctionGraph result_;
  absl::flat_hash_map<std::string, std::vector<std::string>> arguments_;
};

}  // namespace

absl::StatusOr<FunctionGraph> MakeFunctionGraph(const FunctionDefinition& function, const AttrMap& attrs) {
  return Builder(function, attrs).Run();
}

}  // namespace floe
