#include "session/freeze.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "session/conditionals.h"
#include "session/convert_variables.h"
#include "session/graph_outputs.h"
#include "session/subgraph.h"
#include "session/variable_keys.h"

namespace floe {
namespace {

constexpr char kDefaultSignature[] = "serving_default";

absl::StatusOr<std::vector<std::string>> SignatureOutputs(const MetaGraph& meta, const std::string& wanted) {
  const Signature* chosen = nullptr;
  std::vector<std::string> names;
  for (const Signature& signature : meta.signatures) {
    names.push_back(signature.name);
    if (signature.name == (wanted.empty() ? kDefaultSignature : wanted)) chosen = &signature;
  }
  if (chosen == nullptr && wanted.empty() && names.size() == 1) chosen = &meta.signatures[0];
  if (chosen == nullptr && wanted.empty() && !names.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("name one of the signatures ", ListNames(names)));
  }
  if (chosen == nullptr) {
    return absl::NotFoundError(absl::StrCat("no signature '", wanted, "'; there is ", ListNames(names)));
  }
  std::vector<std::string> outputs;
  for (const auto& [key, tensor] : chosen->outputs) outputs.push_back(tensor);
  return outputs;
}

absl::StatusOr<std::vector<std::string>> ChooseOutputs(const MetaGraph& meta, const FreezeOptions& options) {
  if (!options.outputs.empty()) return options.outputs;
  if (!options.signature.empty() || !meta.signatures.empty()) return SignatureOutputs(meta, options.signature);
  return FindGraphOutputs(meta.graph);
}

// Finds and reads variables' values.
class VariableSource {
 public:
  VariableSource(const Graph& graph, VariableKeys keys, const CheckpointReader& checkpoint,
                 const FreezeOptions& options)
      : graph_(graph), keys_(std::move(keys)), checkpoint_(checkpoint), options_(options) {}

  absl::StatusOr<Tensor> Read(const Node& variable) {
    FLOE_ASSIGN_OR_RETURN(const DType dtype, variable.attrs.Type("dtype"));
    FLOE_ASSIGN_OR_RETURN(const PartialShape shape, Shape(variable));
    const std::string wanted = absl::StrCat(DTypeName(dtype), " ", shape.ToString());
    VariableKey key = keys_.Of(variable);
    if (std::optional<VariableKey> average = MovingAverage(variable, key); average.has_value()) {
      key = *std::move(average);
      ++averaged_;
    }
    ++variables_;
    const CheckpointTensor* stored = checkpoint_.Find(key.key);
    if (stored == nullptr && !key.slice.has_value()) {
      if (std::optional<VariableKey> part = PartOfPartitioned(key.key); part.has_value()) {
        key = *std::move(part);
        stored = checkpoint_.Find(key.key);
      }
    }
    if (stored == nullptr) {
      return absl::NotFoundError(absl::StrCat("wanted ", wanted, ", but checkpoint '", checkpoint_.prefix(),
                                              "' has no tensor '", key.key, "'",
                                              DidYouMean(key.key, checkpoint_.Names())));
    }
    floe::Shape stored_shape = stored->shape;
    if (key.slice.has_value()) {
      FLOE_ASSIGN_OR_RETURN(key.slice, ResolveSlice(*key.slice, stored->shape));
      stored_shape = SliceShape(*key.slice);
    }
    if (stored->dtype != dtype || !shape.Matches(stored_shape)) {
      return absl::InvalidArgumentError(absl::StrCat("wanted ", wanted, ", but checkpoint '", checkpoint_.prefix(),
                                                     "' has ", stored->dtype_name, " ", stored_shape.ToString(),
                                                     " as '", key.key, "'"));
    }
    return key.slice.has_value() ? checkpoint_.ReadSlice(key.key, *key.slice) : checkpoint_.Read(key.key);
  }

  int variables() const { return variables_; }
  int averaged() const { return averaged_; }

 private:
  // Reference variables may leave it unknown, in either of two forms.
  static absl::StatusOr<PartialShape> Shape(const Node& variable) {
    if (!variable.attrs.Has("shape")) return PartialShape::UnknownRank();
    return variable.attrs.OfShape("shape");
  }

  std::optional<VariableKey> MovingAverage(const Node& variable, const VariableKey& key) const {
    if (!options_.moving_average) return std::nullopt;
    // The average is a variable of its own, and the saver may have given it another key.
    const int shadow = graph_.Find(absl::StrCat(variable.name, "/", options_.moving_average_name));
    if (shadow >= 0 && IsVariable(graph_.node(shadow).op)) {
      VariableKey shadow_key = keys_.Of(graph_.node(shadow));
      if (checkpoint_.Find(shadow_key.key) != nullptr) return shadow_key;
    }
    VariableKey average{absl::StrCat(key.key, "/", options_.moving_average_name), key.slice};
    if (checkpoint_.Find(average.key) != nullptr) return average;
    return std::nullopt;
  }

