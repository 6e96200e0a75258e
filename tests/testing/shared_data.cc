#include "tests/testing/shared_data.h"

#include <cstdlib>
#include <filesystem>

namespace floe::testing {

std::string SharedPath(const std::string& relative) { return std::string(FLOE_SHARED_DIR) + "/" + relative; }
bool HasShared(const std::string& relative) { return std::filesystem::exists(SharedPath(relative)); }
std::string SourcePath(const std::string& relative) { return std::string(FLOE_SOURCE_DIR) + "/" + relative; }

std::string TempDir() {
  struct Directory {
    Directory() {
      std::string pattern = (std::filesystem::temp_directory_path() / "floe_test_XXXXXX").string();
      path = mkdtemp(pattern.data());
    }
    ~Directory() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::string path;
    int next = 0;
  };
  static Directory directory;
  const std::string fresh = directory.path + "/" + std::to_string(directory.next++);
  std::filesystem::create_directories(fresh);
  return fresh;
}

}  // namespace floe::testing
