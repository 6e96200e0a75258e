// CheckpointWriter: writes tensors as a checkpoint, byte for byte as TensorFlow's SaveV2 or SaveSlices would.
//
//   V2   PREFIX.index and PREFIX.data-00000-of-00001; elements stream to the disk at Add. One writer a shard: each
//        has a prefix of its own, and MergeCheckpoints makes one checkpoint of them.
//   V1   one file, PREFIX itself. A shard's PREFIX is its own file's name (ShardedFilename in checkpoint_path.h), and
//        nothing is merged. Tensors are kept (shared, not copied) until Finish.
//
// All is written to temporary files; Finish syncs them and puts them in place crash-safely (replacement.h), so that a
// checkpoint of the same prefix is whole and listed at every moment. The owner calls from one thread at a time. A
// writer that is destroyed without Finish leaves nothing behind.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_WRITER_H_
#define FLOE_CHECKPOINT_CHECKPOINT_WRITER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/checkpoint_state.h"
#include "checkpoint/tensor_slice.h"
#include "tensor/tensor.h"

namespace floe {

struct CheckpointWriterOptions {
  CheckpointFormat format = CheckpointFormat::kV2;
  FileSystem* files = &FileSystem::Posix();     // Not owned.
  std::string state_filename = kStateFilename;  // where the directory lists its checkpoints
};

class CheckpointWriter {
 public:
  // Makes the directory where there is none.
  static absl::StatusOr<std::unique_ptr<CheckpointWriter>> Create(const std::string& prefix,
                                                                  CheckpointWriterOptions options = {});
  virtual ~CheckpointWriter() = default;

  // Data lie in the order of these calls. ALREADY_EXISTS for a second tensor of a name, INVALID_ARGUMENT for an empty
  // name, UNIMPLEMENTED for a dtype that the format cannot hold, or the file system's error.
  virtual absl::Status Add(absl::string_view name, const Tensor& tensor) = 0;
  // A part of tensor `name` of shape `shape`; the slice's extents are stored as they are given ("-" stays "-").
  virtual absl::Status AddSlice(absl::string_view name, const Shape& shape, const TensorSlice& slice,
                                const Tensor& part) = 0;
  // Call once, last. After an error the checkpoint that was there before is still there.
  virtual absl::Status Finish() = 0;

 protected:
  static absl::Status CheckName(absl::string_view name);
  // That the slice lies inside the shape, and that `part` is of the slice's shape.
  static absl::Status CheckPart(const Shape& shape, const TensorSlice& slice, const Tensor& part);
  // That a slice's tensor is what the slices before said it is.
  static absl::Status CheckAsBefore(const Shape& shape, DType dtype, const Shape& shape_before, DType dtype_before);
};

// Makes one V2 checkpoint of several, as the op MergeV2Checkpoints does: the inputs' data files become the shards of
// `prefix`, and the inputs' indexes go, and directories that are empty then. NOT_FOUND naming a missing input;
// ALREADY_EXISTS where two have a tensor of one name, unless they are different slices of it.
absl::Status MergeCheckpoints(const std::vector<std::string>& inputs, const std::string& prefix,
                              const CheckpointWriterOptions& options = {});

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_WRITER_H_
