#include "graph/attr_value.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/varint.h"
#include "graph/shared_tensor.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of attr_value.proto; in ListValue the same numbers, but 9 for functions.
enum Kind : int {
  kNothing = 0,
  kList = 1,
  kString = 2,
  kInt = 3,
  kFloat = 4,
  kBool = 5,
  kType = 6,
  kShape = 7,
  kTensor = 8,
  kPlaceholder = 9,
  kFunc = 10
};
constexpr int kListFunc = 9;
constexpr int kFuncName = 1, kFuncAttr = 2, kMapKey = 1, kMapValue = 2;

constexpr const char* kKindNames[] = {"nothing", "list",  "string", "int",         "float", "bool",
                                      "type",    "shape", "tensor", "placeholder", "func"};

// The last field set wins, as in protobuf's oneof.
absl::StatusOr<WireField> Decode(absl::string_view encoded) {
  WireReader reader(encoded);
  WireField field, last;
  while (reader.Next(&field)) {
    if (field.number >= kList && field.number <= kFunc) last = field;
  }
  if (!reader.ok()) return absl::DataLossError("malformed attribute");
  return last;
}

absl::Status Unwanted(absl::string_view wanted, const std::string& got) {
  return absl::InvalidArgumentError(absl::StrCat("wanted ", wanted, ", got ", got));
}

AttrValue Owned(std::string encoded) {
  auto owner = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view bytes = *owner;
  return AttrValue(bytes, std::move(owner));
}

// Calls `add` with each element of field `number` of an encoded ListValue, packed or not.
template <typename Add>
absl::Status ForEachInList(absl::string_view list, int number, WireType type, Add add) {
  WireReader reader(list);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != number) continue;
    if (field.type == type) {
      FLOE_RETURN_IF_ERROR(add(field));
    } else if (field.type == WireType::kBytes && type == WireType::kVarint) {
      absl::string_view packed = field.bytes;
      WireField element;
      while (!packed.empty()) {
        if (!ReadVarint(&packed, &element.value)) return absl::DataLossError("malformed attribute");
        FLOE_RETURN_IF_ERROR(add(element));
      }
    } else if (field.type == WireType::kBytes && type == WireType::kFixed32) {
      if (field.bytes.size() % 4 != 0) return absl::DataLossError("malformed attribute");
      for (size_t i = 0; i < field.bytes.size(); i += 4) {
        WireField element;
        for (size_t b = 0; b < 4; ++b)
          element.value |= static_cast<uint64_t>(static_cast<uint8_t>(field.bytes[i + b])) << (8 * b);
        FLOE_RETURN_IF_ERROR(add(element));
      }
    } else {
      return absl::DataLossError("malformed attribute");
    }
  }
  return reader.ok() ? absl::OkStatus() : absl::DataLossError("malformed attribute");
}

absl::StatusOr<WireField> Want(const AttrValue& value, Kind kind, WireType type) {
  if (!value.parts().elements.empty()) return Unwanted(kKindNames[kind], value.KindName());
  FLOE_ASSIGN_OR_RETURN(WireField field, Decode(value.encoded()));
  if (field.number != kind || field.type != type) return Unwanted(kKindNames[kind], value.KindName());
  return field;
}

// The elements of a list attribute. An empty list has no kind of its own and passes for any; no value at all is no
// list.
template <typename T, typename Convert>
absl::StatusOr<std::vector<T>> List(const AttrValue& value, int number, WireType type, const char* name,
                                    Convert convert) {
  if (!value.parts().elements.empty()) return Unwanted(absl::StrCat("list(", name, ")"), value.KindName());
  FLOE_ASSIGN_OR_RETURN(const WireField list, Decode(value.encoded()));
  if (list.number != kList || list.type != WireType::kBytes)
    return Unwanted(absl::StrCat("list(", name, ")"), value.KindName());
  std::vector<T> result;
  FLOE_RETURN_IF_ERROR(ForEachInList(list.bytes, number, type, [&](const WireField& field) -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(T element, convert(field));
    result.push_back(std::move(element));
    return absl::OkStatus();
  }));
  if (result.empty() && !list.bytes.empty()) return Unwanted(absl::StrCat("list(", name, ")"), value.KindName());
  return result;
}

