#include "cli/checkpoint_edit.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "checkpoint/checkpoint_diff.h"
#include "checkpoint/checkpoint_edit.h"
#include "checkpoint/checkpoint_reader.h"
#include "cli/json_output.h"

namespace floe::cli {
namespace {

std::string Tensors(size_t count) { return absl::StrCat(count, count == 1 ? " tensor" : " tensors"); }

// JSON has no number for infinities and NaN.
nlohmann::json Number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : "inf";
}

void PrintDifference(const CheckpointDifference& difference) {
  for (const std::string& name : difference.only_a) std::printf("only in the first: %s\n", name.c_str());
  for (const std::string& name : difference.only_b) std::printf("only in the second: %s\n", name.c_str());
  for (const TensorDifference& tensor : difference.tensors) {
    if (!tensor.same_type) {
      std::printf("%s: %s, %s\n", tensor.name.c_str(), tensor.type_a.c_str(), tensor.type_b.c_str());
      continue;
    }
    const std::string largest = tensor.has_largest ? absl::StrFormat(", by %g at most", tensor.largest) : "";
    std::printf("%s: %s, %lld of %lld elements differ%s\n", tensor.name.c_str(), tensor.type_a.c_str(),
                static_cast<long long>(tensor.differing), static_cast<long long>(tensor.elements), largest.c_str());
  }
}

nlohmann::json DifferenceJson(const CheckpointDifference& difference) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorDifference& tensor : difference.tensors) {
    nlohmann::json entry = {{"name", tensor.name}, {"types", {tensor.type_a, tensor.type_b}}};
    if (tensor.same_type) {
      entry["differing"] = tensor.differing;
      entry["elements"] = tensor.elements;
      if (tensor.has_largest) entry["largest"] = Number(tensor.largest);
    }
    tensors.push_back(std::move(entry));
  }
  return {{"only_first", difference.only_a},
          {"only_second", difference.only_b},
          {"differ", std::move(tensors)},
          {"same", difference.same}};
}

absl::Status AddRename(const CheckpointReader& checkpoint, const std::string& rename,
                       std::map<std::string, std::string>* names) {
  const size_t first = rename.find('=');
  if (first == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", rename, "' is not OLD=NEW"));
  }
  for (size_t at = first; at != std::string::npos; at = rename.find('=', at + 1)) {
    if (checkpoint.Find(rename.substr(0, at)) == nullptr) continue;
    if (at + 1 == rename.size()) break;
    if (!names->emplace(rename.substr(0, at), rename.substr(at + 1)).second) {
      return absl::InvalidArgumentError(absl::StrCat("'", rename, "': a second new name for the same tensor"));
    }
    return absl::OkStatus();
  }
  FLOE_RETURN_IF_ERROR(checkpoint.FindOrError(rename.substr(0, first)).status());
  return absl::InvalidArgumentError(absl::StrCat("'", rename, "': the new name is empty"));
}

}  // namespace

absl::Status DiffCheckpointFiles(const std::string& a, const std::string& b, bool json) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> first, CheckpointReader::Open(a));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> second, CheckpointReader::Open(b));
  FLOE_ASSIGN_OR_RETURN(const CheckpointDifference difference, DiffCheckpoints(*first, *second));
  if (json) {
    PrintJson(DifferenceJson(difference));
  } else {
    PrintDifference(difference);
  }
  if (difference.empty()) {
    if (!json) std::printf("%s, all the same\n", Tensors(static_cast<size_t>(difference.same)).c_str());
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("'", first->prefix(), "' and '", second->prefix(), "' differ: ", Tensors(difference.only_a.size()),
                   " only in the first, ", difference.only_b.size(), " only in the second, ", difference.tensors.size(),
                   " that differ, ", difference.same, " the same"));
}

absl::Status RenameCheckpointTensors(const std::string& path, const std::vector<std::string>& renames,
                                     const std::string& output, bool json) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(path));
  std::map<std::string, std::string> names;
  for (const std::string& rename : renames) FLOE_RETURN_IF_ERROR(AddRename(*checkpoint, rename, &names));
  FLOE_RETURN_IF_ERROR(RenameTensors(*checkpoint, names, output));
  const size_t count = checkpoint->tensors().size();
  if (json) {
    PrintJson({{"prefix", output}, {"tensors", count}, {"renamed", names}});
    return absl::OkStatus();
  }
  for (const auto& [from, to] : names) std::printf("%s -> %s\n", from.c_str(), to.c_str());
  std::printf("%s: %s, %zu renamed\n", output.c_str(), Tensors(count).c_str(), names.size());
  return absl::OkStatus();
}

absl::Status AverageCheckpointFiles(const std::vector<std::string>& paths, const std::string& output, bool json) {
  std::vector<std::unique_ptr<CheckpointReader>> readers;
  std::vector<const CheckpointReader*> inputs;
  for (const std::string& path : paths) {
    FLOE_ASSIGN_OR_RETURN(readers.emplace_back(), CheckpointReader::Open(path));
    inputs.push_back(readers.back().get());
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> from_last, AverageCheckpoints(inputs, output));
  const size_t count = readers.back()->tensors().size();
  if (json) {
    nlohmann::json prefixes = nlohmann::json::array();
    for (const CheckpointReader* input : inputs) prefixes.push_back(input->prefix());
    PrintJson({{"prefix", output}, {"inputs", std::move(prefixes)}, {"tensors", count}, {"from_last", from_last}});
    return absl::OkStatus();
  }
  for (const std::string& name : from_last) {
    std::printf("%s: %s, not averaged, from '%s'\n", name.c_str(), readers.back()->Find(name)->dtype_name.c_str(),
                readers.back()->prefix().c_str());
  }
  std::printf("%s: %s, the average of %zu checkpoints\n", output.c_str(), Tensors(count).c_str(), inputs.size());
  return absl::OkStatus();
}

}  // namespace floe::cli
