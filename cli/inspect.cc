// floe inspect: what a model takes and gives, its ops, and its plan.
#include <cstdio>

#include "absl/strings/match.h"
#include "base/file.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"
#include "cli/checkpoint_listing.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/model_args.h"
#include "cli/plan_json.h"

namespace floe::cli {
namespace {

struct InspectArgs {
  ModelArgs model;
  ShapeArgs shapes;
  bool plan = false;
  bool json = false;
};

// A checkpoint's plan is its frozen graph's; without it, a checkpoint is its tensors.
bool IsCheckpoint(const std::string& path) {
  FileSystem& files = FileSystem::Posix();
  if (files.Exists(path) && !files.IsDirectory(path) && !absl::EndsWith(path, ".index")) return false;
  return ResolveCheckpoint(path).ok();
}

void PrintSpecs(const char* what, const std::vector<TensorSpec>& specs) {
  std::printf("%s\n", what);
  for (const TensorSpec& spec : specs) {
    std::printf("  %s  %s%s\n", spec.name.c_str(), std::string(DTypeName(spec.dtype)).c_str(),
                spec.shape.ToString().c_str());
  }
}

absl::Status Inspect(const InspectArgs& args) {
  if (!args.plan && IsCheckpoint(args.model.path)) return ListCheckpoint(args.model.path, args.json);
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, args.model.Load());
  PlanSummary plan;
  if (args.plan) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Shape> shapes, args.shapes.Shapes(*model));
    FLOE_ASSIGN_OR_RETURN(plan, model->Plan(shapes));
  }
  if (args.json) {
    nlohmann::json json = {{"signature", model->signature_name()},   {"device", model->device()},
                           {"inputs", SpecsToJson(model->inputs())}, {"outputs", SpecsToJson(model->outputs())},
                           {"ops", nlohmann::json::object()},        {"weight_bytes", model->weight_bytes()}};
    for (const auto& [op, count] : model->OpCounts()) json["ops"][op] = count;
    if (args.plan) AddPlan(plan, json);
    PrintJson(json);
    return absl::OkStatus();
  }
  std::printf("signature %s, device %s, weights %.1f MB\n", model->signature_name().c_str(), model->device().c_str(),
              static_cast<double>(model->weight_bytes()) / 1e6);
  PrintSpecs("inputs", model->inputs());
  PrintSpecs("outputs", model->outputs());
  std::printf("ops, after the passes\n");
  for (const auto& [op, count] : model->OpCounts()) std::printf("  %5d  %s\n", count, op.c_str());
  if (args.plan) std::fputs(plan.ToText().c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

void AddInspect(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("inspect", "Show a model's inputs, outputs, ops and plan");
  const auto args = std::make_shared<InspectArgs>();
  args->model.AddTo(*command);
  args->shapes.AddTo(*command);
  command->add_flag("--plan", args->plan, "Show the steps that a run takes");
  command->add_option("--target", args->model.options.target,
                      "Plan for a kind of CUDA device, which need not be there: sm_75, sm_80, ...");
  command->add_flag("--json", args->json, "Print one JSON document");
  command->callback([args, result] { *result = Inspect(*args); });
}

}  // namespace floe::cli
