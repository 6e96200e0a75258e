#include "checkpoint/bundle_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "base/varint.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/coding.h"
#include "checkpoint/crc32c.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/table_reader.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/protobuf/tensor_bundle.pb.h"

namespace floe {
namespace {

// The format's version that this reads; a header may ask for a later one.
constexpr int kBundleVersion = 1;

// Where a piece's bytes are.
struct Place {
  int shard = 0;
  int64_t offset = 0;
  int64_t size = 0;
  uint32_t masked_crc = 0;
};

struct Entry {
  CheckpointTensor tensor;
  Place place;
};

template <typename Message>
bool ParseMessage(absl::string_view bytes, Message* message) {
  return bytes.size() <= std::numeric_limits<int>::max() &&
         message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::StatusOr<Entry> ParseEntry(absl::string_view bytes, int num_shards) {
  tensorflow::BundleEntryProto proto;
  if (!ParseMessage(bytes, &proto)) return absl::DataLossError("malformed entry");
  Entry entry;
  CheckpointTensor& tensor = entry.tensor;
  const absl::StatusOr<DType> dtype = DTypeFromNumber(proto.dtype());
  if (dtype.ok()) tensor.dtype = *dtype;
  tensor.dtype_name = dtype.ok() ? std::string(DTypeName(*dtype)) : absl::StrCat("dtype ", proto.dtype());
  FLOE_ASSIGN_OR_RETURN(tensor.shape, ShapeFromProto(proto.shape()));
  for (const tensorflow::TensorSliceProto& slice : proto.slices()) {
    FLOE_ASSIGN_OR_RETURN(const TensorSlice parsed, SliceFromProto(slice));
    FLOE_ASSIGN_OR_RETURN(tensor.slices.emplace_back(), ResolveSlice(parsed, tensor.shape));
  }
  if (!tensor.slices.empty()) return entry;  // its bytes are those of its slices

  entry.place = {proto.shard_id(), proto.offset(), proto.size(), proto.crc32c()};
  tensor.bytes = proto.size();
  if (proto.shard_id() < 0 || proto.shard_id() >= num_shards) {
    return absl::InvalidArgumentError(absl::StrCat("it is in shard ", proto.shard_id(), " of ", num_shards));
  }
  int64_t end;
  if (proto.offset() < 0 || proto.size() < 0 || !CheckedAdd(proto.offset(), proto.size(), &end)) {
    return absl::InvalidArgumentError(absl::StrCat(proto.size(), " bytes at ", proto.offset(), " cannot be"));
  }
  const int64_t element_bytes = ElementBytes(tensor.dtype);
  int64_t wanted;
  if (element_bytes > 0 &&
      (!CheckedMul(tensor.shape.num_elements(), element_bytes, &wanted) || wanted != proto.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat(tensor.dtype_name, " ", tensor.shape.ToString(), " does not take ", proto.size(), " bytes"));
  }
  return entry;
}

absl::Status WrongChecksum(uint32_t wanted, uint32_t got) {
  return absl::DataLossError(
      absl::StrFormat("its bytes do not match their checksum (masked CRC-32C %08x, wanted %08x)", got, wanted));
}

absl::StatusOr<Tensor> DecodeStrings(const Shape& shape, absl::string_view bytes, uint32_t masked_crc) {
  const int64_t count = shape.num_elements();
  const absl::Status malformed = absl::DataLossError("its strings do not fit their bytes");
  // Each length takes a byte at least: no more strings than bytes are allocated.
  if (count > static_cast<int64_t>(bytes.size())) return malformed;
  std::vector<uint64_t> lengths(static_cast<size_t>(count));
  uint32_t crc = 0;
  for (uint64_t& length : lengths) {
    if (!ReadVarint(&bytes, &length)) return malformed;
    const size_t covered = length <= std::numeric_limits<uint32_t>::max() ? sizeof(uint32_t) : sizeof(uint64_t);
    crc = ExtendCrc32c(crc, {reinterpret_cast<const char*>(&length), covered});
  }
  if (bytes.size() < sizeof(uint32_t)) return malformed;
  const uint32_t lengths_crc = LoadUint32(bytes.data());
  if (lengths_crc != MaskCrc32c(crc)) return WrongChecksum(lengths_crc, MaskCrc32c(crc));
  crc = ExtendCrc32c(crc, bytes.substr(0, sizeof(uint32_t)));
  bytes.remove_prefix(sizeof(uint32_t));
  crc = ExtendCrc32c(crc, bytes);
  if (masked_crc != MaskCrc32c(crc)) return WrongChecksum(masked_crc, MaskCrc32c(crc));
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, shape));
  std::string* out = tensor.mutable_data<std::string>();
  for (const uint64_t length : lengths) {
    if (length > bytes.size()) return malformed;
    out++->assign(bytes.data(), length);
    bytes.remove_prefix(length);
  }
  if (!bytes.empty()) return malformed;
  return tensor;
}

class BundleReader final : public CheckpointReader {
 public:
  BundleReader(std::string prefix, FileSystem& files) : CheckpointReader(std::move(prefix)), files_(files) {}

