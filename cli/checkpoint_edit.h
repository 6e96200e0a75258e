// floe checkpoint diff, rename, average: what they print.
#ifndef FLOE_CLI_CHECKPOINT_EDIT_H_
#define FLOE_CLI_CHECKPOINT_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace floe::cli {

// FAILED_PRECONDITION, after all differences are printed, where there are any.
absl::Status DiffCheckpointFiles(const std::string& a, const std::string& b, bool json);
// `renames`: OLD=NEW. Either name may hold a '=' of its own: OLD is the shortest that the checkpoint has.
absl::Status RenameCheckpointTensors(const std::string& path, const std::vector<std::string>& renames,
                                     const std::string& output, bool json);
absl::Status AverageCheckpointFiles(const std::vector<std::string>& paths, const std::string& output, bool json);

}  // namespace floe::cli

#endif  // FLOE_CLI_CHECKPOINT_EDIT_H_
