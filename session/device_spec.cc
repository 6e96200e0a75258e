#include "session/device_spec.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace floe {

absl::StatusOr<DeviceSpec> DeviceSpec::Parse(absl::string_view text) {
  DeviceSpec spec;
  for (const absl::string_view part : absl::StrSplit(text, '/', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = absl::StrSplit(part, ':');
    const std::string kind = absl::AsciiStrToLower(words[0]);
    if (words.size() == 2 && kind == "job") {
      spec.job = std::string(words[1]);
    } else if (words.size() == 2 && kind == "replica") {
      spec.replica = std::string(words[1]);
    } else if (words.size() == 2 && kind == "task") {
      spec.task = std::string(words[1]);
    } else if (words.size() == 3 && kind == "device") {
      spec.type = absl::AsciiStrToUpper(words[1]);
      spec.index = std::string(words[2]);
    } else if (words.size() <= 2 && (kind == "cpu" || kind == "gpu" || kind == "tpu")) {
      spec.type = absl::AsciiStrToUpper(kind);
      spec.index = words.size() == 2 ? std::string(words[1]) : "*";
    } else {
      return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no device: wanted one like '/device:CPU:0'"));
    }
  }
  return spec;
}

DeviceSpec DeviceSpec::MergedWith(const DeviceSpec& inner) const {
  DeviceSpec merged = *this;
  if (!inner.job.empty()) merged.job = inner.job;
  if (!inner.replica.empty()) merged.replica = inner.replica;
  if (!inner.task.empty()) merged.task = inner.task;
  if (!inner.type.empty()) {
    merged.type = inner.type;
    merged.index = inner.index;
  }
  return merged;
}

std::string DeviceSpec::ToString() const {
  std::string text;
  if (!job.empty()) absl::StrAppend(&text, "/job:", job);
  if (!replica.empty()) absl::StrAppend(&text, "/replica:", replica);
  if (!task.empty()) absl::StrAppend(&text, "/task:", task);
  if (!type.empty()) absl::StrAppend(&text, "/device:", type, ":", index);
  return text;
}

std::string HostOf(const std::string& device) {
  const absl::StatusOr<DeviceSpec> spec = DeviceSpec::Parse(device);
  DeviceSpec host = spec.ok() ? *spec : DeviceSpec();
  host.type = "CPU";
  host.index = "0";
  return host.ToString();
}

}  // namespace floe
