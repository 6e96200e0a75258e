// CheckpointReader: the tensors of a checkpoint on disk by name, in whichever format it has.
//
// The caller owns the reader; any thread may use it. The files must not change while it lives: they are mapped, and
// tensors that lie aligned in them are views, which keep the mapping alive on their own.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_READER_H_
#define FLOE_CHECKPOINT_CHECKPOINT_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "checkpoint/tensor_slice.h"
#include "tensor/tensor.h"

namespace floe {

struct CheckpointTensor {
  std::string name;
  DType dtype = DType::kInvalid;  // kInvalid: one that Floe has no elements for; listed, but not read
  std::string dtype_name;
  Shape shape;
  int64_t bytes = 0;                // in the files
  std::vector<TensorSlice> slices;  // how it is stored, every extent spelled out; empty: in one piece
};

class CheckpointReader {
 public:
  // A checkpoint's prefix, the name of its .index or .meta, or a directory with a `checkpoint` file (see
  // ResolveCheckpoint). Reads the index only. NOT_FOUND; DATA_LOSS for damaged files, INVALID_ARGUMENT for tensors that
  // cannot be, UNIMPLEMENTED for checkpoints of another byte order or a later version; all name the file.
  static absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(const std::string& path,
                                                                FileSystem& files = FileSystem::Posix());
  virtual ~CheckpointReader() = default;

  const std::string& prefix() const { return prefix_; }
  // Sorted by name.
  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }
  std::vector<std::string> Names() const;
  // Null where there is none.
  const CheckpointTensor* Find(absl::string_view name) const;
  // NOT_FOUND with the nearest name.
  absl::StatusOr<const CheckpointTensor*> FindOrError(absl::string_view name) const;

  // The whole tensor, put together where it is stored in slices. Every byte was compared with its checksum: DATA_LOSS
  // where one differs. NOT_FOUND with the nearest name, or naming the missing file.
  absl::StatusOr<Tensor> Read(absl::string_view name) const;
  // A part of a tensor, of which only what is needed is read.
  absl::StatusOr<Tensor> ReadSlice(absl::string_view name, const TensorSlice& slice) const;
  // Reads all of a tensor's bytes and checks them.
  absl::Status Verify(absl::string_view name) const;

 protected:
  explicit CheckpointReader(std::string prefix) : prefix_(std::move(prefix)) {}

  // Sorts the tensors, and checks that the slices of each lie inside it, leave no hole and do not overlap.
  absl::Status SetTensors(std::vector<CheckpointTensor> tensors);

  // Tensor `tensor`'s piece `piece` of its slices, or the whole of it (piece 0) where it has none.
  virtual absl::StatusOr<Tensor> ReadPiece(const CheckpointTensor& tensor, size_t piece) const = 0;
  // That the files are long enough to hold that piece, before memory is taken for it.
  virtual absl::Status CheckPiece(const CheckpointTensor& tensor, size_t piece) const = 0;
  static Shape PieceShape(const CheckpointTensor& tensor, size_t piece) {
    return tensor.slices.empty() ? tensor.shape : SliceShape(tensor.slices[piece]);
  }

 private:
  absl::StatusOr<Tensor> Assemble(const CheckpointTensor& tensor, const TensorSlice& wanted) const;

  std::string prefix_;
  std::vector<CheckpointTensor> tensors_;
};

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_READER_H_
