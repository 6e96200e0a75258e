#include "tests/testing/rewrite_checkpoint.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/table_reader.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/protobuf/tensor_bundle.pb.h"
#include "tensorflow/core/util/saved_tensor_slice.pb.h"

namespace floe::testing {
namespace {

// What a checkpoint holds in the order in which it was saved: a tensor, or one of its slices as it was given.
struct Saved {
  std::string name;
  Shape shape;
  TensorSlice slice;
  bool is_slice = false;
};

// Of each shard of a V2 checkpoint.
absl::StatusOr<std::vector<std::vector<Saved>>> SavedInV2(const std::string& prefix) {
  FLOE_ASSIGN_OR_RETURN(auto file, FileSystem::Posix().Map(prefix + ".index"));
  FLOE_ASSIGN_OR_RETURN(const auto table, TableReader::Open(std::move(file)));
  std::map<std::string, tensorflow::BundleEntryProto> entries;
  size_t num_shards = 0;
  FLOE_RETURN_IF_ERROR(table->ForEach([&](absl::string_view key, absl::string_view value) {
    tensorflow::BundleHeaderProto header;
    if (key.empty() && header.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      num_shards = static_cast<size_t>(header.num_shards());
    } else if (!entries[std::string(key)].ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return absl::DataLossError(key);
    }
    return absl::OkStatus();
  }));
  // An empty tensor lies where the next one begins.
  std::vector<std::multimap<std::pair<int64_t, int64_t>, Saved>> by_offset(num_shards);
  const auto add = [&](const tensorflow::BundleEntryProto& entry, Saved saved) {
    by_offset[static_cast<size_t>(entry.shard_id())].emplace(std::pair(entry.offset(), entry.size()), std::move(saved));
  };
  for (const auto& [key, entry] : entries) {
    if (IsSliceKey(key)) continue;
    const Shape shape = *ShapeFromProto(entry.shape());
    if (entry.slices_size() == 0) add(entry, {key, shape, {}, false});
    for (const tensorflow::TensorSliceProto& proto : entry.slices()) {
      const TensorSlice slice = *SliceFromProto(proto);
      add(entries.at(EncodeSliceKey(key, slice)), {key, shape, slice, true});
    }
  }
  std::vector<std::vector<Saved>> shards(num_shards);
  for (size_t i = 0; i < num_shards; ++i) {
    for (const auto& [offset, saved] : by_offset[i]) shards[i].push_back(saved);
  }
  return shards;
}

absl::StatusOr<std::vector<Saved>> SavedInV1(const std::string& path) {
  FLOE_ASSIGN_OR_RETURN(auto file, FileSystem::Posix().Map(path));
  FLOE_ASSIGN_OR_RETURN(const auto table, TableReader::Open(std::move(file)));
  FLOE_ASSIGN_OR_RETURN(const absl::string_view row, table->Find(""));
  tensorflow::SavedTensorSlices message;
  if (!message.ParseFromArray(row.data(), static_cast<int>(row.size()))) return absl::DataLossError(path);
  std::vector<Saved> all;
  for (const tensorflow::SavedSliceMeta& meta : message.meta().tensor()) {
    for (const tensorflow::TensorSliceProto& proto : meta.slice()) {
      all.push_back({meta.name(), *ShapeFromProto(meta.shape()), *SliceFromProto(proto), true});
    }
  }
  return all;
}

absl::Status Copy(const CheckpointReader& reader, const std::vector<Saved>& all, CheckpointWriter& writer) {
  for (const Saved& saved : all) {
    if (!saved.is_slice) {
      FLOE_ASSIGN_OR_RETURN(const Tensor tensor, reader.Read(saved.name));
      FLOE_RETURN_IF_ERROR(writer.Add(saved.name, tensor));
    } else {
      FLOE_ASSIGN_OR_RETURN(const Tensor part, reader.ReadSlice(saved.name, saved.slice));
      FLOE_RETURN_IF_ERROR(writer.AddSlice(saved.name, saved.shape, saved.slice, part));
    }
  }
  return writer.Finish();
}

absl::StatusOr<std::unique_ptr<CheckpointWriter>> Writer(const std::string& prefix, CheckpointFormat format) {
  CheckpointWriterOptions options;
  options.format = format;
  return CheckpointWriter::Create(prefix, options);
}

}  // namespace

absl::Status RewriteCheckpoint(const std::string& source, const std::string& output) {
  FLOE_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(source));
  if (FileSystem::Posix().Exists(source)) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Saved> all, SavedInV1(source));
    FLOE_ASSIGN_OR_RETURN(const auto writer, Writer(output, CheckpointFormat::kV1));
    return Copy(*reader, all, *writer);
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::vector<Saved>> shards, SavedInV2(source));
  if (shards.size() == 1) {
    FLOE_ASSIGN_OR_RETURN(const auto writer, Writer(output, CheckpointFormat::kV2));
    return Copy(*reader, shards[0], *writer);
  }
  std::vector<std::string> parts;
  for (size_t shard = 0; shard < shards.size(); ++shard) {
    parts.push_back(ShardedFilename(output + "_temp/part", static_cast<int>(shard), static_cast<int>(shards.size())));
    FLOE_ASSIGN_OR_RETURN(const auto writer, Writer(parts.back(), CheckpointFormat::kV2));
    FLOE_RETURN_IF_ERROR(Copy(*reader, shards[shard], *writer));
  }
  return MergeCheckpoints(parts, output);
}

}  // namespace floe::testing
