#include "session/proto_attr.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "proto/serialize.h"
#include "tensorflow/core/framework/attr_value.pb.h"

namespace floe {

bool HoldsFunctions(const AttrValue& value) {
  const std::string kind = value.KindName();
  return kind == "func" || kind == "list(func)";
}

absl::Status ChangeAttr(absl::string_view name, AttrMap* attrs,
                        const std::function<absl::Status(tensorflow::AttrValue*)>& change) {
  const AttrValue* const value = attrs->Find(name);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is missing"));
  const absl::string_view encoded = value->encoded();
  tensorflow::AttrValue proto;
  if (encoded.size() > std::numeric_limits<int>::max() ||
      !proto.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return absl::DataLossError(absl::StrCat("attribute '", name, "' is malformed"));
  }
  FLOE_RETURN_IF_ERROR(Annotate(change(&proto), absl::StrCat("attribute '", name, "'")));
  FLOE_ASSIGN_OR_RETURN(std::string serialized, SerializeInOrder(proto));
  auto changed = std::make_shared<const std::string>(std::move(serialized));
  const absl::string_view bytes = *changed;
  attrs->Set(name, AttrValue(bytes, std::move(changed)));
  return absl::OkStatus();
}

}  // namespace floe
