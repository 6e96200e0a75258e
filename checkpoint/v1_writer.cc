#include "checkpoint/v1_writer.h"

#include <limits>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/ordered_code.h"
#include "checkpoint/replacement.h"
#include "checkpoint/table_writer.h"
#include "checkpoint/temporary_file.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/util/saved_tensor_slice.pb.h"

namespace floe {
namespace {

constexpr int kV1Version = 1;

// TensorFlow has V1 checkpoints of these dtypes alone.
bool HasV1Form(DType dtype) {
  switch (dtype) {
    case DType::kFloat:
    case DType::kDouble:
    case DType::kInt32:
    case DType::kUint8:
    case DType::kInt16:
    case DType::kInt8:
    case DType::kString:
    case DType::kComplex64:
    case DType::kInt64:
    case DType::kBool:
    case DType::kQint8:
    case DType::kQuint8:
    case DType::kQint32:
    case DType::kUint16:
    case DType::kComplex128:
    case DType::kHalf:
      return true;
    default:
      return false;
  }
}

class V1Writer final : public CheckpointWriter {
 public:
  V1Writer(std::string path, CheckpointWriterOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  absl::Status Init() {
    FLOE_ASSIGN_OR_RETURN(file_, TemporaryFile::Create(path_, *options_.files));
    meta_.mutable_versions()->set_producer(kV1Version);
    return absl::OkStatus();
  }

  absl::Status Add(absl::string_view name, const Tensor& tensor) override {
    return AddSlice(name, tensor.shape(), TensorSlice(static_cast<size_t>(tensor.rank())), tensor);
  }

  absl::Status AddSlice(absl::string_view name, const Shape& shape, const TensorSlice& slice,
                        const Tensor& part) override {
    FLOE_RETURN_IF_ERROR(CheckName(name));
    const std::string what = absl::StrCat("tensor '", name, "', slice ", SliceToString(slice));
    FLOE_RETURN_IF_ERROR(Annotate(CheckPart(shape, slice, part), what));
    if (!HasV1Form(part.dtype())) {
      return absl::UnimplementedError(
          absl::StrCat(what, ": the V1 format has no ", DTypeName(part.dtype()), "; write V2"));
    }
    std::string key = EncodeSliceKey(name, slice);
    if (rows_.contains(key)) return absl::AlreadyExistsError(absl::StrCat(what, " is saved already"));

    const auto [found, is_new] = tensors_.try_emplace(std::string(name), meta_.tensor_size());
    if (is_new) {
      tensorflow::SavedSliceMeta& tensor = *meta_.add_tensor();
      tensor.set_name(std::string(name));
      ShapeToProto(shape, tensor.mutable_shape());
      tensor.set_type(static_cast<tensorflow::DataType>(part.dtype()));
    }
    tensorflow::SavedSliceMeta& tensor = *meta_.mutable_tensor(found->second);
    FLOE_ASSIGN_OR_RETURN(const Shape before, ShapeFromProto(tensor.shape()));
    FLOE_RETURN_IF_ERROR(Annotate(CheckAsBefore(shape, part.dtype(), before, static_cast<DType>(tensor.type())), what));
    SliceToProto(slice, tensor.add_slice());
    rows_.emplace(std::move(key), Row{std::string(name), slice, part});
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    const std::unique_ptr<TableWriter> table = TableWriter::Create(file_.get());
    tensorflow::SavedTensorSlices list;
    *list.mutable_meta() = std::move(meta_);
    FLOE_RETURN_IF_ERROR(table->Add("", list.SerializeAsString()));
    for (auto& [key, row] : rows_) {
      FLOE_ASSIGN_OR_RETURN(const std::string bytes, Encode(row));
      FLOE_RETURN_IF_ERROR(table->Add(key, bytes));
      row.part = Tensor();
    }
    FLOE_RETURN_IF_ERROR(table->Finish());
    FLOE_RETURN_IF_ERROR(file_->Complete());
    return ReplaceCheckpoint(path_, {file_->pending()}, *options_.files, options_.state_filename);
  }

 private:
  struct Row {
    std::string name;
    TensorSlice slice;
    Tensor part;
  };

  static absl::StatusOr<std::string> Encode(const Row& row) {
    const auto too_large = [&] {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", row.name, "', ", row.part.shape().ToString(),
                                                     ": more than 2 GiB cannot be in one piece in a V1 checkpoint; "
                                                     "write V2"));
    };
    if (row.part.num_elements() > std::numeric_limits<int>::max() / 2) return too_large();
    tensorflow::SavedTensorSlices message;
    tensorflow::SavedSlice& data = *message.mutable_data();
    data.set_name(row.name);
    SliceToProto(row.slice, data.mutable_slice());
    TensorToProto(row.part, /*as_content=*/false, data.mutable_data());
    data.mutable_data()->clear_dtype();
    data.mutable_data()->clear_tensor_shape();
    if (message.ByteSizeLong() > std::numeric_limits<int>::max()) return too_large();
    return message.SerializeAsString();
  }

  std::string path_;
  CheckpointWriterOptions options_;
  std::unique_ptr<TemporaryFile> file_;
  tensorflow::SavedTensorSliceMeta meta_;
  absl::flat_hash_map<std::string, int> tensors_;  // where meta_ has each
  std::map<std::string, Row> rows_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointWriter>> CreateV1(const std::string& prefix,
                                                           const CheckpointWriterOptions& options) {
  auto writer = std::make_unique<V1Writer>(prefix, options);
  FLOE_RETURN_IF_ERROR(writer->Init());
  return writer;
}

}  // namespace floe
