#include "checkpoint/bundle_writer.h"

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/varint.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/crc32c.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/replacement.h"
#include "checkpoint/table_reader.h"
#include "checkpoint/table_writer.h"
#include "checkpoint/temporary_file.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/protobuf/tensor_bundle.pb.h"

namespace floe {
namespace {

constexpr int kBundleVersion = 1;

// A slice that is all of its tensor is stored as the tensor.
bool IsWhole(const TensorSlice& slice, const Shape& shape) {
  for (size_t axis = 0; axis < slice.size(); ++axis) {
    if (slice[axis].length != SliceExtent::kWhole && slice[axis].length != shape.dim(static_cast<int>(axis))) {
      return false;
    }
  }
  return true;
}

// Writes an index of those rows, a header before them.
template <typename Rows>
absl::StatusOr<std::unique_ptr<TemporaryFile>> WriteIndex(const std::string& prefix,
                                                          const tensorflow::BundleHeaderProto& header, const Rows& rows,
                                                          FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<TemporaryFile> file, TemporaryFile::Create(prefix + ".index", files));
  const std::unique_ptr<TableWriter> table = TableWriter::Create(file.get());
  FLOE_RETURN_IF_ERROR(table->Add("", header.SerializeAsString()));
  for (const auto& [key, value] : rows) FLOE_RETURN_IF_ERROR(table->Add(key, value));
  FLOE_RETURN_IF_ERROR(table->Finish());
  FLOE_RETURN_IF_ERROR(file->Complete());
  return file;
}

class BundleWriter final : public CheckpointWriter {
 public:
  BundleWriter(std::string prefix, CheckpointWriterOptions options)
      : prefix_(std::move(prefix)), options_(std::move(options)) {}

  absl::Status Init() {
    FLOE_ASSIGN_OR_RETURN(data_, TemporaryFile::Create(DataFile(prefix_, 0, 1), *options_.files));
    return absl::OkStatus();
  }

  absl::Status Add(absl::string_view name, const Tensor& tensor) override {
    FLOE_RETURN_IF_ERROR(CheckName(name));
    if (sliced_.contains(name)) {
      return absl::AlreadyExistsError(absl::StrCat("tensor '", name, "' is being saved in slices"));
    }
    return AddRow(std::string(name), absl::StrCat("tensor '", name, "'"), tensor);
  }

  absl::Status AddSlice(absl::string_view name, const Shape& shape, const TensorSlice& slice,
                        const Tensor& part) override {
    FLOE_RETURN_IF_ERROR(CheckName(name));
    const std::string what = absl::StrCat("tensor '", name, "', slice ", SliceToString(slice));
    FLOE_RETURN_IF_ERROR(Annotate(CheckPart(shape, slice, part), what));
    if (IsWhole(slice, shape)) return Add(name, part);
    if (rows_.contains(std::string(name))) {
      return absl::AlreadyExistsError(absl::StrCat("tensor '", name, "' is saved already"));
    }
    tensorflow::BundleEntryProto& whole = sliced_[std::string(name)];
    if (whole.slices_size() > 0) {
      FLOE_ASSIGN_OR_RETURN(const Shape before, ShapeFromProto(whole.shape()));
      FLOE_RETURN_IF_ERROR(
          Annotate(CheckAsBefore(shape, part.dtype(), before, static_cast<DType>(whole.dtype())), what));
    }
    FLOE_RETURN_IF_ERROR(AddRow(EncodeSliceKey(name, slice), what, part));
    whole.set_dtype(static_cast<tensorflow::DataType>(part.dtype()));
    if (whole.slices_size() == 0) ShapeToProto(shape, whole.mutable_shape());
    SliceToProto(slice, whole.add_slices());
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    FLOE_RETURN_IF_ERROR(data_->Complete());
    for (const auto& [name, entry] : sliced_) rows_.emplace(name, entry.SerializeAsString());
    tensorflow::BundleHeaderProto header;
    header.set_num_shards(1);
    header.mutable_version()->set_producer(kBundleVersion);
    FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFile> index,
                          WriteIndex(prefix_, header, rows_, *options_.files));
    return ReplaceCheckpoint(prefix_, {data_->pending(), index->pending()}, *options_.files, options_.state_filename);
  }

