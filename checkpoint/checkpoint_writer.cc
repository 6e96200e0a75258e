#include "checkpoint/checkpoint_writer.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/bundle_writer.h"

namespace floe {

absl::StatusOr<std::unique_ptr<CheckpointWriter>> CheckpointWriter::Create(const std::string& prefix,
                                                                           CheckpointWriterOptions options) {
  if (BaseName(prefix).empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", prefix, "' is no checkpoint's name"));
  }
  if (JoinPath(DirectoryOf(prefix), options.state_filename) == JoinPath(DirectoryOf(prefix), BaseName(prefix))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint '", prefix, "' would be the file that lists checkpoints; choose another name"));
  }
  FLOE_RETURN_IF_ERROR(options.files->MakeDirectories(DirectoryOf(prefix)));
  return CreateBundle(prefix, options);
}

}  // namespace floe
