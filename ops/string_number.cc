#include "ops/string_number.h"

#include <cstdio>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/parse_number.h"
#include "ops/strings.h"
#include "ops/types.h"

namespace floe {
namespace {

using ParsedTypes = TypeList<float, double, int32_t, int64_t, uint32_t, uint64_t>;

absl::Status InferStringToNumber(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("out_type", DType::kFloat));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ParsedTypes(), "attribute 'out_type'", dtype));
  return InferFromStrings(context, 1, dtype);
}

absl::Status EvalStringToNumber(EvalContext& context) {
  return OnDType(ParsedTypes(), context.output_dtype(0), [&]<typename T>() -> absl::Status {
    return MapStrings<T>(context, [](const std::string& text, T* value) {
      if (ParseNumber(text, value)) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("'", absl::CHexEscape(text), "' is no ", DTypeName(DTypeOf<T>::kValue)));
    });
  });
}

using PrintedTypes = Join<NumberTypes, TypeList<bool, std::string>>;

// Wider than this is no number that anyone reads.
constexpr int64_t kMaxWidth = 1 << 16;

// What printf is to do with each element.
struct Format {
  std::string flags;  // between % and the conversion
  bool has_width = false;
  char float_conversion = 'f';

  static absl::StatusOr<Format> Of(const AttrMap& attrs, DType dtype) {
    FLOE_ASSIGN_OR_RETURN(const int64_t precision, attrs.Int("precision", -1));
    FLOE_ASSIGN_OR_RETURN(const int64_t width, attrs.Int("width", -1));
    FLOE_ASSIGN_OR_RETURN(const bool scientific, attrs.Bool("scientific", false));
    FLOE_ASSIGN_OR_RETURN(const bool shortest, attrs.Bool("shortest", false));
    FLOE_ASSIGN_OR_RETURN(const std::string fill, attrs.String("fill", ""));
    const bool whole = IsInteger(dtype) || dtype == DType::kBool;
    if (scientific && shortest) return absl::InvalidArgumentError("scientific and shortest exclude each other");
    if (whole && (scientific || shortest || precision > -1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("precision, scientific and shortest do not go with ", DTypeName(dtype)));
    }
    if (fill.size() > 1 || absl::string_view(" +-0#").find(fill) == absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("attribute 'fill': wanted one of ' ', '+', '-', '0' and '#' or nothing, got '", fill, "'"));
    }
    if (width > kMaxWidth || precision > kMaxWidth) {
      return absl::InvalidArgumentError(absl::StrCat("attributes 'width' and 'precision': wanted at most ", kMaxWidth));
    }
    Format format;
    format.flags = fill;
    format.has_width = width > -1;
    if (width > -1) absl::StrAppend(&format.flags, width);
    if (precision > -1) absl::StrAppend(&format.flags, ".", precision);
    if (scientific) format.float_conversion = 'e';
    if (shortest) format.float_conversion = 'g';
    return format;
  }
};

template <typename T>
std::string Print(const std::string& format, T value) {
  std::string text;
  text.resize(static_cast<size_t>(std::snprintf(nullptr, 0, format.c_str(), value)));
  std::snprintf(text.data(), text.size() + 1, format.c_str(), value);
  return text;
}

// Strings are printed as C strings where a width is asked for: they end at their first zero.
template <typename T>
std::string ToText(const Format& format, const T& value) {
  const auto conversion = [&](absl::string_view kind) { return absl::StrCat("%", format.flags, kind); };
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return format.has_width ? Print(conversion("s"), value.c_str()) : value;
  } else if constexpr (kIsComplex<T>) {
    return absl::StrCat("(", ToText(format, value.real()), ",", ToText(format, value.imag()), ")");
  } else if constexpr (kIsFloat<T>) {
    return Print(conversion(absl::string_view(&format.float_conversion, 1)), static_cast<double>(value));
  } else if constexpr (std::is_signed_v<T>) {
    return Print(conversion("lld"), static_cast<long long>(value));
  } else {
    return Print(conversion("llu"), static_cast<unsigned long long>(value));
  }
}

absl::Status InferAsString(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(PrintedTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(Format::Of(context.attrs(), context.dtype(0)).status());
  context.AddOutput(DType::kString, context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalAsString(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Format format, Format::Of(context.attrs(), input.dtype()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(PrintedTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    std::string* to = output->mutable_data<std::string>();
    for (const T& value : input.flat<T>()) *to++ = ToText(format, value);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"StringToNumber", InferStringToNumber, EvalStringToNumber},
    {"AsString", InferAsString, EvalAsString},
};

}  // namespace

absl::Span<const OpInfo> StringNumberOps() { return kOps; }

}  // namespace floe
