// VariableDef messages, as collections hold them.
#ifndef FLOE_SESSION_VARIABLE_DEF_H_
#define FLOE_SESSION_VARIABLE_DEF_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "session/graph_state.h"

namespace floe {

// Whether a collection of this name holds variables.
bool IsVariableCollection(absl::string_view collection);

std::string EncodeVariableDef(const VariableInfo& variable);
// `prefix` ("scope/", or empty) is put before each name. DATA_LOSS for malformed bytes, INVALID_ARGUMENT where it names
// no variable.
absl::StatusOr<VariableInfo> DecodeVariableDef(absl::string_view encoded, const std::string& prefix);

}  // namespace floe

#endif  // FLOE_SESSION_VARIABLE_DEF_H_
