// The V1 format of checkpoints: one table, or one a shard.
//
//   row ""              SavedTensorSlices.meta: every tensor's name, shape and dtype, and the slices it is stored in
//   row of a slice key  SavedTensorSlices.data: the slice's elements in a TensorProto's typed fields, whose dtype and
//   (ordered_code.h)    shape are left out; a whole tensor is the slice "-:-:..."
//
// Nothing but the tables' own checksums protects the elements.
#ifndef FLOE_CHECKPOINT_V1_READER_H_
#define FLOE_CHECKPOINT_V1_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

// `path` names V1 files. See CheckpointReader::Open.
absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenV1(const CheckpointPath& path, FileSystem& files);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_V1_READER_H_
