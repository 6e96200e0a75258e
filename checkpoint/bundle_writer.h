// Writes V2 checkpoints; the format is in bundle_reader.h.
#ifndef FLOE_CHECKPOINT_BUNDLE_WRITER_H_
#define FLOE_CHECKPOINT_BUNDLE_WRITER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_writer.h"

namespace floe {

// See CheckpointWriter::Create.
absl::StatusOr<std::unique_ptr<CheckpointWriter>> CreateBundle(const std::string& prefix,
                                                               const CheckpointWriterOptions& options);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_BUNDLE_WRITER_H_
