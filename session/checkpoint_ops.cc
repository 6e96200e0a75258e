// Ops on checkpoints: Save, SaveSlices, SaveV2, MergeV2Checkpoints, Restore, RestoreSlice, RestoreV2 and the names of
// shards.
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "session/kernel_context.h"

namespace floe {
namespace {

struct NamedSlice {
  std::string name;
  std::optional<Shape> whole;  // of a slice: the shape of the tensor that it is part of
  TensorSlice slice;
};

// "50 8 0,17:0,8": that slice of a tensor of shape [50,8]. "": a whole tensor.
absl::StatusOr<NamedSlice> ParseShapeAndSlice(const std::string& name, const std::string& text) {
  NamedSlice named;
  named.name = name;
  if (text.empty()) return named;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  Dims dims;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i], &dims.emplace_back())) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor '", name, "': '", text, "' is no slice: wanted one like '50 8 0,17:-'"));
    }
  }
  absl::StatusOr<TensorSlice> slice = ParseSlice(parts.back());
  if (!slice.ok()) return Annotate(slice.status(), absl::StrCat("tensor '", name, "'"));
  named.slice = *std::move(slice);
  FLOE_ASSIGN_OR_RETURN(named.whole, Shape::Checked(dims));
  return named;
}

absl::StatusOr<std::vector<std::string>> Strings(KernelContext& context, int input) {
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, context.Input(input));
  if (tensor.dtype() != DType::kString) {
    return absl::InvalidArgumentError(
        absl::StrCat("input ", input, ": wanted strings, got ", DTypeName(tensor.dtype())));
  }
  const absl::Span<const std::string> strings = tensor.flat<std::string>();
  return std::vector<std::string>(strings.begin(), strings.end());
}

// Names and slices of a save or restore op: inputs 1 and, with slices, 2.
absl::StatusOr<std::vector<NamedSlice>> NamedSlices(KernelContext& context, bool has_slices) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> names, Strings(context, 1));
  std::vector<std::string> slices(names.size());
  if (has_slices) {
    FLOE_ASSIGN_OR_RETURN(slices, Strings(context, 2));
  }
  if (slices.size() != names.size()) {
    return absl::InvalidArgumentError(absl::StrCat(names.size(), " names, but ", slices.size(), " slices"));
  }
  std::vector<NamedSlice> named;
  for (size_t i = 0; i < names.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(named.emplace_back(), ParseShapeAndSlice(names[i], slices[i]));
  }
  return named;
}

absl::Status Save(KernelContext& context, CheckpointFormat format, bool has_slices) {
  const int first_tensor = has_slices ? 3 : 2;
  if (context.num_inputs() < first_tensor) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted ", first_tensor, " inputs or more, got ", context.num_inputs()));
  }
  FLOE_ASSIGN_OR_RETURN(const std::string prefix, context.StringInput(0));
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedSlice> named, NamedSlices(context, has_slices));
  FLOE_RETURN_IF_ERROR(context.WantInputs(first_tensor + static_cast<int>(named.size())));
  CheckpointWriterOptions options;
  options.format = format;
  options.files = context.session().files;
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointWriter> writer, CheckpointWriter::Create(prefix, options));
  for (size_t i = 0; i < named.size(); ++i) {
    absl::StatusOr<Tensor> tensor = context.Input(first_tensor + static_cast<int>(i));
    if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("tensor '", named[i].name, "'"));
    FLOE_RETURN_IF_ERROR(named[i].whole.has_value()
                             ? writer->AddSlice(named[i].name, *named[i].whole, named[i].slice, *tensor)
                             : writer->Add(named[i].name, *tensor));
  }
  return writer->Finish();
}

absl::Status SaveV2(KernelContext& context) { return Save(context, CheckpointFormat::kV2, true); }
absl::Status SaveSlices(KernelContext& context) { return Save(context, CheckpointFormat::kV1, true); }
absl::Status SavePlain(KernelContext& context) { return Save(context, CheckpointFormat::kV1, false); }

