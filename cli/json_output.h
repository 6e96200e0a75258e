// The one JSON document that a command prints with --json.
#ifndef FLOE_CLI_JSON_OUTPUT_H_
#define FLOE_CLI_JSON_OUTPUT_H_

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace floe::cli {

// Names in files may be any bytes: what is not UTF-8 prints as U+FFFD.
inline void PrintJson(const nlohmann::json& document) {
  constexpr int kIndent = 2;
  const std::string text = document.dump(kIndent, ' ', false, nlohmann::json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

}  // namespace floe::cli

#endif  // FLOE_CLI_JSON_OUTPUT_H_
