#include "session/function_body.h"

#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/wire.h"
#include "proto/serialize.h"
#include "session/proto_attr.h"

namespace floe {
namespace {

constexpr int kGraphNode = 1;  // in graph.proto

absl::StatusOr<FunctionBody> ParseFunction(tensorflow::FunctionDef definition) {
  FunctionBody body;
  auto nodes = std::make_shared<std::string>();
  for (const tensorflow::NodeDef& node : definition.node_def()) {
    FLOE_ASSIGN_OR_RETURN(const std::string encoded, SerializeInOrder(node));
    AppendBytesField(kGraphNode, encoded, nodes.get());
  }
  if (!nodes->empty()) {
    FLOE_ASSIGN_OR_RETURN(body.nodes, Graph::Parse(*nodes, nodes));
  }
  definition.clear_node_def();
  body.definition = std::move(definition);
  return body;
}

}  // namespace

absl::StatusOr<FunctionLibrary> FunctionLibrary::Parse(absl::string_view encoded) {
  FunctionLibrary library;
  tensorflow::FunctionDefLibrary proto;
  if (encoded.size() > std::numeric_limits<int>::max() ||
      !proto.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return absl::DataLossError("not a GraphDef: malformed function library");
  }
  for (tensorflow::FunctionDef& definition : *proto.mutable_function()) {
    const std::string name = definition.signature().name();
    absl::StatusOr<FunctionBody> body = ParseFunction(std::move(definition));
    if (!body.ok()) return Annotate(body.status(), absl::StrCat("function '", name, "'"));
    if (!library.index_.emplace(name, library.functions_.size()).second) {
      return absl::InvalidArgumentError(absl::StrCat("two functions are called '", name, "'"));
    }
    library.functions_.push_back(*std::move(body));
  }
  return library;
}

FunctionBody* FunctionLibrary::Find(absl::string_view name) {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &functions_[found->second];
}

void FunctionLibrary::KeepReachable(const Graph& graph) {
  std::set<std::string> reached;
  std::vector<const Graph*> work = {&graph};
  while (!work.empty()) {
    const Graph& nodes = *work.back();
    work.pop_back();
    for (const Node& node : nodes.nodes()) {
      for (const std::string& name : FunctionsOf(node)) {
        const FunctionBody* const body = Find(name);
        if (body != nullptr && reached.insert(name).second) work.push_back(&body->nodes);
      }
    }
  }
  std::vector<FunctionBody> kept;
  index_.clear();
  for (FunctionBody& body : functions_) {
    const std::string& name = body.definition.signature().name();
    if (!reached.contains(name)) continue;
    index_.emplace(name, kept.size());
    kept.push_back(std::move(body));
  }
  functions_ = std::move(kept);
}

absl::Status FunctionLibrary::RenameConverted(Graph* graph) {
  std::map<std::string, std::string> renamed;
  for (const FunctionBody& body : functions_) {
    if (body.converted_args.empty()) continue;
    const std::string& name = body.definition.signature().name();
    std::string fresh = absl::StrCat(name, "_frozen");
    while (Find(fresh) != nullptr) fresh += "_";
    renamed[name] = std::move(fresh);
  }
  if (renamed.empty()) return absl::OkStatus();
  std::vector<Graph*> graphs = {graph};
  index_.clear();
  for (size_t i = 0; i < functions_.size(); ++i) {
    tensorflow::OpDef* const signature = functions_[i].definition.mutable_signature();
    const auto found = renamed.find(signature->name());
    if (found != renamed.end()) signature->set_name(found->second);
    index_.emplace(signature->name(), i);
    graphs.push_back(&functions_[i].nodes);
  }
  for (Graph* const nodes : graphs) {
    for (int i = 0; i < nodes->num_nodes(); ++i) {
      Node* const node = nodes->mutable_node(i);
      const AttrMap before = node->attrs;
      for (const auto& [name, value] : before.entries()) {
        if (!HoldsFunctions(value)) continue;
        FLOE_RETURN_IF_ERROR(ChangeAttr(name, &node->attrs, [&](tensorflow::AttrValue* attr) {
          const auto rename = [&](tensorflow::NameAttrList* function) {
            const auto found = renamed.find(function->name());
            if (found != renamed.end()) function->set_name(found->second);
          };
          if (attr->has_func()) rename(attr->mutable_func());
          if (attr->has_list()) {
            for (tensorflow::NameAttrList& function : *attr->mutable_list()->mutable_func()) rename(&function);
          }
          return absl::OkStatus();
        }));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FunctionLibrary::Serialize() const {
  tensorflow::FunctionDefLibrary library;
  for (const FunctionBody& body : functions_) {
    tensorflow::FunctionDef* const definition = library.add_function();
    *definition = body.definition;
    if (body.nodes.num_nodes() == 0) continue;
    FLOE_ASSIGN_OR_RETURN(const std::string nodes, body.nodes.Serialize());
    WireReader reader(nodes);
    WireField field;
    while (reader.Next(&field)) {
      if (field.number != kGraphNode) continue;
      if (!definition->add_node_def()->ParseFromArray(field.bytes.data(), static_cast<int>(field.bytes.size()))) {
        return absl::DataLossError(absl::StrCat("function '", definition->signature().name(), "': malformed node"));
      }
    }
  }
  return SerializeInOrder(library);
}

std::vector<std::string> FunctionsOf(const Node& node) {
  std::vector<std::string> names;
  for (const auto& [name, value] : node.attrs.entries()) {
    if (!HoldsFunctions(value)) continue;
    if (absl::StatusOr<std::string> one = value.AsFunctionName(); one.ok()) names.push_back(*std::move(one));
    if (const absl::StatusOr<std::vector<std::string>> list = value.AsFunctionNames(); list.ok()) {
      names.insert(names.end(), list->begin(), list->end());
    }
  }
  return names;
}

}  // namespace floe
