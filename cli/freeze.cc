// floe freeze: a graph and its checkpoint become one file.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/model_args.h"
#include "session/freeze.h"
#include "session/saved_model.h"

namespace floe::cli {
namespace {

struct FreezeArgs {
  std::string path;
  std::string graph;
  std::string checkpoint;
  std::string output;
  std::string average_name;  // empty: without moving averages
  std::vector<std::string> renames;
  bool json = false;
  FreezeOptions options;
};

absl::StatusOr<FrozenGraph> FreezeFiles(const FreezeArgs& args, const FreezeOptions& options) {
  if (!args.graph.empty()) {
    return FreezeGraphFile(args.graph, args.checkpoint.empty() ? args.path : args.checkpoint, options);
  }
  if (args.checkpoint.empty() && IsSavedModel(args.path)) {
    FLOE_ASSIGN_OR_RETURN(FrozenSavedModel model, FreezeSavedModel(args.path, options));
    return std::move(model.frozen);
  }
  return FreezeCheckpoint(args.checkpoint.empty() ? args.path : args.checkpoint, options);
}

std::string SignatureText(const std::vector<SignatureTensor>& tensors) {
  std::vector<std::string> parts;
  for (const SignatureTensor& tensor : tensors) parts.push_back(absl::StrCat(tensor.key, " = ", tensor.tensor));
  return absl::StrJoin(parts, ", ");
}

nlohmann::json SignatureJson(const std::vector<SignatureTensor>& tensors) {
  nlohmann::json json = nlohmann::json::object();
  for (const SignatureTensor& tensor : tensors) json[tensor.key] = tensor.tensor;
  return json;
}

absl::Status Freeze(const FreezeArgs& args) {
  FreezeOptions options = args.options;
  options.moving_average = !args.average_name.empty();
  if (options.moving_average) options.moving_average_name = args.average_name;
  for (const std::string& rename : args.renames) {
    FLOE_ASSIGN_OR_RETURN(options.renames.emplace_back(), SplitAssignment("--rename", rename));
  }
  FLOE_ASSIGN_OR_RETURN(const FrozenGraph frozen, FreezeFiles(args, options));
  FLOE_ASSIGN_OR_RETURN(const int64_t bytes, frozen.graph.WriteFile(args.output));
  if (args.json) {
    nlohmann::json report = {{"path", args.output},
                             {"bytes", bytes},
                             {"nodes", frozen.graph.num_nodes()},
                             {"outputs", frozen.outputs},
                             {"variables", frozen.variables},
                             {"moving_averages", frozen.averaged},
                             {"tables", frozen.tables},
                             {"decided", frozen.decided}};
    if (frozen.signature.has_value()) {
      report["signature"] = {{"name", frozen.signature->name},
                             {"method", frozen.signature->method},
                             {"inputs", SignatureJson(frozen.signature->inputs)},
                             {"outputs", SignatureJson(frozen.signature->outputs)}};
    }
    PrintJson(report);
    return absl::OkStatus();
  }
  std::printf("%s: %lld bytes, %d nodes, %d variable%s", args.output.c_str(), static_cast<long long>(bytes),
              frozen.graph.num_nodes(), frozen.variables, frozen.variables == 1 ? "" : "s");
  if (options.moving_average)
    std::printf(", %d of them as their %s", frozen.averaged, options.moving_average_name.c_str());
  if (frozen.tables > 0) std::printf(", %d table%s", frozen.tables, frozen.tables == 1 ? "" : "s");
  std::printf("\n");
  if (frozen.signature.has_value()) {
    std::printf("signature %s: %s -> %s\n", frozen.signature->name.c_str(),
                SignatureText(frozen.signature->inputs).c_str(), SignatureText(frozen.signature->outputs).c_str());
  }
  std::printf("outputs: %s\n", absl::StrJoin(frozen.outputs, ", ").c_str());
  if (!frozen.decided.empty()) {
    std::printf("by their defaults, and gone: %s\n", absl::StrJoin(frozen.decided, ", ").c_str());
  }
  return absl::OkStatus();
}

}  // namespace

void AddFreeze(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("freeze", "Put a graph and its variables' values into one .pb");
  const auto args = std::make_shared<FreezeArgs>();
  CLI::Option* const model = command->add_option(
      "MODEL", args->path,
      "A SavedModel's folder, a checkpoint's prefix with its .meta beside it, or a directory with a 'checkpoint' file");
  CLI::Option* const checkpoint =
      command->add_option("--checkpoint", args->checkpoint, "The checkpoint, in place of MODEL's");
  command->add_option("--graph", args->graph, "The graph (.pb, .pbtxt or .meta), in place of the checkpoint's .meta");
  model->excludes(checkpoint);
  command->add_option("--signature", args->options.signature, "The signature whose outputs to keep");
  command->add_option("--tags", args->options.tags, "The tags of a SavedModel's meta graph: a,b")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--outputs", args->options.outputs, "Nodes to keep, with all that they need: a,b")
      ->delimiter(',');
  command->add_option("--rename", args->renames, "Rename a node of the result: OLD=NEW");
  command->add_flag("--moving-average{ExponentialMovingAverage}", args->average_name,
                    "Take X/ExponentialMovingAverage (or X/NAME, with =NAME) for X wherever the checkpoint has it");
  command->add_option("-o,--output", args->output, "The .pb to write")->required();
  command->add_flag("--json", args->json, "One JSON document");
  command->callback([args, result] {
    if (args->path.empty() && args->checkpoint.empty()) throw CLI::RequiredError("MODEL, or --graph and --checkpoint");
    *result = Freeze(*args);
  });
}

}  // namespace floe::cli
