#include "graph/function.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/op_results.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of function.proto and op_def.proto.
constexpr int kLibraryFunction = 1;
constexpr int kFunctionSignature = 1, kFunctionNode = 3, kFunctionRet = 4;
constexpr int kSignatureName = 1, kSignatureInput = 2, kSignatureOutput = 3;
constexpr int kArgName = 1, kArgType = 3, kArgTypeAttr = 4, kArgNumberAttr = 5, kArgTypeListAttr = 6;
constexpr int kMapKey = 1, kMapValue = 2;

struct Argument {
  std::string name;
  DType type = DType::kInvalid;
  std::string type_attr;
  std::string number_attr;
  std::string type_list_attr;
};

struct Definition {
  std::string name;
  std::vector<Argument> inputs;
  std::vector<Argument> outputs;
  std::vector<absl::string_view> nodes;  // encoded
  absl::flat_hash_map<std::string, std::string> ret;
};

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("malformed ", what, " in the function library"));
}

absl::StatusOr<Argument> ParseArgument(absl::string_view encoded) {
  Argument argument;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kArgType && field.type == WireType::kVarint) {
      if (field.value == 0) continue;
      FLOE_ASSIGN_OR_RETURN(argument.type, DTypeFromNumber(static_cast<int64_t>(field.value)));
    }
    if (field.type != WireType::kBytes) continue;
    if (field.number == kArgName) argument.name = std::string(field.bytes);
    if (field.number == kArgTypeAttr) argument.type_attr = std::string(field.bytes);
    if (field.number == kArgNumberAttr) argument.number_attr = std::string(field.bytes);
    if (field.number == kArgTypeListAttr) argument.type_list_attr = std::string(field.bytes);
  }
  if (!reader.ok()) return Malformed("argument");
  return argument;
}

absl::Status ParseSignature(absl::string_view encoded, Definition* definition) {
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kSignatureName) definition->name = std::string(field.bytes);
    if (field.number != kSignatureInput && field.number != kSignatureOutput) continue;
    FLOE_ASSIGN_OR_RETURN(Argument argument, ParseArgument(field.bytes));
    (field.number == kSignatureInput ? definition->inputs : definition->outputs).push_back(std::move(argument));
  }
  return reader.ok() ? absl::OkStatus() : Malformed("signature");
}

absl::StatusOr<Definition> ParseDefinition(absl::string_view encoded) {
  Definition definition;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kFunctionSignature) {
      FLOE_RETURN_IF_ERROR(ParseSignature(field.bytes, &definition));
    } else if (field.number == kFunctionNode) {
      definition.nodes.push_back(field.bytes);
    } else if (field.number == kFunctionRet) {
      WireReader entry(field.bytes);
      WireField part;
      std::string key, value;
      while (entry.Next(&part)) {
        if (part.type != WireType::kBytes) continue;
        if (part.number == kMapKey) key = std::string(part.bytes);
        if (part.number == kMapValue) value = std::string(part.bytes);
      }
      if (!entry.ok()) return Malformed("result");
      definition.ret[key] = value;
    }
  }
  if (!reader.ok()) return Malformed("function");
  return definition;
}

// Puts a definition's nodes into a graph, with one call's attributes.
class Instantiation {
 public:
  Instantiation(const Definition& definition, const AttrMap& attrs) : definition_(definition), attrs_(attrs) {}

  absl::StatusOr<FunctionGraph> Run(const std::shared_ptr<const void>& owner) {
    for (const Argument& argument : definition_.inputs) FLOE_RETURN_IF_ERROR(AddArgument(argument));
    for (const absl::string_view encoded : definition_.nodes) {
      FLOE_ASSIGN_OR_RETURN(Node node, ParseNode(encoded, owner));
      FLOE_RETURN_IF_ERROR(Annotate(BindAttrs(&node), absl::StrCat("node '", node.name, "'")));
      FLOE_RETURN_IF_ERROR(result_.graph.Add(std::move(node)));
    }
    for (int i = 0; i < result_.graph.num_nodes(); ++i) {
      for (size_t k = 0; k < result_.graph.node(i).inputs.size(); ++k) {
        absl::StatusOr<std::string> input = Translate(result_.graph.node(i).inputs[k]);
        if (!input.ok()) return Annotate(input.status(), absl::StrCat("node '", result_.graph.node(i).name, "'"));
        if (*input != result_.graph.node(i).inputs[k]) result_.graph.mutable_node(i)->inputs[k] = *std::move(input);
      }
    }
    for (const Argument& argument : definition_.outputs) FLOE_RETURN_IF_ERROR(AddResults(argument));
    return std::move(result_);
  }

 private:
  // The types of the tensors that an argument stands for.
  absl::StatusOr<std::vector<DType>> TypesOf(const Argument& argument) const {
    if (!argument.type_list_attr.empty()) return attrs_.Types(argument.type_list_attr);
    DType type = argument.type;
    if (!argument.type_attr.empty()) {
      FLOE_ASSIGN_OR_RETURN(type, attrs_.Type(argument.type_attr));
    }
    int64_t count = 1;
    if (!argument.number_attr.empty()) {
      FLOE_ASSIGN_OR_RETURN(count, attrs_.Int(argument.number_attr));
      if (count < 0 || count > kMaxResults) {
        return absl::InvalidArgumentError(
            absl::StrCat("attribute '", argument.number_attr, "': wanted up to ", kMaxResults, ", got ", count));
      }
    }
    return std::vector<DType>(static_cast<size_t>(count), type);
  }

