// Changing attributes through their generated message.
#ifndef FLOE_SESSION_PROTO_ATTR_H_
#define FLOE_SESSION_PROTO_ATTR_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/attr_value.h"

namespace google::protobuf {
class MessageLite;
}  // namespace google::protobuf
namespace tensorflow {
class AttrValue;
}  // namespace tensorflow

namespace floe {

// Maps in the order of their keys, so that one message always gives the same bytes. INVALID_ARGUMENT past 2 GiB.
absl::StatusOr<std::string> SerializeInOrder(const google::protobuf::MessageLite& message);

// "func" or "list(func)".
bool HoldsFunctions(const AttrValue& value);

// Decodes attribute `name`, lets `change` work on it, and puts it back. INVALID_ARGUMENT where it is missing, and what
// `change` returns.
absl::Status ChangeAttr(absl::string_view name, AttrMap* attrs,
                        const std::function<absl::Status(tensorflow::AttrValue*)>& change);

}  // namespace floe

#endif  // FLOE_SESSION_PROTO_ATTR_H_
