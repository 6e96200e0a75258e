#include "checkpoint/temporary_file.h"

#include <unistd.h>

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/crc32c.h"

namespace floe {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
// Small enough that what the checksum has read is still in the cache when it is written.
constexpr size_t kChunkBytes = 256 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<TemporaryFile>> TemporaryFile::Create(const std::string& path, FileSystem& files) {
  static std::atomic<uint64_t> counter = 0;
  std::string temporary = absl::StrCat(path, ".tempstate", getpid(), "_", counter++);
  std::unique_ptr<TemporaryFile> file(new TemporaryFile(path, std::move(temporary), files));
  FLOE_ASSIGN_OR_RETURN(file->file_, files.Create(file->temporary_));
  return file;
}

TemporaryFile::~TemporaryFile() {
  file_.reset();
  files_.Remove(temporary_).IgnoreError();
}

absl::Status TemporaryFile::Append(absl::string_view bytes) {
  size_ += static_cast<int64_t>(bytes.size());
  if (bytes.size() >= kBufferBytes) {
    FLOE_RETURN_IF_ERROR(Flush());
    return file_->Append(bytes);
  }
  if (buffer_.size() + bytes.size() > kBufferBytes) FLOE_RETURN_IF_ERROR(Flush());
  buffer_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status TemporaryFile::AppendWithCrc(absl::string_view bytes, uint32_t* crc) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kChunkBytes, bytes.size()))) {
    const absl::string_view chunk = bytes.substr(0, kChunkBytes);
    *crc = ExtendCrc32c(*crc, chunk);
    FLOE_RETURN_IF_ERROR(Append(chunk));
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Flush() {
  if (buffer_.empty()) return absl::OkStatus();
  const absl::Status written = file_->Append(buffer_);
  buffer_.clear();
  return written;
}

absl::Status TemporaryFile::Sync() {
  FLOE_RETURN_IF_ERROR(Flush());
  return file_->Sync();
}

absl::Status TemporaryFile::Close() {
  FLOE_RETURN_IF_ERROR(Flush());
  return file_->Close();
}

absl::Status TemporaryFile::Complete() {
  FLOE_RETURN_IF_ERROR(Sync());
  return Close();
}

}  // namespace floe
