// Reads a checkpoint and writes it again in the same format and order, slices and shards as they were, so that the
// bytes must come out the same.
#ifndef FLOE_TESTS_TESTING_REWRITE_CHECKPOINT_H_
#define FLOE_TESTS_TESTING_REWRITE_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"

namespace floe::testing {

// `source` is a V2 prefix or a V1 file. Shards are written to a folder of their own and merged.
absl::Status RewriteCheckpoint(const std::string& source, const std::string& output);

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_REWRITE_CHECKPOINT_H_