absl::Status Merge(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> inputs, Strings(context, 0));
  FLOE_ASSIGN_OR_RETURN(const std::string prefix, context.StringInput(1));
  CheckpointWriterOptions options;
  options.files = context.session().files;
  return MergeCheckpoints(inputs, prefix, options);
}

absl::Status RestoreAll(KernelContext& context, bool has_slices, const std::vector<DType>& dtypes) {
  FLOE_ASSIGN_OR_RETURN(const std::string path, context.StringInput(0));
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedSlice> named, NamedSlices(context, has_slices));
  if (named.size() != dtypes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(named.size(), " names, but ", dtypes.size(), " dtypes"));
  }
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader,
                        CheckpointReader::Open(WithoutShard(path), *context.session().files));
  for (size_t i = 0; i < named.size(); ++i) {
    const CheckpointTensor* const stored = reader->Find(named[i].name);
    if (stored != nullptr && stored->dtype != dtypes[i]) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", named[i].name, "': wanted ", DTypeName(dtypes[i]),
                                                     ", but checkpoint '", reader->prefix(), "' has ",
                                                     stored->dtype_name));
    }
    if (stored != nullptr && named[i].whole.has_value() && stored->shape != *named[i].whole) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", named[i].name, "': wanted a slice of shape ",
                                                     named[i].whole->ToString(), ", but checkpoint '", reader->prefix(),
                                                     "' has shape ", stored->shape.ToString()));
    }
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, named[i].whole.has_value() ? reader->ReadSlice(named[i].name, named[i].slice)
                                                                    : reader->Read(named[i].name));
    context.AddOutput(std::move(tensor));
  }
  return absl::OkStatus();
}

absl::Status RestoreV2(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const std::vector<DType> dtypes, context.attrs().Types("dtypes"));
  return RestoreAll(context, true, dtypes);
}
absl::Status RestoreSlice(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dt"));
  return RestoreAll(context, true, {dtype});
}
absl::Status Restore(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dt"));
  return RestoreAll(context, false, {dtype});
}

absl::StatusOr<int32_t> Number(KernelContext& context, int input) {
  FLOE_ASSIGN_OR_RETURN(const Tensor tensor, context.Input(input));
  if (tensor.dtype() != DType::kInt32 || tensor.num_elements() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("input ", input, ": wanted one int32, got ",
                                                   DTypeName(tensor.dtype()), " ", tensor.shape().ToString()));
  }
  return tensor.data<int32_t>()[0];
}

absl::Status ShardName(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const std::string prefix, context.StringInput(0));
  FLOE_ASSIGN_OR_RETURN(const int32_t shard, Number(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int32_t num_shards, Number(context, 2));
  context.AddOutput(Tensor::Scalar<std::string>(ShardedFilename(prefix, shard, num_shards)));
  return absl::OkStatus();
}

absl::Status ShardPattern(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const std::string prefix, context.StringInput(0));
  FLOE_ASSIGN_OR_RETURN(const int32_t num_shards, Number(context, 1));
  context.AddOutput(Tensor::Scalar<std::string>(ShardedFilespec(prefix, num_shards)));
  return absl::OkStatus();
}

}  // namespace

SessionKernel FindCheckpointKernel(const std::string& op) {
  static const auto* const table = new std::map<std::string, SessionKernel>{{"SaveV2", SaveV2},
                                                                            {"SaveSlices", SaveSlices},
                                                                            {"Save", SavePlain},
                                                                            {"MergeV2Checkpoints", Merge},
                                                                            {"RestoreV2", RestoreV2},
                                                                            {"RestoreSlice", RestoreSlice},
                                                                            {"Restore", Restore},
                                                                            {"ShardedFilename", ShardName},
                                                                            {"ShardedFilespec", ShardPattern}};
  const auto found = table->find(op);
  return found == table->end() ? nullptr : found->second;
}

}  // namespace floe
