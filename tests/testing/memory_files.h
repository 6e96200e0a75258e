// Files in memory behind base/file.h, for tests and fuzzers that would otherwise write to disk at every turn.
// Read-only: what writes fails. One thread.
#ifndef FLOE_TESTS_TESTING_MEMORY_FILES_H_
#define FLOE_TESTS_TESTING_MEMORY_FILES_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace floe::testing {

class MemoryFiles final : public FileSystem {
 public:
  // By path; directories are not modelled.
  std::map<std::string, std::string>& contents() { return contents_; }

  absl::StatusOr<std::shared_ptr<const MappedFile>> Map(const std::string& path) override {
    const auto found = contents_.find(path);
    if (found == contents_.end()) return absl::NotFoundError(absl::StrCat("cannot open '", path, "'"));
    return std::make_shared<const File>(found->second);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override { return ReadOnly(path); }
  absl::Status Rename(const std::string&, const std::string& to) override { return ReadOnly(to); }
  absl::Status Link(const std::string&, const std::string& to) override { return ReadOnly(to); }
  absl::Status Remove(const std::string& path) override { return ReadOnly(path); }
  absl::Status RemoveDirectory(const std::string& path) override { return ReadOnly(path); }
  absl::Status SyncDirectory(const std::string& path) override { return ReadOnly(path); }
  absl::Status MakeDirectories(const std::string& path) override { return ReadOnly(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : contents_) {
      if (DirectoryOf(path) == directory) names.push_back(BaseName(path));
    }
    return names;
  }
  bool Exists(const std::string& path) override { return contents_.contains(path); }
  bool IsDirectory(const std::string&) override { return false; }

 private:
  class File final : public MappedFile {
   public:
    explicit File(std::string bytes) : bytes_(std::move(bytes)) {}
    absl::string_view bytes() const override { return bytes_; }

   private:
    std::string bytes_;
  };

  static absl::Status ReadOnly(const std::string& path) {
    return absl::PermissionDeniedError(absl::StrCat("cannot write '", path, "'"));
  }

  std::map<std::string, std::string> contents_;
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_MEMORY_FILES_H_
