// Takes a fuzzer's input apart. What is missing at its end reads as zeros and nothing.
#ifndef FLOE_TESTS_FUZZ_FUZZ_INPUT_H_
#define FLOE_TESTS_FUZZ_FUZZ_INPUT_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace floe::testing {

inline absl::string_view Take(absl::string_view* input, size_t size) {
  const absl::string_view taken = input->substr(0, size);
  input->remove_prefix(taken.size());
  return taken;
}

inline size_t TakeByte(absl::string_view* input) {
  const absl::string_view taken = Take(input, 1);
  return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
}

// A table's rows: key length, key, value length, value (lengths are one byte), up to an empty key after the first.
inline std::map<std::string, std::string> TakeRows(absl::string_view* input) {
  std::map<std::string, std::string> rows;
  for (bool first = true; !input->empty(); first = false) {
    const std::string key(Take(input, TakeByte(input)));
    if (key.empty() && !first) break;
    rows[key] = std::string(Take(input, TakeByte(input)));
  }
  return rows;
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_FUZZ_FUZZ_INPUT_H_
