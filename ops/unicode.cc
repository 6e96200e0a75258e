#include "ops/unicode.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strings.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
constexpr char32_t kLast = 0x10FFFF;
constexpr int32_t kReplacement = 0xFFFD;

enum class Encoding { kUtf8, kUtf16, kUtf32, kAscii, kLatin1 };
enum class OnError { kStrict, kReplace, kIgnore };

absl::StatusOr<Encoding> EncodingAttr(const AttrMap& attrs, absl::string_view name, bool output) {
  FLOE_ASSIGN_OR_RETURN(const std::string encoding, attrs.String(name));
  if (encoding == "UTF-8") return Encoding::kUtf8;
  if (encoding == "UTF-16-BE" || encoding == "UTF-16BE") return Encoding::kUtf16;
  if (encoding == "UTF-32-BE" || encoding == "UTF-32BE") return Encoding::kUtf32;
  if (!output && encoding == "US-ASCII") return Encoding::kAscii;
  if (!output && (encoding == "ISO-8859-1" || encoding == "LATIN1")) return Encoding::kLatin1;
  return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "': wanted UTF-8, UTF-16-BE",
                                                 output ? " or UTF-32-BE" : ", UTF-32-BE, US-ASCII or ISO-8859-1",
                                                 ", got '", encoding, "'"));
}

bool IsCharacter(char32_t c) { return c <= kLast && (c < 0xD800 || c > 0xDFFF); }

// What to do with bytes that are no character.
struct ErrorRule {
  OnError on_error = OnError::kReplace;
  char32_t replacement = kReplacement;
  bool replace_control = false;

  static absl::StatusOr<ErrorRule> Of(const AttrMap& attrs) {
    ErrorRule rule;
    FLOE_ASSIGN_OR_RETURN(const std::string errors, attrs.String("errors", "replace"));
    FLOE_ASSIGN_OR_RETURN(const int64_t replacement, attrs.Int("replacement_char", kReplacement));
    FLOE_ASSIGN_OR_RETURN(rule.replace_control, attrs.Bool("replace_control_characters", false));
    if (errors == "strict") {
      rule.on_error = OnError::kStrict;
    } else if (errors == "ignore") {
      rule.on_error = OnError::kIgnore;
    } else if (errors != "replace") {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'errors': wanted strict, replace or ignore, got '", errors, "'"));
    }
    if (replacement < 0 || replacement > static_cast<int64_t>(kLast)) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'replacement_char': ", replacement, " is no character"));
    }
    rule.replacement = static_cast<char32_t>(replacement);
    return rule;
  }
};

constexpr char32_t kBad = 0xFFFFFFFF;

// The character at the front of `text` and how many bytes it takes; kBad, and the bytes that belong to the mistake.
struct Decoded {
  char32_t character;
  size_t bytes;
};

Decoded NextUtf8(absl::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {kBad, 1};
  char32_t character = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    // The second byte says whether the sequence is overlong, a surrogate or beyond the last character.
    uint8_t low = 0x80, high = 0xBF;
    if (i == 1 && lead == 0xE0) low = 0xA0;
    if (i == 1 && lead == 0xED) high = 0x9F;
    if (i == 1 && lead == 0xF0) low = 0x90;
    if (i == 1 && lead == 0xF4) high = 0x8F;
    if (i >= text.size() || at(i) < low || at(i) > high) return {kBad, i};
    character = character << 6 | (at(i) & 0x3F);
  }
  return {character, length};
}

Decoded NextUtf16(absl::string_view text) {
  const auto unit = [&](size_t i) {
    return static_cast<char32_t>(static_cast<uint8_t>(text[i]) << 8 | static_cast<uint8_t>(text[i + 1]));
  };
  if (text.size() < 2) return {kBad, text.size()};
  const char32_t first = unit(0);
  if (IsCharacter(first)) return {first, 2};
  if (first >= 0xDC00 || text.size() < 4) return {kBad, text.size() < 4 && first < 0xDC00 ? text.size() : 2};
  const char32_t second = unit(2);
  if (second < 0xDC00 || second > 0xDFFF) return {kBad, 2};
  return {0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)), 4};
}

