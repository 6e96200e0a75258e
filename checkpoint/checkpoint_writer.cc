#include "checkpoint/checkpoint_writer.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/bundle_writer.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/v1_writer.h"

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
  return options.format == CheckpointFormat::kV1 ? CreateV1(prefix, options) : CreateBundle(prefix, options);
}

absl::Status CheckpointWriter::CheckName(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("a tensor without a name cannot be saved");
  if (IsSliceKey(name)) return absl::InvalidArgumentError("a tensor's name cannot begin with a zero byte");
  return absl::OkStatus();
}

absl::Status CheckpointWriter::CheckPart(const Shape& shape, const TensorSlice& slice, const Tensor& part) {
  FLOE_ASSIGN_OR_RETURN(const TensorSlice resolved, ResolveSlice(slice, shape));
  if (SliceShape(resolved) == part.shape()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("wanted shape ", SliceShape(resolved).ToString(), ", got ", part.shape().ToString()));
}

absl::Status CheckpointWriter::CheckAsBefore(const Shape& shape, DType dtype, const Shape& shape_before,
                                             DType dtype_before) {
  if (shape == shape_before && dtype == dtype_before) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(DTypeName(dtype), " ", shape.ToString(),
                                                 ", but a slice before was of ", DTypeName(dtype_before), " ",
                                                 shape_before.ToString()));
}

}  // namespace floe
