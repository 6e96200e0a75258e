// Which checkpoint a path means.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_PATH_H_
#define FLOE_CHECKPOINT_CHECKPOINT_PATH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace floe {

enum class CheckpointFormat { kV1, kV2 };

struct CheckpointPath {
  std::string prefix;  // "dir/model.ckpt-30"
  CheckpointFormat format = CheckpointFormat::kV2;
  std::vector<std::string> v1_files;  // the files of a V1 checkpoint: one, or its shards in order
};

// A prefix, the name of one of the checkpoint's files (PREFIX.index, .meta, .data-00000-of-00001), a directory with a
// `checkpoint` file (then its newest checkpoint), or a SavedModel's folder. NOT_FOUND with the nearest checkpoint.
absl::StatusOr<CheckpointPath> ResolveCheckpoint(const std::string& path, FileSystem& files = FileSystem::Posix());

// The text file `checkpoint` of a directory. Paths as they stand there: relative ones are meant from the directory.
struct CheckpointState {
  std::string model_checkpoint_path;
  std::vector<std::string> all_model_checkpoint_paths;
  std::vector<double> all_model_checkpoint_timestamps;
  double last_preserved_timestamp = 0;
};
// INVALID_ARGUMENT, with line and column, for what is no such file.
absl::StatusOr<CheckpointState> ParseCheckpointState(absl::string_view text);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_PATH_H_
