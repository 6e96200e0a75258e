// floe inspect: what a model takes and gives, its ops, and its plan.
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"
#include "cli/checkpoint_listing.h"
#include "cli/command.h"
#include "cli/drawing.h"
#include "cli/json_output.h"
#include "cli/model_args.h"
#include "cli/plan_json.h"
#include "session/saved_model.h"

namespace floe::cli {
namespace {

struct InspectArgs {
  ModelArgs model;
  ShapeArgs shapes;
  bool plan = false;
  bool json = false;
  bool dot = false;
  std::string svg;
};

// A checkpoint's plan is its frozen graph's; without it, a checkpoint is its tensors.
bool IsCheckpoint(const std::string& path) {
  FileSystem& files = FileSystem::Posix();
  if (IsSavedModel(path)) return false;
  if (files.Exists(path) && !files.IsDirectory(path) && !absl::EndsWith(path, ".index")) return false;
  return ResolveCheckpoint(path).ok();
}

// What is wrong with it; nothing for "sm_80".
std::string IsTarget(const std::string& text) {
  const bool right = absl::StartsWith(text, "sm_") && text.size() > 4 && text.size() < 7 &&
                     text.find_first_not_of("0123456789", 3) == std::string::npos;
  return right ? "" : absl::StrCat("wanted a CUDA architecture like sm_80, got '", text, "'");
}

void PrintSpecs(const char* what, const std::vector<TensorSpec>& specs) {
  std::printf("%s\n", what);
  for (const TensorSpec& spec : specs) {
    std::printf("  %s  %s%s\n", spec.name.c_str(), std::string(DTypeName(spec.dtype)).c_str(),
                spec.shape.ToString().c_str());
  }
}

absl::Status Draw(const InspectArgs& args, const Model& model) {
  if (!args.svg.empty()) FLOE_RETURN_IF_ERROR(WriteFileAtomically(args.svg, ToSvg(model.Nodes())));
  if (args.dot) std::fputs(ToDot(model.Nodes()).c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Inspect(const InspectArgs& args) {
  const bool draws = args.dot || !args.svg.empty();
  if (!args.plan && !draws && IsCheckpoint(args.model.path)) return ListCheckpoint(args.model.path, args.json);
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, args.model.Load());
  FLOE_RETURN_IF_ERROR(Draw(args, *model));
  if (args.dot) return absl::OkStatus();
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
  CLI::Option* const json = command->add_flag("--json", args->json, "Print one JSON document");
  command
      ->add_option("--target", args->model.options.target,
                   "With --plan: the CUDA architecture to plan for, without a device")
      ->check(CLI::Validator(IsTarget, "sm_NN"));
  command->add_flag("--dot", args->dot, "Print the program for graphviz, and nothing else")->excludes(json);
  command->add_option("--svg", args->svg, "Draw the program into this file");
  command->callback([args, result] { *result = Inspect(*args); });
}

}  // namespace floe::cli
