#include "ops/decode_csv.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/parse_number.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

using FieldTypes = TypeList<float, double, int32_t, int64_t, std::string>;

// Splits a record into the fields that are asked for.
class RecordReader {
 public:
  static absl::StatusOr<RecordReader> Of(const AttrMap& attrs, size_t fields) {
    RecordReader reader;
    FLOE_ASSIGN_OR_RETURN(const std::string delimiter, attrs.String("field_delim", ","));
    if (delimiter.size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'field_delim': wanted one character, got '", absl::CHexEscape(delimiter), "'"));
    }
    reader.delimiter_ = delimiter[0];
    FLOE_ASSIGN_OR_RETURN(reader.quotes_, attrs.Bool("use_quote_delim", true));
    FLOE_ASSIGN_OR_RETURN(reader.columns_, attrs.Ints("select_cols", {}));
    if (!reader.columns_.empty() && reader.columns_.size() != fields) {
      return absl::InvalidArgumentError(absl::StrCat("attribute 'select_cols': wanted ", fields,
                                                     " columns, one a default, got ", reader.columns_.size()));
    }
    for (size_t i = 0; i < reader.columns_.size(); ++i) {
      if (reader.columns_[i] > (i == 0 ? -1 : reader.columns_[i - 1])) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'select_cols': wanted columns that increase, got ", reader.columns_[i]));
    }
    return reader;
  }

  absl::Status Read(absl::string_view record, std::vector<std::string>* fields) const {
    fields->clear();
    int64_t column = 0;
    size_t at = 0;
    while (at < record.size()) {
      if (record[at] == '\n' || record[at] == '\r') {
        ++at;
        continue;
      }
      std::string field;
      const bool quoted = quotes_ && record[at] == '"';
      FLOE_RETURN_IF_ERROR(quoted ? ReadQuoted(record, &at, &field) : ReadPlain(record, &at, &field));
      if (IsWanted(column++, fields->size())) fields->push_back(std::move(field));
      if (!columns_.empty() && fields->size() == columns_.size()) return absl::OkStatus();
    }
    if (!record.empty() && record.back() == delimiter_ && IsWanted(column, fields->size())) fields->emplace_back();
    return absl::OkStatus();
  }

 private:
  bool IsWanted(int64_t column, size_t have) const { return columns_.empty() || columns_[have] == column; }

  absl::Status ReadPlain(absl::string_view record, size_t* at, std::string* field) const {
    for (; *at < record.size() && record[*at] != delimiter_; ++*at) {
      const char c = record[*at];
      if (c == '\n' || c == '\r' || (quotes_ && c == '"')) {
        return absl::InvalidArgumentError("a field without quotes around it has a quote or a line's end inside");
      }
      field->push_back(c);
    }
    ++*at;
    return absl::OkStatus();
  }

  // From the quote on, and past the delimiter behind the quote that ends it. Two quotes stand for one.
  absl::Status ReadQuoted(absl::string_view record, size_t* at, std::string* field) const {
    for (++*at; *at < record.size(); ++*at) {
      if (record[*at] != '"') {
        field->push_back(record[*at]);
        continue;
      }
      const bool last = *at + 1 == record.size();
      if (last || record[*at + 1] == delimiter_) {
        *at += 2;
        return absl::OkStatus();
      }
      if (record[*at + 1] != '"') return absl::InvalidArgumentError("a quote inside a quoted field is not doubled");
      field->push_back(record[(*at)++]);
    }
    return absl::InvalidArgumentError("a quoted field lacks its second quote");
  }

  char delimiter_ = ',';
  bool quotes_ = true;
  std::vector<int64_t> columns_;
};

absl::Status InferDecodeCsv(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  const auto fields = static_cast<size_t>(context.num_inputs()) - 1;
  FLOE_RETURN_IF_ERROR(RecordReader::Of(context.attrs(), fields).status());
  FLOE_RETURN_IF_ERROR(context.attrs().String("na_value", "").status());
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(FieldTypes(), absl::StrCat("input ", i), context.dtype(i)));
    const PartialShape& shape = context.shape(i);
    if (shape.has_rank() && (shape.rank() > 1 || (shape.rank() == 1 && shape.dim(0) > 1))) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", i, ": wanted one default or none, got shape ", shape.ToString()));
    }
    context.AddOutput(context.dtype(i), context.shape(0));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status WriteField(const std::string& field, const Tensor& fallback, bool missing, StringBudget* budget, T* to) {
  if (missing) {
    if (fallback.num_elements() == 0) return absl::InvalidArgumentError("it is missing, and there is no default");
    *to = *fallback.data<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    *to = field;
  } else if (!ParseNumber(field, to)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(field), "' is no ", DTypeName(DTypeOf<T>::kValue)));
  }
  if constexpr (std::is_same_v<T, std::string>) return budget->Take(static_cast<int64_t>(to->size()));
  return absl::OkStatus();
}

absl::Status EvalDecodeCsv(EvalContext& context) {
  const auto records = context.input(0).flat<std::string>();
  const auto count = static_cast<size_t>(context.num_inputs()) - 1;
  FLOE_ASSIGN_OR_RETURN(const RecordReader reader, RecordReader::Of(context.attrs(), count));
  FLOE_ASSIGN_OR_RETURN(const std::string missing, context.attrs().String("na_value", ""));
  std::vector<Tensor*> outputs(count);
  for (size_t f = 0; f < count; ++f) {
    const Tensor& fallback = context.input(static_cast<int>(f) + 1);
    if (fallback.rank() > 1 || fallback.num_elements() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("input ", f + 1, ": wanted one default or none, got shape ", fallback.shape().ToString()));
    }
    FLOE_ASSIGN_OR_RETURN(outputs[f], context.Output(static_cast<int>(f), context.input(0).shape()));
  }
  StringBudget budget;
  std::vector<std::string> fields;
  for (size_t r = 0; r < records.size(); ++r) {
    const absl::Status read = reader.Read(records[r], &fields);
    if (!read.ok()) return Annotate(read, absl::StrCat("record ", r));
    if (fields.size() != count) {
      return absl::InvalidArgumentError(absl::StrCat("record ", r, ": wanted ", count, " fields, got ", fields.size()));
    }
    for (size_t f = 0; f < count; ++f) {
      const absl::Status status = OnDType(FieldTypes(), outputs[f]->dtype(), [&]<typename T>() -> absl::Status {
        return WriteField(fields[f], context.input(static_cast<int>(f) + 1), fields[f].empty() || fields[f] == missing,
                          &budget, outputs[f]->mutable_data<T>() + r);
      });
      if (!status.ok()) return Annotate(status, absl::StrCat("record ", r, ", field ", f));
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"DecodeCSV", InferDecodeCsv, EvalDecodeCsv},
};

}  // namespace

absl::Span<const OpInfo> DecodeCsvOps() { return kOps; }

}  // namespace floe
