#include "graph/tensor_proto.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "graph/wire.h"
#include "proto/tensor_codec.h"
#include "tensorflow/core/framework/tensor.pb.h"

namespace floe {
namespace {

// Field numbers of tensor.proto.
constexpr int kTensorDType = 1, kTensorShape = 2, kTensorContent = 4;

// A constant larger than this is no constant of a GraphDef: the file itself ends at 2 GiB, typed fields repeat one
// element.
constexpr int64_t kMaxConstantBytes = int64_t{2} << 30;

absl::Status Malformed(absl::string_view what) { return absl::DataLossError(absl::StrCat("malformed ", what)); }

}  // namespace

absl::StatusOr<Tensor> DecodeTensorProto(absl::string_view encoded, const std::shared_ptr<const void>& owner) {
  int64_t dtype_number = 0;
  absl::string_view content;
  PartialShape partial{Dims()};
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kTensorDType && field.type == WireType::kVarint)
      dtype_number = static_cast<int64_t>(field.value);
    if (field.number == kTensorContent && field.type == WireType::kBytes) content = field.bytes;
    if (field.number == kTensorShape && field.type == WireType::kBytes) {
      FLOE_ASSIGN_OR_RETURN(partial, DecodeShapeProto(field.bytes));
    }
  }
  if (!reader.ok()) return Malformed("tensor");
  FLOE_ASSIGN_OR_RETURN(const DType dtype, DTypeFromNumber(dtype_number));
  if (content.empty() || ElementBytes(dtype) == 0) {
    tensorflow::TensorProto proto;
    if (encoded.size() > INT32_MAX || !proto.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
      return Malformed("tensor");
    }
    return TensorFromProto(proto, kMaxConstantBytes);
  }
  if (!partial.IsFullyDefined()) {
    return absl::InvalidArgumentError(absl::StrCat("a tensor with the unknown shape ", partial.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(partial.dims()));
  int64_t wanted;
  if (!CheckedMul(shape.num_elements(), ElementBytes(dtype), &wanted) ||
      wanted != static_cast<int64_t>(content.size())) {
    return absl::InvalidArgumentError(absl::StrCat(DTypeName(dtype), " ", shape.ToString(), " does not take ",
                                                   content.size(), " bytes of tensor_content"));
  }
  const auto alignment = static_cast<uintptr_t>(IsComplex(dtype) ? ElementBytes(dtype) / 2 : ElementBytes(dtype));
  if (reinterpret_cast<uintptr_t>(content.data()) % alignment == 0) {
    return Tensor::View(dtype, shape, content.data(), owner);
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  std::memcpy(tensor.raw_mutable_data(), content.data(), content.size());
  return tensor;
}

std::string EncodeTensorProto(const Tensor& tensor) {
  const bool as_content = tensor.num_elements() > 1 && ElementBytes(tensor.dtype()) > 0;
  if (as_content) {  // written here, so that a large tensor is copied once
    std::string out = EncodeTensorProtoHead(tensor);
    out.append(tensor.bytes().data(), tensor.bytes().size());
    return out;
  }
  tensorflow::TensorProto proto;
  TensorToProto(tensor, /*as_content=*/false, &proto);
  return proto.SerializeAsString();
}

std::string EncodeTensorProtoHead(const Tensor& tensor) {
  std::string out;
  AppendVarintField(kTensorDType, static_cast<uint64_t>(tensor.dtype()), &out);
  AppendBytesField(kTensorShape, EncodeShapeProto(tensor.shape()), &out);
  AppendBytesHeader(kTensorContent, tensor.bytes().size(), &out);
  return out;
}

}  // namespace floe
