#include "checkpoint/v1_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/table_reader.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/util/saved_tensor_slice.pb.h"

namespace floe {
namespace {

// The format's version that this reads; a file may ask for a later one.
constexpr int kV1Version = 1;

struct Piece {
  size_t file = 0;
  std::string key;
};

struct Entry {
  CheckpointTensor tensor;
  std::vector<Piece> pieces;
};

absl::StatusOr<tensorflow::SavedTensorSlices> ParseRow(absl::string_view row) {
  tensorflow::SavedTensorSlices message;
  if (row.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(row.data(), static_cast<int>(row.size()))) {
    return absl::DataLossError("malformed row");
  }
  return message;
}

// How many elements the message holds in the field of that dtype.
int64_t CountElements(const tensorflow::TensorProto& proto, DType dtype) {
  switch (dtype) {
    case DType::kFloat:
      return proto.float_val_size();
    case DType::kDouble:
      return proto.double_val_size();
    case DType::kInt64:
      return proto.int64_val_size();
    case DType::kUint32:
      return proto.uint32_val_size();
    case DType::kUint64:
      return proto.uint64_val_size();
    case DType::kBool:
      return proto.bool_val_size();
    case DType::kHalf:
    case DType::kBfloat16:
      return proto.half_val_size();
    case DType::kComplex64:
      return proto.scomplex_val_size() / 2;
    case DType::kComplex128:
      return proto.dcomplex_val_size() / 2;
    case DType::kString:
      return proto.string_val_size();
    case DType::kFloat8E5M2:
    case DType::kFloat8E4M3:
      return static_cast<int64_t>(proto.float8_val().size());
    default:
      return proto.int_val_size();
  }
}

class V1Reader final : public CheckpointReader {
 public:
  explicit V1Reader(const CheckpointPath& path) : CheckpointReader(path.prefix), paths_(path.v1_files) {}

  absl::Status Init(FileSystem& files) {
    FLOE_RETURN_IF_ERROR(CheckShards());
    absl::flat_hash_map<std::string, Entry> entries;
    for (size_t file = 0; file < paths_.size(); ++file) {
      FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> mapped, files.Map(paths_[file]));
      FLOE_RETURN_IF_ERROR(Annotate(ReadMeta(std::move(mapped), file, &entries), absl::StrCat("'", paths_[file], "'")));
    }
    std::vector<CheckpointTensor> tensors;
    for (auto& [name, entry] : entries) {
      CheckpointTensor& tensor = entry.tensor;
      const int64_t element_bytes = ElementBytes(tensor.dtype);
      if (!CheckedMul(tensor.shape.num_elements(), element_bytes, &tensor.bytes)) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", prefix(), "': tensor '", name, "': more bytes than can be: ", tensor.shape.ToString()));
      }
      if (tensor.slices.size() == 1 && tensor.slices[0] == WholeSlice(tensor.shape)) tensor.slices.clear();
      pieces_[name] = std::move(entry.pieces);
      tensors.push_back(std::move(tensor));
    }
    return Annotate(SetTensors(std::move(tensors)), absl::StrCat("'", prefix(), "'"));
  }

 protected:
  absl::StatusOr<Tensor> ReadPiece(const CheckpointTensor& tensor, size_t piece) const override {
    absl::StatusOr<Tensor> read = Decode(tensor, piece);
    if (!read.ok()) return Annotate(read.status(), Where(tensor, piece));
    return read;
  }

  absl::Status CheckPiece(const CheckpointTensor& tensor, size_t piece) const override {
    return Annotate(Row(tensor, piece).status(), Where(tensor, piece));
  }

