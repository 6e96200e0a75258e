// Reading vocabulary files.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "ops/lookup_table.h"
#include "ops/types.h"

namespace floe {
namespace {

using FieldTypes = TypeList<int32_t, int64_t, float, double, std::string>;

bool ParseField(absl::string_view text, int32_t* value) { return absl::SimpleAtoi(text, value); }
bool ParseField(absl::string_view text, int64_t* value) { return absl::SimpleAtoi(text, value); }
bool ParseField(absl::string_view text, float* value) { return absl::SimpleAtof(text, value); }
bool ParseField(absl::string_view text, double* value) { return absl::SimpleAtod(text, value); }
bool ParseField(absl::string_view text, std::string* value) {
  *value = std::string(text);
  return true;
}

// Lines end at '\n' or "\r\n". What follows the last '\n' is a line unless it is empty.
std::vector<std::string> LinesOf(absl::string_view text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::ConsumeSuffix(&line, "\r");
    lines.emplace_back(line);
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

absl::Status WantLine(const char* what, int64_t index, DType dtype) {
  if (index == VocabularyFormat::kLineNumber && dtype != DType::kInt64) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": line numbers are int64, the table has ", DTypeName(dtype)));
  }
  if (index == VocabularyFormat::kWholeLine && dtype != DType::kString && !IsInteger(dtype)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": a whole line is an integer or a string, the table has ", DTypeName(dtype)));
  }
  if (index < VocabularyFormat::kWholeLine) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": ", index, " is no column"));
  }
  return WantDTypeIn(FieldTypes(), what, dtype);
}

// What one side of the table, keys or values, takes from every line.
absl::StatusOr<Tensor> Column(absl::Span<const std::string> lines, int64_t index, DType dtype,
                              const VocabularyFormat& format) {
  FLOE_ASSIGN_OR_RETURN(Tensor column, Tensor::Allocate(dtype, Shape({static_cast<int64_t>(lines.size())})));
  FLOE_RETURN_IF_ERROR(OnDType(FieldTypes(), dtype, [&]<typename T>() -> absl::Status {
    T* to = column.mutable_data<T>();
    for (size_t i = 0; i < lines.size(); ++i, ++to) {
      if (index == VocabularyFormat::kLineNumber) {
        if constexpr (std::is_same_v<T, int64_t>) *to = WrapAdd<int64_t>(static_cast<int64_t>(i), format.offset);
        continue;
      }
      absl::string_view field = lines[i];
      if (index != VocabularyFormat::kWholeLine) {
        const std::vector<absl::string_view> fields = absl::StrSplit(lines[i], format.delimiter);
        if (index >= static_cast<int64_t>(fields.size())) {
          return absl::InvalidArgumentError(
              absl::StrCat("line ", i + 1, ": wanted column ", index, ", there are ", fields.size()));
        }
        field = fields[static_cast<size_t>(index)];
      }
      if (!ParseField(field, to)) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", i + 1, ": '", absl::CHexEscape(field), "' is no ", DTypeName(dtype)));
      }
    }
    return absl::OkStatus();
  }));
  return column;
}

}  // namespace

absl::StatusOr<VocabularyFormat> VocabularyFormat::Of(const AttrMap& attrs, DType key_dtype, DType value_dtype) {
  VocabularyFormat format;
  format.key_dtype = key_dtype;
  format.value_dtype = value_dtype;
  FLOE_ASSIGN_OR_RETURN(format.key_index, attrs.Int("key_index"));
  FLOE_ASSIGN_OR_RETURN(format.value_index, attrs.Int("value_index"));
  FLOE_ASSIGN_OR_RETURN(format.vocab_size, attrs.Int("vocab_size", -1));
  FLOE_ASSIGN_OR_RETURN(format.delimiter, attrs.String("delimiter", "\t"));
  FLOE_ASSIGN_OR_RETURN(format.offset, attrs.Int("offset", 0));
  return format;
}

absl::StatusOr<Vocabulary> ParseVocabulary(absl::string_view text, const VocabularyFormat& format) {
  FLOE_RETURN_IF_ERROR(WantLine("key_index", format.key_index, format.key_dtype));
  FLOE_RETURN_IF_ERROR(WantLine("value_index", format.value_index, format.value_dtype));
  if (format.delimiter.size() != 1 && std::max(format.key_index, format.value_index) >= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("delimiter: wanted one character, got '", absl::CHexEscape(format.delimiter), "'"));
  }
  std::vector<std::string> lines = LinesOf(text);
  const auto count = static_cast<int64_t>(lines.size());
  if (format.vocab_size > count) {
    return absl::InvalidArgumentError(absl::StrCat("wanted ", format.vocab_size, " lines, there are ", count));
  }
  if (format.vocab_size >= 0) lines.resize(static_cast<size_t>(format.vocab_size));
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) return absl::InvalidArgumentError(absl::StrCat("line ", i + 1, " is empty"));
  }
  Vocabulary vocabulary;
  FLOE_ASSIGN_OR_RETURN(vocabulary.keys, Column(lines, format.key_index, format.key_dtype, format));
  FLOE_ASSIGN_OR_RETURN(vocabulary.values, Column(lines, format.value_index, format.value_dtype, format));
  return vocabulary;
}

}  // namespace floe
