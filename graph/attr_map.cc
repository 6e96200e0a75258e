#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/attr_value.h"

namespace floe {
namespace {

template <typename T>
absl::StatusOr<T> Named(absl::string_view name, absl::StatusOr<T> value) {
  if (!value.ok()) return Annotate(value.status(), absl::StrCat("attribute '", name, "'"));
  return value;
}

auto LowerBound(const std::vector<std::pair<std::string, AttrValue>>& entries, absl::string_view name) {
  return std::lower_bound(entries.begin(), entries.end(), name,
                          [](const auto& entry, absl::string_view n) { return entry.first < n; });
}

}  // namespace

void AttrMap::Set(absl::string_view name, AttrValue value) {
  const auto at = entries_.begin() + (LowerBound(entries_, name) - entries_.begin());
  if (at != entries_.end() && at->first == name) {
    at->second = std::move(value);
  } else {
    entries_.emplace(at, std::string(name), std::move(value));
  }
}

void AttrMap::Erase(absl::string_view name) {
  const auto at = entries_.begin() + (LowerBound(entries_, name) - entries_.begin());
  if (at != entries_.end() && at->first == name) entries_.erase(at);
}

const AttrValue* AttrMap::Find(absl::string_view name) const {
  const auto at = LowerBound(entries_, name);
  return at != entries_.end() && at->first == name ? &at->second : nullptr;
}

// One getter of each kind: with the attribute required, and with the op definition's default.
#define FLOE_ATTR_GETTERS(Name, T, Missing)                                                                     \
  absl::StatusOr<T> AttrMap::Name(absl::string_view name) const {                                               \
    const AttrValue* value = Find(name);                                                                        \
    if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing")); \
    return Named<T>(name, value->As##Name());                                                                   \
  }                                                                                                             \
  absl::StatusOr<T> AttrMap::Name(absl::string_view name, Missing missing) const {                              \
    const AttrValue* value = Find(name);                                                                        \
    if (value == nullptr) return T(missing);                                                                    \
    return Named<T>(name, value->As##Name());                                                                   \
  }

FLOE_ATTR_GETTERS(Int, int64_t, int64_t)
FLOE_ATTR_GETTERS(Float, float, float)
FLOE_ATTR_GETTERS(Bool, bool, bool)
FLOE_ATTR_GETTERS(Type, DType, DType)
FLOE_ATTR_GETTERS(Ints, std::vector<int64_t>, std::vector<int64_t>)
FLOE_ATTR_GETTERS(Floats, std::vector<float>, std::vector<float>)
FLOE_ATTR_GETTERS(Strings, std::vector<std::string>, std::vector<std::string>)
#undef FLOE_ATTR_GETTERS

absl::StatusOr<std::string> AttrMap::String(absl::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing"));
  FLOE_ASSIGN_OR_RETURN(const absl::string_view text, Named(name, value->AsString()));
  return std::string(text);
}
absl::StatusOr<std::string> AttrMap::String(absl::string_view name, absl::string_view missing) const {
  return Has(name) ? String(name) : std::string(missing);
}
absl::StatusOr<PartialShape> AttrMap::OfShape(absl::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing"));
  return Named(name, value->AsShape());
}
absl::StatusOr<std::vector<DType>> AttrMap::Types(absl::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing"));
  return Named(name, value->AsTypes());
}

bool operator==(const AttrMap& a, const AttrMap& b) {
  return std::equal(a.entries_.begin(), a.entries_.end(), b.entries_.begin(), b.entries_.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second == y.second; });
}

}  // namespace floe
