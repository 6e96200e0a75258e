#include "checkpoint/table_reader.h"

#include <leveldb/env.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/status.h>
#include <leveldb/table.h>

#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/varint.h"
#include "checkpoint/coding.h"
#include "checkpoint/crc32c.h"

namespace floe {
namespace {

constexpr size_t kFooterBytes = 48;
constexpr uint64_t kMagic = 0xdb4775248b80fb57u;
constexpr size_t kTrailerBytes = 5;  // compression, checksum

struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

bool ReadHandle(absl::string_view* bytes, BlockHandle* handle) {
  return ReadVarint(bytes, &handle->offset) && ReadVarint(bytes, &handle->size);
}

absl::Status Damaged(absl::string_view what) { return absl::DataLossError(absl::StrCat("damaged table: ", what)); }

// The rows of a block, without its trailer. `visit_value` sees each row's value.
template <typename VisitValue>
absl::Status CheckRows(absl::string_view block, VisitValue visit_value) {
  if (block.size() < 4) return Damaged("a block without restarts");
  const uint64_t restarts = LoadUint32(block.data() + block.size() - 4);
  if (restarts > (block.size() - 4) / 4) return Damaged("more restarts than a block holds");
  absl::string_view rows = block.substr(0, block.size() - 4 - 4 * restarts);
  for (uint64_t i = 0; i < restarts; ++i) {
    if (LoadUint32(block.data() + rows.size() + 4 * i) > rows.size()) return Damaged("a restart outside its block");
  }
  uint64_t key_bytes = 0;
  while (!rows.empty()) {
    uint64_t shared, rest, value;
    if (!ReadVarint(&rows, &shared) || !ReadVarint(&rows, &rest) || !ReadVarint(&rows, &value) || shared > key_bytes ||
        rest > rows.size() || value > rows.size() - rest) {
      return Damaged("a row that does not fit its block");
    }
    FLOE_RETURN_IF_ERROR(visit_value(rows.substr(rest, value)));
    rows.remove_prefix(rest + value);
    key_bytes = shared + rest;
  }
  return absl::OkStatus();
}

// What LevelDB reads from. Blocks are checked on their way; the first thing wrong is kept, since LevelDB's own Status
// would lose its wording.
class CheckedFile final : public leveldb::RandomAccessFile {
 public:
  explicit CheckedFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}

  // Before LevelDB allocates what the footer asks for.
  absl::Status CheckFooter() {
    const absl::string_view bytes = file_->bytes();
    if (bytes.empty()) return absl::DataLossError("not a table: the file is empty");
    if (bytes.size() < kFooterBytes)
      return absl::DataLossError(absl::StrCat("not a table: only ", bytes.size(), " bytes"));
    absl::string_view footer = bytes.substr(bytes.size() - kFooterBytes);
    if (LoadUint64(footer.data() + kFooterBytes - 8) != kMagic) {
      return absl::DataLossError("not a table, or cut off: no magic number at its end");
    }
    footer.remove_suffix(8);
    BlockHandle meta_index;
    if (!ReadHandle(&footer, &meta_index) || !ReadHandle(&footer, &index_) ||
        footer.find_first_not_of('\0') != absl::string_view::npos) {
      return Damaged("its footer");
    }
    const auto any_value = [](absl::string_view) { return absl::OkStatus(); };
    FLOE_ASSIGN_OR_RETURN(const absl::string_view meta_index_rows, Block(meta_index));
    FLOE_RETURN_IF_ERROR(CheckRows(meta_index_rows, any_value));
    FLOE_ASSIGN_OR_RETURN(const absl::string_view index_rows, Block(index_));
    return CheckRows(index_rows, [this](absl::string_view value) -> absl::Status {
      BlockHandle handle;
      if (!ReadHandle(&value, &handle) || !value.empty()) return Damaged("a row of its index");
      return CheckPlace(handle);
    });
  }

  leveldb::Status Read(uint64_t offset, size_t size, leveldb::Slice* result, char*) const override {
    const absl::string_view bytes = file_->bytes();
    if (offset == bytes.size() - kFooterBytes && size == kFooterBytes) {
      *result = leveldb::Slice(bytes.data() + offset, size);
      return leveldb::Status::OK();
    }
    if (size < kTrailerBytes) return Fail(Damaged("a block of no bytes"));
    const BlockHandle handle{offset, size - kTrailerBytes};
    const absl::StatusOr<absl::string_view> block = Block(handle);
    if (!block.ok()) return Fail(block.status());
    if (offset != index_.offset) {
      const absl::Status rows = CheckRows(*block, [](absl::string_view) { return absl::OkStatus(); });
      if (!rows.ok()) return Fail(rows);
    }
    *result = leveldb::Slice(block->data(), size);
    return leveldb::Status::OK();
  }

