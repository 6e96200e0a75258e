// floe checkpoint: looks into checkpoints, and makes new ones of them.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "checkpoint/checkpoint_reader.h"
#include "cli/checkpoint_edit.h"
#include "cli/checkpoint_listing.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "tensor/json_tensor.h"
#include "tensor/npy.h"

namespace floe::cli {
namespace {

constexpr int64_t kHeadElements = 8;
constexpr char kPathHelp[] = "A checkpoint's prefix, a directory with a 'checkpoint' file, or a SavedModel's folder";

struct CheckpointArgs {
  std::string path;
  std::string name;
  std::string output;
  std::vector<std::string> others;  // renames, or further checkpoints
  bool json = false;
};

absl::Status WriteTensor(const std::string& path, const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) {
    if (absl::EndsWith(path, ".npy")) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "': strings go to a .json file"));
    }
    FLOE_ASSIGN_OR_RETURN(const std::string json, SerializeJsonTensor(tensor));
    return WriteFileAtomically(path, json);
  }
  if (absl::EndsWith(path, ".json")) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "': ", DTypeName(tensor.dtype()), " goes to a .npy file"));
  }
  return WriteNpy(path, tensor);
}

absl::Status Get(const CheckpointArgs& args) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(args.path));
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, checkpoint->Read(args.name));
  if (!args.output.empty()) FLOE_RETURN_IF_ERROR(WriteTensor(args.output, tensor));
  if (args.json) {
    PrintJson({{"name", args.name},
               {"dtype", std::string(DTypeName(tensor.dtype()))},
               {"shape", std::vector<int64_t>(tensor.shape().dims().begin(), tensor.shape().dims().end())},
               {"head", tensor.Head(kHeadElements)},
               {"file", args.output}});
  } else {
    std::printf("%s %s\n", args.name.c_str(), tensor.ToString(kHeadElements).c_str());
  }
  return absl::OkStatus();
}

absl::Status Verify(const CheckpointArgs& args) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(args.path));
  int64_t bytes = 0;
  std::vector<std::string> bad;
  nlohmann::json errors = nlohmann::json::array();
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    bytes += tensor.bytes;
    const absl::Status status = checkpoint->Verify(tensor.name);
    if (status.ok()) continue;
    bad.push_back(tensor.name);
    const std::string message(status.message());
    errors.push_back({{"name", tensor.name}, {"error", message}});
    if (!args.json) std::printf("bad: %s\n", message.c_str());
  }
  const size_t count = checkpoint->tensors().size();
  if (args.json) {
    PrintJson({{"prefix", checkpoint->prefix()}, {"tensors", count}, {"bytes", bytes}, {"bad", std::move(errors)}});
  }
  if (!bad.empty()) {
    return absl::DataLossError(absl::StrCat("checkpoint '", checkpoint->prefix(), "': ", bad.size(), " of ", count,
                                            " tensors cannot be read: ", ListNames(bad)));
  }
  if (!args.json)
    std::printf("%zu tensor%s, %lld bytes: every checksum matches\n", count, count == 1 ? "" : "s",
                static_cast<long long>(bytes));
  return absl::OkStatus();
}

}  // namespace

void AddCheckpoint(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("checkpoint", "Look into checkpoints, compare, rename, average");
  command->require_subcommand(1);
  const auto args = std::make_shared<CheckpointArgs>();

  CLI::App* const list =
      command->add_subcommand("list", "Every tensor's name, dtype, shape and bytes; reads the index only");
  list->add_option("PREFIX", args->path, kPathHelp)->required();
  list->add_flag("--json", args->json, "One JSON document");
  list->callback([args, result] { *result = ListCheckpoint(args->path, args->json); });

  CLI::App* const get = command->add_subcommand("get", "One tensor, to a file");
  get->add_option("PREFIX", args->path, kPathHelp)->required();
  get->add_option("NAME", args->name, "The tensor")->required();
  get->add_option("-o,--output", args->output, "Where to write it: a .npy file, for strings a .json file");
  get->add_flag("--json", args->json, "One JSON document");
  get->callback([args, result] { *result = Get(*args); });

  CLI::App* const verify = command->add_subcommand("verify", "Read everything and check every checksum");
  verify->add_option("PREFIX", args->path, kPathHelp)->required();
  verify->add_flag("--json", args->json, "One JSON document");
  verify->callback([args, result] { *result = Verify(*args); });

  CLI::App* const diff = command->add_subcommand(
      "diff", "What differs between two checkpoints: names, dtypes, shapes, values; exits with 1 where anything does");
  diff->add_option("A", args->path, kPathHelp)->required();
  diff->add_option("B", args->name, "The other")->required();
  diff->add_flag("--json", args->json, "One JSON document");
  diff->callback([args, result] { *result = DiffCheckpointFiles(args->path, args->name, args->json); });

  CLI::App* const rename =
      command->add_subcommand("rename", "A copy (V2, without .meta) in which tensors have other names");
  rename->add_option("PREFIX", args->path, kPathHelp)->required();
  rename->add_option("OLD=NEW", args->others, "The names")->required();
  rename->add_option("-o,--output", args->output, "The copy's prefix")->required();
  rename->add_flag("--json", args->json, "One JSON document");
  rename->callback(
      [args, result] { *result = RenameCheckpointTensors(args->path, args->others, args->output, args->json); });

  CLI::App* const average = command->add_subcommand(
      "average", "The mean of checkpoints, summed in double; what is no floating-point number comes from the last one");
  average->add_option("PREFIX", args->others, kPathHelp)->required();
  average->add_option("-o,--output", args->output, "The average's prefix (V2, without .meta)")->required();
  average->add_flag("--json", args->json, "One JSON document");
  average->callback([args, result] { *result = AverageCheckpointFiles(args->others, args->output, args->json); });
}

}  // namespace floe::cli