absl::StatusOr<std::string> FunctionName(absl::string_view encoded) {
  WireReader reader(encoded);
  WireField field;
  std::string name;
  while (reader.Next(&field)) {
    if (field.number == kFuncName && field.type == WireType::kBytes) name = std::string(field.bytes);
  }
  if (!reader.ok()) return absl::DataLossError("malformed attribute");
  return name;
}

template <typename T, typename Append>
AttrValue EncodeList(absl::Span<const T> values, Append append) {
  std::string list;
  for (const T& value : values) append(value, &list);
  std::string encoded;
  AppendBytesField(kList, list, &encoded);
  return Owned(std::move(encoded));
}

}  // namespace

absl::string_view AttrValue::encoded() const {
  if (tensor_ == nullptr) return encoded_;
  std::call_once(tensor_->whole_made,
                 [this] { tensor_->whole = absl::StrCat(tensor_->head, tensor_->tensor.bytes()); });
  return tensor_->whole;
}

AttrValue::Parts AttrValue::parts() const {
  if (tensor_ == nullptr) return {encoded_, absl::string_view()};
  return {tensor_->head, tensor_->tensor.bytes()};
}

bool operator==(const AttrValue& a, const AttrValue& b) {
  if (a.tensor_ != nullptr && b.tensor_ != nullptr) {
    return a.tensor_->head == b.tensor_->head && a.tensor_->tensor.bytes() == b.tensor_->tensor.bytes();
  }
  return a.encoded() == b.encoded();
}

