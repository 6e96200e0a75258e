// The text file `checkpoint` of a directory: which of its checkpoints is the newest, and which others are kept.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_STATE_H_
#define FLOE_CHECKPOINT_CHECKPOINT_STATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace floe {

inline constexpr char kStateFilename[] = "checkpoint";

// A path is a checkpoint's prefix. In the file, relative paths are meant from the file's directory.
struct CheckpointState {
  std::string model_checkpoint_path;
  std::vector<std::string> all_model_checkpoint_paths;  // oldest first; the newest is last
  std::vector<double> all_model_checkpoint_timestamps;  // seconds since 1970; none, or one a path
  double last_preserved_timestamp = 0;
};

// INVALID_ARGUMENT, with line and column, for what is no such file. Paths stay as they stand there.
absl::StatusOr<CheckpointState> ParseCheckpointState(absl::string_view text);
// The file's text as TensorFlow writes it, byte for byte.
std::string FormatCheckpointState(const CheckpointState& state);

// Relative paths come back joined to `directory`. NOT_FOUND where there is no such file.
absl::StatusOr<CheckpointState> ReadCheckpointState(const std::string& directory,
                                                    FileSystem& files = FileSystem::Posix(),
                                                    const std::string& filename = kStateFilename);

struct StateWriteOptions {
  std::string filename = kStateFilename;
  bool relative_paths = false;  // absolute paths are written relative to the directory too
};
// Replaces the file atomically and durably; the newest path is put at the end of all paths where it is missing there.
// As in TensorFlow, paths that are relative to the working directory are written relative to a directory that is, too;
// below an absolute directory they are written as they are. INVALID_ARGUMENT where timestamps are neither none nor as
// many as paths, and where the newest checkpoint would be the file itself.
absl::Status WriteCheckpointState(const std::string& directory, CheckpointState state,
                                  const StateWriteOptions& options = {}, FileSystem& files = FileSystem::Posix());

// A checkpoint's files are there: V2's index, or V1's file or files.
bool CheckpointExists(const std::string& prefix, FileSystem& files = FileSystem::Posix());
// The newest checkpoint that the state file lists, joined to `directory`. NOT_FOUND, saying what is missing, where
// there is no such file or the checkpoint's own files are gone.
absl::StatusOr<std::string> LatestCheckpoint(const std::string& directory, FileSystem& files = FileSystem::Posix(),
                                             const std::string& filename = kStateFilename);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_STATE_H_
