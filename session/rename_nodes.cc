#include "session/rename_nodes.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace floe {

absl::StatusOr<Graph> RenameNodes(const Graph& graph, const Renames& renames) {
  absl::flat_hash_map<std::string, std::string> names;
  for (const auto& [old_name, new_name] : renames) {
    FLOE_RETURN_IF_ERROR(Annotate(graph.FindOrError(old_name).status(), "rename"));
    if (!names.emplace(old_name, new_name).second) {
      return absl::InvalidArgumentError(absl::StrCat("node '", old_name, "' is renamed twice"));
    }
  }
  Graph renamed;
  for (Node node : graph.nodes()) {
    if (const auto found = names.find(node.name); found != names.end()) node.name = found->second;
    for (std::string& input : node.inputs) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(input));
      const auto found = names.find(std::string(ref.node));
      if (found == names.end()) continue;
      input = ref.control ? absl::StrCat("^", found->second) : FormatInputRef(found->second, ref.output);
    }
    if (node.attrs.Has("_class")) {
      FLOE_ASSIGN_OR_RETURN(std::vector<std::string> places, node.attrs.Strings("_class"));
      for (std::string& place : places) {
        const auto found = names.find(std::string(absl::StripPrefix(place, "loc:@")));
        if (found != names.end()) place = absl::StrCat("loc:@", found->second);
      }
      node.attrs.Set("_class", AttrValue::Strings(places));
    }
    FLOE_RETURN_IF_ERROR(Annotate(renamed.Add(std::move(node)), "rename"));
  }
  renamed.set_library(graph.shared_library());
  renamed.set_versions(std::string(graph.versions()));
  return renamed;
}

std::string RenamedTensor(const std::string& tensor, const Renames& renames) {
  const absl::StatusOr<InputRef> ref = ParseInputRef(tensor);
  if (!ref.ok()) return tensor;
  for (const auto& [old_name, new_name] : renames) {
    if (ref->node == old_name) return absl::StrCat(new_name, tensor.substr(ref->node.size()));
  }
  return tensor;
}

}  // namespace floe
