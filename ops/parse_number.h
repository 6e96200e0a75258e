// Numbers in text, as TensorFlow reads them: decimal, for floats hexadecimal too, with white space around. Pure
// functions; any thread.
#ifndef FLOE_OPS_PARSE_NUMBER_H_
#define FLOE_OPS_PARSE_NUMBER_H_

#include <system_error>
#include <type_traits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace floe {

// Hexadecimal digits after "0x", perhaps with a sign before and an exponent after.
template <typename T>
bool ParseHex(absl::string_view text, T* value) {
  text = absl::StripAsciiWhitespace(text);
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  if (!absl::ConsumePrefix(&text, "0x") && !absl::ConsumePrefix(&text, "0X")) return false;
  if (text.empty() || !(absl::ascii_isxdigit(static_cast<unsigned char>(text[0])) || text[0] == '.')) return false;
  const absl::from_chars_result result =
      absl::from_chars(text.data(), text.data() + text.size(), *value, absl::chars_format::hex);
  if (negative) *value = -*value;
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// False where the whole text is no T.
template <typename T>
bool ParseNumber(absl::string_view text, T* value) {
  if constexpr (std::is_same_v<T, float>) {
    return absl::SimpleAtof(text, value) || ParseHex(text, value);
  } else if constexpr (std::is_same_v<T, double>) {
    return absl::SimpleAtod(text, value) || ParseHex(text, value);
  } else {
    return absl::SimpleAtoi(text, value);
  }
}

}  // namespace floe

#endif  // FLOE_OPS_PARSE_NUMBER_H_
