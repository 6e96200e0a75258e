// Messages from protobuf's text format. Any thread.
#ifndef FLOE_PROTO_TEXT_FORMAT_H_
#define FLOE_PROTO_TEXT_FORMAT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace floe {

// INVALID_ARGUMENT, with line and column, for what is no such message, is nested too deep, or is over 2 GiB.
absl::Status ParseTextFormat(absl::string_view text, google::protobuf::Message* message);

}  // namespace floe

#endif  // FLOE_PROTO_TEXT_FORMAT_H_
