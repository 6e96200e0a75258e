// What `floe checkpoint list` and `floe inspect` print of a checkpoint.
#ifndef FLOE_CLI_CHECKPOINT_LISTING_H_
#define FLOE_CLI_CHECKPOINT_LISTING_H_

#include <string>

#include "absl/status/status.h"

namespace floe::cli {

// Prints every tensor's name, dtype, shape and bytes, as lines or as one JSON document {"prefix", "tensors", "bytes"}.
// Reads the index only.
absl::Status ListCheckpoint(const std::string& path, bool json);

}  // namespace floe::cli

#endif  // FLOE_CLI_CHECKPOINT_LISTING_H_