  // "emb/part_1" is the second slice of "emb", for graphs without their saver.
  std::optional<VariableKey> PartOfPartitioned(const std::string& name) const {
    const size_t slash = name.rfind("/part_");
    uint32_t number;
    if (slash == std::string::npos || !absl::SimpleAtoi(name.substr(slash + 6), &number)) return std::nullopt;
    const CheckpointTensor* const whole = checkpoint_.Find(name.substr(0, slash));
    if (whole == nullptr || number >= whole->slices.size()) return std::nullopt;
    std::vector<TensorSlice> slices = whole->slices;
    std::sort(slices.begin(), slices.end(), [](const TensorSlice& a, const TensorSlice& b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                          [](const SliceExtent& x, const SliceExtent& y) { return x.start < y.start; });
    });
    return VariableKey{whole->name, slices[number]};
  }

  const Graph& graph_;
  const VariableKeys keys_;
  const CheckpointReader& checkpoint_;
  const FreezeOptions& options_;
  int variables_ = 0;
  int averaged_ = 0;
};

absl::Status CheckHasAverages(const CheckpointReader& checkpoint, const std::string& name) {
  const std::string suffix = absl::StrCat("/", name);
  std::vector<std::string> last_parts;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (absl::EndsWith(tensor.name, suffix)) return absl::OkStatus();
    last_parts.push_back(tensor.name.substr(tensor.name.rfind('/') + 1));
  }
  return absl::NotFoundError(absl::StrCat("checkpoint '", checkpoint.prefix(),
                                          "' has no moving averages: no tensor is called .../", name,
                                          DidYouMean(name, last_parts)));
}

// Renames nodes, with all that refers to them.
absl::StatusOr<Graph> Rename(const Graph& graph, const std::vector<std::pair<std::string, std::string>>& renames) {
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

absl::StatusOr<MetaGraph> LoadGraph(const std::string& path) {
  if (absl::EndsWith(path, ".meta")) return MetaGraph::Load(path);
  MetaGraph meta;
  FLOE_ASSIGN_OR_RETURN(meta.graph, Graph::Load(path));
  return meta;
}

}  // namespace

absl::StatusOr<FrozenGraph> Freeze(const MetaGraph& meta, const CheckpointReader& checkpoint,
                                   const FreezeOptions& options) {
  FrozenGraph frozen;
  FLOE_ASSIGN_OR_RETURN(frozen.outputs, ChooseOutputs(meta, options));
  if (options.moving_average) FLOE_RETURN_IF_ERROR(CheckHasAverages(checkpoint, options.moving_average_name));
  FLOE_ASSIGN_OR_RETURN(VariableKeys keys, VariableKeys::FromGraph(meta.graph, meta.save_tensor_name));

  FLOE_ASSIGN_OR_RETURN(frozen.graph, ExtractSubgraph(meta.graph, frozen.outputs));
  FLOE_ASSIGN_OR_RETURN(frozen.decided, FoldKnownConditionals(&frozen.graph));
  FLOE_RETURN_IF_ERROR(DropControlInputsThatWrite(&frozen.graph));
  FLOE_ASSIGN_OR_RETURN(frozen.graph, ExtractSubgraph(frozen.graph, frozen.outputs));

  VariableSource source(meta.graph, std::move(keys), checkpoint, options);
  FLOE_ASSIGN_OR_RETURN(frozen.graph,
                        ConvertVariables(frozen.graph, [&](const Node& variable) -> absl::StatusOr<Tensor> {
                          absl::StatusOr<Tensor> value = source.Read(variable);
                          if (!value.ok())
                            return Annotate(value.status(), absl::StrCat("variable '", variable.name, "'"));
                          return value;
                        }));
  frozen.variables = source.variables();
  frozen.averaged = source.averaged();

  // A placeholder that decided one conditional may still feed other things.
  std::erase_if(frozen.decided, [&](const std::string& name) { return frozen.graph.Find(name) >= 0; });
  if (!options.renames.empty()) {
    FLOE_ASSIGN_OR_RETURN(frozen.graph, Rename(frozen.graph, options.renames));
    for (std::string& output : frozen.outputs) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(output));
      for (const auto& [old_name, new_name] : options.renames) {
        if (ref.node == old_name) {
          output = absl::StrCat(new_name, output.substr(ref.node.size()));
          break;
        }
      }
    }
  }
  return frozen;
}

absl::StatusOr<FrozenGraph> FreezeCheckpoint(const std::string& prefix, const FreezeOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(prefix));
  const std::string meta_path = checkpoint->prefix() + ".meta";
  if (!FileSystem::Posix().Exists(meta_path)) {
    return absl::NotFoundError(
        absl::StrCat("checkpoint '", checkpoint->prefix(), "' has no '", meta_path, "' beside it: give its graph"));
  }
  FLOE_ASSIGN_OR_RETURN(const MetaGraph meta, MetaGraph::Load(meta_path));
  return Freeze(meta, *checkpoint, options);
}

absl::StatusOr<FrozenGraph> FreezeGraphFile(const std::string& graph_path, const std::string& checkpoint_prefix,
                                            const FreezeOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(checkpoint_prefix));
  FLOE_ASSIGN_OR_RETURN(const MetaGraph meta, LoadGraph(graph_path));
  return Freeze(meta, *checkpoint, options);
}

}  // namespace floe