 private:
  absl::Status AddRow(std::string key, const std::string& what, const Tensor& tensor) {
    if (rows_.contains(key)) return absl::AlreadyExistsError(absl::StrCat(what, " is saved already"));
    tensorflow::BundleEntryProto entry;
    entry.set_dtype(static_cast<tensorflow::DataType>(tensor.dtype()));
    ShapeToProto(tensor.shape(), entry.mutable_shape());
    entry.set_offset(data_->size());
    uint32_t crc = 0;
    if (tensor.dtype() == DType::kString) {
      FLOE_RETURN_IF_ERROR(AppendStrings(tensor, &crc));
    } else if (ElementBytes(tensor.dtype()) > 0) {
      FLOE_RETURN_IF_ERROR(data_->AppendWithCrc(tensor.bytes(), &crc));
    } else {
      return absl::UnimplementedError(
          absl::StrCat(what, ": elements of ", DTypeName(tensor.dtype()), " cannot be saved in a checkpoint"));
    }
    entry.set_size(data_->size() - entry.offset());
    entry.set_crc32c(MaskCrc32c(crc));
    rows_.emplace(std::move(key), entry.SerializeAsString());
    return absl::OkStatus();
  }

  absl::Status AppendStrings(const Tensor& tensor, uint32_t* crc) {
    std::string varint;
    for (const std::string& text : tensor.flat<std::string>()) {
      varint.clear();
      AppendVarint(text.size(), &varint);
      FLOE_RETURN_IF_ERROR(data_->Append(varint));
      const uint64_t length = text.size();
      const size_t covered = length <= std::numeric_limits<uint32_t>::max() ? sizeof(uint32_t) : sizeof(uint64_t);
      *crc = ExtendCrc32c(*crc, {reinterpret_cast<const char*>(&length), covered});
    }
    const uint32_t lengths_crc = MaskCrc32c(*crc);
    FLOE_RETURN_IF_ERROR(data_->AppendWithCrc({reinterpret_cast<const char*>(&lengths_crc), sizeof(lengths_crc)}, crc));
    for (const std::string& text : tensor.flat<std::string>()) FLOE_RETURN_IF_ERROR(data_->AppendWithCrc(text, crc));
    return absl::OkStatus();
  }

  std::string prefix_;
  CheckpointWriterOptions options_;
  std::unique_ptr<TemporaryFile> data_;
  // Serialized at once: a message in memory takes several times as much.
  std::map<std::string, std::string> rows_;
  std::map<std::string, tensorflow::BundleEntryProto, std::less<>> sliced_;
};

// The rows and the data files of several checkpoints that become one.
struct Merged {
  tensorflow::BundleHeaderProto header;
  std::map<std::string, std::string> rows;
  std::map<std::string, tensorflow::BundleEntryProto> sliced;
  absl::flat_hash_map<std::string, int> shard_ids;  // by data file
  std::vector<std::string> data_files;              // by shard
};

// The data file's number among the shards of the result, given at its first use.
int ShardOf(const std::string& data_file, Merged* merged) {
  const auto [found, is_new] = merged->shard_ids.try_emplace(data_file, static_cast<int>(merged->data_files.size()));
  if (is_new) merged->data_files.push_back(data_file);
  return found->second;
}

absl::Status AddEntry(absl::string_view key, const std::string& input, int num_shards,
                      tensorflow::BundleEntryProto* entry, Merged* merged) {
  if (entry->shard_id() < 0 || entry->shard_id() >= num_shards) {
    return absl::InvalidArgumentError(absl::StrCat("it is in shard ", entry->shard_id(), " of ", num_shards));
  }
  const std::string name(key);
  const auto before = merged->sliced.find(name);
  if (merged->rows.contains(name) || (before != merged->sliced.end() && entry->slices_size() == 0)) {
    return absl::AlreadyExistsError("it is in more than one of the checkpoints to merge");
  }
  if (before != merged->sliced.end()) {
    tensorflow::BundleEntryProto& whole = before->second;
    if (whole.dtype() != entry->dtype() || whole.shape().SerializeAsString() != entry->shape().SerializeAsString()) {
      return absl::InvalidArgumentError("its dtype or shape differs between the checkpoints to merge");
    }
    whole.mutable_slices()->MergeFrom(entry->slices());
    return absl::OkStatus();
  }
  entry->set_shard_id(ShardOf(DataFile(input, entry->shard_id(), num_shards), merged));
  if (entry->slices_size() > 0) {
    merged->sliced[name] = *entry;
  } else {
    merged->rows[name] = entry->SerializeAsString();
  }
  return absl::OkStatus();
}

