#include "graph/inline_functions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/bind_attrs.h"
#include "graph/function_library.h"
#include "graph/op_outputs.h"

namespace floe {
namespace {

constexpr int kMaxDepth = 256;                   // of calls in calls
constexpr int64_t kMaxNodes = int64_t{2} << 20;  // bodies that call bodies that call bodies grow fast
constexpr int64_t kMaxNameBytes = int64_t{512} << 20;

bool IsCallOp(const std::string& op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall" || op == "BatchFunction";
}

// The function that is being inlined, and in which others.
struct Frame {
  const FunctionDefinition* function = nullptr;
  const Frame* caller = nullptr;
  int depth = 0;
};

class Inliner {
 public:
  Inliner(const Graph& graph, absl::Span<const std::string> keep) : graph_(graph) {
    for (const std::string& name : keep) kept_.insert(name);
  }

  absl::StatusOr<Graph> Run() {
    FLOE_ASSIGN_OR_RETURN(library_, FunctionDefinitions::Parse(graph_.shared_library()));
    for (const Node& node : graph_.nodes()) {
      names_.insert(node.name);
      for (const std::string& input : node.inputs) {
        if (absl::StartsWith(input, "^")) kept_or_awaited_.insert(input.substr(1));
      }
    }
    FLOE_RETURN_IF_ERROR(CheckSize());
    for (const Node& node : graph_.nodes()) FLOE_RETURN_IF_ERROR(Emit(node, nullptr));
    Graph inlined;
    for (Node& node : nodes_) {
      for (std::string& input : node.inputs) {
        FLOE_RETURN_IF_ERROR(Annotate(Resolve(&input), absl::StrCat("node '", node.name, "'")));
      }
      absl::flat_hash_set<std::string> awaited;
      std::erase_if(node.inputs, [&](const std::string& input) {
        return absl::StartsWith(input, "^") && !awaited.insert(input).second;
      });
      FLOE_RETURN_IF_ERROR(inlined.Add(std::move(node)));
    }
    inlined.set_library(graph_.shared_library());
    inlined.set_versions(std::string(graph_.versions()));
    return inlined;
  }

 private:
  // What a body's names mean outside it.
  struct Scope {
    const FunctionDefinition* function = nullptr;
    AttrMap bound;
    // Of each argument: the tensors it stands for.
    absl::flat_hash_map<absl::string_view, std::vector<std::string>> args;
    // Of each of its nodes: the node in the result.
    absl::flat_hash_map<absl::string_view, std::string> node_names;
    absl::flat_hash_map<absl::string_view, const Node*> nodes;
  };

  absl::Status Emit(Node node, const Frame* caller) {
    const FunctionDefinition* function = library_.Find(node.op);
    AttrMap bound = node.attrs;
    if (function == nullptr) {
      if (!IsCallOp(node.op)) return Add(std::move(node));
      const AttrValue* const f = node.attrs.Find("f");
      if (f == nullptr) return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' calls no function"));
      absl::StatusOr<std::string> name = f->AsFunctionName();
      if (!name.ok()) return Annotate(name.status(), absl::StrCat("node '", node.name, "'"));
      absl::StatusOr<const FunctionDefinition*> found = library_.FindOrError(*name);
      if (!found.ok()) return Annotate(found.status(), absl::StrCat("node '", node.name, "'"));
      function = *found;
      FLOE_ASSIGN_OR_RETURN(bound, f->AsFunctionAttrs());
    }
    const std::string name = node.name;
    return Annotate(Call(std::move(node), *function, std::move(bound), caller),
                    absl::StrCat("node '", name, "' calls function '", function->name, "'"));
  }

  static absl::Status TooLarge() {
    return absl::ResourceExhaustedError(
        absl::StrCat("its functions in one another make more than ", kMaxNodes, " nodes"));
  }

