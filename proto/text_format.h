// Messages from protobuf's text format. Any thread.
#ifndef FLOE_PROTO_TEXT_FORMAT_H_
#define FLOE_PROTO_TEXT_FORMAT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace floe {

enum class UnknownFields { kRefused, kSkipped };

// INVALID_ARGUMENT, "line 1, column 2: why", for what is no such message or is nested too deep; "too long" past 2 GiB.
absl::Status ParseTextFormat(absl::string_view text, google::protobuf::Message* message,
                             UnknownFields unknown_fields = UnknownFields::kRefused);

}  // namespace floe

#endif  // FLOE_PROTO_TEXT_FORMAT_H_