 private:
  // Of shards of a number, all must be there, and of no other number.
  absl::Status CheckShards() const {
    if (paths_.size() == 1 && WithoutShard(paths_[0]) == paths_[0]) return absl::OkStatus();
    const std::string stem = WithoutShard(paths_[0]);
    const std::string total = paths_[0].substr(paths_[0].size() - 5);
    int num_shards = 0;
    if (!absl::SimpleAtoi(total, &num_shards)) return absl::InternalError("a shard without a number");
    if (paths_.size() == 1 && paths_[0] == prefix()) return absl::OkStatus();  // one shard, by its own name
    for (const std::string& path : paths_) {
      if (path.substr(path.size() - 5) == total) continue;
      return absl::InvalidArgumentError(absl::StrCat("'", stem, "' has shards of more than one checkpoint, '",
                                                     paths_[0], "' and '", path, "'; say which, '",
                                                     ShardedFilespec(stem, num_shards), "' for instance"));
    }
    for (int shard = 0; shard < num_shards; ++shard) {
      const std::string wanted = ShardedFilename(stem, shard, num_shards);
      if (std::find(paths_.begin(), paths_.end(), wanted) == paths_.end()) {
        return absl::NotFoundError(absl::StrCat("no file '", wanted, "', a shard of checkpoint '", prefix(), "'"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadMeta(std::shared_ptr<const MappedFile> mapped, size_t file,
                        absl::flat_hash_map<std::string, Entry>* entries) {
    FLOE_ASSIGN_OR_RETURN(tables_.emplace_back(), TableReader::Open(std::move(mapped)));
    const absl::StatusOr<absl::string_view> row = tables_.back()->Find("");
    if (absl::IsNotFound(row.status())) return absl::DataLossError("no V1 checkpoint: its list of tensors is missing");
    FLOE_RETURN_IF_ERROR(row.status());
    FLOE_ASSIGN_OR_RETURN(const tensorflow::SavedTensorSlices message, ParseRow(*row));
    if (!message.has_meta()) return absl::DataLossError("no V1 checkpoint: its list of tensors is missing");
    if (message.meta().versions().min_consumer() > kV1Version) {
      return absl::UnimplementedError(absl::StrCat("written for readers of version ",
                                                   message.meta().versions().min_consumer(),
                                                   "; this one reads version ", kV1Version));
    }
    for (const tensorflow::SavedSliceMeta& meta : message.meta().tensor()) {
      FLOE_RETURN_IF_ERROR(Annotate(AddTensor(meta, file, entries), absl::StrCat("tensor '", meta.name(), "'")));
    }
    return absl::OkStatus();
  }

  static absl::Status AddTensor(const tensorflow::SavedSliceMeta& meta, size_t file,
                                absl::flat_hash_map<std::string, Entry>* entries) {
    CheckpointTensor tensor;
    tensor.name = meta.name();
    const absl::StatusOr<DType> dtype = DTypeFromNumber(meta.type());
    if (dtype.ok()) tensor.dtype = *dtype;
    tensor.dtype_name = dtype.ok() ? std::string(DTypeName(*dtype)) : absl::StrCat("dtype ", meta.type());
    FLOE_ASSIGN_OR_RETURN(tensor.shape, ShapeFromProto(meta.shape()));
    Entry& entry = (*entries)[meta.name()];
    if (entry.tensor.name.empty()) entry.tensor = tensor;
    if (entry.tensor.dtype_name != tensor.dtype_name || entry.tensor.shape != tensor.shape) {
      return absl::InvalidArgumentError(absl::StrCat("it is ", tensor.dtype_name, " ", tensor.shape.ToString(),
                                                     " here, but ", entry.tensor.dtype_name, " ",
                                                     entry.tensor.shape.ToString(), " elsewhere"));
    }
    if (meta.slice().empty()) return absl::InvalidArgumentError("it has no slices");
    for (const tensorflow::TensorSliceProto& proto : meta.slice()) {
      FLOE_ASSIGN_OR_RETURN(const TensorSlice slice, SliceFromProto(proto));
      FLOE_ASSIGN_OR_RETURN(TensorSlice resolved, ResolveSlice(slice, tensor.shape));
      entry.tensor.slices.push_back(std::move(resolved));
      entry.pieces.push_back({file, EncodeSliceKey(meta.name(), slice)});
    }
    return absl::OkStatus();
  }

  std::string Where(const CheckpointTensor& tensor, size_t piece) const {
    return absl::StrCat("tensor '", tensor.name, "'",
                        tensor.slices.empty() ? "" : absl::StrCat(", slice ", SliceToString(tensor.slices[piece])),
                        " of '", paths_[pieces_.at(tensor.name)[piece].file], "'");
  }

  // Each element takes a byte of its row at least, which bounds what is allocated.
  absl::StatusOr<absl::string_view> Row(const CheckpointTensor& tensor, size_t piece) const {
    const Piece& place = pieces_.at(tensor.name)[piece];
    const absl::StatusOr<absl::string_view> row = tables_[place.file]->Find(place.key);
    if (absl::IsNotFound(row.status())) return absl::DataLossError("its elements are missing");
    FLOE_RETURN_IF_ERROR(row.status());
    const Shape shape = PieceShape(tensor, piece);
    if (shape.num_elements() > static_cast<int64_t>(row->size())) {
      return absl::DataLossError(
          absl::StrCat(row->size(), " bytes cannot hold ", tensor.dtype_name, " ", shape.ToString()));
    }
    return *row;
  }

  absl::StatusOr<Tensor> Decode(const CheckpointTensor& tensor, size_t piece) const {
    if (ElementBytes(tensor.dtype) == 0 && tensor.dtype != DType::kString) {
      return absl::UnimplementedError(absl::StrCat("tensors of ", tensor.dtype_name, " cannot be read"));
    }
    FLOE_ASSIGN_OR_RETURN(const absl::string_view row, Row(tensor, piece));
    FLOE_ASSIGN_OR_RETURN(tensorflow::SavedTensorSlices message, ParseRow(row));
    if (message.data().name() != tensor.name) {
      return absl::DataLossError(absl::StrCat("its row holds tensor '", message.data().name(), "'"));
    }
    tensorflow::TensorProto& proto = *message.mutable_data()->mutable_data();
    const Shape shape = PieceShape(tensor, piece);
    const int64_t count = CountElements(proto, tensor.dtype);
    if (!proto.tensor_content().empty() || count != shape.num_elements()) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted ", shape.num_elements(), " elements for shape ", shape.ToString(), ", got ", count));
    }
    proto.set_dtype(static_cast<tensorflow::DataType>(tensor.dtype));
    ShapeToProto(shape, proto.mutable_tensor_shape());
    return TensorFromProto(proto, std::numeric_limits<int64_t>::max());
  }

  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<TableReader>> tables_;             // by file
  absl::flat_hash_map<std::string, std::vector<Piece>> pieces_;  // by tensor; one a slice, or one
};

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenV1(const CheckpointPath& path, FileSystem& files) {
  auto reader = std::make_unique<V1Reader>(path);
  FLOE_RETURN_IF_ERROR(reader->Init(files));
  return reader;
}

}  // namespace floe
