// Attributes that are tensors. Apart from the others, because tensors may need protobuf (see shape_proto.cc).
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/attr_value.h"
#include "graph/shared_tensor.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"

namespace floe {
namespace {

constexpr int kTensor = 8;  // of attr_value.proto

// Below this a copy costs less than keeping track.
constexpr int64_t kSharedTensorBytes = 4096;

}  // namespace

AttrValue AttrValue::OfTensor(const Tensor& value) {
  if (value.byte_size() >= kSharedTensorBytes) {
    const std::string head = EncodeTensorProtoHead(value);
    auto shared = std::make_shared<SharedTensor>();
    AppendBytesHeader(kTensor, head.size() + value.bytes().size(), &shared->head);
    shared->head += head;
    shared->tensor = value;
    AttrValue result;
    result.tensor_ = std::move(shared);
    return result;
  }
  auto encoded = std::make_shared<std::string>();
  AppendBytesField(kTensor, EncodeTensorProto(value), encoded.get());
  const absl::string_view bytes = *encoded;
  return AttrValue(bytes, std::move(encoded));
}

// The last field set wins, as in protobuf's oneof.
absl::StatusOr<Tensor> AttrValue::AsTensor() const {
  if (tensor_ != nullptr) return tensor_->tensor;
  WireReader reader(encoded());
  WireField field, last;
  while (reader.Next(&field)) {
    if (field.number >= 1 && field.number <= 10) last = field;
  }
  if (!reader.ok()) return absl::DataLossError("malformed attribute");
  if (last.number != kTensor || last.type != WireType::kBytes) {
    return absl::InvalidArgumentError(absl::StrCat("wanted tensor, got ", KindName()));
  }
  return DecodeTensorProto(last.bytes, owner_);
}

absl::StatusOr<Tensor> AttrMap::OfTensor(absl::string_view name) const {
  const AttrValue* const value = Find(name);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing"));
  absl::StatusOr<Tensor> tensor = value->AsTensor();
  if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("attribute '", name, "'"));
  return tensor;
}

}  // namespace floe
