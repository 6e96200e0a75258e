#include "base/available_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace floe {
namespace {

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallBytes = int64_t{256} << 20;

// The number behind a key at the start of a line; nothing where the file or the key is not there.
std::optional<int64_t> ValueOf(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  int64_t value;
  while (file >> word) {
    if (word == key && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<int64_t> NumberIn(const char* path) {
  int64_t value;
  if (std::ifstream(path) >> value) return value;
  return std::nullopt;
}

int64_t MachineBytes() {
  constexpr int64_t kKibibyte = 1024;
  const std::optional<int64_t> kibibytes = ValueOf("/proc/meminfo", "MemAvailable:");
  return kibibytes ? *kibibytes * kKibibyte : kUnlimited;
}

// Of a control group as a container sees it. Pages of files that were not used lately are given back when asked.
int64_t ControlGroupBytes(const char* limit, const char* usage, const char* stat, const char* reclaimable) {
  const std::optional<int64_t> most = NumberIn(limit), used = NumberIn(usage);  // "max" is no number
  if (!most || !used) return kUnlimited;
  return std::max<int64_t>(0, *most - std::max<int64_t>(0, *used - ValueOf(stat, reclaimable).value_or(0)));
}

}  // namespace

int64_t AvailableMemoryBytes() {
  const int64_t version2 = ControlGroupBytes("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current",
                                             "/sys/fs/cgroup/memory.stat", "inactive_file");
  const int64_t version1 =
      ControlGroupBytes("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
                        "/sys/fs/cgroup/memory/memory.stat", "total_inactive_file");
  return std::min({MachineBytes(), version2, version1});
}

bool FitsInMemory(int64_t bytes) { return bytes <= kSmallBytes || bytes <= AvailableMemoryBytes(); }

}  // namespace floe
