#include "session/function_runner.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/bind_attrs.h"
#include "graph/op_outputs.h"
#include "session/subgraph.h"

namespace floe {
namespace {

// Deeper than any model's; a function that calls itself without end stops here.
constexpr int kMaxDepth = 64;

// A function's body as a flat graph: arguments become nodes to feed, and references by the names of outputs become
// references by number.
class Flattener {
 public:
  Flattener(const FunctionDefinition& function, const AttrMap& bound) : function_(function), bound_(bound) {}

  absl::StatusOr<ExecGraph> Flatten(size_t* num_args) {
    std::vector<std::string> feeds, fetches, targets;
    FLOE_RETURN_IF_ERROR(AddArguments(&feeds));
    for (const Node& node : function_.nodes) index_.emplace(node.name, &node);
    for (Node node : function_.nodes) {
      for (std::string& input : node.inputs) {
        FLOE_ASSIGN_OR_RETURN(input, Translate(input));
      }
      FLOE_RETURN_IF_ERROR(Annotate(BindAttrs(bound_, &node.attrs), absl::StrCat("node '", node.name, "'")));
      if (WritesVariable(node.op) || node.op == "Assert" || node.op == "SaveV2") targets.push_back(node.name);
      FLOE_RETURN_IF_ERROR(graph_.Add(std::move(node)));
    }
    for (const FunctionArg& result : function_.results) {
      const std::string* const ret = function_.FindRet(result.name);
      if (ret == nullptr) return absl::InvalidArgumentError(absl::StrCat("result '", result.name, "' is not given"));
      FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, result.Types(bound_));
      // One reference a tensor: the first says where they begin.
      FLOE_ASSIGN_OR_RETURN(const std::string first, Translate(*ret));
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(first));
      for (size_t i = 0; i < types.size(); ++i) {
        fetches.push_back(FormatInputRef(ref.node, ref.output + static_cast<int>(i)));
      }
    }
    for (const auto& [name, node] : function_.control_ret) targets.push_back(node);
    *num_args = feeds.size();
    return MakeExecGraph(graph_, feeds, fetches, targets);
  }

 private:
  absl::Status AddArguments(std::vector<std::string>* feeds) {
    for (const FunctionArg& arg : function_.args) {
      FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, arg.Types(bound_));
      Node node;
      node.name = arg.name;
      node.op = "Placeholder";
      FLOE_RETURN_IF_ERROR(graph_.Add(std::move(node)));
      for (size_t i = 0; i < types.size(); ++i) feeds->push_back(FormatInputRef(arg.name, static_cast<int>(i)));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Translate(const std::string& text) const {
    FLOE_ASSIGN_OR_RETURN(const FunctionInputRef ref, ParseFunctionInputRef(text));
    if (ref.control) return text;
    if (ref.argument.empty()) return FormatInputRef(ref.node, ref.index);
    const auto found = index_.find(ref.node);
    if (found == index_.end()) {
      return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not in the function"));
    }
    absl::StatusOr<OutputRange> range = OutputsOfArgument(*found->second, ref.argument);
    if (!range.ok()) return Annotate(range.status(), absl::StrCat("'", text, "'"));
    return FormatInputRef(ref.node, range->first + ref.index);
  }

  const FunctionDefinition& function_;
  const AttrMap& bound_;
  Graph graph_;
  absl::flat_hash_map<std::string, const Node*> index_;
};

absl::StatusOr<bool> IsTrue(const EdgeValue& value) {
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, value.Read());
  if (tensor.rank() > 0) return tensor.num_elements() > 0;
  bool result = false;
  if (tensor.dtype() == DType::kString) return !tensor.scalar<std::string>().empty();
  const bool known =
      DispatchDType<bool, float, double, int32_t, int64_t, uint8_t, int8_t, int16_t, uint16_t, uint32_t, uint64_t>(
          tensor.dtype(), [&]<typename T>() { result = tensor.scalar<T>() != T{0}; });
  if (known) return result;
  return absl::InvalidArgumentError(absl::StrCat("a condition of type ", DTypeName(tensor.dtype())));
}

}  // namespace

absl::Status LibraryRunner::SetLibrary(const std::shared_ptr<const std::string>& encoded) {
  if (encoded_ == encoded) return absl::OkStatus();
  bodies_.clear();
  library_ = FunctionDefinitions();
  if (encoded != nullptr) {
    FLOE_ASSIGN_OR_RETURN(library_, FunctionDefinitions::Parse(encoded));
  }
  encoded_ = encoded;
  return absl::OkStatus();
}

