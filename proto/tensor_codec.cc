#include "proto/tensor_codec.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "tensorflow/core/framework/tensor.pb.h"

namespace floe {
namespace {

using tensorflow::TensorProto;

absl::Status WrongCount(const Tensor& tensor, int64_t count) {
  return absl::InvalidArgumentError(absl::StrCat(DTypeName(tensor.dtype()), " ", tensor.shape().ToString(),
                                                 " takes at most ", tensor.num_elements(), " values, got ", count));
}

// Element i is convert(i) for the `count` elements there are; the last repeats, and none means zeros.
template <typename T, typename Convert>
absl::Status Fill(Tensor* tensor, int64_t count, Convert convert) {
  const int64_t wanted = tensor->num_elements();
  if (count > wanted) return WrongCount(*tensor, count);
  T* out = tensor->mutable_data<T>();
  for (int64_t i = 0; i < count; ++i) out[i] = convert(static_cast<int>(i));
  std::fill(out + count, out + wanted, count > 0 ? out[count - 1] : T());
  return absl::OkStatus();
}

template <typename T, typename Field>
absl::Status FillFrom(const Field& field, Tensor* tensor) {
  return Fill<T>(tensor, field.size(), [&](int i) { return static_cast<T>(field.Get(i)); });
}

// 16-bit floats are their bits in half_val.
absl::Status FillFromBits(const TensorProto& proto, Tensor* tensor) {
  return Fill<uint16_t>(tensor, proto.half_val_size(), [&](int i) { return static_cast<uint16_t>(proto.half_val(i)); });
}

template <typename T, typename Field>
absl::Status FillFromPairs(const Field& field, Tensor* tensor) {
  if (field.size() % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(DTypeName(tensor->dtype()), " takes pairs of values, got ", field.size(), " values"));
  }
  return Fill<std::complex<T>>(tensor, field.size() / 2,
                               [&](int i) { return std::complex<T>(field.Get(2 * i), field.Get(2 * i + 1)); });
}

absl::Status FillTyped(const TensorProto& proto, Tensor* tensor) {
  switch (tensor->dtype()) {
    case DType::kFloat:
      return FillFrom<float>(proto.float_val(), tensor);
    case DType::kDouble:
      return FillFrom<double>(proto.double_val(), tensor);
    case DType::kInt32:
    case DType::kQint32:
      return FillFrom<int32_t>(proto.int_val(), tensor);
    case DType::kInt16:
    case DType::kQint16:
      return FillFrom<int16_t>(proto.int_val(), tensor);
    case DType::kUint16:
    case DType::kQuint16:
      return FillFrom<uint16_t>(proto.int_val(), tensor);
    case DType::kInt8:
    case DType::kQint8:
      return FillFrom<int8_t>(proto.int_val(), tensor);
    case DType::kUint8:
    case DType::kQuint8:
      return FillFrom<uint8_t>(proto.int_val(), tensor);
    case DType::kInt64:
      return FillFrom<int64_t>(proto.int64_val(), tensor);
    case DType::kUint32:
      return FillFrom<uint32_t>(proto.uint32_val(), tensor);
    case DType::kUint64:
      return FillFrom<uint64_t>(proto.uint64_val(), tensor);
    case DType::kBool:
      return FillFrom<bool>(proto.bool_val(), tensor);
    case DType::kHalf:
    case DType::kBfloat16:
      return FillFromBits(proto, tensor);
    case DType::kComplex64:
      return FillFromPairs<float>(proto.scomplex_val(), tensor);
    case DType::kComplex128:
      return FillFromPairs<double>(proto.dcomplex_val(), tensor);
    case DType::kString:
      return FillFrom<std::string>(proto.string_val(), tensor);
    case DType::kFloat8E5M2:
    case DType::kFloat8E4M3:
      return Fill<uint8_t>(tensor, static_cast<int64_t>(proto.float8_val().size()),
                           [&](int i) { return static_cast<uint8_t>(proto.float8_val()[i]); });
    case DType::kResource:
    case DType::kVariant:
    case DType::kInvalid:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat("a tensor of dtype ", DTypeName(tensor->dtype()), " cannot be sent"));
}

// Strings in tensor_content: every length as a varint, then every string's bytes (tensorflow/core/lib/core/coding,
// EncodeStringList).
absl::Status FillStringsFromContent(absl::string_view content, Tensor* tensor) {
  const auto malformed = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor_content of ", content.size(), " bytes is not ", tensor->num_elements(), " strings"));
  };
  std::string* out = tensor->mutable_data<std::string>();
  // Lengths first: each takes a byte at least, which bounds what is kept here by the content.
  size_t at = 0;
  std::vector<uint32_t> lengths;
  for (int64_t i = 0; i < tensor->num_elements(); ++i) {
    uint64_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (at == content.size() || shift > 28) return malformed();
      const auto byte = static_cast<uint8_t>(content[at++]);
      length |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (length > content.size()) return malformed();
    lengths.push_back(static_cast<uint32_t>(length));
  }
  for (const uint32_t length : lengths) {
    if (length > content.size() - at) return malformed();
    *out++ = std::string(content.substr(at, length));
    at += length;
  }
  return at == content.size() ? absl::OkStatus() : malformed();
}

template <typename T, typename Field>
void AddAll(const Tensor& tensor, Field* field) {
  field->Reserve(static_cast<int>(tensor.num_elements()));
  for (const T& value : tensor.flat<T>()) field->AddAlreadyReserved(value);
}

