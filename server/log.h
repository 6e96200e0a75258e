// The server's log: one line an event, on stderr. Any thread.
#ifndef FLOE_SERVER_LOG_H_
#define FLOE_SERVER_LOG_H_

#include "absl/strings/string_view.h"

namespace floe {

enum class LogFormat { kText, kJson };

// Before the first line is logged; text where it is never called.
void SetLogFormat(LogFormat format);

void LogInfo(absl::string_view message);
void LogWarning(absl::string_view message);
void LogError(absl::string_view message);

}  // namespace floe

#endif  // FLOE_SERVER_LOG_H_
