#include "server/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace floe {
namespace {

std::atomic<LogFormat> log_format = LogFormat::kText;

spdlog::logger& Logger() {
  static spdlog::logger* const logger = [] {
    // Lines come here whole: the JSON form has to escape them, which spdlog's patterns cannot.
    auto* made = new spdlog::logger("floe", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  return *logger;
}

void Log(absl::string_view level, absl::string_view message) {
  const std::string time = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3S%Ez", absl::Now(), absl::UTCTimeZone());
  std::string line;
  if (log_format == LogFormat::kJson) {
    const nlohmann::ordered_json json = {
        {"time", time}, {"level", std::string(level)}, {"message", std::string(message)}};
    line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  } else {
    line = absl::StrCat(time, " ", level, " ", message);
    for (char& c : line) {
      if (c == '\n' || c == '\r') c = ' ';
    }
  }
  Logger().info("{}", line);
}

}  // namespace

void SetLogFormat(LogFormat format) { log_format = format; }
void LogInfo(absl::string_view message) { Log("info", message); }
void LogWarning(absl::string_view message) { Log("warning", message); }
void LogError(absl::string_view message) { Log("error", message); }

}  // namespace floe