  absl::Status AddArgument(const Argument& argument) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, TypesOf(argument));
    std::vector<std::string>& nodes = arguments_[argument.name];
    for (size_t k = 0; k < types.size(); ++k) {
      Node node;
      // A number behind it keeps a list's further arguments apart from all names that a file may have.
      node.name = k == 0 ? argument.name : absl::StrCat(argument.name, "^", k);
      node.op = kArgumentOp;
      node.attrs.Set("T", AttrValue::Type(types[k]));
      nodes.push_back(node.name);
      result_.inputs.push_back(node.name);
      FLOE_RETURN_IF_ERROR(result_.graph.Add(std::move(node)));
    }
    return absl::OkStatus();
  }

  absl::Status BindAttrs(Node* node) const {
    std::vector<std::pair<std::string, std::string>> placeholders;
    for (const auto& [name, value] : node->attrs.entries()) {
      if (absl::StatusOr<std::string> placeholder = value.AsPlaceholder(); placeholder.ok()) {
        placeholders.push_back({name, *std::move(placeholder)});
      }
    }
    for (const auto& [name, placeholder] : placeholders) {
      const AttrValue* const bound = attrs_.Find(placeholder);
      if (bound == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("attribute '", name, "': the call binds nothing to '", placeholder, "'"));
      }
      node->attrs.Set(name, *bound);
    }
    return absl::OkStatus();
  }

  // "argument", "argument:0", "node:output_argument:0", "^node" as a graph says it.
  absl::StatusOr<std::string> Translate(absl::string_view reference) const {
    if (absl::StartsWith(reference, "^")) return std::string(reference);
    const std::vector<absl::string_view> parts = absl::StrSplit(reference, ':');
    const auto wrong = [&] {
      return absl::InvalidArgumentError(
          absl::StrCat("'", reference, "' is no tensor of a function: wanted ARGUMENT or NODE:OUTPUT:NUMBER"));
    };
    int number = 0;
    if (parts.size() > 3) return wrong();
    if (parts.size() > 1 && (!absl::SimpleAtoi(parts.back(), &number) || number < 0 || number > kMaxResults)) {
      return wrong();
    }
    if (const auto argument = arguments_.find(parts[0]); argument != arguments_.end() && parts.size() < 3) {
      if (number >= static_cast<int>(argument->second.size())) return wrong();
      return argument->second[static_cast<size_t>(number)];
    }
    const int producer = result_.graph.Find(parts[0]);
    if (producer < 0) {
      return absl::InvalidArgumentError(absl::StrCat("'", reference, "' names a node that the function does not have",
                                                     DidYouMean(parts[0], result_.graph.NodeNames())));
    }
    if (parts.size() < 3) return FormatInputRef(parts[0], number);
    const Node& node = result_.graph.node(producer);
    absl::StatusOr<int> result = ResultNumber(node.op, parts[1], number, node.attrs);
    if (!result.ok()) return Annotate(result.status(), absl::StrCat("'", reference, "'"));
    return FormatInputRef(parts[0], *result);
  }

  absl::Status AddResults(const Argument& argument) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, TypesOf(argument));
    const auto found = definition_.ret.find(argument.name);
    if (found == definition_.ret.end()) {
      return absl::InvalidArgumentError(absl::StrCat("nothing gives its result '", argument.name, "'"));
    }
    for (size_t k = 0; k < types.size(); ++k) {
      std::string reference = found->second;
      // A result of several tensors names the first; those behind it follow.
      if (k > 0) {
        const size_t colon = reference.rfind(':');
        int first = 0;
        const bool numbered =
            colon != std::string::npos && absl::SimpleAtoi(absl::string_view(reference).substr(colon + 1), &first);
        reference = numbered ? absl::StrCat(reference.substr(0, colon), ":", first + static_cast<int>(k))
                             : absl::StrCat(reference, ":", k);
      }
      absl::StatusOr<std::string> tensor = Translate(reference);
      if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("result '", argument.name, "'"));
      result_.outputs.push_back(*std::move(tensor));
    }
    return absl::OkStatus();
  }

  const Definition& definition_;
  const AttrMap& attrs_;
  FunctionGraph result_;
  absl::flat_hash_map<std::string, std::vector<std::string>> arguments_;
};

}  // namespace

absl::StatusOr<GraphFunctions> GraphFunctions::Parse(absl::string_view encoded, std::shared_ptr<const void> owner) {
  GraphFunctions functions;
  functions.owner_ = std::move(owner);
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kLibraryFunction || field.type != WireType::kBytes) continue;
    Definition definition;
    WireReader function(field.bytes);
    WireField part;
    while (function.Next(&part)) {
      if (part.number != kFunctionSignature || part.type != WireType::kBytes) continue;
      FLOE_RETURN_IF_ERROR(ParseSignature(part.bytes, &definition));
    }
    if (!function.ok()) return Malformed("function");
    if (!functions.functions_.emplace(definition.name, field.bytes).second) {
      return absl::InvalidArgumentError(absl::StrCat("two functions are called '", definition.name, "'"));
    }
  }
  if (!reader.ok()) return Malformed("bytes");
  return functions;
}

std::vector<std::string> GraphFunctions::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, encoded] : functions_) names.push_back(name);
  return names;
}

absl::StatusOr<FunctionGraph> GraphFunctions::Instantiate(absl::string_view name, const AttrMap& attrs) const {
  const auto found = functions_.find(name);
  if (found == functions_.end()) {
    return absl::NotFoundError(absl::StrCat("no function is called '", name, "'", DidYouMean(name, Names())));
  }
  const auto annotate = [&](const absl::Status& status) {
    return Annotate(status, absl::StrCat("function '", name, "'"));
  };
  const absl::StatusOr<Definition> definition = ParseDefinition(found->second);
  if (!definition.ok()) return annotate(definition.status());
  absl::StatusOr<FunctionGraph> graph = Instantiation(*definition, attrs).Run(owner_);
  if (!graph.ok()) return annotate(graph.status());
  return graph;
}

}  // namespace floe
