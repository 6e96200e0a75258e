// Reads LevelDB tables: the .index of a V2 checkpoint, the whole of a V1 checkpoint.
//
// LevelDB does the reading, over the mapped file. It trusts the sizes in a file (leveldb issue 1054) and its lengths
// within a block, so each block is checked before LevelDB sees it: its place in the file, its checksum, the lengths of
// all its rows. A table:
//
//   data blocks, a meta index block, an index block (the last key and the handle of each data block)
//   footer: handles (offset, size as varints) of the two index blocks, zeros up to 40 bytes, the magic number
//   block: rows, the restarts' offsets (4 bytes each), their number (4 bytes)
//   row: lengths of the shared key prefix, the rest of the key, and the value, as varints; rest of the key; value
//   after each block: its compression (0: none; TensorFlow writes no other) and its masked CRC-32C
//
// Any thread may use a reader.
#ifndef FLOE_CHECKPOINT_TABLE_READER_H_
#define FLOE_CHECKPOINT_TABLE_READER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace floe {

class TableReader {
 public:
  // DATA_LOSS for what is no table, or a damaged one. Names no file: the caller does.
  static absl::StatusOr<std::unique_ptr<TableReader>> Open(std::shared_ptr<const MappedFile> file);
  virtual ~TableReader() = default;

  // Calls `visit` with every row in the order of the keys, until it fails. `value` lies in the mapped file. DATA_LOSS
  // for a damaged block and for keys that do not increase.
  using Visit = std::function<absl::Status(absl::string_view key, absl::string_view value)>;
  virtual absl::Status ForEach(const Visit& visit) const = 0;
  // The row's value, which lies in the mapped file. NOT_FOUND, DATA_LOSS.
  virtual absl::StatusOr<absl::string_view> Find(absl::string_view key) const = 0;
};

}  // namespace floe

#endif  // FLOE_CHECKPOINT_TABLE_READER_H_
