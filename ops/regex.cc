#include "ops/regex.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/string_budget.h"
#include "ops/strings.h"
#include "re2/re2.h"

namespace floe {
namespace {

absl::StatusOr<std::unique_ptr<RE2>> Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_unique<RE2>(pattern, options);
  if (regex->ok()) return regex;
  return absl::InvalidArgumentError(absl::StrCat("pattern '", pattern, "': ", regex->error()));
}

absl::StatusOr<std::string> ScalarString(const Tensor& tensor, int input) {
  if (tensor.rank() == 0) return tensor.scalar<std::string>();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted one string, got shape ", tensor.shape().ToString()));
}

// The pattern, and what replaces it, are attributes of the static ops and inputs of the others.
template <bool kStatic>
absl::StatusOr<std::string> Argument(const EvalContext& context, const char* attr, int input) {
  if constexpr (kStatic) return context.attrs().String(attr);
  return ScalarString(context.input(input), input);
}

template <bool kStatic, int kArguments>
absl::Status InferRegex(InferContext& context, DType result) {
  FLOE_RETURN_IF_ERROR(InferFromStrings(context, kStatic ? 1 : 1 + kArguments, result));
  if constexpr (kStatic) {
    FLOE_ASSIGN_OR_RETURN(const std::string pattern, context.attrs().String("pattern"));
    return Compile(pattern).status();
  }
  for (int i = 1; i <= kArguments; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kString));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  }
  if (const Tensor* const known = context.input(1).value; known != nullptr) {
    FLOE_ASSIGN_OR_RETURN(const std::string pattern, ScalarString(*known, 1));
    return Compile(pattern).status();
  }
  return absl::OkStatus();
}

template <bool kStatic>
absl::Status InferReplace(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("replace_global", true).status());
  if (kStatic) FLOE_RETURN_IF_ERROR(context.attrs().String("rewrite").status());
  return InferRegex<kStatic, 2>(context, DType::kString);
}

template <bool kStatic>
absl::Status EvalReplace(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool all, context.attrs().Bool("replace_global", true));
  FLOE_ASSIGN_OR_RETURN(const std::string pattern, Argument<kStatic>(context, "pattern", 1));
  FLOE_ASSIGN_OR_RETURN(const std::string rewrite, Argument<kStatic>(context, "rewrite", 2));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<RE2> regex, Compile(pattern));
  // The rewrite comes at most before each character and at the end; what its references repeat is of the text.
  const auto references = static_cast<int64_t>(std::count(rewrite.begin(), rewrite.end(), '\\'));
  const auto rewrite_bytes = static_cast<int64_t>(rewrite.size());
  StringBudget budget;
  return MapStrings<std::string>(context, [&](const std::string& text, std::string* result) -> absl::Status {
    const auto bytes = static_cast<int64_t>(text.size());
    FLOE_RETURN_IF_ERROR(budget.Take(bytes, references + 1));
    FLOE_RETURN_IF_ERROR(budget.Take(rewrite_bytes, bytes + 1));
    *result = text;
    if (all) {
      RE2::GlobalReplace(result, *regex, rewrite);
    } else {
      RE2::Replace(result, *regex, rewrite);
    }
    return absl::OkStatus();
  });
}

template <bool kStatic>
absl::Status InferFullMatch(InferContext& context) {
  return InferRegex<kStatic, 1>(context, DType::kBool);
}

template <bool kStatic>
absl::Status EvalFullMatch(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::string pattern, Argument<kStatic>(context, "pattern", 1));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<RE2> regex, Compile(pattern));
  return MapStrings<bool>(context, [&](const std::string& text, bool* result) {
    *result = RE2::FullMatch(text, *regex);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"RegexReplace", InferReplace<false>, EvalReplace<false>},
    {"StaticRegexReplace", InferReplace<true>, EvalReplace<true>},
    {"RegexFullMatch", InferFullMatch<false>, EvalFullMatch<false>},
    {"StaticRegexFullMatch", InferFullMatch<true>, EvalFullMatch<true>},
};

}  // namespace

absl::Span<const OpInfo> RegexOps() { return kOps; }

}  // namespace floe
