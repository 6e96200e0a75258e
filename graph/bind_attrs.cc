#include "graph/bind_attrs.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of attr_value.proto.
constexpr int kList = 1, kPlaceholder = 9, kFunc = 10, kListFunc = 9;
constexpr int kFuncAttr = 2, kMapValue = 2;

// Functions in attributes of functions in attributes.
constexpr int kMaxDepth = 16;

absl::Status Malformed() { return absl::DataLossError("malformed attribute"); }

// The encoded value with placeholders bound; nothing where it has none.
using Bound = std::optional<std::string>;
absl::StatusOr<Bound> BindValue(absl::string_view encoded, const AttrMap& bound, int depth);

// One NameAttrList.
absl::StatusOr<Bound> BindFunction(absl::string_view encoded, const AttrMap& bound, int depth) {
  std::string changed;
  bool any = false;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kFuncAttr || field.type != WireType::kBytes) {
      changed.append(field.encoded.data(), field.encoded.size());
      continue;
    }
    std::string entry;
    WireReader parts(field.bytes);
    WireField part;
    while (parts.Next(&part)) {
      Bound value;
      if (part.number == kMapValue && part.type == WireType::kBytes) {
        FLOE_ASSIGN_OR_RETURN(value, BindValue(part.bytes, bound, depth + 1));
      }
      if (value.has_value()) {
        AppendBytesField(kMapValue, *value, &entry);
        any = true;
      } else {
        entry.append(part.encoded.data(), part.encoded.size());
      }
    }
    if (!parts.ok()) return Malformed();
    AppendBytesField(kFuncAttr, entry, &changed);
  }
  if (!reader.ok()) return Malformed();
  return any ? Bound(std::move(changed)) : std::nullopt;
}

absl::StatusOr<Bound> BindValue(absl::string_view encoded, const AttrMap& bound, int depth) {
  if (depth > kMaxDepth) return absl::InvalidArgumentError("functions in attributes of functions, too deep");
  std::string changed;
  bool any = false;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kPlaceholder && field.type == WireType::kBytes) {
      const AttrValue* const value = bound.Find(field.bytes);
      if (value == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("the caller binds nothing to '", field.bytes, "'"));
      }
      return Bound(std::string(value->encoded()));
    }
    Bound inner;
    if (field.number == kFunc && field.type == WireType::kBytes) {
      FLOE_ASSIGN_OR_RETURN(inner, BindFunction(field.bytes, bound, depth));
    } else if (field.number == kList && field.type == WireType::kBytes) {
      std::string list;
      bool in_list = false;
      WireReader elements(field.bytes);
      WireField element;
      while (elements.Next(&element)) {
        Bound function;
        if (element.number == kListFunc && element.type == WireType::kBytes) {
          FLOE_ASSIGN_OR_RETURN(function, BindFunction(element.bytes, bound, depth));
        }
        if (function.has_value()) {
          AppendBytesField(kListFunc, *function, &list);
          in_list = true;
        } else {
          list.append(element.encoded.data(), element.encoded.size());
        }
      }
      if (!elements.ok()) return Malformed();
      if (in_list) inner = std::move(list);
    }
    if (inner.has_value()) {
      AppendBytesField(field.number, *inner, &changed);
      any = true;
    } else {
      changed.append(field.encoded.data(), field.encoded.size());
    }
  }
  if (!reader.ok()) return Malformed();
  return any ? Bound(std::move(changed)) : std::nullopt;
}

// Most attributes need no look inside: a constant's bytes would be copied for nothing.
bool MayHavePlaceholder(const AttrValue& value) {
  const std::string kind = value.KindName();
  return kind == "placeholder" || kind == "func" || kind == "list(func)";
}

}  // namespace

absl::Status BindAttrs(const AttrMap& bound, AttrMap* attrs) {
  std::vector<std::pair<std::string, AttrValue>> changed;
  for (const auto& [name, value] : attrs->entries()) {
    if (!MayHavePlaceholder(value)) continue;
    absl::StatusOr<Bound> encoded = BindValue(value.encoded(), bound, 0);
    if (!encoded.ok()) return Annotate(encoded.status(), absl::StrCat("attribute '", name, "'"));
    if (!encoded->has_value()) continue;
    auto owner = std::make_shared<const std::string>(**std::move(encoded));
    const absl::string_view bytes = *owner;
    changed.emplace_back(name, AttrValue(bytes, std::move(owner)));
  }
  for (auto& [name, value] : changed) attrs->Set(name, std::move(value));
  return absl::OkStatus();
}

}  // namespace floe
