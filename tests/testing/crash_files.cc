#include "tests/testing/crash_files.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe::testing {
namespace {

absl::Status Missing(const std::string& path) { return absl::NotFoundError(absl::StrCat("no file '", path, "'")); }

class Snapshot final : public MappedFile {
 public:
  explicit Snapshot(std::string bytes) : bytes_(std::move(bytes)) {}
  absl::string_view bytes() const override { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

class CrashFiles::Writer final : public WritableFile {
 public:
  Writer(CrashFiles* files, std::shared_ptr<Inode> inode) : files_(files), inode_(std::move(inode)) {}
  absl::Status Append(absl::string_view bytes) override {
    const absl::Status status = files_->Operation(/*writes=*/true);
    // What fails may have written a part.
    inode_->bytes.append(bytes.data(), status.ok() ? bytes.size() : bytes.size() / 2);
    return status;
  }
  absl::Status Sync() override {
    FLOE_RETURN_IF_ERROR(files_->Operation(/*writes=*/true));
    inode_->durable = inode_->bytes;
    return absl::OkStatus();
  }
  absl::Status Close() override { return files_->Operation(/*writes=*/false); }

 private:
  CrashFiles* files_;  // Not owned.
  std::shared_ptr<Inode> inode_;
};

absl::Status CrashFiles::Operation(bool writes) {
  const int operation = operations_++;
  if (fail_at_ < 0 || operation < fail_at_) return absl::OkStatus();
  if (fault_ == Fault::kPowerLoss) return absl::UnavailableError("the power is gone");
  if (fault_ == Fault::kDiskFull && writes) return absl::ResourceExhaustedError("the disk is full");
  return operation == fail_at_ ? absl::UnavailableError("a bad sector") : absl::OkStatus();
}

void CrashFiles::Apply(const Change& change, Names_* names) {
  for (const auto& [path, inode] : change) {
    if (inode == nullptr) {
      names->erase(path);
    } else {
      (*names)[path] = inode;
    }
  }
}

void CrashFiles::Restart(Survival survival, uint32_t seed) {
  fail_at_ = -1;
  std::mt19937 random(seed);
  if (survival != Survival::kAll) {
    for (const Change& change : pending_) {
      if (survival == Survival::kSome && random() % 2 == 0) Apply(change, &durable_names_);
    }
    names_ = durable_names_;
    for (auto& [path, inode] : names_) {
      // Files grow only; of the unsynced end any part may be there.
      const size_t synced = inode->durable.size();
      const size_t unsynced = inode->bytes.size() > synced ? inode->bytes.size() - synced : 0;
      const size_t kept = survival == Survival::kSome ? random() % (unsynced + 1) : 0;
      inode->bytes = inode->durable + inode->bytes.substr(std::min(synced, inode->bytes.size()), kept);
    }
  }
  durable_names_ = names_;
  pending_.clear();
  for (auto& [path, inode] : names_) inode->durable = inode->bytes;
}

std::vector<std::string> CrashFiles::Names() const {
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) names.push_back(path);
  return names;
}

absl::StatusOr<std::shared_ptr<const MappedFile>> CrashFiles::Map(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return Missing(path);
  return std::make_shared<const Snapshot>(found->second->bytes);
}

absl::StatusOr<std::unique_ptr<WritableFile>> CrashFiles::Create(const std::string& path) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/true));
  const auto found = names_.find(path);
  if (found != names_.end()) {
    found->second->bytes.clear();
    return std::make_unique<Writer>(this, found->second);
  }
  auto inode = std::make_shared<Inode>();
  Do({{path, inode}});
  return std::make_unique<Writer>(this, std::move(inode));
}

absl::Status CrashFiles::Rename(const std::string& from, const std::string& to) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  const auto found = names_.find(from);
  if (found == names_.end()) return Missing(from);
  if (from != to) Do({{from, nullptr}, {to, found->second}});
  return absl::OkStatus();
}

absl::Status CrashFiles::Link(const std::string& from, const std::string& to) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  if (!has_links_) return absl::PermissionDeniedError("no hard links here");
  const auto found = names_.find(from);
  if (found == names_.end()) return Missing(from);
  if (names_.contains(to)) return absl::AlreadyExistsError(to);
  Do({{to, found->second}});
  return absl::OkStatus();
}

absl::Status CrashFiles::Remove(const std::string& path) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  if (!names_.contains(path)) return Missing(path);
  Do({{path, nullptr}});
  return absl::OkStatus();
}

absl::Status CrashFiles::RemoveDirectory(const std::string& path) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  for (const auto& [name, inode] : names_) {
    if (DirectoryOf(name) == path) return absl::FailedPreconditionError(absl::StrCat("'", path, "' is not empty"));
  }
  return directories_.erase(path) > 0 ? absl::OkStatus() : Missing(path);
}

absl::Status CrashFiles::SyncDirectory(const std::string& path) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  std::vector<Change> others;
  for (Change& change : pending_) {
    // A rename is durable once the directory of the new name is.
    if (DirectoryOf(change.back().first) == path) {
      Apply(change, &durable_names_);
    } else {
      others.push_back(std::move(change));
    }
  }
  pending_ = std::move(others);
  return absl::OkStatus();
}

absl::Status CrashFiles::MakeDirectories(const std::string& path) {
  FLOE_RETURN_IF_ERROR(Operation(/*writes=*/false));
  directories_.insert(path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> CrashFiles::List(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) {
    if (DirectoryOf(path) == directory) found.push_back(BaseName(path));
  }
  return found;
}

bool CrashFiles::Exists(const std::string& path) { return names_.contains(path) || directories_.contains(path); }

}  // namespace floe::testing
