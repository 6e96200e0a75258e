#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

absl::Status ErrnoStatus(int error, absl::string_view what, absl::string_view path) {
  const std::string message = absl::StrCat("cannot ", what, " '", path, "': ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
      return absl::ResourceExhaustedError(message);
    case EISDIR:
    case ENOTDIR:
    case ENOTEMPTY:
      return absl::FailedPreconditionError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class PosixMappedFile final : public MappedFile {
 public:
  PosixMappedFile(void* address, size_t size) : address_(address), size_(size) {}
  PosixMappedFile(const PosixMappedFile&) = delete;
  PosixMappedFile& operator=(const PosixMappedFile&) = delete;
  ~PosixMappedFile() override {
    if (size_ > 0) munmap(address_, size_);
  }
  absl::string_view bytes() const override { return {static_cast<const char*>(address_), size_}; }

 private:
  void* address_;
  size_t size_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  PosixWritableFile(const PosixWritableFile&) = delete;
  PosixWritableFile& operator=(const PosixWritableFile&) = delete;
  ~PosixWritableFile() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return ErrnoStatus(errno, "write", path_);
      }
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() override { return fsync(fd_) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "sync", path_); }
  absl::Status Close() override {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || close(fd) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "close", path_);
  }

 private:
  int fd_;
  std::string path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::shared_ptr<const MappedFile>> Map(const std::string& path) override {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(errno, "open", path);
    struct stat info;
    if (fstat(fd, &info) != 0) {
      const int error = errno;
      close(fd);
      return ErrnoStatus(error, "stat", path);
    }
    if (!S_ISREG(info.st_mode)) {
      close(fd);
      return absl::FailedPreconditionError(absl::StrCat("cannot read '", path, "': it is ",
                                                        S_ISDIR(info.st_mode) ? "a directory" : "not a regular file"));
    }
    const size_t size = static_cast<size_t>(info.st_size);
    void* address = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    const int error = errno;
    close(fd);
    if (address == MAP_FAILED) return ErrnoStatus(error, "map", path);
    return std::make_shared<const PosixMappedFile>(address, size);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return ErrnoStatus(errno, "create", path);
    return std::make_unique<PosixWritableFile>(fd, path);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    return rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "rename to", to);
  }
  absl::Status Link(const std::string& from, const std::string& to) override {
    return link(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "link to", to);
  }
  absl::Status Remove(const std::string& path) override {
    return unlink(path.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "remove", path);
  }

  absl::Status RemoveDirectory(const std::string& path) override {
    return rmdir(path.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "remove", path);
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(errno, "open", path);
    const bool ok = fsync(fd) == 0;
    const int error = errno;
    close(fd);
    return ok ? absl::OkStatus() : ErrnoStatus(error, "sync", path);
  }

  absl::Status MakeDirectories(const std::string& path) override {
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string part = path.substr(0, slash);
      if (!part.empty()) {
        if (mkdir(part.c_str(), 0777) == 0) {
          FLOE_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(part)));
        } else if (errno != EEXIST) {
          return ErrnoStatus(errno, "make directory", part);
        }
      }
      if (slash == std::string::npos) break;
    }
    if (!IsDirectory(path)) return absl::FailedPreconditionError(absl::StrCat("'", path, "' is not a directory"));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    DIR* stream = opendir(directory.c_str());
    if (stream == nullptr) return ErrnoStatus(errno, "list", directory);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    closedir(stream);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool Exists(const std::string& path) override { return access(path.c_str(), F_OK) == 0; }
  bool IsDirectory(const std::string& path) override {
    struct stat info;
    return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  }
};

}  // namespace

FileSystem& FileSystem::Posix() {
  static PosixFileSystem* const files = new PosixFileSystem;
  return *files;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const auto mapped, files.Map(path));
  return std::string(mapped->bytes());
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes, FileSystem& files) {
  return WriteFileAtomically(
      path, [bytes](WritableFile* file) { return file->Append(bytes); }, files);
}

absl::Status WriteFileAtomically(const std::string& path, const std::function<absl::Status(WritableFile*)>& write,
                                 FileSystem& files) {
  const std::string temporary = absl::StrCat(path, ".tmp.", getpid());
  const absl::Status written = [&]() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto file, files.Create(temporary));
    FLOE_RETURN_IF_ERROR(write(file.get()));
    FLOE_RETURN_IF_ERROR(file->Sync());
    FLOE_RETURN_IF_ERROR(file->Close());
    return files.Rename(temporary, path);
  }();
  if (!written.ok()) {
    files.Remove(temporary).IgnoreError();
    return written;
  }
  return files.SyncDirectory(DirectoryOf(path));
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty() || (!name.empty() && name[0] == '/')) return std::string(name);
  return directory.back() == '/' ? absl::StrCat(directory, name) : absl::StrCat(directory, "/", name);
}

std::string DirectoryOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string BaseName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == absl::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace floe
