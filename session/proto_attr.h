// Changing attributes through their generated message.
#ifndef FLOE_SESSION_PROTO_ATTR_H_
#define FLOE_SESSION_PROTO_ATTR_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "graph/attr_value.h"

namespace tensorflow {
class AttrValue;
}  // namespace tensorflow

namespace floe {

// "func" or "list(func)".
bool HoldsFunctions(const AttrValue& value);

// Decodes attribute `name`, lets `change` work on it, and puts it back. INVALID_ARGUMENT where it is missing, and what
// `change` returns.
absl::Status ChangeAttr(absl::string_view name, AttrMap* attrs,
                        const std::function<absl::Status(tensorflow::AttrValue*)>& change);

}  // namespace floe

#endif  // FLOE_SESSION_PROTO_ATTR_H_
