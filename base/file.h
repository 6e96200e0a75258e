// Files behind one seam, so that tests can make the Nth operation fail.
//
// MappedFile: a read-only mapping of a whole file; whoever holds the shared_ptr keeps the bytes alive. Any thread may
// read. FileSystem: what Floe does to files. Posix() is the real one, lives for the whole process, and any thread may
// call it.
#ifndef FLOE_BASE_FILE_H_
#define FLOE_BASE_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace floe {

class MappedFile {
 public:
  virtual ~MappedFile() = default;
  // The file's bytes as they were when it was opened; empty for an empty file.
  virtual absl::string_view bytes() const = 0;
};

// A file being written. Closed (without sync) when destroyed.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // Makes all that was appended durable.
  virtual absl::Status Sync() = 0;
  virtual absl::Status Close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  static FileSystem& Posix();

  // NOT_FOUND, PERMISSION_DENIED, or FAILED_PRECONDITION (a directory), each naming the path.
  virtual absl::StatusOr<std::shared_ptr<const MappedFile>> Map(const std::string& path) = 0;
  // Creates or truncates.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  // Atomically replaces `to`.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Link(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // FAILED_PRECONDITION where it is not empty.
  virtual absl::Status RemoveDirectory(const std::string& path) = 0;
  // Makes the names in a directory durable.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Creates the directory and its parents, durably; OK where it exists.
  virtual absl::Status MakeDirectories(const std::string& path) = 0;
  // Names (not paths), sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  virtual bool Exists(const std::string& path) = 0;
  virtual bool IsDirectory(const std::string& path) = 0;
};

absl::StatusOr<std::string> ReadFile(const std::string& path, FileSystem& files = FileSystem::Posix());

// Writes a temporary file beside `path`, syncs it and renames it over `path`: readers see the old or the new bytes,
// never a part.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes,
                                 FileSystem& files = FileSystem::Posix());
// The same with what `write` appends.
absl::Status WriteFileAtomically(const std::string& path, const std::function<absl::Status(WritableFile*)>& write,
                                 FileSystem& files = FileSystem::Posix());

// "a/b" for ("a", "b"); `name` alone where it is absolute or `directory` is empty.
std::string JoinPath(absl::string_view directory, absl::string_view name);
// The part before the last '/' ("." where there is none), and the part after it.
std::string DirectoryOf(absl::string_view path);
std::string BaseName(absl::string_view path);

}  // namespace floe

#endif  // FLOE_BASE_FILE_H_