template <typename T, typename Field>
void AddPairs(const Tensor& tensor, Field* field) {
  field->Reserve(static_cast<int>(2 * tensor.num_elements()));
  for (const std::complex<T>& value : tensor.flat<std::complex<T>>()) {
    field->AddAlreadyReserved(value.real());
    field->AddAlreadyReserved(value.imag());
  }
}

void AddTyped(const Tensor& tensor, TensorProto* proto) {
  switch (tensor.dtype()) {
    case DType::kFloat:
      return AddAll<float>(tensor, proto->mutable_float_val());
    case DType::kDouble:
      return AddAll<double>(tensor, proto->mutable_double_val());
    case DType::kInt32:
    case DType::kQint32:
      return AddAll<int32_t>(tensor, proto->mutable_int_val());
    case DType::kInt16:
    case DType::kQint16:
      return AddAll<int16_t>(tensor, proto->mutable_int_val());
    case DType::kUint16:
    case DType::kQuint16:
      return AddAll<uint16_t>(tensor, proto->mutable_int_val());
    case DType::kInt8:
    case DType::kQint8:
      return AddAll<int8_t>(tensor, proto->mutable_int_val());
    case DType::kUint8:
    case DType::kQuint8:
      return AddAll<uint8_t>(tensor, proto->mutable_int_val());
    case DType::kInt64:
      return AddAll<int64_t>(tensor, proto->mutable_int64_val());
    case DType::kUint32:
      return AddAll<uint32_t>(tensor, proto->mutable_uint32_val());
    case DType::kUint64:
      return AddAll<uint64_t>(tensor, proto->mutable_uint64_val());
    case DType::kBool:
      return AddAll<bool>(tensor, proto->mutable_bool_val());
    case DType::kHalf:
    case DType::kBfloat16:
      return AddAll<uint16_t>(tensor, proto->mutable_half_val());
    case DType::kComplex64:
      return AddPairs<float>(tensor, proto->mutable_scomplex_val());
    case DType::kComplex128:
      return AddPairs<double>(tensor, proto->mutable_dcomplex_val());
    case DType::kString:
      for (const std::string& value : tensor.flat<std::string>()) proto->add_string_val(value);
      return;
    case DType::kFloat8E5M2:
    case DType::kFloat8E4M3:
      proto->set_float8_val(tensor.raw_data(), static_cast<size_t>(tensor.num_elements()));
      return;
    case DType::kResource:
    case DType::kVariant:
    case DType::kInvalid:
      return;
  }
}

}  // namespace

absl::StatusOr<Shape> ShapeFromProto(const tensorflow::TensorShapeProto& proto) {
  if (proto.unknown_rank()) return absl::InvalidArgumentError("a tensor of unknown rank");
  Dims dims;
  for (const auto& dim : proto.dim()) dims.push_back(dim.size());
  return Shape::Checked(dims);
}

PartialShape PartialShapeFromProto(const tensorflow::TensorShapeProto& proto) {
  if (proto.unknown_rank()) return PartialShape::UnknownRank();
  Dims dims;
  for (const auto& dim : proto.dim()) dims.push_back(std::max(dim.size(), PartialShape::kUnknownDim));
  return PartialShape(std::move(dims));
}

void ShapeToProto(const PartialShape& shape, tensorflow::TensorShapeProto* proto) {
  if (!shape.has_rank()) {
    proto->set_unknown_rank(true);
    return;
  }
  for (const int64_t size : shape.dims()) proto->add_dim()->set_size(size);
}

absl::StatusOr<Tensor> TensorFromProto(const TensorProto& proto, int64_t max_bytes) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, DTypeFromNumber(proto.dtype()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromProto(proto.tensor_shape()));
  int64_t bytes;
  if (!CheckedMul(shape.num_elements(), ElementMemoryBytes(dtype), &bytes) || bytes > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(DTypeName(dtype), " ", shape.ToString(), " takes more than the ", max_bytes, " bytes allowed"));
  }
  const std::string& content = proto.tensor_content();
  // Compared before anything is allocated.
  if (!content.empty() && dtype != DType::kString && static_cast<int64_t>(content.size()) != bytes) {
    return absl::InvalidArgumentError(absl::StrCat(DTypeName(dtype), " ", shape.ToString(), " takes ", bytes,
                                                   " bytes of tensor_content, got ", content.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  if (content.empty()) {
    FLOE_RETURN_IF_ERROR(FillTyped(proto, &tensor));
  } else if (dtype == DType::kString) {
    FLOE_RETURN_IF_ERROR(FillStringsFromContent(content, &tensor));
  } else if (dtype == DType::kBool) {
    // Any other bit pattern in a C++ bool is undefined behaviour.
    std::transform(content.begin(), content.end(), tensor.mutable_data<bool>(), [](char byte) { return byte != 0; });
  } else {
    std::memcpy(tensor.raw_mutable_data(), content.data(), content.size());
  }
  return tensor;
}

void TensorToProto(const Tensor& tensor, bool as_content, TensorProto* proto) {
  proto->Clear();
  proto->set_dtype(static_cast<tensorflow::DataType>(tensor.dtype()));
  ShapeToProto(tensor.shape(), proto->mutable_tensor_shape());
  if (as_content && ElementBytes(tensor.dtype()) > 0) {
    proto->set_tensor_content(tensor.raw_data(), static_cast<size_t>(tensor.byte_size()));
  } else {
    AddTyped(tensor, proto);
  }
}

}  // namespace floe
