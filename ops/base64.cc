#include "ops/base64.h"

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/strings.h"

namespace floe {
namespace {

constexpr absl::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Encode(absl::string_view bytes, bool pad) {
  std::string text = absl::WebSafeBase64Escape(bytes);
  while (pad && text.size() % 4 != 0) text.push_back('=');
  return text;
}

// The value of each character; -1 where it has none.
const std::array<int8_t, 256>& Values() {
  static const std::array<int8_t, 256> values = [] {
    std::array<int8_t, 256> table;
    table.fill(-1);
    for (size_t i = 0; i < kAlphabet.size(); ++i) table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
    return table;
  }();
  return values;
}

// Padding may be there whole or not at all; bits that make no byte are dropped. Not Abseil's
// decoder: that passes over white space, which is no base64 to TensorFlow.
absl::Status Decode(absl::string_view text, std::string* bytes) {
  const absl::string_view whole = text;
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(whole), "' is no base64: ", text.size(), " characters make no whole bytes"));
  }
  uint32_t bits = 0;
  int count = 0;
  for (const char character : text) {
    const int8_t value = Values()[static_cast<uint8_t>(character)];
    if (value < 0) {
      return absl::InvalidArgumentError(absl::StrCat("'", absl::CHexEscape(whole), "' is no base64: it has '",
                                                     absl::CHexEscape(absl::string_view(&character, 1)), "'"));
    }
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes->push_back(static_cast<char>(bits >> count & 255));
    }
  }
  return absl::OkStatus();
}

absl::Status InferEncode(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("pad", false).status());
  return InferFromStrings(context, 1, DType::kString);
}

absl::Status EvalEncode(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool pad, context.attrs().Bool("pad", false));
  return MapStrings<std::string>(context, [&](const std::string& bytes, std::string* text) {
    *text = Encode(bytes, pad);
    return absl::OkStatus();
  });
}

absl::Status InferDecode(InferContext& context) { return InferFromStrings(context, 1, DType::kString); }

absl::Status EvalDecode(EvalContext& context) {
  return MapStrings<std::string>(context, [](const std::string& text, std::string* bytes) {
    bytes->clear();
    return Decode(text, bytes);
  });
}

constexpr OpInfo kOps[] = {
    {"EncodeBase64", InferEncode, EvalEncode},
    {"DecodeBase64", InferDecode, EvalDecode},
};

}  // namespace

absl::Span<const OpInfo> Base64Ops() { return kOps; }

}  // namespace floe