AttrValue AttrValue::Int(int64_t value) {
  std::string encoded;
  AppendVarintField(kInt, static_cast<uint64_t>(value), &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Float(float value) {
  std::string encoded;
  AppendFloatField(kFloat, value, &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Bool(bool value) {
  std::string encoded;
  AppendVarintField(kBool, value ? 1 : 0, &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::String(absl::string_view value) {
  std::string encoded;
  AppendBytesField(kString, value, &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Type(DType value) {
  std::string encoded;
  AppendVarintField(kType, static_cast<uint64_t>(value), &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::OfShape(const PartialShape& value) {
  std::string encoded;
  AppendBytesField(kShape, EncodeShapeProto(value), &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Ints(absl::Span<const int64_t> values) {
  std::string packed;
  for (const int64_t value : values) AppendVarint(static_cast<uint64_t>(value), &packed);
  std::string list, encoded;
  if (!values.empty()) AppendBytesField(kInt, packed, &list);
  AppendBytesField(kList, list, &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Floats(absl::Span<const float> values) {
  return EncodeList<float>(values, [](float value, std::string* list) { AppendFloatField(kFloat, value, list); });
}
AttrValue AttrValue::Strings(absl::Span<const std::string> values) {
  return EncodeList<std::string>(
      values, [](const std::string& value, std::string* list) { AppendBytesField(kString, value, list); });
}
AttrValue AttrValue::Types(absl::Span<const DType> values) {
  std::string packed;
  for (const DType value : values) AppendVarint(static_cast<uint64_t>(value), &packed);
  std::string list, encoded;
  if (!values.empty()) AppendBytesField(kType, packed, &list);
  AppendBytesField(kList, list, &encoded);
  return Owned(std::move(encoded));
}
AttrValue AttrValue::Function(absl::string_view name) {
  std::string function, encoded;
  AppendBytesField(kFuncName, name, &function);
  AppendBytesField(kFunc, function, &encoded);
  return Owned(std::move(encoded));
}

std::string AttrValue::KindName() const {
  if (tensor_ != nullptr) return kKindNames[kTensor];
  const absl::StatusOr<WireField> field = Decode(encoded_);
  if (!field.ok()) return "malformed bytes";
  if (field->number != kList) return kKindNames[field->number];
  WireReader reader(field->bytes);
  WireField element;
  if (!reader.Next(&element) || element.number > kListFunc) return "list";
  return absl::StrCat("list(", element.number == kListFunc ? "func" : kKindNames[element.number], ")");
}

absl::StatusOr<int64_t> AttrValue::AsInt() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kInt, WireType::kVarint));
  return static_cast<int64_t>(field.value);
}
absl::StatusOr<float> AttrValue::AsFloat() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kFloat, WireType::kFixed32));
  return field.AsFloat();
}
absl::StatusOr<bool> AttrValue::AsBool() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kBool, WireType::kVarint));
  return field.value != 0;
}
absl::StatusOr<absl::string_view> AttrValue::AsString() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kString, WireType::kBytes));
  return field.bytes;
}
absl::StatusOr<DType> AttrValue::AsType() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kType, WireType::kVarint));
  return DTypeFromNumber(static_cast<int64_t>(field.value));
}
absl::StatusOr<PartialShape> AttrValue::AsShape() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kShape, WireType::kBytes));
  return DecodeShapeProto(field.bytes);
}
absl::StatusOr<std::vector<int64_t>> AttrValue::AsInts() const {
  return List<int64_t>(*this, kInt, WireType::kVarint, "int", [](const WireField& field) -> absl::StatusOr<int64_t> {
    return static_cast<int64_t>(field.value);
  });
}
absl::StatusOr<std::vector<float>> AttrValue::AsFloats() const {
  return List<float>(*this, kFloat, WireType::kFixed32, "float",
                     [](const WireField& field) -> absl::StatusOr<float> { return field.AsFloat(); });
}
absl::StatusOr<std::vector<std::string>> AttrValue::AsStrings() const {
  return List<std::string>(
      *this, kString, WireType::kBytes, "string",
      [](const WireField& field) -> absl::StatusOr<std::string> { return std::string(field.bytes); });
}
absl::StatusOr<std::vector<DType>> AttrValue::AsTypes() const {
  return List<DType>(*this, kType, WireType::kVarint, "type",
                     [](const WireField& field) { return DTypeFromNumber(static_cast<int64_t>(field.value)); });
}
absl::StatusOr<std::vector<PartialShape>> AttrValue::AsShapes() const {
  return List<PartialShape>(*this, kShape, WireType::kBytes, "shape",
                            [](const WireField& field) { return DecodeShapeProto(field.bytes); });
}
absl::StatusOr<std::string> AttrValue::AsFunctionName() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kFunc, WireType::kBytes));
  return FunctionName(field.bytes);
}
absl::StatusOr<AttrMap> AttrValue::AsFunctionAttrs() const {
  FLOE_ASSIGN_OR_RETURN(const WireField function, Want(*this, kFunc, WireType::kBytes));
  AttrMap attrs;
  WireReader reader(function.bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kFuncAttr || field.type != WireType::kBytes) continue;
    WireReader entry(field.bytes);
    WireField part;
    absl::string_view key, value;
    while (entry.Next(&part)) {
      if (part.number == kMapKey) key = part.bytes;
      if (part.number == kMapValue) value = part.bytes;
    }
    if (!entry.ok()) return absl::DataLossError("malformed attribute");
    attrs.Set(key, AttrValue(value, owner_));
  }
  if (!reader.ok()) return absl::DataLossError("malformed attribute");
  return attrs;
}
absl::StatusOr<std::vector<std::string>> AttrValue::AsFunctionNames() const {
  return List<std::string>(*this, kListFunc, WireType::kBytes, "func",
                           [](const WireField& field) { return FunctionName(field.bytes); });
}
absl::StatusOr<std::string> AttrValue::AsPlaceholder() const {
  FLOE_ASSIGN_OR_RETURN(const WireField field, Want(*this, kPlaceholder, WireType::kBytes));
  return std::string(field.bytes);
}

}  // namespace floe
