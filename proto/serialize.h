// Messages to bytes, always the same bytes for the same message. Any thread.
#ifndef FLOE_PROTO_SERIALIZE_H_
#define FLOE_PROTO_SERIALIZE_H_

#include <string>

#include "absl/status/statusor.h"

namespace google::protobuf {
class MessageLite;
}  // namespace google::protobuf

namespace floe {

// Maps in the order of their keys: protobuf's own order differs from run to run. INVALID_ARGUMENT past 2 GiB.
absl::StatusOr<std::string> SerializeInOrder(const google::protobuf::MessageLite& message);

}  // namespace floe

#endif  // FLOE_PROTO_SERIALIZE_H_
