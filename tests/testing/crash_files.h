// Files in memory behind base/file.h that fail at the Nth operation, or lose power there: what was not synced may then
// be gone, the names in a directory apart from the bytes in a file, as POSIX allows. One thread.
#ifndef FLOE_TESTS_TESTING_CRASH_FILES_H_
#define FLOE_TESTS_TESTING_CRASH_FILES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace floe::testing {

class CrashFiles final : public FileSystem {
 public:
  enum class Fault {
    kError,      // the operation fails, and those after it work
    kDiskFull,   // bytes are written in part, and nothing more can be written or created
    kPowerLoss,  // this operation and all after it fail
  };
  // Arms a fault at the operation of that number (from 0); what only reads is no operation.
  void FailAt(int operation, Fault fault) {
    fail_at_ = operation;
    fault_ = fault;
    operations_ = 0;
  }
  int operations() const { return operations_; }

  enum class Survival {
    kNothing,  // all that was not synced is gone
    kAll,      // all is there: a process that was killed, with the machine still up
    kSome,     // any part of it
  };
  // The machine is up again: what it finds on its disk. No fault is armed any more.
  void Restart(Survival survival, uint32_t seed = 0);

  // No file system of network drives and memory cards has hard links.
  void set_has_links(bool has_links) { has_links_ = has_links; }
  std::vector<std::string> Names() const;

  absl::StatusOr<std::shared_ptr<const MappedFile>> Map(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Link(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status RemoveDirectory(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::Status MakeDirectories(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  bool Exists(const std::string& path) override;
  bool IsDirectory(const std::string& path) override { return directories_.contains(path); }

 private:
  class Writer;
  struct Inode {
    std::string bytes;
    std::string durable;
  };
  using Names_ = std::map<std::string, std::shared_ptr<Inode>>;
  // What one operation does to names; null: the name goes. All of it survives, or nothing.
  using Change = std::vector<std::pair<std::string, std::shared_ptr<Inode>>>;

  static void Apply(const Change& change, Names_* names);
  // Counts an operation; an error where it is the one to fail.
  absl::Status Operation(bool writes);
  void Do(Change change) {
    Apply(change, &names_);
    pending_.push_back(std::move(change));
  }

  Names_ names_, durable_names_;
  std::vector<Change> pending_;
  std::set<std::string> directories_;
  bool has_links_ = true;
  int operations_ = 0;
  int fail_at_ = -1;
  Fault fault_ = Fault::kError;
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_CRASH_FILES_H_
