#include "session/import_graph.h"

#include <functional>
#include <map>
#include <queue>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/wire.h"
#include "session/subgraph.h"

namespace floe {
namespace {

// Field numbers of function.proto and op_def.proto.
constexpr int kLibraryFunction = 1, kFunctionSignature = 1, kSignatureName = 1;

// The functions of an encoded library by name.
absl::StatusOr<std::map<std::string, std::string>> Functions(absl::string_view library) {
  std::map<std::string, std::string> functions;
  WireReader reader(library);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kLibraryFunction || field.type != WireType::kBytes) continue;
    WireReader function(field.bytes);
    WireField part;
    std::string name;
    while (function.Next(&part)) {
      if (part.number != kFunctionSignature || part.type != WireType::kBytes) continue;
      WireReader signature(part.bytes);
      WireField item;
      while (signature.Next(&item)) {
        if (item.number == kSignatureName && item.type == WireType::kBytes) name = std::string(item.bytes);
      }
    }
    functions.emplace(name, std::string(field.bytes));
  }
  if (!reader.ok()) return absl::DataLossError("malformed function library");
  return functions;
}

absl::Status AddLibrary(GraphState& graph, absl::string_view imported) {
  if (imported.empty()) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const auto present, Functions(graph.graph().library()));
  std::string library(graph.graph().library());
  FLOE_ASSIGN_OR_RETURN(const auto added, Functions(imported));
  for (const auto& [name, bytes] : added) {
    const auto found = present.find(name);
    if (found == present.end()) {
      AppendBytesField(kLibraryFunction, bytes, &library);
    } else if (found->second != bytes) {
      return absl::InvalidArgumentError(absl::StrCat("function '", name, "': the graph has another one of that name"));
    }
  }
  graph.set_library(std::move(library));
  return absl::OkStatus();
}

class Importer {
 public:
  Importer(GraphState& graph, const GraphDef& imported, const ImportOptions& options)
      : graph_(graph), imported_(imported), options_(options) {}

  absl::StatusOr<std::vector<Output>> Import() {
    FLOE_RETURN_IF_ERROR(graph_.status());
    const std::string name = options_.name.value_or("import");
    if (!name.empty()) prefix_ = graph_.UniqueName(absl::StripSuffix(name, "/")) + "/";
    FLOE_RETURN_IF_ERROR(graph_.status());
    FLOE_RETURN_IF_ERROR(ReadInputMap());
    FLOE_RETURN_IF_ERROR(CheckNames());
    FLOE_RETURN_IF_ERROR(AddLibrary(graph_, imported_.library()));
    FLOE_RETURN_IF_ERROR(AddNodes());
    return ReturnElements();
  }