absl::Status AddInput(const std::string& input, FileSystem& files, Merged* merged) {
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, files.Map(input + ".index"));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<TableReader> table, TableReader::Open(std::move(file)));
  int num_shards = 0;
  return table->ForEach([&](absl::string_view key, absl::string_view value) -> absl::Status {
    if (num_shards == 0) {
      tensorflow::BundleHeaderProto header;
      if (!key.empty() || !header.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
          header.num_shards() < 1) {
        return absl::DataLossError("damaged table: it has no header");
      }
      num_shards = header.num_shards();
      const bool is_first = merged->header.num_shards() == 0;
      header.set_num_shards(merged->header.num_shards() + num_shards);
      if (!is_first && (header.endianness() != merged->header.endianness() ||
                        header.version().SerializeAsString() != merged->header.version().SerializeAsString())) {
        return absl::InvalidArgumentError("its byte order or version differs from that of the others");
      }
      merged->header = header;
      return absl::OkStatus();
    }
    tensorflow::BundleEntryProto entry;
    if (!entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return absl::DataLossError("malformed entry");
    }
    return Annotate(AddEntry(key, input, num_shards, &entry, merged),
                    IsSliceKey(key) ? std::string("a slice") : absl::StrCat("tensor '", key, "'"));
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointWriter>> CreateBundle(const std::string& prefix,
                                                               const CheckpointWriterOptions& options) {
  auto writer = std::make_unique<BundleWriter>(prefix, options);
  FLOE_RETURN_IF_ERROR(writer->Init());
  return writer;
}

absl::Status MergeCheckpoints(const std::vector<std::string>& inputs, const std::string& prefix,
                              const CheckpointWriterOptions& options) {
  if (inputs.empty()) return absl::InvalidArgumentError(absl::StrCat("'", prefix, "': no checkpoints to merge"));
  FileSystem& files = *options.files;
  FLOE_RETURN_IF_ERROR(files.MakeDirectories(DirectoryOf(prefix)));
  Merged merged;
  for (const std::string& input : inputs) {
    FLOE_RETURN_IF_ERROR(Annotate(AddInput(input, files, &merged), absl::StrCat("'", input, ".index'")));
  }
  for (const auto& [name, entry] : merged.sliced) merged.rows[name] = entry.SerializeAsString();
  const int num_shards = static_cast<int>(merged.data_files.size());
  merged.header.set_num_shards(num_shards);
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFile> index,
                        WriteIndex(prefix, merged.header, merged.rows, files));
  std::vector<PendingFile> pending;
  for (int shard = 0; shard < num_shards; ++shard) {
    pending.push_back({merged.data_files[static_cast<size_t>(shard)], DataFile(prefix, shard, num_shards)});
    if (!files.Exists(pending.back().temporary)) {
      return absl::NotFoundError(absl::StrCat("'", pending.back().temporary, "', which is to be merged, is missing"));
    }
  }
  pending.push_back(index->pending());
  FLOE_RETURN_IF_ERROR(ReplaceCheckpoint(prefix, pending, files, options.state_filename));
  for (const std::string& input : inputs) {
    if (input == prefix) continue;
    FLOE_RETURN_IF_ERROR(files.Remove(input + ".index"));
    // A directory made for the parts goes with the last of them; one that holds more stays.
    if (DirectoryOf(input) != DirectoryOf(prefix)) files.RemoveDirectory(DirectoryOf(input)).IgnoreError();
  }
  return absl::OkStatus();
}

}  // namespace floe
