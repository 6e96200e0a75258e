// Puts the files of a checkpoint in place so that a crash at any moment leaves a complete one readable and listed.
//
// Several files cannot be renamed at once. So a checkpoint that is written again is first linked under another prefix,
// PREFIX.replaced, and the directory's state file lists that one; only then are its own files touched. Saving again
// after a crash removes what was left over.
#ifndef FLOE_CHECKPOINT_REPLACEMENT_H_
#define FLOE_CHECKPOINT_REPLACEMENT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "checkpoint/checkpoint_state.h"

namespace floe {

// Keeps the checkpoint of a prefix readable and listed while its files change. A Saver holds one around all it writes
// for a checkpoint (.meta too); the writers hold one of their own, which then finds nothing left to do.
class KeptCheckpoint {
 public:
  // Links the checkpoint's files, and lists the links where the state file lists `prefix`. Does nothing where there is
  // no such checkpoint, or where one kept before is still listed in its place.
  static absl::StatusOr<KeptCheckpoint> Keep(const std::string& prefix, FileSystem& files = FileSystem::Posix(),
                                             const std::string& state_filename = kStateFilename);
  // Once the new checkpoint is complete and durable: lists `prefix` again where the links stand in its place, and
  // removes them. A Saver may have written the state file itself before. Without Release the links stay, listed.
  absl::Status Release();

 private:
  KeptCheckpoint(std::string prefix, FileSystem& files, std::string state_filename)
      : prefix_(std::move(prefix)), files_(&files), state_filename_(std::move(state_filename)) {}

  std::string prefix_;
  FileSystem* files_;  // Not owned.
  std::string state_filename_;
  bool keeps_ = false;  // whether the links are this object's own
};

// Where the checkpoint `prefix` is kept meanwhile.
std::string KeptPrefix(const std::string& prefix);

struct PendingFile {
  std::string temporary;  // synced
  std::string path;
};
// Renames the files, the last of which makes the checkpoint complete (a V2 index), over those of the checkpoint
// `prefix`, and removes what that had besides, its .meta apart.
absl::Status ReplaceCheckpoint(const std::string& prefix, const std::vector<PendingFile>& pending, FileSystem& files,
                               const std::string& state_filename);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_REPLACEMENT_H_
