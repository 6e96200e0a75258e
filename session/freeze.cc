#include "session/freeze.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/inline_functions.h"
#include "session/conditionals.h"
#include "session/convert_variables.h"
#include "session/dropout.h"
#include "session/graph_outputs.h"
#include "session/lookup_tables.h"
#include "session/problems.h"
#include "session/rename_nodes.h"
#include "session/subgraph.h"
#include "session/variable_source.h"

namespace floe {
namespace {

constexpr char kDefaultSignature[] = "serving_default";

absl::StatusOr<const Signature*> ChooseSignature(const MetaGraph& meta, const std::string& wanted) {
  std::vector<std::string> names;
  for (const Signature& signature : meta.signatures) {
    names.push_back(signature.name);
    if (signature.name == (wanted.empty() ? kDefaultSignature : wanted)) return &signature;
  }
  if (wanted.empty() && names.size() == 1) return &meta.signatures[0];
  if (wanted.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("name one of the signatures ", ListNames(names)));
  }
  return absl::NotFoundError(
      absl::StrCat("no signature '", wanted, "'", DidYouMean(wanted, names), "; there is ", ListNames(names)));
}

// Outputs that the user names: nodes or tensors of the graph, or keys of the signature's outputs.
absl::Status TakeNamedOutputs(const MetaGraph& meta, const FreezeOptions& options, FrozenGraph* frozen) {
  frozen->outputs = options.outputs;
  if (meta.signatures.empty() && options.signature.empty()) return absl::OkStatus();
  const absl::StatusOr<const Signature*> signature = ChooseSignature(meta, options.signature);
  if (!signature.ok()) return options.signature.empty() ? absl::OkStatus() : signature.status();
  frozen->signature = **signature;
  frozen->signature->outputs.clear();
  for (std::string& output : frozen->outputs) {
    SignatureTensor named{output, output};
    for (const SignatureTensor& known : (*signature)->outputs) {
      if (known.key == output && meta.graph.Find(output) < 0) named = known;
    }
    output = named.tensor;
    frozen->signature->outputs.push_back(std::move(named));
  }
  return absl::OkStatus();
}

absl::Status ChooseOutputs(const MetaGraph& meta, const FreezeOptions& options, FrozenGraph* frozen) {
  if (!options.outputs.empty()) return TakeNamedOutputs(meta, options, frozen);
  if (options.signature.empty() && meta.signatures.empty()) {
    FLOE_ASSIGN_OR_RETURN(frozen->outputs, FindGraphOutputs(meta.graph));
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const Signature* const signature, ChooseSignature(meta, options.signature));
  const std::string what = absl::StrCat("signature '", signature->name, "'");
  for (const auto* tensors : {&signature->inputs, &signature->outputs}) {
    for (const SignatureTensor& tensor : *tensors) {
      if (!tensor.tensor.empty()) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(what, ": '", tensor.key, "' is a sparse or composite tensor; name plain outputs instead"));
    }
  }
  if (signature->outputs.empty()) return absl::FailedPreconditionError(absl::StrCat(what, " has no outputs"));
  frozen->signature = *signature;
  for (const SignatureTensor& output : signature->outputs) {
    const bool known =
        std::find(frozen->outputs.begin(), frozen->outputs.end(), output.tensor) != frozen->outputs.end();
    if (!known) frozen->outputs.push_back(output.tensor);
  }
  return absl::OkStatus();
}

// The nodes to keep: those of the outputs, and, where these are all of a signature's, its inputs: one that nothing uses
// can be fed all the same.
std::vector<std::string> NodesToKeep(const FrozenGraph& frozen, const FreezeOptions& options, const Graph& graph) {
  std::vector<std::string> nodes;
  for (const std::string& output : frozen.outputs) nodes.push_back(NodeOfTensor(output));
  if (!frozen.signature.has_value() || !options.outputs.empty()) return nodes;
  for (const SignatureTensor& input : frozen.signature->inputs) {
    const int index = graph.Find(NodeOfTensor(input.tensor));
    if (index >= 0 && absl::StartsWith(graph.node(index).op, "Placeholder")) nodes.push_back(graph.node(index).name);
  }
  return nodes;
}

// What a signature feeds inside the graph (the result of an input pipeline, say) becomes a placeholder, and what would
// have computed it is needed no longer.
absl::Status CutAtInputs(const Signature& signature, Graph* graph) {
  for (const SignatureTensor& input : signature.inputs) {
    if (input.tensor.empty()) continue;
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(input.tensor));
    const absl::StatusOr<int> index = graph->FindOrError(ref.node);
    if (!index.ok()) {
      return Annotate(index.status(), absl::StrCat("input '", input.key, "' of signature '", signature.name, "'"));
    }
    if (absl::StartsWith(graph->node(*index).op, "Placeholder") || ref.output != 0 || input.dtype == DType::kInvalid) {
      continue;
    }
    Node* const node = graph->mutable_node(*index);
    node->op = "Placeholder";
    node->inputs.clear();
    node->attrs = AttrMap();
    node->attrs.Set("dtype", AttrValue::Type(input.dtype));
    node->attrs.Set("shape", AttrValue::OfShape(input.shape));
  }
  return absl::OkStatus();
}

