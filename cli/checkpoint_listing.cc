#include "cli/checkpoint_listing.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "cli/json_output.h"

namespace floe::cli {

absl::Status ListCheckpoint(const std::string& path, bool json) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> checkpoint, CheckpointReader::Open(path));
  int64_t bytes = 0;
  size_t name_width = 0, type_width = 0;
  nlohmann::json listed = nlohmann::json::array();
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    bytes += tensor.bytes;
    name_width = std::max(name_width, tensor.name.size());
    type_width = std::max(type_width, tensor.dtype_name.size() + 1 + tensor.shape.ToString().size());
    if (!json) continue;
    nlohmann::json entry = {{"name", tensor.name}, {"dtype", tensor.dtype_name}, {"bytes", tensor.bytes}};
    entry["shape"] = std::vector<int64_t>(tensor.shape.dims().begin(), tensor.shape.dims().end());
    if (!tensor.slices.empty()) {
      for (const TensorSlice& slice : tensor.slices) entry["slices"].push_back(SliceToString(slice));
    }
    listed.push_back(std::move(entry));
  }
  if (json) {
    PrintJson({{"prefix", checkpoint->prefix()}, {"tensors", std::move(listed)}, {"bytes", bytes}});
    return absl::OkStatus();
  }
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    const std::string type = absl::StrCat(tensor.dtype_name, " ", tensor.shape.ToString());
    const std::string slices = tensor.slices.empty() ? "" : absl::StrCat(" in ", tensor.slices.size(), " slices");
    std::printf("%-*s  %-*s  %lld bytes%s\n", static_cast<int>(name_width), tensor.name.c_str(),
                static_cast<int>(type_width), type.c_str(), static_cast<long long>(tensor.bytes), slices.c_str());
  }
  std::printf("%zu tensor%s, %lld bytes\n", checkpoint->tensors().size(), checkpoint->tensors().size() == 1 ? "" : "s",
              static_cast<long long>(bytes));
  return absl::OkStatus();
}

}  // namespace floe::cli
