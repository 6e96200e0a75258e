// Model::Load and FromGraphDef: from what is on disk to a graph and its inputs and outputs.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/graph.h"
#include "model/compiled_model.h"
#include "model/devices.h"
#include "model/model.h"
#include "program/lower.h"
#include "session/freeze.h"
#include "session/saved_model.h"

namespace floe {
namespace {

constexpr char kDefaultSignature[] = "serving_default";

// A lone graph's tensors are called by their nodes: "x" for x:0, "x:1" past the first.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Named(const std::vector<std::string>& tensors) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const std::string& tensor : tensors) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor));
    if (ref.control) return absl::InvalidArgumentError(absl::StrCat("'", tensor, "' is no tensor"));
    std::string name = FormatInputRef(ref.node, ref.output);
    named.push_back({name, name});
  }
  return named;
}

absl::StatusOr<std::shared_ptr<const Model>> Compile(const Graph& graph, const std::vector<std::string>& outputs,
                                                     const ModelOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> inputs, PlaceholdersNeededBy(graph, outputs));
  ModelBoundary boundary;
  boundary.signature_name = kDefaultSignature;
  FLOE_ASSIGN_OR_RETURN(boundary.inputs, Named(inputs));
  FLOE_ASSIGN_OR_RETURN(boundary.outputs, Named(outputs));
  return CompileModel(graph, boundary, options);
}

absl::StatusOr<std::shared_ptr<const Model>> FromGraph(const Graph& graph, const ModelOptions& options) {
  if (!options.signature.empty() && options.signature != kDefaultSignature) {
    return absl::NotFoundError(absl::StrCat("no signature '", options.signature,
                                            "': a graph without signatures has only '", kDefaultSignature, "'"));
  }
  if (graph.num_nodes() == 0) return absl::InvalidArgumentError("the graph is empty");
  std::vector<std::string> outputs = options.outputs;
  if (outputs.empty()) {
    FLOE_ASSIGN_OR_RETURN(outputs, DefaultOutputs(graph));
  }
  return Compile(graph, outputs, options);
}

FreezeOptions FreezeOptionsOf(const ModelOptions& options) {
  FreezeOptions freeze;
  freeze.outputs = options.outputs;
  freeze.signature = options.signature;
  return freeze;
}

TensorSpec SpecOf(const SignatureTensor& tensor) { return {tensor.key, tensor.tensor, tensor.dtype, tensor.shape}; }

std::vector<ModelSignature> SignaturesOf(const std::vector<Signature>& signatures) {
  std::vector<ModelSignature> all;
  for (const Signature& signature : signatures) {
    ModelSignature& one = all.emplace_back();
    one.name = signature.name;
    one.method = signature.method;
    for (const SignatureTensor& input : signature.inputs) one.inputs.push_back(SpecOf(input));
    for (const SignatureTensor& output : signature.outputs) one.outputs.push_back(SpecOf(output));
  }
  return all;
}

// Users call tensors by the signature's keys, where the outputs are a signature's.
absl::StatusOr<std::shared_ptr<const Model>> CompileFrozen(const FrozenGraph& frozen,
                                                           const std::vector<Signature>& signatures,
                                                           const ModelOptions& options) {
  if (!frozen.signature.has_value()) return Compile(frozen.graph, frozen.outputs, options);
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> needed, PlaceholdersNeededBy(frozen.graph, frozen.outputs));
  ModelBoundary boundary;
  boundary.signature_name = frozen.signature->name;
  boundary.signatures = SignaturesOf(signatures);
  std::vector<std::string> fed;
  for (const SignatureTensor& input : frozen.signature->inputs) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(input.tensor));
    if (frozen.graph.Find(ref.node) < 0) continue;  // not needed for the outputs that were asked for
    fed.emplace_back(ref.node);
    boundary.inputs.emplace_back(input.key, FormatInputRef(ref.node, ref.output));
  }
  for (const std::string& placeholder : needed) {
    if (std::find(fed.begin(), fed.end(), placeholder) != fed.end()) continue;
    if (options.outputs.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("signature '", frozen.signature->name, "' feeds ",
                                                        ListNames(fed), ", but its outputs need '", placeholder,
                                                        "' too"));
    }
    boundary.inputs.emplace_back(placeholder, placeholder);
  }
  for (const SignatureTensor& output : frozen.signature->outputs) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(output.tensor));
    boundary.outputs.emplace_back(output.key, FormatInputRef(ref.node, ref.output));
  }
  return CompileModel(frozen.graph, boundary, options);
}

absl::StatusOr<std::shared_ptr<const Model>> FromCheckpoint(const std::string& path, const ModelOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const FrozenGraph frozen, FreezeCheckpoint(path, FreezeOptionsOf(options)));
  return CompileFrozen(frozen, {}, options);
}

absl::StatusOr<std::shared_ptr<const Model>> FromSavedModel(const std::string& path, const ModelOptions& options) {
  FLOE_ASSIGN_OR_RETURN(const FrozenSavedModel model, FreezeSavedModel(path, FreezeOptionsOf(options)));
  return CompileFrozen(model.frozen, model.signatures, options);
}

// What a path that names no graph file may stand for: a checkpoint's prefix, one of its files, or its folder.
bool IsCheckpoint(const std::string& path, FileSystem& files) {
  for (const char* suffix : {".meta", ".index"}) {
    if (absl::EndsWith(path, suffix) || files.Exists(path + suffix)) return true;
  }
  return files.IsDirectory(path) && files.Exists(JoinPath(path, "checkpoint"));
}

absl::StatusOr<std::shared_ptr<const Model>> LoadAny(const std::string& path, const ModelOptions& options) {
  FileSystem& files = FileSystem::Posix();
  if (IsSavedModel(path, files)) return FromSavedModel(path, options);
  if (IsCheckpoint(path, files)) return FromCheckpoint(path, options);
  if (files.IsDirectory(path)) {
    return absl::FailedPreconditionError(
        "a folder with neither saved_model.pb nor a checkpoint in it; wanted a frozen .pb or .pbtxt, a SavedModel, or "
        "a checkpoint");
  }
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Load(path));
  return FromGraph(graph, options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> Model::Load(const std::string& path, const ModelOptions& options) {
  // A device that is not there is no fault of the file's.
  FLOE_RETURN_IF_ERROR(FindDevice(options.device, options.target, options.precision).status());
  absl::StatusOr<std::shared_ptr<const Model>> model = LoadAny(path, options);
  // Errors of reading name the file already.
  if (!model.ok() && !absl::StrContains(model.status().message(), path)) return Annotate(model.status(), path);
  return model;
}

absl::StatusOr<std::shared_ptr<const Model>> Model::FromGraphDef(std::string graph_def, const ModelOptions& options) {
  const auto bytes = std::make_shared<const std::string>(std::move(graph_def));
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Parse(*bytes, bytes));
  return FromGraph(graph, options);
}

}  // namespace floe