  // Why LevelDB failed.
  absl::Status Explain(const leveldb::Status& status) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return first_error_.ok() ? absl::DataLossError(status.ToString()) : first_error_;
  }

 private:
  leveldb::Status Fail(const absl::Status& status) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (first_error_.ok()) first_error_ = status;
    return leveldb::Status::Corruption("see Explain");
  }

  absl::Status CheckPlace(const BlockHandle& handle) const {
    const uint64_t limit = file_->bytes().size() - kFooterBytes;
    if (handle.offset > limit || limit - handle.offset < kTrailerBytes ||
        handle.size > limit - handle.offset - kTrailerBytes) {
      return Damaged(absl::StrCat("a block of ", handle.size, " bytes at ", handle.offset, " outside the file"));
    }
    // LevelDB counts within a block in 32 bits.
    if (handle.size > std::numeric_limits<int32_t>::max()) return Damaged("a block past 2 GiB");
    return absl::OkStatus();
  }

  // A block's bytes without its trailer, which has been checked.
  absl::StatusOr<absl::string_view> Block(const BlockHandle& handle) const {
    FLOE_RETURN_IF_ERROR(CheckPlace(handle));
    const absl::string_view covered = file_->bytes().substr(handle.offset, handle.size + 1);
    if (LoadUint32(covered.data() + covered.size()) != MaskCrc32c(Crc32c(covered))) {
      return Damaged(absl::StrCat("the checksum of the block at byte ", handle.offset, " does not match"));
    }
    if (covered.back() != 0) {
      return absl::UnimplementedError(
          absl::StrCat("a block of compression ", static_cast<int>(covered.back()), "; checkpoints have none"));
    }
    return covered.substr(0, handle.size);
  }

  std::shared_ptr<const MappedFile> file_;
  BlockHandle index_;
  mutable std::mutex mutex_;
  mutable absl::Status first_error_;
};

class LevelDbTableReader final : public TableReader {
 public:
  explicit LevelDbTableReader(std::shared_ptr<const MappedFile> file)
      : bytes_(file->bytes().size()), file_(std::move(file)) {}

  absl::Status Init() {
    FLOE_RETURN_IF_ERROR(file_.CheckFooter());
    leveldb::Table* table = nullptr;
    const leveldb::Status status = leveldb::Table::Open(leveldb::Options(), &file_, bytes_, &table);
    table_.reset(table);
    return status.ok() ? absl::OkStatus() : file_.Explain(status);
  }

  absl::Status ForEach(const Visit& visit) const override {
    const std::unique_ptr<leveldb::Iterator> row(table_->NewIterator(leveldb::ReadOptions()));
    std::string previous;
    bool first = true;
    for (row->SeekToFirst(); row->Valid(); row->Next()) {
      const absl::string_view key(row->key().data(), row->key().size());
      if (!first && key <= previous) return Damaged("its keys do not increase");
      FLOE_RETURN_IF_ERROR(visit(key, {row->value().data(), row->value().size()}));
      previous.assign(key.data(), key.size());
      first = false;
    }
    return row->status().ok() ? absl::OkStatus() : file_.Explain(row->status());
  }

  absl::StatusOr<absl::string_view> Find(absl::string_view key) const override {
    const std::unique_ptr<leveldb::Iterator> row(table_->NewIterator(leveldb::ReadOptions()));
    row->Seek(leveldb::Slice(key.data(), key.size()));
    if (!row->status().ok()) return file_.Explain(row->status());
    if (!row->Valid() || row->key() != leveldb::Slice(key.data(), key.size()))
      return absl::NotFoundError("no such row");
    return absl::string_view(row->value().data(), row->value().size());
  }

 private:
  uint64_t bytes_;
  CheckedFile file_;
  std::unique_ptr<leveldb::Table> table_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableReader>> TableReader::Open(std::shared_ptr<const MappedFile> file) {
  auto reader = std::make_unique<LevelDbTableReader>(std::move(file));
  FLOE_RETURN_IF_ERROR(reader->Init());
  return reader;
}

}  // namespace floe
