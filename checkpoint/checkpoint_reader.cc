#include "checkpoint/checkpoint_reader.h"

#include <algorithm>
#include <set>
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

constexpr size_t kMaxSlices = 10000;

// The axis on which most slices begin at a place of their own; a partitioned variable is cut along one axis, mostly.
size_t SweepAxis(const std::vector<TensorSlice>& slices) {
  size_t best = 0, most = 0;
  for (size_t axis = 0; axis < slices[0].size(); ++axis) {
    std::set<int64_t> starts;
    for (const TensorSlice& slice : slices) starts.insert(slice[axis].start);
    if (starts.size() > most) {
      most = starts.size();
      best = axis;
    }
  }
  return best;
}

absl::Status CheckSlices(const CheckpointTensor& tensor) {
  if (tensor.slices.size() > kMaxSlices) {
    return absl::InvalidArgumentError(absl::StrCat(tensor.slices.size(), " slices; at most ", kMaxSlices));
  }
  int64_t covered = 0;
  for (const TensorSlice& slice : tensor.slices) {
    // Slices that do not overlap cannot cover more than the tensor, so where the sum does not fit, some do.
    if (!CheckedAdd(covered, SliceShape(slice).num_elements(), &covered)) {
      covered = -1;
      break;
    }
  }
  if (tensor.shape.rank() > 0 && tensor.slices.size() > 1) {
    const size_t axis = SweepAxis(tensor.slices);
    std::vector<const TensorSlice*> sorted;
    for (const TensorSlice& slice : tensor.slices) sorted.push_back(&slice);
    std::stable_sort(sorted.begin(), sorted.end(), [axis](const TensorSlice* a, const TensorSlice* b) {
      return (*a)[axis].start < (*b)[axis].start;
    });
    TensorSlice common;
    for (size_t i = 0; i < sorted.size(); ++i) {
      const int64_t end = (*sorted[i])[axis].start + (*sorted[i])[axis].length;
      for (size_t j = i + 1; j < sorted.size() && (*sorted[j])[axis].start < end; ++j) {
        if (IntersectSlices(*sorted[i], *sorted[j], &common)) {
          return absl::InvalidArgumentError(
              absl::StrCat("its slices ", SliceToString(*sorted[i]), " and ", SliceToString(*sorted[j]), " overlap"));
        }
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
