// Which checkpoint a path means.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_PATH_H_
#define FLOE_CHECKPOINT_CHECKPOINT_PATH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
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

// The files of the V1 checkpoint of that prefix, which for a sharded one has five question marks in the shard's place;
// empty where there is none.
std::vector<std::string> V1Files(const std::string& prefix, FileSystem& files);
// The data files of a V2 checkpoint, of whatever number of shards.
std::vector<std::string> DataFiles(const std::string& prefix, FileSystem& files);
// "dir/m" for the shard "dir/m-00000-of-00002" and for all of them, "dir/m-" with five question marks "-of-00002".
std::string WithoutShard(const std::string& prefix);
// PREFIX-00000-of-00002, the name of a shard's file (V1) or own prefix (V2), as the op ShardedFilename makes it.
std::string ShardedFilename(const std::string& prefix, int shard, int num_shards);
// PREFIX-, five question marks, -of-00002: all of a V1 checkpoint's shards, as the op ShardedFilespec makes it.
std::string ShardedFilespec(const std::string& prefix, int num_shards);
// PREFIX.data-00000-of-00002, a data file of a V2 checkpoint.
std::string DataFile(const std::string& prefix, int shard, int num_shards);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_PATH_H_