  // Known before any node is made: how many there will be, counting what each function comes to once.
  absl::Status CheckSize() {
    absl::flat_hash_map<const FunctionDefinition*, int64_t> sizes;
    int64_t size = 0;
    for (const Node& node : graph_.nodes()) {
      size += SizeOf(node, 0, &sizes);
      if (size > kMaxNodes) return Annotate(TooLarge(), absl::StrCat("node '", node.name, "'"));
    }
    return absl::OkStatus();
  }
  int64_t SizeOf(const Node& node, int depth, absl::flat_hash_map<const FunctionDefinition*, int64_t>* sizes) const {
    const FunctionDefinition* function = library_.Find(node.op);
    if (function == nullptr && IsCallOp(node.op) && node.attrs.Has("f")) {
      const absl::StatusOr<std::string> name = node.attrs.Find("f")->AsFunctionName();
      if (name.ok()) function = library_.Find(*name);
    }
    // What is missing, too deep or calls itself is found, with its name, when it is inlined.
    if (function == nullptr || depth > kMaxDepth) return 1;
    if (const auto known = sizes->find(function); known != sizes->end()) return known->second;
    (*sizes)[function] = 0;
    int64_t size = 1;
    for (const Node& inner : function->nodes) size = std::min(size + SizeOf(inner, depth + 1, sizes), kMaxNodes + 1);
    (*sizes)[function] = size;
    return size;
  }

  absl::Status Add(Node node) {
    name_bytes_ += static_cast<int64_t>(node.name.size());
    if (static_cast<int64_t>(nodes_.size()) >= kMaxNodes || name_bytes_ > kMaxNameBytes) return TooLarge();
    nodes_.push_back(std::move(node));
    return absl::OkStatus();
  }

