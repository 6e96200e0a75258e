#include "checkpoint/checkpoint_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "base/suggest.h"
#include "checkpoint/bundle_reader.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/v1_reader.h"

namespace floe {
namespace {

// Slices are compared pair by pair; TensorFlow writes a handful.
constexpr size_t kMaxSlices = 10000;

absl::Status CheckSlices(const CheckpointTensor& tensor) {
  if (tensor.slices.size() > kMaxSlices) {
    return absl::InvalidArgumentError(absl::StrCat(tensor.slices.size(), " slices; at most ", kMaxSlices));
  }
  int64_t covered = 0;
  for (size_t i = 0; i < tensor.slices.size(); ++i) {
    // Slices that do not overlap cannot cover more than the tensor, so the sum stays within 63 bits until one does.
    if (!CheckedAdd(covered, SliceShape(tensor.slices[i]).num_elements(), &covered)) covered = -1;
    TensorSlice common;
    for (size_t j = 0; j < i; ++j) {
      if (IntersectSlices(tensor.slices[i], tensor.slices[j], &common)) {
        return absl::InvalidArgumentError(absl::StrCat("its slices ", SliceToString(tensor.slices[j]), " and ",
                                                       SliceToString(tensor.slices[i]), " overlap"));
      }
    }
  }
  if (covered != tensor.shape.num_elements()) {
    return absl::InvalidArgumentError(absl::StrCat("its ", tensor.slices.size(), " slices hold ", covered, " of the ",
                                                   tensor.shape.num_elements(), " elements of shape ",
                                                   tensor.shape.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> CheckpointReader::Open(const std::string& path, FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const CheckpointPath found, ResolveCheckpoint(path, files));
  if (found.format == CheckpointFormat::kV1) return OpenV1(found, files);
  return OpenBundle(found.prefix, files);
}

absl::Status CheckpointReader::SetTensors(std::vector<CheckpointTensor> tensors) {
  tensors_ = std::move(tensors);
  std::sort(tensors_.begin(), tensors_.end(),
            [](const CheckpointTensor& a, const CheckpointTensor& b) { return a.name < b.name; });
  for (const CheckpointTensor& tensor : tensors_) {
    if (!tensor.slices.empty()) {
      FLOE_RETURN_IF_ERROR(Annotate(CheckSlices(tensor), absl::StrCat("tensor '", tensor.name, "'")));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> CheckpointReader::Names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const CheckpointTensor& tensor : tensors_) names.push_back(tensor.name);
  return names;
}

const CheckpointTensor* CheckpointReader::Find(absl::string_view name) const {
  const auto at = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                   [](const CheckpointTensor& tensor, absl::string_view n) { return tensor.name < n; });
  return at != tensors_.end() && at->name == name ? &*at : nullptr;
}

absl::StatusOr<const CheckpointTensor*> CheckpointReader::FindOrError(absl::string_view name) const {
  if (const CheckpointTensor* tensor = Find(name)) return tensor;
  return absl::NotFoundError(
      absl::StrCat("no tensor '", name, "' in checkpoint '", prefix_, "'", DidYouMean(name, Names())));
}

absl::StatusOr<Tensor> CheckpointReader::Read(absl::string_view name) const {
  FLOE_ASSIGN_OR_RETURN(const CheckpointTensor* const tensor, FindOrError(name));
  if (tensor->slices.empty()) return ReadPiece(*tensor, 0);
  return Assemble(*tensor, WholeSlice(tensor->shape));
}

absl::StatusOr<Tensor> CheckpointReader::ReadSlice(absl::string_view name, const TensorSlice& slice) const {
  FLOE_ASSIGN_OR_RETURN(const CheckpointTensor* const tensor, FindOrError(name));
  absl::StatusOr<TensorSlice> wanted = ResolveSlice(slice, tensor->shape);
  if (!wanted.ok()) return Annotate(wanted.status(), absl::StrCat("tensor '", name, "' of checkpoint '", prefix_, "'"));
  return Assemble(*tensor, *wanted);
}

absl::StatusOr<Tensor> CheckpointReader::Assemble(const CheckpointTensor& tensor, const TensorSlice& wanted) const {
  std::vector<TensorSlice> pieces = tensor.slices;
  if (pieces.empty()) pieces.push_back(WholeSlice(tensor.shape));
  TensorSlice common;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i] == wanted) return ReadPiece(tensor, i);
    if (IntersectSlices(pieces[i], wanted, &common)) FLOE_RETURN_IF_ERROR(CheckPiece(tensor, i));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor result, Tensor::Allocate(tensor.dtype, SliceShape(wanted)));
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!IntersectSlices(pieces[i], wanted, &common)) continue;
    FLOE_ASSIGN_OR_RETURN(const Tensor piece, ReadPiece(tensor, i));
    CopySlicePart(common, piece, pieces[i], &result, wanted);
  }
  return result;
}

absl::Status CheckpointReader::Verify(absl::string_view name) const {
  FLOE_ASSIGN_OR_RETURN(const CheckpointTensor* const tensor, FindOrError(name));
  for (size_t i = 0; i < std::max<size_t>(tensor->slices.size(), 1); ++i) {
    FLOE_RETURN_IF_ERROR(ReadPiece(*tensor, i).status());
  }
  return absl::OkStatus();
}

}  // namespace floe