Decoded NextUtf32(absl::string_view text) {
  if (text.size() < 4) return {kBad, text.size()};
  char32_t character = 0;
  for (size_t i = 0; i < 4; ++i) character = character << 8 | static_cast<uint8_t>(text[i]);
  return {IsCharacter(character) ? character : kBad, 4};
}

Decoded Next(Encoding encoding, absl::string_view text) {
  switch (encoding) {
    case Encoding::kUtf8:
      return NextUtf8(text);
    case Encoding::kUtf16:
      return NextUtf16(text);
    case Encoding::kUtf32:
      return NextUtf32(text);
    case Encoding::kAscii:
      return {static_cast<uint8_t>(text[0]) < 0x80 ? static_cast<uint8_t>(text[0]) : kBad, 1};
    default:
      return {static_cast<uint8_t>(text[0]), 1};
  }
}

// Calls `take(character, its first byte)`.
template <typename Take>
absl::Status ForEachCharacter(absl::string_view text, Encoding encoding, const ErrorRule& rule, Take&& take) {
  for (size_t at = 0; at < text.size();) {
    const Decoded next = Next(encoding, text.substr(at));
    const bool control = rule.replace_control && next.character < 0x20;
    if (next.character != kBad && !control) {
      take(next.character, at);
    } else if (rule.on_error == OnError::kReplace) {
      take(rule.replacement, at);
    } else if (rule.on_error == OnError::kStrict) {
      return absl::InvalidArgumentError(absl::StrCat("input 0: byte ", at, " of a string begins no character"));
    }
    at += next.bytes;
  }
  return absl::OkStatus();
}

void Append(char32_t c, Encoding encoding, std::string* text) {
  const auto put = [&](char32_t byte) { text->push_back(static_cast<char>(static_cast<uint8_t>(byte))); };
  if (encoding == Encoding::kUtf32) {
    for (int shift = 24; shift >= 0; shift -= 8) put(c >> shift & 0xFF);
  } else if (encoding == Encoding::kUtf16) {
    const auto unit = [&](char32_t u) {
      put(u >> 8);
      put(u & 0xFF);
    };
    if (c < 0x10000) {
      unit(c);
    } else {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  } else if (c < 0x80) {
    put(c);
  } else {
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr char32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
    put(kLead[more] | c >> 6 * more);
    for (int i = more - 1; i >= 0; --i) put(0x80 | (c >> 6 * i & 0x3F));
  }
}

// ---- UnicodeTranscode

absl::Status InferTranscode(InferContext& context) {
  FLOE_RETURN_IF_ERROR(EncodingAttr(context.attrs(), "input_encoding", false).status());
  FLOE_RETURN_IF_ERROR(EncodingAttr(context.attrs(), "output_encoding", true).status());
  FLOE_RETURN_IF_ERROR(ErrorRule::Of(context.attrs()).status());
  return InferFromStrings(context, 1, DType::kString);
}

absl::Status EvalTranscode(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Encoding from, EncodingAttr(context.attrs(), "input_encoding", false));
  FLOE_ASSIGN_OR_RETURN(const Encoding to, EncodingAttr(context.attrs(), "output_encoding", true));
  FLOE_ASSIGN_OR_RETURN(const ErrorRule rule, ErrorRule::Of(context.attrs()));
  return MapStrings<std::string>(context, [&](const std::string& text, std::string* out) {
    return ForEachCharacter(text, from, rule, [&](char32_t c, size_t) { Append(c, to, out); });
  });
}

// ---- UnicodeDecode and UnicodeDecodeWithOffsets: the strings' characters one after another, and where each begins

absl::StatusOr<DType> SplitsType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("Tsplits", DType::kInt64));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'Tsplits'", dtype));
  return dtype;
}

