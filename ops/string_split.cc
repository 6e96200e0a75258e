#include "ops/string_split.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// At runs of white space, as Python splits; the rest after the last allowed cut is a piece, even an empty one.
std::vector<absl::string_view> SplitAtSpace(absl::string_view text, int64_t most_cuts) {
  std::vector<absl::string_view> pieces;
  text = absl::StripLeadingAsciiWhitespace(text);
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isspace(c); });
    pieces.push_back(text.substr(0, end - text.begin()));
    text = absl::StripLeadingAsciiWhitespace(text.substr(end - text.begin()));
    if (most_cuts > 0 && static_cast<int64_t>(pieces.size()) == most_cuts) {
      pieces.push_back(text);
      break;
    }
  }
  return pieces;
}

std::vector<absl::string_view> SplitAt(absl::string_view text, absl::string_view separator, int64_t most_cuts) {
  std::vector<absl::string_view> pieces;
  while (most_cuts <= 0 || static_cast<int64_t>(pieces.size()) < most_cuts) {
    const size_t at = text.find(separator);
    if (at == absl::string_view::npos) break;
    pieces.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

// At any of the characters; between all bytes where there are none.
std::vector<absl::string_view> SplitAtAny(absl::string_view text, absl::string_view characters, bool skip_empty) {
  std::vector<absl::string_view> pieces;
  if (text.empty()) return pieces;
  if (characters.empty()) {
    for (size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
    return pieces;
  }
  while (true) {
    const size_t at = std::min(text.find_first_of(characters), text.size());
    if (at > 0 || !skip_empty) pieces.push_back(text.substr(0, at));
    if (at == text.size()) return pieces;
    text.remove_prefix(at + 1);
  }
}

absl::Status InferSplit(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  for (int i = 0; i < 2; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kString));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, i == 0 ? 1 : 0));
  }
  context.AddOutput(DType::kInt64, PartialShape({kUnknown, 2}));
  context.AddOutput(DType::kString, PartialShape({kUnknown}));
  context.AddOutput(DType::kInt64, PartialShape({2}));
  return absl::OkStatus();
}

absl::Status InferSplitV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().Int("maxsplit", -1).status());
  return InferSplit(context);
}

absl::Status InferSplitV1(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("skip_empty", true).status());
  return InferSplit(context);
}

// The pieces as a sparse matrix: a row a string.
template <typename Split>
absl::Status WritePieces(EvalContext& context, Split&& split) {
  const Tensor &input = context.input(0), &separator = context.input(1);
  if (input.rank() != 1 || separator.rank() != 0) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a vector of strings and one separator, got shapes ",
                                                   input.shape().ToString(), " and ", separator.shape().ToString()));
  }
  const std::string cut = separator.scalar<std::string>();
  std::vector<std::vector<absl::string_view>> rows;
  int64_t count = 0, columns = 0;
  for (const std::string& text : input.flat<std::string>()) {
    rows.push_back(split(text, cut));
    count += static_cast<int64_t>(rows.back().size());
    columns = std::max(columns, static_cast<int64_t>(rows.back().size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({count, 2})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, Shape({count})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({2})));
  int64_t* index = indices->mutable_data<int64_t>();
  std::string* value = values->mutable_data<std::string>();
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t column = 0; column < rows[row].size(); ++column) {
      *index++ = static_cast<int64_t>(row);
      *index++ = static_cast<int64_t>(column);
      *value++ = std::string(rows[row][column]);
    }
  }
  shape->mutable_data<int64_t>()[0] = static_cast<int64_t>(rows.size());
  shape->mutable_data<int64_t>()[1] = columns;
  return absl::OkStatus();
}

absl::Status EvalSplitV2(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t most_cuts, context.attrs().Int("maxsplit", -1));
  return WritePieces(context, [&](absl::string_view text, absl::string_view separator) {
    if (most_cuts == 0) return std::vector<absl::string_view>{text};
    return separator.empty() ? SplitAtSpace(text, most_cuts) : SplitAt(text, separator, most_cuts);
  });
}

absl::Status EvalSplitV1(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool skip_empty, context.attrs().Bool("skip_empty", true));
  return WritePieces(context, [&](absl::string_view text, absl::string_view characters) {
    return SplitAtAny(text, characters, skip_empty);
  });
}

constexpr OpInfo kOps[] = {
    {"StringSplit", InferSplitV1, EvalSplitV1},
    {"StringSplitV2", InferSplitV2, EvalSplitV2},
};

}  // namespace

absl::Span<const OpInfo> StringSplitOps() { return kOps; }

}  // namespace floe