  static absl::Status CheckNotInside(const FunctionDefinition& function, const Frame* caller) {
    const Frame* again = caller;
    while (again != nullptr && again->function != &function) again = again->caller;
    if (again != nullptr) {
      std::vector<std::string> inwards = {function.name};
      for (const Frame* frame = caller; frame != again; frame = frame->caller) inwards.push_back(frame->function->name);
      inwards.push_back(function.name);
      std::reverse(inwards.begin(), inwards.end());
      return absl::InvalidArgumentError(absl::StrCat("it calls itself: ", ListNames(inwards)));
    }
    if (caller != nullptr && caller->depth >= kMaxDepth) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxDepth, " functions call one another"));
    }
    return absl::OkStatus();
  }

  absl::Status Call(Node call, const FunctionDefinition& function, AttrMap bound, const Frame* caller) {
    FLOE_RETURN_IF_ERROR(CheckNotInside(function, caller));
    const Frame frame{&function, caller, caller == nullptr ? 1 : caller->depth + 1};
    Scope scope;
    scope.function = &function;
    scope.bound = std::move(bound);
    for (const auto& [name, value] : function.attr_defaults.entries()) {
      if (!scope.bound.Has(name)) scope.bound.Set(name, value);
    }
    std::vector<std::string> data, control;
    for (std::string& input : call.inputs) {
      (absl::StartsWith(input, "^") ? control : data).push_back(std::move(input));
    }
    FLOE_RETURN_IF_ERROR(BindArgs(data, &scope));
    for (const Node& node : function.nodes) {
      if (!scope.nodes.emplace(node.name, &node).second) {
        return absl::InvalidArgumentError(absl::StrCat("two nodes are called '", node.name, "'"));
      }
      scope.node_names.emplace(node.name, NewName(absl::StrCat(call.name, "/", node.name)));
    }
    for (const auto& [name, node] : function.control_ret) {
      if (const auto found = scope.node_names.find(node); found != scope.node_names.end()) {
        kept_or_awaited_.insert(found->second);
      }
    }
    for (const Node& node : function.nodes) {
      for (const std::string& input : node.inputs) {
        if (!absl::StartsWith(input, "^")) continue;
        const auto found = scope.node_names.find(absl::StripPrefix(input, "^"));
        if (found != scope.node_names.end()) kept_or_awaited_.insert(found->second);
      }
    }
    for (const Node& node : function.nodes) {
      absl::StatusOr<Node> own = Translate(node, call.name, control, scope);
      if (!own.ok()) return Annotate(own.status(), absl::StrCat("node '", node.name, "'"));
      FLOE_RETURN_IF_ERROR(Emit(*std::move(own), &frame));
    }
    return Return(call, control, scope);
  }

  static absl::Status BindArgs(const std::vector<std::string>& data, Scope* scope) {
    size_t next = 0;
    for (const FunctionArg& arg : scope->function->args) {
      FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, arg.Types(scope->bound));
      if (types.size() > data.size() - next) {
        return absl::InvalidArgumentError(
            absl::StrCat("it gets ", data.size(), " tensors, which does not reach to the argument '", arg.name, "'"));
      }
      const auto begin = data.begin() + static_cast<ptrdiff_t>(next);
      std::vector<std::string> tensors(begin, begin + static_cast<ptrdiff_t>(types.size()));
      if (!scope->args.emplace(arg.name, std::move(tensors)).second) {
        return absl::InvalidArgumentError(absl::StrCat("two arguments are called '", arg.name, "'"));
      }
      next += types.size();
    }
    if (next == data.size()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "it gets ", data.size(), " tensors, but takes ", next, " (its arguments are ",
        [&] {
          std::vector<std::string> names;
          for (const FunctionArg& arg : scope->function->args) names.push_back(arg.name);
          return ListNames(names);
        }(),
        ")"));
  }

  // A node of the body as one of the result.
  absl::StatusOr<Node> Translate(const Node& node, const std::string& prefix, const std::vector<std::string>& control,
                                 const Scope& scope) const {
    Node own = node;
    own.name = scope.node_names.at(node.name);
    own.inputs.clear();
    bool waits_for_body = false;
    for (const std::string& input : node.inputs) {
      FLOE_ASSIGN_OR_RETURN(const FunctionInputRef ref, ParseFunctionInputRef(input));
      waits_for_body = waits_for_body || !scope.args.contains(ref.node);
      if (ref.control) {
        FLOE_RETURN_IF_ERROR(AppendControl(ref.node, scope, &own.inputs));
      } else {
        FLOE_ASSIGN_OR_RETURN(std::vector<std::string> tensors, Tensors(ref, scope));
        for (std::string& tensor : tensors) own.inputs.push_back(std::move(tensor));
      }
    }
    if (!waits_for_body) own.inputs.insert(own.inputs.end(), control.begin(), control.end());
    FLOE_RETURN_IF_ERROR(BindAttrs(scope.bound, &own.attrs));
    own.attrs.Erase("_output_shapes");  // as they were in the function, for any caller
    // Places and loops by name are the body's own.
    if (own.attrs.Has("_class")) {
      FLOE_ASSIGN_OR_RETURN(std::vector<std::string> places, own.attrs.Strings("_class"));
      for (std::string& place : places) {
        if (absl::StartsWith(place, "loc:@")) place = absl::StrCat("loc:@", prefix, "/", place.substr(5));
      }
      own.attrs.Set("_class", AttrValue::Strings(places));
    }
    if ((own.op == "Enter" || own.op == "RefEnter") && own.attrs.Has("frame_name")) {
      FLOE_ASSIGN_OR_RETURN(const std::string frame, own.attrs.String("frame_name"));
      own.attrs.Set("frame_name", AttrValue::String(absl::StrCat(prefix, "/", frame)));
    }
    return own;
  }

  static absl::Status Unknown(absl::string_view name, const Scope& scope) {
    std::vector<std::string> names;
    for (const auto& [node, own] : scope.node_names) names.emplace_back(node);
    for (const auto& [arg, tensors] : scope.args) names.emplace_back(arg);
    return absl::InvalidArgumentError(
        absl::StrCat("no node or argument '", name, "' in the function", DidYouMean(name, names)));
  }

  static absl::Status AppendControl(absl::string_view name, const Scope& scope, std::vector<std::string>* inputs) {
    if (const auto arg = scope.args.find(name); arg != scope.args.end()) {
      for (const std::string& tensor : arg->second) {
        FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
        // What a call gives is not the call: it may be inlined, too, and then has another name.
        inputs->push_back(absl::StrCat("^", FormatInputRef(ref.node, ref.output)));
      }
      return absl::OkStatus();
    }
    const auto node = scope.node_names.find(name);
    if (node == scope.node_names.end()) return Unknown(name, scope);
    inputs->push_back(absl::StrCat("^", node->second));
    return absl::OkStatus();
  }

  // The tensors of the result that a reference inside the body means.
  absl::StatusOr<std::vector<std::string>> Tensors(const FunctionInputRef& ref, const Scope& scope) const {
    if (const auto arg = scope.args.find(ref.node); arg != scope.args.end() && ref.argument.empty()) {
      if (!ref.has_index) return arg->second;
      if (static_cast<size_t>(ref.index) >= arg->second.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("argument '", ref.node, "' has ", arg->second.size(), " tensors, and none ", ref.index));
      }
      return std::vector<std::string>{arg->second[static_cast<size_t>(ref.index)]};
    }
    const auto node = scope.nodes.find(ref.node);
    if (node == scope.nodes.end()) return Unknown(ref.node, scope);
    OutputRange range;
    if (const FunctionDefinition* const called = library_.Find(node->second->op); called != nullptr) {
      FLOE_ASSIGN_OR_RETURN(range, ResultsOf(*called, *node->second, ref.argument, scope.bound));
    } else {
      FLOE_ASSIGN_OR_RETURN(range, OutputsOfArgument(*node->second, ref.argument));
    }
    const int count = ref.has_index || range.count < 0 ? 1 : range.count;
    if (ref.has_index && range.count >= 0 && ref.index >= range.count) {
      return absl::InvalidArgumentError(absl::StrCat("output '", ref.argument, "' of '", ref.node, "' has ",
                                                     range.count, " tensors, and none ", ref.index));
    }
    std::vector<std::string> tensors;
    for (int i = 0; i < count; ++i) {
      tensors.push_back(FormatInputRef(scope.node_names.at(ref.node), range.first + ref.index + i));
    }
    return tensors;
  }

  // The results that a node whose op is a function's name calls `argument`.
  static absl::StatusOr<OutputRange> ResultsOf(const FunctionDefinition& function, const Node& node,
                                               absl::string_view argument, const AttrMap& bound) {
    AttrMap attrs = node.attrs;
    FLOE_RETURN_IF_ERROR(BindAttrs(bound, &attrs));
    OutputRange range{0, 0};
    std::vector<std::string> names;
    for (const FunctionArg& result : function.results) {
      FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, result.Types(attrs));
      range.count = static_cast<int>(types.size());
      if (result.name == argument) return range;
      range.first += range.count;
      names.push_back(result.name);
    }
    return absl::InvalidArgumentError(
        absl::StrCat("function '", function.name, "' has no result '", argument, "'", DidYouMean(argument, names)));
  }

  absl::Status Return(const Node& call, const std::vector<std::string>& control, const Scope& scope) {
    std::vector<std::string> results;
    std::vector<DType> types;
    for (const FunctionArg& result : scope.function->results) {
      const std::string* const text = scope.function->FindRet(result.name);
      if (text == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("the function does not say what its result '", result.name, "' is"));
      }
      absl::StatusOr<FunctionInputRef> ref = ParseFunctionInputRef(*text);
      absl::StatusOr<std::vector<std::string>> tensors = ref.ok() ? Tensors(*ref, scope) : ref.status();
      if (!tensors.ok()) return Annotate(tensors.status(), absl::StrCat("result '", result.name, "'"));
      FLOE_ASSIGN_OR_RETURN(const std::vector<DType> own, result.Types(scope.bound));
      if (own.size() != tensors->size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("result '", result.name, "' is ", own.size(), " tensors, but gets ", tensors->size()));
      }
      types.insert(types.end(), own.begin(), own.end());
      for (std::string& tensor : *tensors) results.push_back(std::move(tensor));
    }
    const bool fetched = kept_.contains(call.name);
    if (fetched || kept_or_awaited_.contains(call.name)) {
      Node node;
      node.name = call.name;
      node.device = call.device;
      if (fetched && !results.empty()) {
        node.op = results.size() == 1 ? "Identity" : "IdentityN";
        node.inputs = results;
        node.attrs.Set("T", results.size() == 1 ? AttrValue::Type(types[0]) : AttrValue::Types(types));
      } else {
        node.op = "NoOp";
        // Whoever waits for the call waits for its results.
        for (const std::string& tensor : results) node.inputs.push_back(absl::StrCat("^", tensor));
        node.inputs.insert(node.inputs.end(), control.begin(), control.end());
      }
      for (const auto& [name, waited_for] : scope.function->control_ret) {
        FLOE_RETURN_IF_ERROR(AppendControl(waited_for, scope, &node.inputs));
      }
      FLOE_RETURN_IF_ERROR(Add(std::move(node)));
    }
    results_[call.name] = std::move(results);
    return absl::OkStatus();
  }

  std::string NewName(const std::string& wanted) {
    std::string name = wanted;
    for (int& next = next_suffix_[wanted]; !names_.insert(name).second;) name = absl::StrCat(wanted, "_", ++next);
    return name;
  }

  // A result of a call becomes the body's tensor, which may be a result of a call again. Every tensor passed on the
  // way is remembered as what it turned out to be.
  absl::Status Resolve(std::string* input) {
    const bool control = absl::StartsWith(*input, "^");
    std::string tensor(control ? absl::StripPrefix(*input, "^") : absl::string_view(*input));
    std::vector<std::string*> passed;
    absl::flat_hash_set<std::string> seen;
    while (true) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
      // "^call" itself is the node that is left of the call; "^call:0" came of an argument.
      const auto found = results_.find(ref.node);
      if (found == results_.end()) break;
      if (control && passed.empty() && !absl::StrContains(tensor, ':') && kept_or_awaited_.contains(ref.node)) break;
      if (static_cast<size_t>(ref.output) >= found->second.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("its input '", tensor, "': the call has ", found->second.size(), " results"));
      }
      if (!seen.insert(tensor).second) {
        return absl::InvalidArgumentError(absl::StrCat("its input '", *input, "' is nothing but itself: a cycle"));
      }
      passed.push_back(&found->second[static_cast<size_t>(ref.output)]);
      tensor = *passed.back();
    }
    for (std::string* const step : passed) *step = tensor;
    if (control) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
      *input = absl::StrCat("^", ref.node);
    } else {
      *input = std::move(tensor);
    }
    return absl::OkStatus();
  }

  const Graph& graph_;
  FunctionDefinitions library_;
  absl::flat_hash_set<std::string> kept_;             // calls that the caller wants to find again
  absl::flat_hash_set<std::string> kept_or_awaited_;  // nodes that something has as a control input
  absl::flat_hash_set<std::string> names_;
  absl::flat_hash_map<std::string, int> next_suffix_;
  absl::flat_hash_map<std::string, std::vector<std::string>> results_;  // of each call
  std::vector<Node> nodes_;
  int64_t name_bytes_ = 0;
};

}  // namespace

absl::StatusOr<bool> HasCalls(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (IsCallOp(node.op)) return true;
  }
  if (graph.library().empty()) return false;
  FLOE_ASSIGN_OR_RETURN(const FunctionDefinitions library, FunctionDefinitions::Parse(graph.shared_library()));
  for (const Node& node : graph.nodes()) {
    if (library.Find(node.op) != nullptr) return true;
  }
  return false;
}

absl::StatusOr<Graph> InlineFunctions(const Graph& graph, absl::Span<const std::string> keep) {
  return Inliner(graph, keep).Run();
}

}  // namespace floe