absl::StatusOr<const LibraryRunner::Body*> LibraryRunner::Prepare(const std::string& name, const AttrMap& attrs) {
  std::string key = name;
  for (const auto& [attr, value] : attrs.entries()) absl::StrAppend(&key, "\n", attr, "=", value.encoded());
  std::unique_ptr<Body>& body = bodies_[key];
  if (body == nullptr) {
    FLOE_ASSIGN_OR_RETURN(const FunctionDefinition* const function, library_.FindOrError(name));
    AttrMap bound = function->attr_defaults;
    for (const auto& [attr, value] : attrs.entries()) bound.Set(attr, value);
    auto made = std::make_unique<Body>();
    FLOE_ASSIGN_OR_RETURN(made->graph, Flattener(*function, bound).Flatten(&made->num_args));
    body = std::move(made);
  }
  return body.get();
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::RunBody(const std::string& name, const AttrMap& attrs,
                                                              std::vector<EdgeValue> inputs, int depth) {
  if (depth >= kMaxDepth) {
    return absl::ResourceExhaustedError(absl::StrCat("functions call each other more than ", kMaxDepth, " deep"));
  }
  absl::StatusOr<const Body*> body = Prepare(name, attrs);
  if (!body.ok()) return Annotate(body.status(), absl::StrCat("function '", name, "'"));
  if (inputs.size() != (*body)->num_args) {
    return absl::InvalidArgumentError(absl::StrCat("function '", name, "' takes ", (*body)->num_args,
                                                   " arguments, and is called with ", inputs.size()));
  }
  absl::StatusOr<std::vector<EdgeValue>> results = Execute((*body)->graph, inputs, *session_, *this, depth + 1);
  if (!results.ok()) return Annotate(results.status(), absl::StrCat("function '", name, "'"));
  return results;
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::RunFunction(const Node& node, absl::string_view attr,
                                                                  std::vector<EdgeValue> inputs, int depth) {
  const AttrValue* const value = node.attrs.Find(attr);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", attr, "' is missing"));
  FLOE_ASSIGN_OR_RETURN(const std::string name, value->AsFunctionName());
  FLOE_ASSIGN_OR_RETURN(const AttrMap attrs, value->AsFunctionAttrs());
  return RunBody(name, attrs, std::move(inputs), depth);
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::RunIf(const Node& node, std::vector<EdgeValue> inputs,
                                                            int depth) {
  if (inputs.empty()) return absl::InvalidArgumentError("wanted a condition, got no inputs");
  FLOE_ASSIGN_OR_RETURN(const bool taken, IsTrue(inputs[0]));
  inputs.erase(inputs.begin());
  return RunFunction(node, taken ? "then_branch" : "else_branch", std::move(inputs), depth);
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::RunCase(const Node& node, std::vector<EdgeValue> inputs,
                                                              int depth) {
  if (inputs.empty()) return absl::InvalidArgumentError("wanted a branch index, got no inputs");
  FLOE_ASSIGN_OR_RETURN(const Tensor index, inputs[0].Read());
  const AttrValue* const value = node.attrs.Find("branches");
  if (value == nullptr) return absl::InvalidArgumentError("attribute 'branches' is missing");
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> branches, value->AsFunctionNames());
  if (index.dtype() != DType::kInt32 || index.num_elements() != 1 || branches.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("wanted one int32 and branches, got ", DTypeName(index.dtype()), " ",
                                                   index.shape().ToString(), " and ", branches.size(), " branches"));
  }
  const int32_t number = index.data<int32_t>()[0];
  const bool in_range = number >= 0 && static_cast<size_t>(number) < branches.size();
  inputs.erase(inputs.begin());
  return RunBody(in_range ? branches[static_cast<size_t>(number)] : branches.back(), {}, std::move(inputs), depth);
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::RunWhile(const Node& node, std::vector<EdgeValue> inputs,
                                                               int depth) {
  // References are read once: a loop carries values.
  for (EdgeValue& input : inputs) {
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, input.Read());
    input = {std::move(tensor), nullptr};
  }
  while (true) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<EdgeValue> condition, RunFunction(node, "cond", inputs, depth));
    if (condition.size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat("its condition has ", condition.size(), " results"));
    }
    FLOE_ASSIGN_OR_RETURN(const bool goes_on, IsTrue(condition[0]));
    if (!goes_on) return inputs;
    FLOE_ASSIGN_OR_RETURN(inputs, RunFunction(node, "body", std::move(inputs), depth));
  }
}

absl::StatusOr<std::vector<EdgeValue>> LibraryRunner::Call(const Node& node, std::vector<EdgeValue> inputs, int depth) {
  if (node.op == "If" || node.op == "StatelessIf") return RunIf(node, std::move(inputs), depth);
  if (node.op == "Case" || node.op == "StatelessCase") return RunCase(node, std::move(inputs), depth);
  if (node.op == "While" || node.op == "StatelessWhile") return RunWhile(node, std::move(inputs), depth);
  return RunFunction(node, "f", std::move(inputs), depth);
}

}  // namespace floe
