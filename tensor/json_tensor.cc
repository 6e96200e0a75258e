#include "tensor/json_tensor.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

using Json = nlohmann::json;

constexpr char kBase64Key[] = "b64";

absl::StatusOr<std::string> ParseElement(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.size() == 1 && json.contains(kBase64Key) && json[kBase64Key].is_string()) {
    std::string bytes;
    if (absl::Base64Unescape(json[kBase64Key].get_ref<const std::string&>(), &bytes)) return bytes;
    return absl::InvalidArgumentError("malformed base64");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("wanted a string or {\"b64\": ...}, got ", json.type_name(), "; numbers travel as .npy"));
}

// The shape by the first element at each depth; the others are held to it.
absl::StatusOr<Shape> ShapeOfArrays(const Json& json) {
  Shape shape;
  for (const Json* at = &json; at->is_array(); at = &at->front()) {
    if (shape.rank() == kMaxRank) return absl::InvalidArgumentError("arrays nested too deep");
    shape.Append(static_cast<int64_t>(at->size()));
    if (at->empty()) break;
  }
  return shape;
}

absl::Status Fill(const Json& json, const Shape& shape, int axis, std::string*& out) {
  if (axis == shape.rank()) {
    FLOE_ASSIGN_OR_RETURN(*out, ParseElement(json));
    ++out;
    return absl::OkStatus();
  }
  if (!json.is_array() || static_cast<int64_t>(json.size()) != shape.dim(axis)) {
    return absl::InvalidArgumentError(
        absl::StrCat("ragged arrays: wanted ", shape.dim(axis), " elements at depth ", axis));
  }
  for (const Json& element : json) FLOE_RETURN_IF_ERROR(Fill(element, shape, axis + 1, out));
  return absl::OkStatus();
}

// As Unicode defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t k) { return i + k < text.size() ? static_cast<uint8_t>(text[i + k]) : 0u; };
    const uint32_t lead = byte(0);
    const int extra = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
    if (extra < 0) return false;
    uint32_t code = extra == 0 ? lead : lead & (0x3fu >> extra);
    for (int k = 1; k <= extra; ++k) {
      if (byte(k) >> 6 != 2) return false;
      code = code << 6 | (byte(k) & 0x3fu);
    }
    constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[extra] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += 1 + extra;
  }
  return true;
}

Json ToJson(const std::string& bytes) {
  if (IsUtf8(bytes)) return bytes;
  return Json{{kBase64Key, absl::Base64Escape(bytes)}};
}

Json ToJson(const Shape& shape, int axis, const std::string*& in) {
  if (axis == shape.rank()) return ToJson(*in++);
  Json array = Json::array();
  for (int64_t i = 0; i < shape.dim(axis); ++i) array.push_back(ToJson(shape, axis + 1, in));
  return array;
}

}  // namespace

absl::StatusOr<Tensor> ParseJsonTensor(absl::string_view text) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("not JSON");
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfArrays(json));
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, shape));
  std::string* out = tensor.mutable_data<std::string>();
  FLOE_RETURN_IF_ERROR(Fill(json, shape, 0, out));
  return tensor;
}

absl::StatusOr<std::string> SerializeJsonTensor(const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a tensor of strings, got ", DTypeName(tensor.dtype())));
  }
  const std::string* in = tensor.data<std::string>();
  return ToJson(tensor.shape(), 0, in).dump() + "\n";
}

}  // namespace floe
