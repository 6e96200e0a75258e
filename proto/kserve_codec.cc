#include "proto/kserve_codec.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "base/suggest.h"
#include "grpc_service.pb.h"

namespace floe {
namespace {

using inference::InferTensorContents;

struct DataType {
  DType dtype;
  const char* name;
  const char* contents_field;  // "" where values of the type travel raw only
};

constexpr std::array kDataTypes = {
    DataType{DType::kBool, "BOOL", "bool_contents"},       DataType{DType::kUint8, "UINT8", "uint_contents"},
    DataType{DType::kUint16, "UINT16", "uint_contents"},   DataType{DType::kUint32, "UINT32", "uint_contents"},
    DataType{DType::kUint64, "UINT64", "uint64_contents"}, DataType{DType::kInt8, "INT8", "int_contents"},
    DataType{DType::kInt16, "INT16", "int_contents"},      DataType{DType::kInt32, "INT32", "int_contents"},
    DataType{DType::kInt64, "INT64", "int64_contents"},    DataType{DType::kHalf, "FP16", ""},
    DataType{DType::kFloat, "FP32", "fp32_contents"},      DataType{DType::kDouble, "FP64", "fp64_contents"},
    DataType{DType::kString, "BYTES", "bytes_contents"},   DataType{DType::kBfloat16, "BF16", ""},
};

constexpr int64_t kLengthBytes = 4;  // before each string in raw bytes

const DataType* Find(DType dtype) {
  for (const DataType& row : kDataTypes) {
    if (row.dtype == dtype) return &row;
  }
  return nullptr;
}

absl::StatusOr<const DataType*> FindOrError(DType dtype) {
  const DataType* row = Find(dtype);
  if (row != nullptr) return row;
  return absl::InvalidArgumentError(
      absl::StrCat("KServe has no datatype for ", DTypeName(dtype), "; the TensorFlow Serving API can carry it"));
}

// "FP32 [2,3]"
std::string Shown(const DataType& type, const Shape& shape) { return absl::StrCat(type.name, " ", shape.ToString()); }

// Little-endian, as is every machine that Floe runs on.
uint32_t ReadLength(const char* bytes) {
  uint32_t length;
  std::memcpy(&length, bytes, sizeof(length));
  return length;
}

// Whether `raw` is `count` strings and nothing more; `*at` is where it stopped and `*index` in which string.
bool StringsFit(absl::string_view raw, int64_t count, int64_t* index, size_t* at) {
  *at = 0;
  for (*index = 0; *index < count; ++*index) {
    if (raw.size() - *at < kLengthBytes) return false;
    const uint32_t length = ReadLength(raw.data() + *at);
    if (length > raw.size() - *at - kLengthBytes) return false;
    *at += kLengthBytes + length;
  }
  return *at == raw.size();
}

absl::StatusOr<Tensor> StringsFromRaw(const DataType& type, const Shape& shape, absl::string_view raw) {
  // Everything is measured before anything is allocated.
  const int64_t count = shape.num_elements();
  int64_t index;
  size_t at;
  if (!StringsFit(raw, count, &index, &at)) {
    const std::string where = index < count ? absl::StrCat("string ", index, ", at byte ", at, ", is cut off")
                                            : absl::StrCat(raw.size() - at, " bytes are left over");
    return absl::InvalidArgumentError(absl::StrCat(Shown(type, shape), " takes ", count,
                                                   " strings, each after its length in ", kLengthBytes,
                                                   " bytes; of the ", raw.size(), " bytes that came, ", where));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, shape));
  std::string* out = tensor.mutable_data<std::string>();
  for (const char* in = raw.data(); in != raw.data() + raw.size();) {
    const uint32_t length = ReadLength(in);
    (out++)->assign(in + kLengthBytes, length);
    in += kLengthBytes + length;
  }
  return tensor;
}

// How many values every field holds, in the order of the message.
std::array<std::pair<const char*, int64_t>, 8> CountFields(const InferTensorContents& contents) {
  return {{{"bool_contents", contents.bool_contents_size()},
           {"int_contents", contents.int_contents_size()},
           {"int64_contents", contents.int64_contents_size()},
           {"uint_contents", contents.uint_contents_size()},
           {"uint64_contents", contents.uint64_contents_size()},
           {"fp32_contents", contents.fp32_contents_size()},
           {"fp64_contents", contents.fp64_contents_size()},
           {"bytes_contents", contents.bytes_contents_size()}}};
}

template <typename T, typename Field>
absl::Status CopyFrom(const Field& field, Tensor* tensor) {
  T* out = tensor->mutable_data<T>();
  for (const auto& value : field) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
        return absl::InvalidArgumentError(absl::StrCat("value ", value, " (element ", out - tensor->data<T>(),
                                                       ") does not fit ", KServeDataType(tensor->dtype())));
      }
    }
    *out++ = static_cast<T>(value);
  }
  return absl::OkStatus();
}

absl::Status CopyContents(const InferTensorContents& contents, Tensor* tensor) {
  switch (tensor->dtype()) {
    case DType::kBool:
      return CopyFrom<bool>(contents.bool_contents(), tensor);
    case DType::kUint8:
      return CopyFrom<uint8_t>(contents.uint_contents(), tensor);
    case DType::kUint16:
      return CopyFrom<uint16_t>(contents.uint_contents(), tensor);
    case DType::kUint32:
      return CopyFrom<uint32_t>(contents.uint_contents(), tensor);
    case DType::kUint64:
      return CopyFrom<uint64_t>(contents.uint64_contents(), tensor);
    case DType::kInt8:
      return CopyFrom<int8_t>(contents.int_contents(), tensor);
    case DType::kInt16:
      return CopyFrom<int16_t>(contents.int_contents(), tensor);
    case DType::kInt32:
      return CopyFrom<int32_t>(contents.int_contents(), tensor);
    case DType::kInt64:
      return CopyFrom<int64_t>(contents.int64_contents(), tensor);
    case DType::kFloat:
      return CopyFrom<float>(contents.fp32_contents(), tensor);
    case DType::kDouble:
      return CopyFrom<double>(contents.fp64_contents(), tensor);
    default:  // kString: the only other row of kDataTypes with a field
      return CopyFrom<std::string>(contents.bytes_contents(), tensor);
  }
}