  absl::Status Init() {
    FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, files_.Map(prefix() + ".index"));
    return Annotate(ReadIndex(std::move(file)), absl::StrCat("'", prefix(), ".index'"));
  }

 protected:
  absl::StatusOr<Tensor> ReadPiece(const CheckpointTensor& tensor, size_t piece) const override {
    absl::StatusOr<Tensor> read = ReadPlace(tensor, PieceShape(tensor, piece), PlaceOf(tensor, piece));
    if (!read.ok()) return Annotate(read.status(), Where(tensor, piece));
    return read;
  }

  absl::Status CheckPiece(const CheckpointTensor& tensor, size_t piece) const override {
    return Annotate(Bytes(PlaceOf(tensor, piece)).status(), Where(tensor, piece));
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::shared_ptr<const MappedFile> file;
  };

  absl::Status ReadIndex(std::shared_ptr<const MappedFile> file) {
    FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<TableReader> table, TableReader::Open(std::move(file)));
    std::vector<CheckpointTensor> tensors;
    absl::flat_hash_map<std::string, Entry> slices;  // by slice key
    bool has_header = false;
    FLOE_RETURN_IF_ERROR(table->ForEach([&](absl::string_view key, absl::string_view value) -> absl::Status {
      if (!has_header) {
        has_header = true;
        return ReadHeader(key, value);
      }
      const bool is_slice = IsSliceKey(key);
      absl::StatusOr<Entry> entry = ParseEntry(value, num_shards_);
      if (!entry.ok())
        return Annotate(entry.status(), is_slice ? std::string("a slice") : absl::StrCat("tensor '", key, "'"));
      if (is_slice) {
        slices.emplace(key, *std::move(entry));
      } else {
        entry->tensor.name = std::string(key);
        if (entry->tensor.slices.empty()) places_[entry->tensor.name] = {entry->place};
        tensors.push_back(std::move(entry->tensor));
      }
      return absl::OkStatus();
    }));
    if (!has_header) return absl::DataLossError("damaged table: it has no header");
    for (CheckpointTensor& tensor : tensors) {
      if (!tensor.slices.empty()) {
        FLOE_RETURN_IF_ERROR(Annotate(FindSlices(slices, &tensor), absl::StrCat("tensor '", tensor.name, "'")));
      }
    }
    FLOE_RETURN_IF_ERROR(CheckPlaces());
    shards_ = std::vector<Shard>(static_cast<size_t>(num_shards_));
    return SetTensors(std::move(tensors));
  }

  absl::Status ReadHeader(absl::string_view key, absl::string_view value) {
    tensorflow::BundleHeaderProto header;
    if (!key.empty() || !ParseMessage(value, &header)) return absl::DataLossError("damaged table: it has no header");
    if (header.endianness() != tensorflow::BundleHeaderProto::LITTLE) {
      return absl::UnimplementedError("a big-endian checkpoint, written on another kind of processor");
    }
    if (header.version().min_consumer() > kBundleVersion) {
      return absl::UnimplementedError(absl::StrCat("written for readers of version ", header.version().min_consumer(),
                                                   "; this one reads version ", kBundleVersion));
    }
    constexpr int kMaxShards = 99999;  // five digits in the files' names
    if (header.num_shards() < 1 || header.num_shards() > kMaxShards) {
      return absl::InvalidArgumentError(absl::StrCat("a checkpoint of ", header.num_shards(), " shards"));
    }
    num_shards_ = header.num_shards();
    return absl::OkStatus();
  }

  // Gives a partitioned tensor the places of its slices.
  absl::Status FindSlices(const absl::flat_hash_map<std::string, Entry>& slices, CheckpointTensor* tensor) {
    std::vector<Place>& places = places_[tensor->name];
    for (const TensorSlice& slice : tensor->slices) {
      auto found = slices.find(EncodeSliceKey(tensor->name, slice));
      if (found == slices.end()) {
        // The key may have been made of "the whole dimension".
        TensorSlice short_form = slice;
        for (size_t axis = 0; axis < slice.size(); ++axis) {
          if (slice[axis] == SliceExtent{0, tensor->shape.dim(static_cast<int>(axis))}) short_form[axis] = {};
        }
        found = slices.find(EncodeSliceKey(tensor->name, short_form));
      }
      if (found == slices.end()) {
        return absl::DataLossError(absl::StrCat("its slice ", SliceToString(slice), " is missing"));
      }
      const Entry& entry = found->second;
      if (!entry.tensor.slices.empty() || entry.tensor.dtype_name != tensor->dtype_name ||
          entry.tensor.shape != SliceShape(slice)) {
        return absl::InvalidArgumentError(absl::StrCat("its slice ", SliceToString(slice), " of ", tensor->dtype_name,
                                                       " is stored as ", entry.tensor.dtype_name, " ",
                                                       entry.tensor.shape.ToString()));
      }
      places.push_back(entry.place);
      if (!CheckedAdd(tensor->bytes, entry.place.size, &tensor->bytes)) {
        return absl::InvalidArgumentError("its slices take more bytes than can be");
      }
    }
    return absl::OkStatus();
  }

  // No two pieces share bytes, so all of them together are no larger than the files, which bounds what is allocated.
  absl::Status CheckPlaces() const {
    struct Named {
      const Place* place;
      const std::string* name;
    };
    std::vector<Named> all;
    for (const auto& [name, places] : places_) {
      for (const Place& place : places) {
        if (place.size > 0) all.push_back({&place, &name});
      }
    }
    std::sort(all.begin(), all.end(), [](const Named& a, const Named& b) {
      return std::pair(a.place->shard, a.place->offset) < std::pair(b.place->shard, b.place->offset);
    });
    for (size_t i = 1; i < all.size(); ++i) {
      const Place &before = *all[i - 1].place, &after = *all[i].place;
      if (before.shard == after.shard && before.offset + before.size > after.offset) {
        return absl::InvalidArgumentError(
            absl::StrCat("tensors '", *all[i - 1].name, "' and '", *all[i].name, "' share bytes"));
      }
    }
    return absl::OkStatus();
  }

  const Place& PlaceOf(const CheckpointTensor& tensor, size_t piece) const { return places_.at(tensor.name)[piece]; }

  std::string ShardPath(int shard) const { return DataFile(prefix(), shard, num_shards_); }

  std::string Where(const CheckpointTensor& tensor, size_t piece) const {
    return absl::StrCat("tensor '", tensor.name, "'",
                        tensor.slices.empty() ? "" : absl::StrCat(", slice ", SliceToString(tensor.slices[piece])),
                        " of '", ShardPath(PlaceOf(tensor, piece).shard), "'");
  }

  absl::StatusOr<std::shared_ptr<const MappedFile>> MapShard(int index) const {
    Shard& shard = shards_[static_cast<size_t>(index)];
    const std::lock_guard<std::mutex> lock(shard.mutex);
    if (shard.file == nullptr) {
      absl::StatusOr<std::shared_ptr<const MappedFile>> file = files_.Map(ShardPath(index));
      if (!file.ok()) return file.status();
      shard.file = *std::move(file);
    }
    return shard.file;
  }

  absl::StatusOr<absl::string_view> Bytes(const Place& place) const {
    FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MapShard(place.shard));
    const auto file_bytes = static_cast<int64_t>(file->bytes().size());
    if (place.offset > file_bytes || place.size > file_bytes - place.offset) {
      return absl::DataLossError(
          absl::StrCat("wanted ", place.size, " bytes at ", place.offset, ", but the file has ", file_bytes));
    }
    return file->bytes().substr(static_cast<size_t>(place.offset), static_cast<size_t>(place.size));
  }

  absl::StatusOr<Tensor> ReadPlace(const CheckpointTensor& tensor, const Shape& shape, const Place& place) const {
    FLOE_ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(place));
    if (tensor.dtype == DType::kString) return DecodeStrings(shape, bytes, place.masked_crc);
    const int64_t element_bytes = ElementBytes(tensor.dtype);
    if (element_bytes == 0) {
      return absl::UnimplementedError(absl::StrCat("tensors of ", tensor.dtype_name, " cannot be read"));
    }
    const uint32_t crc = MaskCrc32c(Crc32c(bytes));
    if (crc != place.masked_crc) return WrongChecksum(place.masked_crc, crc);
    const int64_t alignment = IsComplex(tensor.dtype) ? element_bytes / 2 : element_bytes;
    // Any byte but zero is true; a C++ bool must be 0 or 1.
    const bool odd_bools = tensor.dtype == DType::kBool &&
                           std::any_of(bytes.begin(), bytes.end(), [](char c) { return c != 0 && c != 1; });
    if (!odd_bools && reinterpret_cast<uintptr_t>(bytes.data()) % static_cast<uintptr_t>(alignment) == 0) {
      return Tensor::View(tensor.dtype, shape, bytes.data(), shards_[static_cast<size_t>(place.shard)].file);
    }
    FLOE_ASSIGN_OR_RETURN(Tensor copy, Tensor::Allocate(tensor.dtype, shape));
    if (odd_bools) {
      std::transform(bytes.begin(), bytes.end(), copy.mutable_data<bool>(), [](char c) { return c != 0; });
    } else if (!bytes.empty()) {
      std::memcpy(copy.raw_mutable_data(), bytes.data(), bytes.size());
    }
    return copy;
  }

  FileSystem& files_;
  int num_shards_ = 0;
  absl::flat_hash_map<std::string, std::vector<Place>> places_;  // by tensor; one a slice, or one
  mutable std::vector<Shard> shards_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenBundle(const std::string& prefix, FileSystem& files) {
  auto reader = std::make_unique<BundleReader>(prefix, files);
  FLOE_RETURN_IF_ERROR(reader->Init());
  return reader;
}

}  // namespace floe
