// A file that is written beside its place and put there later, or removed. One thread.
#ifndef FLOE_CHECKPOINT_TEMPORARY_FILE_H_
#define FLOE_CHECKPOINT_TEMPORARY_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "checkpoint/replacement.h"

namespace floe {

class TemporaryFile final : public WritableFile {
 public:
  // For a file that will be `path`.
  static absl::StatusOr<std::unique_ptr<TemporaryFile>> Create(const std::string& path, FileSystem& files);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  // Removes the file, unless it was renamed meanwhile.
  ~TemporaryFile() override;

  // Small pieces are gathered before they are written.
  absl::Status Append(absl::string_view bytes) override;
  absl::Status Sync() override;
  absl::Status Close() override;

  // Appends the bytes, and `*crc` to what it covers already; each byte is fetched from memory once.
  absl::Status AppendWithCrc(absl::string_view bytes, uint32_t* crc);
  // Writes out, syncs and closes.
  absl::Status Complete();

  int64_t size() const { return size_; }
  PendingFile pending() const { return {temporary_, path_}; }

 private:
  TemporaryFile(std::string path, std::string temporary, FileSystem& files)
      : path_(std::move(path)), temporary_(std::move(temporary)), files_(files) {}
  absl::Status Flush();

  std::string path_, temporary_;
  FileSystem& files_;
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
  int64_t size_ = 0;
};

}  // namespace floe

#endif  // FLOE_CHECKPOINT_TEMPORARY_FILE_H_
