// Checks that both APIs' messages share. Private to client/.
#ifndef FLOE_CLIENT_ANSWERS_H_
#define FLOE_CLIENT_ANSWERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/client.h"

namespace google::protobuf {
class MessageLite;
}  // namespace google::protobuf

namespace floe::client_internal {

// INVALID_ARGUMENT for an input given twice or without elements to send.
absl::Status CheckInputs(absl::Span<const NamedTensor> inputs);
// INVALID_ARGUMENT past the 2 GiB that protobuf can encode.
absl::Status CheckRequestSize(const google::protobuf::MessageLite& request);

// INTERNAL (RESOURCE_EXHAUSTED stays what it is): a server's answer is not what it says.
absl::Status BadAnswer(absl::string_view where, const absl::Status& what);

// The outputs that were asked for, in that order; all as they are where nothing was. INTERNAL for a missing one or one
// that came twice.
absl::StatusOr<std::vector<NamedTensor>> InOrder(std::vector<NamedTensor> outputs,
                                                 absl::Span<const std::string> wanted);

}  // namespace floe::client_internal

#endif  // FLOE_CLIENT_ANSWERS_H_