template <typename T, typename Field>
void AddAll(const Tensor& tensor, Field* field) {
  const absl::Span<const T> values = tensor.flat<T>();
  field->Add(values.begin(), values.end());
}

}  // namespace

absl::string_view KServeDataType(DType dtype) {
  const DataType* row = Find(dtype);
  return row == nullptr ? "" : row->name;
}

absl::StatusOr<DType> DTypeFromKServe(absl::string_view name) {
  std::vector<std::string> names;
  for (const DataType& row : kDataTypes) {
    if (name == row.name) return row.dtype;
    names.push_back(row.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown datatype '", name, "'; there are ", ListNames(names, names.size())));
}

absl::StatusOr<Tensor> TensorFromRaw(DType dtype, const Shape& shape, absl::string_view raw) {
  FLOE_ASSIGN_OR_RETURN(const DataType* type, FindOrError(dtype));
  if (dtype == DType::kString) return StringsFromRaw(*type, shape, raw);
  int64_t bytes;
  if (!CheckedMul(shape.num_elements(), ElementBytes(dtype), &bytes)) {
    return absl::InvalidArgumentError(absl::StrCat(Shown(*type, shape), " has more bytes than 63 bits count"));
  }
  if (static_cast<uint64_t>(bytes) != raw.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Shown(*type, shape), " takes ", bytes, " raw bytes, got ", raw.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  if (dtype == DType::kBool) {
    // Any other bit pattern in a C++ bool is undefined behaviour.
    bool* out = tensor.mutable_data<bool>();
    for (const char byte : raw) *out++ = byte != 0;
  } else if (bytes > 0) {
    std::memcpy(tensor.raw_mutable_data(), raw.data(), raw.size());
  }
  return tensor;
}

absl::Status TensorToRaw(const Tensor& tensor, std::string* raw) {
  FLOE_RETURN_IF_ERROR(FindOrError(tensor.dtype()).status());
  raw->clear();
  if (tensor.dtype() != DType::kString) {
    if (tensor.byte_size() > 0) raw->assign(tensor.data<char>(), static_cast<size_t>(tensor.byte_size()));
    return absl::OkStatus();
  }
  for (const std::string& value : tensor.flat<std::string>()) {
    if (value.size() > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a string of ", value.size(), " bytes; BYTES takes at most 4294967295 an element"));
    }
    const auto length = static_cast<uint32_t>(value.size());
    raw->append(reinterpret_cast<const char*>(&length), sizeof(length));
    raw->append(value);
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> TensorFromContents(DType dtype, const Shape& shape, const InferTensorContents& contents) {
  FLOE_ASSIGN_OR_RETURN(const DataType* type, FindOrError(dtype));
  const absl::string_view wanted = type->contents_field;
  if (wanted.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(type->name, " has no typed contents; it travels as raw bytes (raw_input_contents)"));
  }
  int64_t count = 0;
  for (const auto& [name, size] : CountFields(contents)) {
    if (name == wanted) {
      count = size;
    } else if (size > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(Shown(*type, shape), " takes its values in ", wanted, ", got ", size, " in ", name));
    }
  }
  if (count != shape.num_elements()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Shown(*type, shape), " takes ", shape.num_elements(), " values in ", wanted, ", got ", count));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  FLOE_RETURN_IF_ERROR(CopyContents(contents, &tensor));
  return tensor;
}

absl::Status TensorToContents(const Tensor& tensor, InferTensorContents* contents) {
  contents->Clear();
  switch (tensor.dtype()) {
    case DType::kBool:
      AddAll<bool>(tensor, contents->mutable_bool_contents());
      break;
    case DType::kUint8:
      AddAll<uint8_t>(tensor, contents->mutable_uint_contents());
      break;
    case DType::kUint16:
      AddAll<uint16_t>(tensor, contents->mutable_uint_contents());
      break;
    case DType::kUint32:
      AddAll<uint32_t>(tensor, contents->mutable_uint_contents());
      break;
    case DType::kUint64:
      AddAll<uint64_t>(tensor, contents->mutable_uint64_contents());
      break;
    case DType::kInt8:
      AddAll<int8_t>(tensor, contents->mutable_int_contents());
      break;
    case DType::kInt16:
      AddAll<int16_t>(tensor, contents->mutable_int_contents());
      break;
    case DType::kInt32:
      AddAll<int32_t>(tensor, contents->mutable_int_contents());
      break;
    case DType::kInt64:
      AddAll<int64_t>(tensor, contents->mutable_int64_contents());
      break;
    case DType::kFloat:
      AddAll<float>(tensor, contents->mutable_fp32_contents());
      break;
    case DType::kDouble:
      AddAll<double>(tensor, contents->mutable_fp64_contents());
      break;
    case DType::kString:
      for (const std::string& value : tensor.flat<std::string>()) contents->add_bytes_contents(value);
      break;
    default:
      return absl::InvalidArgumentError(absl::StrCat("KServe has no typed contents for ", DTypeName(tensor.dtype())));
  }
  return absl::OkStatus();
}

}  // namespace floe
