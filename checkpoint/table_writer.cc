#include "checkpoint/table_writer.h"

#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>
#include <leveldb/table_builder.h>

#include <string>

#include "base/status.h"

namespace floe {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;

// What LevelDB writes to. The first error is kept, since LevelDB's own Status would lose its code.
class TableFile final : public leveldb::WritableFile {
 public:
  explicit TableFile(floe::WritableFile* file) : file_(file) {}
  leveldb::Status Append(const leveldb::Slice& bytes) override {
    if (error_.ok()) error_ = file_->Append({bytes.data(), bytes.size()});
    return error_.ok() ? leveldb::Status::OK() : leveldb::Status::IOError("not written");
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  const absl::Status& error() const { return error_; }

 private:
  floe::WritableFile* file_;  // Not owned.
  absl::Status error_;
};

leveldb::Options TableOptions() {
  leveldb::Options options;
  options.compression = leveldb::kNoCompression;
  options.block_size = kBlockBytes;
  return options;
}

class LevelDbTableWriter final : public TableWriter {
 public:
  explicit LevelDbTableWriter(WritableFile* file) : file_(file), builder_(TableOptions(), &file_) {}
  LevelDbTableWriter(const LevelDbTableWriter&) = delete;
  LevelDbTableWriter& operator=(const LevelDbTableWriter&) = delete;
  ~LevelDbTableWriter() override {
    if (!finished_) builder_.Abandon();
  }

  absl::Status Add(absl::string_view key, absl::string_view value) override {
    builder_.Add({key.data(), key.size()}, {value.data(), value.size()});
    return file_.error();
  }
  absl::Status Finish() override {
    finished_ = true;
    const leveldb::Status status = builder_.Finish();
    if (!file_.error().ok()) return file_.error();
    return status.ok() ? absl::OkStatus() : absl::InternalError(status.ToString());
  }

 private:
  TableFile file_;
  leveldb::TableBuilder builder_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<TableWriter> TableWriter::Create(WritableFile* file) {
  return std::make_unique<LevelDbTableWriter>(file);
}

}  // namespace floe
