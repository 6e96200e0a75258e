#include "ops/ngrams.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

struct NgramAttrs {
  std::string separator, left_pad, right_pad;
  std::vector<int64_t> widths;
  int64_t pad_width = 0;  // -1: as wide as keeps each token in as many runs as the middle ones
  bool preserve_short = false;

  static absl::StatusOr<NgramAttrs> Of(const AttrMap& attrs) {
    NgramAttrs ngrams;
    FLOE_ASSIGN_OR_RETURN(ngrams.separator, attrs.String("separator"));
    FLOE_ASSIGN_OR_RETURN(ngrams.left_pad, attrs.String("left_pad"));
    FLOE_ASSIGN_OR_RETURN(ngrams.right_pad, attrs.String("right_pad"));
    FLOE_ASSIGN_OR_RETURN(ngrams.widths, attrs.Ints("ngram_widths"));
    FLOE_ASSIGN_OR_RETURN(ngrams.pad_width, attrs.Int("pad_width"));
    FLOE_ASSIGN_OR_RETURN(ngrams.preserve_short, attrs.Bool("preserve_short_sequences"));
    constexpr int64_t kMost = int64_t{1} << 30;
    for (const int64_t width : ngrams.widths) {
      if (width < 1 || width > kMost) {
        return absl::InvalidArgumentError(absl::StrCat("ngram_widths: wanted 1 or more, got ", width));
      }
    }
    if (ngrams.pad_width > kMost) return absl::InvalidArgumentError("pad_width: no run is so wide");
    return ngrams;
  }
  int64_t PadOf(int64_t width) const { return pad_width < 0 ? width - 1 : std::min(pad_width, width - 1); }
  int64_t RunsOf(int64_t tokens, int64_t width) const {
    return std::max<int64_t>(0, tokens + 2 * PadOf(width) - width + 1);
  }
  int64_t RunsOf(int64_t tokens) const {
    int64_t runs = 0;
    for (const int64_t width : widths) runs += RunsOf(tokens, width);
    return runs == 0 && preserve_short && tokens > 0 ? 1 : runs;
  }
};

absl::Status InferNgrams(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  for (int i = 0; i < 2; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
  FLOE_RETURN_IF_ERROR(NgramAttrs::Of(context.attrs()).status());
  context.AddOutput(DType::kString, PartialShape({kUnknown}));
  context.AddOutput(context.dtype(1), PartialShape({DimOrUnknown(context.shape(1), 0)}));
  return absl::OkStatus();
}

// Run number `run` of `runs` of this width over the tokens.
std::string RunOf(const NgramAttrs& ngrams, absl::Span<const std::string> tokens, int64_t width, int64_t pad,
                  int64_t run, int64_t runs) {
  const int64_t left = std::max<int64_t>(0, pad - run), right = std::max<int64_t>(0, pad - (runs - (run + 1)));
  const int64_t first = left > 0 ? 0 : run - pad, count = width - left - right;
  std::string text;
  int64_t parts = 0;
  const auto add = [&](const std::string& part) {
    if (parts++ > 0) text += ngrams.separator;
    text += part;
  };
  for (int64_t i = 0; i < left; ++i) add(ngrams.left_pad);
  for (int64_t i = 0; i < count; ++i) add(tokens[static_cast<size_t>(first + i)]);
  for (int64_t i = 0; i < right; ++i) add(ngrams.right_pad);
  return text;
}

absl::Status EvalNgrams(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const NgramAttrs ngrams, NgramAttrs::Of(context.attrs()));
  const absl::Span<const std::string> data = context.input(0).flat<std::string>();
  FLOE_ASSIGN_OR_RETURN(const Dims splits, ToInt64s(context.input(1)));
  const bool right = splits.empty() || (splits.front() == 0 && std::is_sorted(splits.begin(), splits.end()) &&
                                        splits.back() == static_cast<int64_t>(data.size()));
  if (!right) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted splits that rise from 0 to ", data.size(), ", got ", Shape(splits).ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_splits, context.Output(1, Shape({static_cast<int64_t>(splits.size())})));
  int64_t total = 0, longest = static_cast<int64_t>(std::max(ngrams.left_pad.size(), ngrams.right_pad.size()));
  for (const std::string& token : data) longest = std::max(longest, static_cast<int64_t>(token.size()));
  longest += static_cast<int64_t>(ngrams.separator.size()) + 1;
  StringBudget budget;
  const absl::Status counted = OnDType(IndexTypes(), out_splits->dtype(), [&]<typename Index>() -> absl::Status {
    if (!splits.empty()) *out_splits->mutable_data<Index>() = 0;
    for (size_t row = 0; row + 1 < splits.size(); ++row) {
      const int64_t tokens = splits[row + 1] - splits[row];
      for (const int64_t width : ngrams.widths) {
        int64_t bytes;
        if (!CheckedMul(width, longest, &bytes)) bytes = INT64_MAX;
        FLOE_RETURN_IF_ERROR(budget.Take(bytes, ngrams.RunsOf(tokens, width)));
      }
      if (!CheckedAdd(total, ngrams.RunsOf(tokens), &total) || total > std::numeric_limits<Index>::max()) {
        return absl::InvalidArgumentError("input 1: there are more runs than splits can count");
      }
      out_splits->mutable_data<Index>()[row + 1] = static_cast<Index>(total);
    }
    return absl::OkStatus();
  });
  if (!counted.ok()) return counted;
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape({total})));
  std::string* to = output->mutable_data<std::string>();
  for (size_t row = 0; row + 1 < splits.size(); ++row) {
    const absl::Span<const std::string> tokens =
        data.subspan(static_cast<size_t>(splits[row]), static_cast<size_t>(splits[row + 1] - splits[row]));
    const auto count = static_cast<int64_t>(tokens.size());
    int64_t made = 0;
    for (const int64_t width : ngrams.widths) {
      const int64_t runs = ngrams.RunsOf(count, width);
      for (int64_t run = 0; run < runs; ++run) *to++ = RunOf(ngrams, tokens, width, ngrams.PadOf(width), run, runs);
      made += runs;
    }
    if (made > 0 || ngrams.RunsOf(count) == 0) continue;
    // Too short for any width: one run of all there is, with all its padding.
    const int64_t pad = std::max<int64_t>(ngrams.pad_width, 0), width = count + 2 * pad;
    FLOE_RETURN_IF_ERROR(budget.Take(longest, width));
    *to++ = RunOf(ngrams, tokens, width, ngrams.PadOf(width), 0, 1);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"StringNGrams", InferNgrams, EvalNgrams},
};

}  // namespace

absl::Span<const OpInfo> NgramOps() { return kOps; }

}  // namespace floe