template <bool kOffsets>
absl::Status InferDecode(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(EncodingAttr(context.attrs(), "input_encoding", false).status());
  FLOE_RETURN_IF_ERROR(ErrorRule::Of(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const DType splits, SplitsType(context.attrs()));
  const PartialShape& shape = context.shape(0);
  const int64_t rows = shape.IsFullyDefined() ? shape.ToShape().num_elements() + 1 : kUnknown;
  context.AddOutput(splits, PartialShape({rows}));
  context.AddOutput(DType::kInt32, PartialShape({kUnknown}));
  if (kOffsets) context.AddOutput(DType::kInt64, PartialShape({kUnknown}));
  return absl::OkStatus();
}

// Splits from counts that have been added up.
absl::Status WriteSplits(const std::vector<int64_t>& values, Tensor* output) {
  return OnDType(IndexTypes(), output->dtype(), [&]<typename Index>() -> absl::Status {
    if (values.back() > std::numeric_limits<Index>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'Tsplits': ", DTypeName(output->dtype()), " does not hold ", values.back()));
    }
    std::transform(values.begin(), values.end(), output->mutable_data<Index>(),
                   [](int64_t value) { return static_cast<Index>(value); });
    return absl::OkStatus();
  });
}

template <bool kOffsets>
absl::Status EvalDecode(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Encoding from, EncodingAttr(context.attrs(), "input_encoding", false));
  FLOE_ASSIGN_OR_RETURN(const ErrorRule rule, ErrorRule::Of(context.attrs()));
  std::vector<int64_t> splits = {0};
  std::vector<int32_t> characters;
  std::vector<int64_t> offsets;
  for (const std::string& text : context.input(0).flat<std::string>()) {
    FLOE_RETURN_IF_ERROR(ForEachCharacter(text, from, rule, [&](char32_t c, size_t at) {
      characters.push_back(static_cast<int32_t>(c));
      if (kOffsets) offsets.push_back(static_cast<int64_t>(at));
    }));
    splits.push_back(static_cast<int64_t>(characters.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_splits, context.Output(0, Shape({static_cast<int64_t>(splits.size())})));
  FLOE_RETURN_IF_ERROR(WriteSplits(splits, out_splits));
  const Shape shape({static_cast<int64_t>(characters.size())});
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, shape));
  std::copy(characters.begin(), characters.end(), values->mutable_data<int32_t>());
  if (!kOffsets) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(Tensor* const starts, context.Output(2, shape));
  std::copy(offsets.begin(), offsets.end(), starts->mutable_data<int64_t>());
  return absl::OkStatus();
}

// ---- UnicodeEncode: rows of characters to strings

absl::Status InferEncode(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  FLOE_RETURN_IF_ERROR(EncodingAttr(context.attrs(), "output_encoding", true).status());
  FLOE_RETURN_IF_ERROR(ErrorRule::Of(context.attrs()).status());
  const int64_t splits = DimOrUnknown(context.shape(1), 0);
  context.AddOutput(DType::kString, PartialShape({splits < 0 ? kUnknown : std::max<int64_t>(splits - 1, 0)}));
  return absl::OkStatus();
}

absl::Status EvalEncode(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Encoding to, EncodingAttr(context.attrs(), "output_encoding", true));
  FLOE_ASSIGN_OR_RETURN(const ErrorRule rule, ErrorRule::Of(context.attrs()));
  const absl::Span<const int32_t> values = context.input(0).flat<int32_t>();
  FLOE_ASSIGN_OR_RETURN(const Dims splits, ToInt64s(context.input(1)));
  const bool right = !splits.empty() && splits.front() == 0 && std::is_sorted(splits.begin(), splits.end()) &&
                     splits.back() == static_cast<int64_t>(values.size());
  if (!right) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted splits that rise from 0 to ", values.size(), ", got ", Shape(splits).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({static_cast<int64_t>(splits.size()) - 1})));
  for (size_t row = 0; row + 1 < splits.size(); ++row) {
    std::string& text = output->mutable_data<std::string>()[row];
    for (int64_t i = splits[row]; i < splits[row + 1]; ++i) {
      const auto c = static_cast<char32_t>(values[static_cast<size_t>(i)]);
      if (IsCharacter(c)) {
        Append(c, to, &text);
      } else if (rule.on_error == OnError::kReplace) {
        Append(rule.replacement, to, &text);
      } else if (rule.on_error == OnError::kStrict) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 0: ", values[static_cast<size_t>(i)], " is no character"));
      }
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"UnicodeTranscode", InferTranscode, EvalTranscode},
    {"UnicodeDecode", InferDecode<false>, EvalDecode<false>},
    {"UnicodeDecodeWithOffsets", InferDecode<true>, EvalDecode<true>},
    {"UnicodeEncode", InferEncode, EvalEncode},
};

}  // namespace

absl::Span<const OpInfo> UnicodeOps() { return kOps; }

}  // namespace floe