 private:
  absl::Status ReadInputMap() {
    for (const auto& [tensor, output] : options_.input_map) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
      const absl::StatusOr<int> index = imported_.FindOrError(ref.node);
      if (!index.ok()) return Annotate(index.status(), absl::StrCat("input map '", tensor, "'"));
      if (graph_.FindNode(output.node) == nullptr) {
        return absl::NotFoundError(
            absl::StrCat("input map '", tensor, "': '", output.name(), "' is no tensor of the graph"));
      }
      map_[FormatInputRef(ref.node, ref.output)] = output;
    }
    return absl::OkStatus();
  }

  absl::Status CheckNames() const {
    for (const Node& node : imported_.nodes()) {
      if (graph_.FindNode(absl::StrCat(prefix_, node.name)) == nullptr) continue;
      return absl::AlreadyExistsError(
          absl::StrCat("node '", prefix_, node.name, "' is in the graph already: import under another name"));
    }
    return absl::OkStatus();
  }

  // Producers first, else in the file's order.
  absl::Status AddNodes() {
    absl::StatusOr<NodeInputs> inputs = ResolveInputs(imported_);
    if (!inputs.ok()) return inputs.status();
    const auto count = static_cast<size_t>(imported_.num_nodes());
    std::vector<int> waits(count, 0);
    std::vector<std::vector<int>> consumers(count);
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (size_t i = 0; i < count; ++i) {
      const std::string& op = imported_.node(static_cast<int>(i)).op;
      const bool merges = op == "Merge" || op == "RefMerge";
      for (const int source : inputs->nodes[i]) {
        // What a loop carries around comes later.
        if (merges && absl::EndsWith(imported_.node(source).op, "NextIteration")) continue;
        consumers[static_cast<size_t>(source)].push_back(static_cast<int>(i));
        ++waits[i];
      }
      if (waits[i] == 0) ready.push(static_cast<int>(i));
    }
    size_t added = 0;
    while (!ready.empty()) {
      const int index = ready.top();
      ready.pop();
      FLOE_RETURN_IF_ERROR(AddNode(index, inputs->refs[static_cast<size_t>(index)]));
      ++added;
      for (const int consumer : consumers[static_cast<size_t>(index)]) {
        if (--waits[static_cast<size_t>(consumer)] == 0) ready.push(consumer);
      }
    }
    if (added == count) return absl::OkStatus();
    for (size_t i = 0; i < count; ++i) {
      if (waits[i] > 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("node '", imported_.node(static_cast<int>(i)).name, "' waits for itself: a cycle"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddNode(int index, const std::vector<InputRef>& refs) {
    Node node = imported_.node(index);
    node.name = absl::StrCat(prefix_, node.name);
    if (options_.clear_devices) node.device.clear();
    for (size_t i = 0; i < refs.size(); ++i) {
      if (refs[i].control) {
        node.inputs[i] = absl::StrCat("^", prefix_, refs[i].node);
        continue;
      }
      const auto mapped = map_.find(FormatInputRef(refs[i].node, refs[i].output));
      node.inputs[i] = mapped != map_.end() ? FormatInputRef(mapped->second.node, mapped->second.index)
                                            : absl::StrCat(prefix_, FormatInputRef(refs[i].node, refs[i].output));
    }
    node.attrs.Erase("_output_shapes");
    if (!prefix_.empty() && node.attrs.Has("_class")) {
      FLOE_ASSIGN_OR_RETURN(std::vector<std::string> places, node.attrs.Strings("_class"));
      for (std::string& place : places) {
        absl::string_view name = place;
        if (absl::ConsumePrefix(&name, "loc:@")) place = absl::StrCat("loc:@", prefix_, name);
      }
      node.attrs.Set("_class", AttrValue::Strings(places));
    }
    return graph_.AddImported(std::move(node));
  }

  absl::StatusOr<std::vector<Output>> ReturnElements() const {
    std::vector<Output> outputs;
    for (const std::string& element : options_.return_elements) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(element));
      const auto mapped = map_.find(FormatInputRef(ref.node, ref.output));
      if (mapped != map_.end() && absl::StrContains(element, ":")) {
        outputs.push_back(mapped->second);
        continue;
      }
      const absl::StatusOr<int> index = imported_.FindOrError(ref.node);
      if (!index.ok()) return Annotate(index.status(), absl::StrCat("return element '", element, "'"));
      const Output output{absl::StrCat(prefix_, ref.node), ref.output};
      const NodeTypes& types = graph_.types(graph_.graph().Find(output.node));
      if (absl::StrContains(element, ":") && types.known && output.index >= static_cast<int>(types.outputs.size())) {
        return absl::NotFoundError(absl::StrCat("return element '", element, "': the node has ", types.outputs.size(),
                                                types.outputs.size() == 1 ? " output" : " outputs"));
      }
      outputs.push_back(output);
    }
    return outputs;
  }

  GraphState& graph_;
  const GraphDef& imported_;
  const ImportOptions& options_;
  std::string prefix_;  // "NAME/", or empty
  absl::flat_hash_map<std::string, Output> map_;
};

}  // namespace

absl::StatusOr<std::vector<Output>> ImportGraphDef(GraphBuilder& graph, const GraphDef& imported,
                                                   const ImportOptions& options) {
  const int before = graph.state()->graph().num_nodes();
  absl::StatusOr<std::vector<Output>> outputs = Importer(*graph.state(), imported, options).Import();
  if (!outputs.ok() && graph.state()->graph().num_nodes() != before) graph.state()->Fail(outputs.status());
  return outputs;
}

}  // namespace floe
