// Writes the tables that table_reader.h reads, as TensorFlow writes them: blocks of 256 KiB, no compression.
//
// LevelDB does the writing. One thread; holds one block and the last key of each block.
#ifndef FLOE_CHECKPOINT_TABLE_WRITER_H_
#define FLOE_CHECKPOINT_TABLE_WRITER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace floe {

class TableWriter {
 public:
  static std::unique_ptr<TableWriter> Create(WritableFile* file);  // Not owned.
  virtual ~TableWriter() = default;
  // Keys must increase.
  virtual absl::Status Add(absl::string_view key, absl::string_view value) = 0;
  // The table's end; the file is neither synced nor closed.
  virtual absl::Status Finish() = 0;
};

}  // namespace floe

#endif  // FLOE_CHECKPOINT_TABLE_WRITER_H_
