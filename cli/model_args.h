// The arguments that commands on a model share: which model, on what, fed with what.
#ifndef FLOE_CLI_MODEL_ARGS_H_
#define FLOE_CLI_MODEL_ARGS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/model.h"

namespace floe::cli {

// --device, --precision
void AddDeviceOptions(CLI::App& command, ModelOptions* options);

struct ModelArgs {
  std::string path;
  ModelOptions options;
  std::string dump_folder;  // where each pass leaves the program it made; empty: nowhere

  void AddTo(CLI::App& command);
  absl::StatusOr<std::shared_ptr<const Model>> Load() const;
};

// --input NAME=FILE
struct InputArgs {
  std::vector<std::string> files;

  void AddTo(CLI::App& command);
  // Reads the files: .npy, or .json for strings. bfloat16 inputs take uint16 as their bits.
  absl::StatusOr<std::vector<NamedTensor>> Read(const Model& model) const;
};

// --shape NAME=1x224x224x3, --batch N
struct ShapeArgs {
  std::vector<std::string> shapes;
  int64_t batch = 1;

  void AddTo(CLI::App& command);
  // Of the model's inputs, in order: what is given, else the model's own with the batch for an unknown first dimension.
  // INVALID_ARGUMENT where another dimension is unknown.
  absl::StatusOr<std::vector<Shape>> Shapes(const Model& model) const;
};

// "NAME=VALUE" at its last '='. INVALID_ARGUMENT where there is none, naming the option.
absl::StatusOr<std::pair<std::string, std::string>> SplitAssignment(const std::string& option, const std::string& text);

}  // namespace floe::cli

#endif  // FLOE_CLI_MODEL_ARGS_H_