// The part of the graph that the nodes `keep` need, with functions inlined, conditionals decided where that can be
// known, and training's leftovers dropped.
absl::StatusOr<Graph> InferencePart(const Graph& whole, const std::vector<std::string>& keep,
                                    std::set<std::string>* decided) {
  FLOE_ASSIGN_OR_RETURN(Graph graph, ExtractSubgraph(whole, keep));
  // A conditional that is decided is a call of its branch, and functions hold conditionals.
  while (true) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> deciders, FoldKnownConditionals(&graph));
    decided->insert(deciders.begin(), deciders.end());
    FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> idle, FoldIdleDropout(&graph));
    decided->insert(idle.begin(), idle.end());
    FLOE_RETURN_IF_ERROR(DropControlInputsThatWrite(&graph));
    FLOE_ASSIGN_OR_RETURN(graph, ExtractSubgraph(graph, keep));
    FLOE_ASSIGN_OR_RETURN(const bool calls, HasCalls(graph));
    if (!calls) return graph;
    FLOE_ASSIGN_OR_RETURN(graph, InlineFunctions(graph, keep));
    FLOE_RETURN_IF_ERROR(DropIdleControlInputs(&graph));
  }
}

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

absl::Status ApplyRenames(const Renames& renames, FrozenGraph* frozen) {
  FLOE_ASSIGN_OR_RETURN(frozen->graph, RenameNodes(frozen->graph, renames));
  for (std::string& output : frozen->outputs) output = RenamedTensor(output, renames);
  if (!frozen->signature.has_value()) return absl::OkStatus();
  for (auto* tensors : {&frozen->signature->inputs, &frozen->signature->outputs}) {
    for (SignatureTensor& tensor : *tensors) tensor.tensor = RenamedTensor(tensor.tensor, renames);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FrozenGraph> Freeze(const MetaGraph& meta, const CheckpointReader* checkpoint,
                                   const FreezeOptions& options, const std::string& folder) {
  FrozenGraph frozen;
  FLOE_RETURN_IF_ERROR(ChooseOutputs(meta, options, &frozen));
  if (options.moving_average) {
    if (checkpoint == nullptr) return absl::NotFoundError("moving averages are wanted, but there is no checkpoint");
    FLOE_RETURN_IF_ERROR(CheckHasAverages(*checkpoint, options.moving_average_name));
  }
  Graph whole = meta.graph;
  if (frozen.signature.has_value()) FLOE_RETURN_IF_ERROR(CutAtInputs(*frozen.signature, &whole));
  std::set<std::string> decided;
  FLOE_ASSIGN_OR_RETURN(frozen.graph, InferencePart(whole, NodesToKeep(frozen, options, whole), &decided));
  FLOE_RETURN_IF_ERROR(CheckNoCycles(frozen.graph));

  // Everything that stands in the way is told at once.
  Problems problems;
  FLOE_ASSIGN_OR_RETURN(VariableKeys keys, VariableKeys::FromGraph(meta.graph, meta.save_tensor_name));
  FLOE_ASSIGN_OR_RETURN(InitGraph init, InitGraph::Create(meta));
  VariableSource source(meta, std::move(keys), checkpoint, &init, options);
  FrozenTables tables = FreezeTables(
      &init, [&](const Node& variable) { return source.Read(variable); }, folder, &frozen.graph);
  frozen.tables = tables.tables;
  for (absl::Status& problem : tables.problems) problems.Add(std::move(problem));

  absl::StatusOr<Graph> converted = ConvertVariables(frozen.graph, [&](const Node& variable) -> absl::StatusOr<Tensor> {
    ++frozen.variables;
    absl::StatusOr<Tensor> value = source.Read(variable);
    if (value.ok()) return value;
    problems.Add(value.status());
    FLOE_ASSIGN_OR_RETURN(const DType dtype, variable.attrs.Type("dtype"));
    return Tensor::Allocate(dtype, Shape({0}));
  });
  problems.Add(converted.status());
  FLOE_RETURN_IF_ERROR(problems.ToStatus());
  frozen.graph = *std::move(converted);
  frozen.averaged = source.averaged();

  // A placeholder that decided one conditional may still feed other things.
  for (const std::string& name : decided) {
    const int index = frozen.graph.Find(name);
    if (index < 0 || frozen.graph.node(index).op != "PlaceholderWithDefault") frozen.decided.push_back(name);
  }
  if (!options.renames.empty()) FLOE_RETURN_IF_ERROR(ApplyRenames(options.renames, &frozen));
  return frozen;
}

}  // namespace floe
