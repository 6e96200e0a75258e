// floe run: feeds a model from files once or more, prints what comes out, and writes it to files.
#include <chrono>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/command.h"
#include "cli/model_args.h"
#include "tensor/json_tensor.h"
#include "tensor/npy.h"

namespace floe::cli {
namespace {

constexpr int64_t kHeadElements = 8;

struct RunArgs {
  ModelArgs model;
  InputArgs inputs;
  std::vector<std::string> fetches;
  std::string output_dir;
  int repeat = 1;
};

absl::Status WriteOutputs(const std::string& directory, const std::vector<Tensor>& outputs) {
  FLOE_RETURN_IF_ERROR(FileSystem::Posix().MakeDirectories(directory));
  for (size_t k = 0; k < outputs.size(); ++k) {
    const std::string stem = JoinPath(directory, absl::StrCat(k));
    if (outputs[k].dtype() != DType::kString) {
      FLOE_RETURN_IF_ERROR(WriteNpy(stem + ".npy", outputs[k]));
      continue;
    }
    FLOE_ASSIGN_OR_RETURN(const std::string json, SerializeJsonTensor(outputs[k]));
    FLOE_RETURN_IF_ERROR(WriteFileAtomically(stem + ".json", json));
  }
  return absl::OkStatus();
}

absl::Status Run(const RunArgs& args) {
  // What is fetched is what the model computes, and nothing else has to be supported.
  ModelArgs model_args = args.model;
  model_args.options.outputs = args.fetches;
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, model_args.Load());
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedTensor> inputs, args.inputs.Read(*model));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<ModelInstance> instance, model->CreateInstance());
  std::vector<Tensor> outputs;
  for (int i = 0; i < args.repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    FLOE_ASSIGN_OR_RETURN(outputs, instance->Run(inputs, {}));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (args.repeat > 1) std::printf("run %d: %.3f ms\n", i, took.count());
  }
  if (!args.output_dir.empty()) FLOE_RETURN_IF_ERROR(WriteOutputs(args.output_dir, outputs));
  for (size_t k = 0; k < outputs.size(); ++k) {
    std::printf("%s %s\n", model->outputs()[k].name.c_str(), outputs[k].ToString(kHeadElements).c_str());
  }
  return absl::OkStatus();
}

}  // namespace

void AddRun(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("run", "Run a model on tensors from files");
  const auto args = std::make_shared<RunArgs>();
  args->model.AddTo(*command);
  args->inputs.AddTo(*command);
  command->add_option("--fetch", args->fetches, "A tensor to compute instead of the model's outputs: any of the graph")
      ->allow_extra_args(false);
  command->add_option("--output-dir", args->output_dir, "Where to write the outputs: 0.npy, 1.npy, ... in fetch order");
  command->add_option("--repeat", args->repeat, "Run so many times and print each time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->callback([args, result] { *result = Run(*args); });
}

}  // namespace floe::cli
